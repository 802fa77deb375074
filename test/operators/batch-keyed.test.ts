import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AsyncDataStream,
  type DataStream,
  type KeyedProcessContext,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from '../../src/index.ts';
import { MIN_TIMESTAMP, OneInputHarness, TwoInputHarness } from '../../src/testing/index.ts';

type Event = [key: string | number, value: number];

const keyOf = ([key]: Event) => key;
const events = fc.array(
  fc.record({
    key: fc.oneof(fc.string({ maxLength: 2 }), fc.integer({ min: -3, max: 3 }), fc.boolean()),
    at: fc.option(fc.integer({ min: 0, max: 9 }), { nil: MIN_TIMESTAMP }),
    side: fc.constantFrom<0 | 1>(0, 1),
  }),
  { maxLength: 40 },
);

/** By time, in order of arrival where that is equal. */
function byTime<T extends { at: number }>(list: readonly T[]): T[] {
  return list.toSorted((a, b) => a.at - b.at);
}

describe('records come', () => {
  test('key by key and by time, of both inputs together', async () => {
    const show = (side: number) => (value: unknown, ctx: KeyedProcessContext<unknown>) => [
      [side, ctx.getCurrentKey(), value, ctx.timestamp()],
    ];
    const both = { processElement1: show(0), processElement2: show(1) };
    await fc.assert(
      fc.asyncProperty(events, async (given) => {
        const numbered = given.map((event, n) => ({ ...event, n }));
        const of = (n: number) => given[n]?.key;
        await using harness = await TwoInputHarness.open(both, {
          batch: true,
          keyBy: of,
          keyBy2: of,
        });
        for (const { side, at, n } of numbered) {
          if (side === 0) await harness.processAt1(at, n);
          else await harness.processAt2(at, n);
        }
        expect(harness.output).toEqual([]);
        await harness.end();
        const shown = harness.output as [number, unknown, number, number][];
        const keys = [...new Set(shown.map(([, key]) => key))];
        // Each key once, with all of its records, by time.
        const expected = keys.flatMap((key) =>
          byTime(numbered.filter((event) => event.key === key)).map((event) => [
            event.side,
            key,
            event.n,
            event.at,
          ]),
        );
        expect(shown).toEqual(expected);
        expect(shown.length).toBe(given.length);
      }),
      { numRuns: 200 },
    );
  });

  test('numbers first, in their order, then strings, the shorter first, then the rest', async () => {
    await using harness = await OneInputHarness.open(
      { processElement: (key: unknown) => [key] },
      { batch: true, keyBy: (key: unknown) => key },
    );
    await harness.process('b', 'aa', 10, null, [1], 2, 'ä', -1.5, true, 3n, 'a');
    await harness.end();
    expect(harness.output).toEqual([-1.5, true, 2, 3n, 10, 'a', 'b', 'aa', 'ä', null, [1]]);
  });
});

describe('reduce and aggregate', () => {
  test('emit the last value of a key only, with the time of its last record', async () => {
    await fc.assert(
      fc.asyncProperty(events, async (given) => {
        const build = (stream: DataStream<Event>) =>
          stream.keyBy(keyOf).reduce(([key, a], [, b]) => [key, 10 * a + b]);
        await using harness = await OneInputHarness.openStream(build, { batch: true });
        for (const [n, { key, at }] of given.entries()) await harness.processAt(at, [key, n]);
        expect(harness.output).toEqual([]);
        await harness.end();
        const expected = new Map<unknown, { value: unknown; timestamp: number }>();
        for (const [key, list] of Map.groupBy(given.entries(), ([, event]) => event.key)) {
          const sorted = byTime(list.map(([n, { at }]) => ({ n, at })));
          const value = sorted.slice(1).reduce((sum, { n }) => 10 * sum + n, sorted[0]?.n ?? 0);
          expected.set(key, { value: [key, value], timestamp: sorted.at(-1)?.at ?? 0 });
        }
        const found = new Map(harness.records.map((each) => [(each.value as Event)[0], each]));
        expect(found).toEqual(expected);
        expect(harness.records.length).toBe(expected.size);
      }),
      { numRuns: 200 },
    );
  });

  test('keep no records that have no time', async () => {
    let calls = 0;
    await using harness = await OneInputHarness.openStream(
      (stream: DataStream<Event>) =>
        stream.keyBy(keyOf).reduce(([key, a], [, b]) => {
          calls++;
          return [key, a + b];
        }),
      { batch: true },
    );
    await harness.process(['a', 1], ['a', 2], ['b', 5], ['a', 3]);
    expect(calls).toBe(2);
    await harness.end();
    expect(harness.output).toEqual([
      ['a', 6],
      ['b', 5],
    ]);
  });
});

describe('time', () => {
  test('begins anew with each key, and ends before the next', async () => {
    class Timers {
      *processElement(value: Event, ctx: KeyedProcessContext<unknown>) {
        yield [value[0], ctx.timerService().currentWatermark() === MIN_TIMESTAMP];
        ctx.timerService().registerEventTimeTimer(ctx.timestamp() + 100);
        ctx.timerService().registerProcessingTimeTimer(50);
      }
      *onTimer(timestamp: number, ctx: KeyedProcessContext<unknown> & { timeDomain(): string }) {
        yield [ctx.getCurrentKey(), ctx.timeDomain(), timestamp];
      }
    }
    await using harness = await OneInputHarness.open(Timers, { batch: true, keyBy: keyOf });
    await harness.processAt(7, ['b', 1]);
    await harness.watermark(500);
    await harness.processingTime(1_000);
    await harness.processAt(3, ['a', 2]);
    await harness.end();
    expect(harness.output).toEqual([
      ['a', true],
      ['a', 'EVENT_TIME', 103],
      ['a', 'PROCESSING_TIME', 50],
      ['b', true],
      ['b', 'EVENT_TIME', 107],
      ['b', 'PROCESSING_TIME', 50],
    ]);
    // Only the end is passed on.
    expect(harness.watermarks).toHaveLength(1);
  });

  test('closes windows of both kinds', async () => {
    for (const assigner of [
      TumblingEventTimeWindows.of(10),
      TumblingProcessingTimeWindows.of(10),
    ]) {
      await using harness = await OneInputHarness.openStream(
        (stream: DataStream<Event>) =>
          stream
            .keyBy(keyOf)
            .window(assigner)
            .reduce(([key, a], [, b]) => [key, a + b]),
        { batch: true },
      );
      await harness.processAt(4, ['b', 1], ['a', 2]);
      await harness.processAt(1, ['b', 10]);
      await harness.end();
      expect(harness.output).toEqual([
        ['a', 2],
        ['b', 11],
      ]);
    }
  });

  test('does not keep asynchronous functions from going on with the next key', async () => {
    let running = 0;
    let most = 0;
    await using harness = await OneInputHarness.openStream(
      (stream: DataStream<Event>) =>
        AsyncDataStream.orderedWait(
          stream.keyBy(keyOf),
          async (event) => {
            most = Math.max(most, ++running);
            await new Promise((resolve) => setTimeout(resolve, event[1]));
            running--;
            return [event];
          },
          0,
          3,
        ),
      { batch: true },
    );
    await harness.process(['b', 1], ['a', 20], ['b', 2], ['a', 3]);
    expect(harness.output).toEqual([]);
    await harness.end();
    expect(harness.output).toEqual([
      ['a', 20],
      ['a', 3],
      ['b', 1],
      ['b', 2],
    ]);
    expect(most).toBe(3);
  });
});

test('a broadcast input is taken before all keyed records', async () => {
  const descriptor = { name: 'rules' };
  class Rules {
    processBroadcastElement(
      [name, factor]: [string, number],
      ctx: { getBroadcastState(d: object): { put(k: string, v: number): void } },
    ): void {
      ctx.getBroadcastState(descriptor).put(name, factor);
    }
    processElement(
      [key, value]: Event,
      ctx: { getBroadcastState(d: object): { get(k: string): number } },
    ) {
      return [[key, value * ctx.getBroadcastState(descriptor).get('factor')]];
    }
  }
  await using harness = await TwoInputHarness.open(Rules, {
    batch: true,
    keyBy: keyOf,
    params: { descriptors: ['rules'] },
  });
  await harness.process1(['b', 1], ['a', 2]);
  await harness.process2(['factor', 100]);
  await harness.end();
  expect(harness.output).toEqual([
    ['a', 200],
    ['b', 100],
  ]);
});

test('a failure names the record and its key', async () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  env.setRuntimeMode('BATCH');
  const stream = env
    .fromCollection<Event>([
      ['a', 1],
      ['b', 2],
    ])
    .keyBy(keyOf)
    .process({
      processElement([, value]: Event) {
        if (value === 2) throw new RangeError('two is too much');
      },
    });
  const error = await stream
    .executeAndCollect()
    .toArray()
    .then(
      () => undefined,
      (e: unknown) => e as { message: string; report: { key: string } },
    );
  expect(error?.message).toContain(': two is too much');
  expect(error?.message).toContain("record: [ 'b', 2 ]");
  expect(error?.report.key).toBe("'b'");
});
