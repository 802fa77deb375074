// Very many results of one record, timer or window: held to what the reader takes, and never in the way of all else.

import { describe, expect, test } from 'vitest';
import {
  type DataStream,
  OutputTag,
  StreamExecutionEnvironment,
  type StreamExecutionEnvironment as Environment,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from '../../src/index.ts';

/** Records that may be made ahead of a reader that has taken a few: what an exchange of 1 MiB holds of these, and its batches. */
const AHEAD = 60_000;
const side = new OutputTag<string>('side');

/** Counts what it makes. */
class Maker {
  made = 0;

  *records(): Generator<string> {
    for (;;) yield `record ${this.made++}`;
  }
}

function environment(): Environment {
  return StreamExecutionEnvironment.getExecutionEnvironment().setParallelism(1);
}

function withTime(stream: DataStream<number>): DataStream<number> {
  return stream.assignTimestampsAndWatermarks(
    WatermarkStrategy.forMonotonousTimestamps<number>().withTimestampAssigner((x) => x),
  );
}

const MANY: Record<string, (env: Environment, maker: Maker) => DataStream<string>> = {
  'a record': (env, maker) => env.fromCollection([1]).flatMap(() => maker.records()),
  'a timer of event time': (env, maker) =>
    withTime(env.fromCollection([1]))
      .keyBy((x) => x)
      .process({
        processElement: (_x: number, ctx) => ctx.timerService().registerEventTimeTimer(5),
        onTimer: () => maker.records(),
      }),
  'a timer of processing time': (env, maker) =>
    env
      .fromSource(async function* () {
        yield 1;
        while (maker.made < AHEAD) await new Promise((resolve) => setImmediate(resolve));
      })
      .keyBy((x) => x)
      .process({
        processElement: (_x: number, ctx) => ctx.timerService().registerProcessingTimeTimer(5),
        onTimer: () => maker.records(),
      }),
  'a window': (env, maker) =>
    withTime(env.fromCollection([1]))
      .keyBy((x) => x)
      .window(TumblingEventTimeWindows.of(10))
      .process({ process: () => maker.records() }),
  'very many timers': (env, maker) =>
    withTime(env.fromCollection([1]))
      .keyBy((x) => x)
      .process({
        processElement(_x: number, ctx) {
          for (let at = 0; at < 300_000; at++) ctx.timerService().registerEventTimeTimer(at);
        },
        onTimer: () => [`record ${maker.made++}`],
      }),
  'a side output of a generator': (env, maker) =>
    env
      .fromCollection([1])
      .process({
        *processElement(_x: number, ctx) {
          for (const record of maker.records()) {
            ctx.output(side, record);
            yield record;
          }
        },
      })
      .getSideOutput(side),
  'a side output that is awaited': (env, maker) =>
    env
      .fromCollection([1])
      .process({
        async processElement(_x: number, ctx): Promise<void> {
          for (const record of maker.records()) await ctx.output(side, record);
        },
      })
      .getSideOutput(side),
  'a side output of a timer': (env, maker) =>
    withTime(env.fromCollection([1]))
      .keyBy((x) => x)
      .process({
        processElement: (_x: number, ctx) => ctx.timerService().registerEventTimeTimer(5),
        async onTimer(_at, ctx): Promise<void> {
          for (const record of maker.records()) await ctx.output(side, record);
        },
      })
      .getSideOutput(side),
  'a side output of a window': (env, maker) =>
    withTime(env.fromCollection([1]))
      .keyBy((x) => x)
      .window(TumblingEventTimeWindows.of(10))
      .process({
        async process(_key, ctx) {
          for (const record of maker.records()) await ctx.output(side, record);
          return [];
        },
      })
      .getSideOutput(side),
};

describe.each(Object.entries(MANY))('%s', (_name, many) => {
  test('makes no more than its slow reader is about to take', async () => {
    await using env = environment();
    const maker = new Maker();
    let taken = 0;
    const slow = many(env, maker)
      .rebalance()
      .map(async (record) => {
        await new Promise((resolve) => setImmediate(resolve));
        taken++;
        return record;
      });
    for await (const _record of slow.executeAndCollect()) if (taken >= 20) break;
    expect(maker.made).toBeGreaterThan(0);
    expect(maker.made - taken).toBeLessThan(AHEAD);
  });

  test('lets the process go on where asynchronous functions answer at once', async () => {
    await using env = environment();
    const dropped = many(env, new Maker())
      .map(async (record) => record)
      .filter(() => false);
    const abort = new AbortController();
    const job = collected(dropped, abort.signal);
    setTimeout(() => abort.abort(), 100);
    await expect(job).rejects.toMatchObject({ code: 'ISTHMUS_CANCELLED' });
  });
});

async function collected(stream: DataStream<string>, signal: AbortSignal): Promise<string[]> {
  const all: string[] = [];
  for await (const record of stream.executeAndCollect({ signal })) all.push(record);
  return all;
}
