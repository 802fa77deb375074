// A record is what it was when it was emitted, whatever functions do afterwards, and what operators hold is their own. Twin of
// test/python/behaviour/test_kept_records.py and test_held_records.py.

import { describe, expect, test } from 'vitest';
import {
  AsyncDataStream,
  CountTrigger,
  type DataStream,
  GlobalWindows,
  OutputTag,
  SlidingEventTimeWindows,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  ValueStateDescriptor,
  WatermarkStrategy,
} from '../../src/index.ts';

const RECORDS = 40;
const SIDE = new OutputTag<Counted>('side');

interface Counted {
  n: number;
}

function newEnvironment(parallelism = 1) {
  return StreamExecutionEnvironment.getExecutionEnvironment({ parallelism, logger: () => {} });
}

function numbers(env = newEnvironment()): DataStream<number> {
  return env.fromIterable(Array.from({ length: RECORDS }, (_, n) => n));
}

const all = <T>(stream: DataStream<T>): Promise<T[]> => stream.executeAndCollect().toArray();

function counts(until: number, from = 1): Counted[] {
  return Array.from({ length: until - from + 1 }, (_, i) => ({ n: from + i }));
}

/** Objects that a generator yields again and again, changed. */
const REUSED: Record<string, { made: unknown; change: (made: never, n: number) => void }> = {
  object: { made: { n: 0 }, change: (made: Counted, n) => (made.n = n) },
  array: { made: [], change: (made: number[], n) => made.push(n) },
  nested: { made: { of: { n: 0 } }, change: (made: { of: Counted }, n) => (made.of.n = n) },
  map: { made: new Map(), change: (made: Map<number, number>, n) => made.set(n, n) },
  bytes: { made: new Uint8Array(2), change: (made: Uint8Array, n) => (made[0] = n) },
};

describe.each(Object.keys(REUSED))('a reused %s', (kind) => {
  const fresh = () => structuredClone(REUSED[kind]?.made);
  const change = REUSED[kind]?.change as (made: unknown, n: number) => void;

  function* lines(made: unknown, n: number): Generator<unknown> {
    for (let i = 0; i < 3; i++) {
      change(made, (n + i) % 256);
      yield made;
    }
  }

  function expected(): unknown[] {
    const made = fresh();
    const copies: unknown[] = [];
    for (let n = 0; n < RECORDS; n++)
      for (const line of lines(made, n)) copies.push(structuredClone(line));
    return copies;
  }

  function stream(env = newEnvironment()): DataStream<unknown> {
    const made = fresh();
    return numbers(env).flatMap((n) => lines(made, n));
  }

  test('is collected as it was', async () => {
    expect(await all(stream())).toEqual(expected());
  });

  test.each([1, 2])('crosses an exchange to parallelism %i as it was', async (parallelism) => {
    const behind = stream()
      .rebalance()
      .map((record) => record)
      .setParallelism(parallelism);
    const shown = (records: unknown[]) => records.map((record) => JSON.stringify(record)).sort();
    expect(shown(await all(behind))).toEqual(shown(expected()));
  });

  test('reaches a sink function, which may keep it', async () => {
    const env = newEnvironment();
    const kept: unknown[] = [];
    stream(env).addSink((record) => kept.push(record));
    await env.execute();
    expect(kept).toEqual(expected());
  });

  test('is gathered for vectorised functions as it was', async () => {
    const sizes: number[] = [];
    const batched = stream().mapBatch((records) => {
      sizes.push(records.length);
      return records;
    });
    expect(await all(batched)).toEqual(expected());
    expect(Math.max(...sizes)).toBeGreaterThan(1);
  });
});

describe('functions that keep their results', () => {
  const row: Counted = { n: 0 };
  const next = (): Counted => {
    row.n++;
    return row;
  };

  test('map', async () => {
    row.n = 0;
    expect(await all(numbers().map(next))).toEqual(counts(RECORDS));
  });

  test('side outputs', async () => {
    row.n = 0;
    const aside = numbers().process({
      *processElement(_: number, ctx: { output(tag: OutputTag<Counted>, value: Counted): void }) {
        ctx.output(SIDE, next());
        yield next();
      },
    });
    const side = aside.getSideOutput(SIDE);
    const both = aside.union(side).map(({ n }) => n);
    expect((await all(both)).sort((a, b) => a - b)).toEqual(counts(2 * RECORDS).map(({ n }) => n));
  });

  test('state and timers', async () => {
    const seen = timed(numbers().map((n) => ({ n: 1, at: n })))
      .keyBy(() => 0)
      .process(
        class {
          seen: any;
          open(ctx: any) {
            this.seen = ctx.getState(new ValueStateDescriptor<number[]>('seen'));
          }
          *processElement({ at }: { at: number }, ctx: any) {
            const held = this.seen.value() ?? [];
            held.push(at);
            this.seen.update(held);
            ctx.timerService().registerEventTimeTimer(at + 1000);
            yield held;
          }
          *onTimer() {
            const held = this.seen.value();
            for (let i = 0; i < 2; i++) {
              held.push(-1);
              yield held;
            }
          }
        } as never,
      ) as DataStream<number[]>;
    const lengths = (await all(seen)).map((held) => held.length);
    expect(lengths).toEqual(Array.from({ length: 3 * RECORDS }, (_, i) => i + 1));
  });

  test('asynchronous functions', async () => {
    const answers = [row];
    async function later(given: Counted): Promise<Counted[]> {
      await new Promise((resolve) => setTimeout(resolve, given.n % 3));
      row.n = given.n;
      return answers;
    }
    const input: Counted = { n: 0 };
    const rows = numbers().flatMap(function* (n) {
      input.n = n;
      yield input;
    });
    const found = await all(AsyncDataStream.unorderedWait(rows, later, 20_000, 10));
    expect(found.map(({ n }) => n).sort((a, b) => a - b)).toEqual(
      Array.from({ length: RECORDS }, (_, n) => n),
    );
  });
});

function timed<T extends { at: number }>(stream: DataStream<T>): DataStream<T> {
  return stream.assignTimestampsAndWatermarks(
    WatermarkStrategy.forMonotonousTimestamps<T>().withTimestampAssigner(({ at }) => at),
  );
}

const ones = (env?: StreamExecutionEnvironment) =>
  timed(numbers(env).map((n) => ({ n: 1, at: n }))).keyBy(() => 0);

const addInPlace = (a: Counted & { at: number }, b: Counted & { at: number }) => {
  a.n += b.n;
  b.n = -500;
  return a;
};

/** What an operator behind may do to a record that is its own. */
const dirty = (record: Counted): number => {
  const { n } = record;
  record.n = -1000;
  return n;
};

const total = {
  *process(_key: unknown, _ctx: unknown, elements: Counted[]) {
    for (const element of elements) element.n++;
    yield elements.map(({ n }) => n);
    elements.length = 0;
  },
};

const listOf = {
  createAccumulator: (): Counted[] => [],
  add(value: Counted, held: Counted[]) {
    held.push(value);
    return held;
  },
  getResult: (held: Counted[]) => held,
};

const firstAndAll = {
  createAccumulator: () => undefined as unknown as Counted,
  add(value: Counted, held: Counted | undefined) {
    if (held === undefined) return value;
    held.n += value.n;
    return held;
  },
  getResult: (held: Counted) => held,
};

describe('what the runtime holds', () => {
  const running = Array.from({ length: RECORDS }, (_, n) => n + 1);
  const overlapping = [1, 2, 3, ...Array.from({ length: RECORDS - 3 }, () => 4), 3, 2, 1];
  const every = () => ones().window(GlobalWindows.create()).trigger(CountTrigger.of(1));
  const sliding = () => ones().window(SlidingEventTimeWindows.of(4, 1));

  test.each<[string, () => DataStream<number>, number[]]>([
    ['reduce', () => ones().reduce(addInPlace).map(dirty), running],
    ['sum', () => ones().sum('n').map(dirty), running],
    [
      'an accumulator',
      () =>
        every()
          .aggregate(listOf as never)
          .map((held) => (held as Counted[]).length),
      running,
    ],
    ['a window that is reduced', () => every().reduce(addInPlace).map(dirty), running],
    ['sliding windows', () => sliding().reduce(addInPlace).map(dirty), overlapping],
    [
      'sliding accumulators',
      () =>
        sliding()
          .aggregate(firstAndAll as never)
          .map(dirty as never),
      overlapping,
    ],
    [
      'count windows',
      () => ones().countWindow(4, 1).reduce(addInPlace).map(dirty),
      Array(RECORDS - 3).fill(4),
    ],
  ])('of %s', async (_, stream, expected) => {
    expect(await all(stream())).toEqual(expected);
  });

  test.each<[string, () => DataStream<number[]>, number[]]>([
    ['windows that live on', () => every().process(total as never) as never, running],
    ['sliding windows', () => sliding().process(total as never) as never, overlapping],
    [
      'count windows',
      () =>
        ones()
          .countWindow(4, 1)
          .process(total as never) as never,
      Array(RECORDS - 3).fill(4),
    ],
  ])('as elements of %s', async (_, stream, sizes) => {
    expect(await all(stream())).toEqual(sizes.map((size) => Array(size).fill(2)));
  });

  const markBoth = (left: any, right: any): number[] => {
    left.seen = (left.seen ?? 0) + 1;
    right.seen = (right.seen ?? 0) + 1;
    return [left.seen, right.seen];
  };

  test.each<[string, (env: StreamExecutionEnvironment) => DataStream<number[]>]>([
    [
      'interval',
      (env) =>
        ones(env)
          .intervalJoin(ones(env))
          .between(-2, 2)
          .process(markBoth as never) as never,
    ],
    ['as-of', (env) => ones(env).asOfJoin(ones(env), markBoth) as never],
    [
      'window',
      (env) =>
        ones(env)
          .join(ones(env))
          .where(() => 0)
          .equalTo(() => 0)
          .window(TumblingEventTimeWindows.of(4))
          .apply(markBoth) as never,
    ],
    [
      'look-up',
      (env) =>
        numbers(env).lookupJoin(
          new Map([
            [0, {}],
            [1, {}],
          ]),
          (_n: number, found: unknown) => markBoth({}, found),
          { key: (n: number) => n % 2 },
        ) as never,
    ],
  ])('for a join: %s', async (_, joined) => {
    const pairs = await all(joined(newEnvironment()));
    expect(pairs.length).toBeGreaterThanOrEqual(RECORDS);
    expect(new Set(pairs.map(String))).toEqual(new Set(['1,1']));
  });
});

test('elements of a collection are objects of their own', async () => {
  const head = { seen: 0 };
  const row = { n: 0, head };
  const change = (record: typeof row) => [++record.n, ++record.head.seen];
  for (const parallelism of [1, 2]) {
    const found = await all(
      newEnvironment(parallelism).fromIterable(Array(10).fill(row)).map(change),
    );
    expect(found).toEqual(Array(10).fill([1, 1]));
  }
});

test('with object reuse nothing is copied', async () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    parallelism: 1,
    logger: () => {},
    config: { 'pipeline.object-reuse': true },
  });
  const row: Counted = { n: 0 };
  const kept: Counted[] = [];
  numbers(env)
    .map(() => row)
    .addSink((record) => kept.push(record));
  await env.execute();
  expect(kept.every((record) => record === row)).toBe(true);
});
