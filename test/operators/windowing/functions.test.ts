// What window functions are given and may do; what becomes of their results.

import { describe, expect, test } from 'vitest';
import { CountWindows } from '../../../src/operators/windowing/count-windows.ts';
import { EventTimeSessionWindows } from '../../../src/operators/windowing/session-assigners.ts';
import {
  SlidingEventTimeWindows,
  TumblingEventTimeWindows,
} from '../../../src/operators/windowing/time-assigners.ts';
import { TimeWindow } from '../../../src/operators/windowing/windows.ts';
import { WindowDriver, failure, open } from './drive.ts';

test('a late record for several windows that have fired fires each of them, whatever comes between', async () => {
  for (const assigner of [
    new SlidingEventTimeWindows(10, 5),
    new (class Other extends SlidingEventTimeWindows {})(10, 5),
  ]) {
    const driver = await WindowDriver.open({ assigner, allowedLatenessMs: 100 });
    await driver.watermark(50);
    driver.wait = async () => {
      await Promise.resolve();
      driver.ctx.cursor.key = 'another';
      driver.ctx.cursor.timestamp = -1;
    };
    await driver.record('a', 1, 7);
    expect(driver.emitted.map(({ key, timestamp }) => [key, timestamp])).toEqual([
      ['a', 7],
      ['a', 7],
    ]);
    await driver.record('a', 2, 8);
    expect(driver.take().slice(2)).toEqual([
      ['a', 5, 15, [1, 2]],
      ['a', 0, 10, [1, 2]],
    ]);
  }
});

test('slices are put together in order of time', async () => {
  const concat = { mergeable: true, reduce: (a: string, b: string) => a + b };
  const assigner = new SlidingEventTimeWindows(7, 2);
  const driver = await open({ assigner, how: 'reduce', function: concat });
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  for (const [at, letter] of letters.split('').entries()) {
    await driver.record('k', letter, at);
    await driver.watermark(at - 2);
  }
  await driver.end();
  const expected: string[] = [];
  for (let start = -6; start < 26; start += 2) {
    const window = letters.slice(Math.max(0, start), start + 7);
    if (window !== '') expected.push(window);
  }
  expect(driver.take()).toEqual(expected);
});

describe('functions', () => {
  const tumbling = new TumblingEventTimeWindows(10);

  test('reduce, alone and before a window function', async () => {
    const sum = (a: number, b: number) => a + b;
    const alone = await open({ assigner: tumbling, how: 'reduce', function: sum });
    for (const at of [1, 2, 3]) await alone.record('a', at, at);
    await alone.end();
    expect(alone.take()).toEqual([6]);
    const shown = await WindowDriver.open({
      assigner: tumbling,
      how: 'reduce',
      function: { reduce: sum },
      windowFunction: (key: string, window: TimeWindow, values: number[]) => [
        `${key} ${window.start} ${values.join('+')}`,
      ],
    });
    for (const at of [1, 2, 3]) await shown.record('a', at, at);
    await shown.end();
    expect(shown.take()).toEqual(['a 0 6']);
  });

  test('may be asynchronous, and so slow that the next operator has to be waited for', async () => {
    for (const assigner of [
      tumbling,
      new (class Other extends TumblingEventTimeWindows {})(10),
      new SlidingEventTimeWindows(10, 10),
      EventTimeSessionWindows.withGap(8),
    ]) {
      const driver = await WindowDriver.open({
        assigner,
        how: 'reduce',
        function: async (a: number, b: number) => a + b,
        windowFunction: async (key: string, _window: unknown, values: number[]) => [key, ...values],
      });
      driver.wait = async () => {
        await Promise.resolve();
        // What comes after has the cursor for itself while it is waited for.
        driver.ctx.cursor.key = 'another';
        driver.ctx.cursor.timestamp = -1;
      };
      for (const at of [1, 2, 3]) {
        await driver.record('a', at, at);
        await driver.record('b', 10 * at, at);
      }
      await driver.end();
      expect(driver.take()).toEqual(['a', 6, 'b', 60]);
    }
  });

  test('may be of all records, without a key', async () => {
    const process = { process: (_ctx: unknown, values: number[]) => [values.length] };
    const driver = await open({ assigner: tumbling, allWindows: true, function: process });
    await driver.record(null, 1, 1);
    await driver.record(null, 2, 2);
    await driver.end();
    expect(driver.take()).toEqual([2]);
    const apply = (window: TimeWindow, values: number[]) => [window.end, values.length];
    const applied = await open({
      assigner: tumbling,
      allWindows: true,
      how: 'apply',
      function: apply,
    });
    await applied.record(null, 1, 1);
    await applied.end();
    expect(applied.take()).toEqual([10, 1]);
  });

  test('see times, emit to side outputs, and are told when a window is over', async () => {
    const seen: unknown[] = [];
    const driver = await WindowDriver.open({
      assigner: tumbling,
      allowedLatenessMs: 5,
      function: {
        process(
          _key: string,
          ctx: {
            currentWatermark(): number;
            currentProcessingTime(): number;
            output(tag: object, value: unknown): void;
          },
          values: number[],
        ) {
          seen.push([ctx.currentWatermark(), ctx.currentProcessingTime()]);
          ctx.output({ id: 'side' }, values.length);
        },
        clear(ctx: { window(): TimeWindow }) {
          seen.push(`clear ${ctx.window().start}`);
        },
      },
    });
    await driver.clock(7);
    await driver.record('a', 1, 1);
    await driver.watermark(9);
    await driver.watermark(13);
    expect(seen).toEqual([[9, 7]]);
    await driver.watermark(14);
    expect(seen).toEqual([[9, 7], 'clear 0']);
    expect(driver.emitted).toEqual([{ key: 'side', timestamp: 9, value: 1 }]);
  });

  test('that aggregate give nothing for nothing', async () => {
    const driver = await open({
      assigner: tumbling,
      how: 'aggregate',
      function: class {
        createAccumulator = () => 0;
        add(value: number, sum: number) {
          return sum + value;
        }
        getResult = (sum: number) => (sum === 0 ? undefined : sum);
      },
    });
    await driver.record('a', 0, 1);
    await driver.record('b', 2, 1);
    await driver.end();
    expect(driver.take()).toEqual([2]);
  });

  test('that cannot do what windows need of them are refused', async () => {
    const aggregate = { createAccumulator: () => 0, add: () => 0, getResult: () => 0 };
    const sessions = { assigner: EventTimeSessionWindows.withGap(5), how: 'aggregate' as const };
    expect(await failure(open({ ...sessions, function: aggregate }))).toContain('has no merge()');
    expect(await failure(open({ ...sessions, function: (a: unknown) => a }))).toContain(
      'must be an object with createAccumulator()',
    );
    const driver = await open({
      assigner: new SlidingEventTimeWindows(10, 5),
      how: 'reduce',
      function: Object.assign(async (a: number) => a, { mergeable: true }),
    });
    await driver.record('a', 1, 1);
    expect(() => driver.record('a', 2, 2)).toThrow('make it synchronous');
  });
});

describe('functions that change what they are given', () => {
  type Counted = { n: number; seen?: boolean };
  const addTo = (a: Counted, b: Counted) => {
    a.n += b.n;
    return a;
  };

  test.each([
    ['aligned', new SlidingEventTimeWindows(4, 1)],
    ['general', new (class Other extends SlidingEventTimeWindows {})(4, 1)],
  ])('do so in their window alone (%s)', async (_name, assigner) => {
    const driver = await open({ assigner, how: 'reduce', function: addTo });
    for (const at of [0, 1, 2, 3, 4]) await driver.record('a', { n: 1 }, at);
    await driver.end();
    expect((driver.take() as Counted[]).map(({ n }) => n)).toEqual([1, 2, 3, 4, 4, 3, 2, 1]);
  });

  test('do so in their count window alone', async () => {
    const driver = await open({ assigner: new CountWindows(3, 1), how: 'reduce', function: addTo });
    for (let i = 0; i < 6; i++) await driver.record('a', { n: 1 });
    expect((driver.take() as Counted[]).map(({ n }) => n)).toEqual([3, 3, 3, 3]);
  });

  test('change nothing that was emitted', async () => {
    const assigner = new TumblingEventTimeWindows(10);
    const given = { assigner, allowedLatenessMs: 100 };
    const reduced = await open({ ...given, how: 'reduce', function: addTo });
    const collected = await open({
      ...given,
      how: 'apply',
      function: (_k: unknown, _w: unknown, all: unknown) => [all],
    });
    for (const driver of [reduced, collected]) {
      await driver.record('a', { n: 1 }, 1);
      await driver.watermark(9);
      await driver.record('a', { n: 2 }, 2);
      await driver.record('a', { n: 3 }, 3);
    }
    expect(reduced.take()).toEqual([{ n: 1 }, { n: 3 }, { n: 6 }]);
    expect((collected.take() as Counted[][]).map(({ length }) => length)).toEqual([1, 2, 3]);
  });

  test.each([true, false])(
    'behind slices or windows (mergeable: %s) change no window',
    async (mergeable) => {
      const sum = { mergeable, reduce: (a: Counted, b: Counted) => ({ n: a.n + b.n }) };
      const assigner = new SlidingEventTimeWindows(4, 1);
      const driver = await open({ assigner, how: 'reduce', function: sum });
      driver.wait = () => {
        const last = driver.emitted.at(-1)?.value as Counted;
        driver.emitted[driver.emitted.length - 1] = { key: 'a', timestamp: 0, value: last.n };
        last.n = -100; // As an operator behind the window may.
      };
      for (const at of [0, 1, 2, 3, 4]) {
        await driver.record('a', { n: 1 }, at);
        await driver.watermark(at - 1);
      }
      await driver.end();
      expect(driver.take()).toEqual([1, 2, 3, 4, 4, 3, 2, 1]);
    },
  );

  test('may do as they like with pipeline.object-reuse', async () => {
    const driver = await open(
      {
        assigner: new TumblingEventTimeWindows(10),
        allowedLatenessMs: 9,
        how: 'reduce',
        function: addTo,
      },
      { 'pipeline.object-reuse': 'true' },
    );
    await driver.record('a', { n: 1 }, 1);
    await driver.watermark(9);
    await driver.record('a', { n: 2 }, 2);
    expect(driver.take()).toEqual([{ n: 3 }, { n: 3 }]);
  });
});
