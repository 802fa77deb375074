// Count windows, windows of the clock, custom assigners, timestamps and keys: what PyFlink 2.3 was seen to do, and our own
// deviations.

import { describe, expect, test } from 'vitest';
import { CountWindows } from '../../../src/operators/windowing/count-windows.ts';
import { GlobalWindows } from '../../../src/operators/windowing/global-windows.ts';
import {
  DynamicEventTimeSessionWindows,
  EventTimeSessionWindows,
  ProcessingTimeSessionWindows,
} from '../../../src/operators/windowing/session-assigners.ts';
import {
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from '../../../src/operators/windowing/time-assigners.ts';
import { NeverTrigger, ProcessingTimeTrigger } from '../../../src/operators/windowing/triggers.ts';
import { TimeWindow } from '../../../src/operators/windowing/windows.ts';
import { type Given, Values, WindowDriver, failure, open } from './drive.ts';

test.each([null, '5', 1.5, 0, Number.NaN])('%s is no dynamic gap, as in Python', (gap) => {
  const sessions = new DynamicEventTimeSessionWindows(() => gap as number);
  expect(() => sessions.assignWindows('ann', 1)).toThrow(
    'Dynamic session time gap must satisfy 0 < gap, in whole milliseconds; it is',
  );
});

describe('windows of the clock', () => {
  test('tumble', async () => {
    const driver = await open({ assigner: new TumblingProcessingTimeWindows(100) });
    await driver.clock(130);
    await driver.record('a', 1);
    await driver.record('b', 2);
    await driver.clock(198);
    expect(driver.take()).toEqual([]);
    await driver.clock(199);
    expect(driver.emitted.map(({ key, timestamp }) => [key, timestamp])).toEqual([
      ['a', 199],
      ['b', 199],
    ]);
    expect(driver.take()).toEqual([[1], [2]]);
    await driver.record('a', 3);
    await driver.end(); // Open windows are dropped at the end of a stream.
    expect(driver.take()).toEqual([]);
  });

  test('slide', async () => {
    const driver = await open({ assigner: new SlidingProcessingTimeWindows(30, 10) });
    await driver.record('a', 1);
    await driver.clock(100);
    expect(driver.take()).toEqual([[1], [1], [1]]);
  });

  test.each([
    ['kept as intervals', ProcessingTimeSessionWindows.withGap(20)],
    ['that merge', new (class Other extends ProcessingTimeSessionWindows {})(20)],
  ])('are sessions %s', async (_name, assigner) => {
    const driver = await WindowDriver.open({ assigner });
    await driver.record('a', 1);
    await driver.clock(15);
    await driver.record('a', 2);
    await driver.clock(33);
    expect(driver.take()).toEqual([]);
    await driver.clock(34);
    expect(driver.take()).toEqual([['a', 0, 35, [1, 2]]]);
    await driver.clock(100);
    await driver.record('a', 3);
    await driver.clock(200);
    expect(driver.take()).toEqual([['a', 100, 120, [3]]]);
  });

  test('fire with a trigger that is said', async () => {
    const assigner = new (class Other extends TumblingProcessingTimeWindows {})(100);
    const driver = await open({ assigner, trigger: ProcessingTimeTrigger.create() });
    await driver.record('a', 1);
    await driver.clock(500);
    expect(driver.take()).toEqual([[1]]);
  });
});

describe('count windows', () => {
  const values = async (given: Given, count: number, key = 'a') => {
    const driver = await open(given);
    for (let i = 0; i < count; i++) await driver.record(key, i);
    await driver.end();
    return driver.take();
  };

  test('fire only when full', async () => {
    expect(await values({ assigner: new CountWindows(3) }, 7)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(await values({ assigner: new CountWindows(4, 2) }, 7)).toEqual([
      [0, 1, 2, 3],
      [2, 3, 4, 5],
    ]);
    expect(await values({ assigner: new CountWindows(3, 1) }, 5)).toEqual([
      [0, 1, 2],
      [1, 2, 3],
      [2, 3, 4],
    ]);
    expect(await values({ assigner: new CountWindows(2, 3) }, 6)).toEqual([
      [0, 1],
      [3, 4],
    ]);
  });

  test('count each key alone, number their windows, keep no full one, and fire at the time of their last record', async () => {
    const driver = await WindowDriver.open({
      assigner: new CountWindows(2),
      how: 'apply',
      function: (key: unknown, window: { id: number }, all: unknown[]) => [[key, window.id, all]],
    });
    for (const [key, value] of ['a1', 'b1', 'a2', 'a3', 'b2', 'a4'].map((text) => text.split(''))) {
      await driver.record(key, Number(value), 5);
    }
    expect(driver.emitted.every(({ timestamp }) => timestamp === 5)).toBe(true);
    expect(driver.take()).toEqual([
      ['a', 0, [1, 2]],
      ['b', 0, [1, 2]],
      ['a', 1, [3, 4]],
    ]);
    const kept = new Set(driver.snapshot().chunks.map(([, table]) => table));
    expect(kept).toEqual(new Set(['counts of closed keys']));
  });

  test('survive a snapshot', async () => {
    const before = await open({ assigner: new CountWindows(3, 2) });
    for (let i = 0; i < 4; i++) await before.record(['k', 1], i);
    const state = before.snapshot();
    for (let i = 4; i < 9; i++) await before.record(['k', 1], i);
    const all = before.take();
    const after = await open({ assigner: new CountWindows(3, 2) });
    for (let i = 0; i < 4; i++) await after.record(['k', 1], i);
    const restored = await WindowDriver.open(
      { assigner: new CountWindows(3, 2), function: Values },
      [state],
    );
    for (let i = 4; i < 9; i++) await restored.record(['k', 1], i);
    expect([...after.take(), ...restored.take()]).toEqual(all);
  });
});

describe('global windows', () => {
  test.each([undefined, new NeverTrigger()])('never fire by themselves', async (trigger) => {
    const driver = await open({ assigner: GlobalWindows.create(), trigger });
    await driver.record('a', 1, 5);
    await driver.end();
    expect(driver.take()).toEqual([]);
  });
});

describe('custom assigners', () => {
  /** Window k covers [2^k - 1, 2^(k+1) - 1). */
  const growing = {
    assignWindows(_value: unknown, timestamp: number) {
      const k = Math.floor(Math.log2(timestamp + 1));
      return [new TimeWindow(2 ** k - 1, 2 ** (k + 1) - 1)];
    },
  };

  test('need no more than assignWindows', async () => {
    const driver = await WindowDriver.open({ assigner: growing });
    for (const at of [0, 1, 2, 3, 6, 7]) await driver.record('a', at, at);
    await driver.end();
    expect(driver.take()).toEqual([
      ['a', 0, 1, [0]],
      ['a', 1, 3, [1, 2]],
      ['a', 3, 7, [3, 6]],
      ['a', 7, 15, [7]],
    ]);
  });

  test('may make windows of their own, told apart by their fields', async () => {
    class Shift {
      readonly name: string;
      constructor(name: string) {
        this.name = name;
      }
      maxTimestamp(): number {
        return this.name === 'early' ? 9 : 99;
      }
    }
    const driver = await WindowDriver.open({
      assigner: {
        assignWindows: (_value: unknown, at: number) => [new Shift(at < 10 ? 'early' : 'late')],
      },
      how: 'apply',
      function: (_key: unknown, { name }: Shift, all: unknown[]) => [[name, [...all]]],
    });
    for (const at of [3, 50, 4, 60]) await driver.record('a', at, at);
    await driver.watermark(20);
    expect(driver.take()).toEqual([['early', [3, 4]]]);
    await driver.end();
    expect(driver.take()).toEqual([['late', [50, 60]]]);
  });

  test('may merge', async () => {
    /** A record joins the windows of its parity. */
    const parities = {
      assignWindows: (_value: unknown, at: number) => [new TimeWindow(at, at + 1)],
      mergeWindows(
        windows: Iterable<TimeWindow>,
        merge: (merged: TimeWindow[], result: TimeWindow) => void,
      ) {
        for (const parity of [0, 1]) {
          const group = [...windows].filter(({ start }) => start % 2 === parity);
          if (group.length < 2) continue;
          const start = Math.min(...group.map((window) => window.start));
          merge(group, new TimeWindow(start, Math.max(...group.map(({ end }) => end))));
        }
      },
    };
    const driver = await WindowDriver.open({ assigner: parities });
    for (const at of [1, 2, 5, 8, 3]) await driver.record('a', at, at);
    await driver.end();
    expect(driver.take()).toEqual([
      ['a', 1, 6, [1, 5, 3]],
      ['a', 2, 9, [2, 8]],
    ]);
  });

  test('are refused when they are none', async () => {
    expect(await failure(open({ assigner: { size: 5 } }))).toContain(
      'needs a window assigner, an object with assignWindows(value, timestamp, ctx)',
    );
  });
});

describe('records without a timestamp', () => {
  test.each([
    new TumblingEventTimeWindows(10),
    new SlidingEventTimeWindows(10, 5),
    new (class Other extends SlidingEventTimeWindows {})(10, 5),
  ])('are refused by windows of event time', async (assigner) => {
    const driver = await open({ assigner });
    expect(() => driver.record('a', 1)).toThrow(
      "did you forget to call 'stream.assignTimestampsAndWatermarks(...)'?",
    );
  });

  test.each([
    EventTimeSessionWindows.withGap(5),
    new (class Other extends EventTimeSessionWindows {})(5),
  ])('share one session', async (assigner) => {
    const driver = await open({ assigner });
    await driver.record('a', 1);
    await driver.record('a', 2);
    await driver.end();
    expect(driver.take()).toEqual([[1, 2]]);
  });
});

test('keys are equal as they are in the language, objects by what they hold', async () => {
  const driver = await open({ assigner: new TumblingEventTimeWindows(10) });
  const keys = [['x', 1], ['x', 1], NaN, NaN, 1, '1', true, null, '\0kx', new Date(5), new Date(5)];
  for (const [i, key] of keys.entries()) await driver.record(key, i, 1);
  await driver.end();
  expect(driver.emitted[0]?.key).toEqual(['x', 1]);
  expect(driver.take()).toEqual([[0, 1], [2, 3], [4], [5], [6], [7], [8], [9, 10]]);
});
