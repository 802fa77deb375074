// Triggers, custom assigners, count windows and the clock: what PyFlink 2.3 was seen to do, and our own deviations.

import { describe, expect, test } from 'vitest';
import { CountWindows } from '../../../src/operators/windowing/count-windows.ts';
import { MAX_TIMESTAMP } from '../../../src/runtime/operator.ts';
import {
  ContinuousEventTimeTrigger,
  ContinuousProcessingTimeTrigger,
} from '../../../src/operators/windowing/continuous-triggers.ts';
import { CountTrigger } from '../../../src/operators/windowing/count-trigger.ts';
import { GlobalWindows } from '../../../src/operators/windowing/global-windows.ts';
import {
  EventTimeSessionWindows,
  ProcessingTimeSessionWindows,
} from '../../../src/operators/windowing/session-assigners.ts';
import {
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from '../../../src/operators/windowing/time-assigners.ts';
import { type TriggerContext, TriggerResult } from '../../../src/operators/windowing/trigger.ts';
import {
  NeverTrigger,
  ProcessingTimeTrigger,
  PurgingTrigger,
  EventTimeTrigger,
} from '../../../src/operators/windowing/triggers.ts';
import { TimeWindow } from '../../../src/operators/windowing/windows.ts';
import { type Given, WindowDriver } from './drive.ts';

const failure = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (e: unknown) => String(e),
  );

/** Emits the records of a window. */
class Values {
  process(_key: unknown, _ctx: unknown, values: unknown[]): unknown[] {
    return [[...values]];
  }
}

const open = (given: Given) => WindowDriver.open({ function: Values, ...given });

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

  test('count each key alone, number their windows, and have no end in time', async () => {
    const driver = await WindowDriver.open({
      assigner: new CountWindows(2),
      how: 'apply',
      function: (key: unknown, window: { id: number }, all: unknown[]) => [[key, window.id, all]],
    });
    for (const [key, value] of ['a1', 'b1', 'a2', 'a3', 'b2', 'a4'].map((text) => text.split(''))) {
      await driver.record(key, Number(value), 5);
    }
    expect(driver.emitted.every(({ timestamp }) => timestamp === MAX_TIMESTAMP)).toBe(true);
    expect(driver.take()).toEqual([
      ['a', 0, [1, 2]],
      ['b', 0, [1, 2]],
      ['a', 1, [3, 4]],
    ]);
  });

  test('survive a snapshot', async () => {
    const before = await open({ assigner: new CountWindows(3, 2) });
    for (let i = 0; i < 4; i++) await before.record(['k', 1], i);
    const state = await before.operator.snapshot?.(1);
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

describe('triggers', () => {
  const letters = async (trigger: unknown) => {
    const driver = await open({ assigner: GlobalWindows.create(), trigger });
    for (const letter of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) await driver.record('k', letter);
    return (driver.take() as string[][]).map((found) => found.join(''));
  };

  test('by count keep the window; a purging one empties it', async () => {
    expect(await letters(CountTrigger.of(3))).toEqual(['abc', 'abcdef']);
    expect(await letters(PurgingTrigger.of(CountTrigger.of(3)))).toEqual(['abc', 'def']);
  });

  test.each([1, 2, 5].flatMap((size) => [1, 2, 3, 7].map((slide) => [size, slide])))(
    'by count, said for count windows of %i every %i, fire as they do by themselves',
    async (size = 0, slide = 0) => {
      const found: unknown[][] = [];
      for (const trigger of [undefined, CountTrigger.of(size)]) {
        const driver = await open({ assigner: new CountWindows(size, slide), trigger });
        for (let i = 0; i < 25; i++) await driver.record('ab'[i % 3 === 0 ? 1 : 0], i);
        found.push(driver.take().map((value) => JSON.stringify(value)));
      }
      expect(found[1]?.sort()).toEqual(found[0]?.sort());
    },
  );

  test('that are continuous fire at multiples of their interval and at the end', async () => {
    const driver = await open({
      assigner: new TumblingEventTimeWindows(10_000),
      trigger: ContinuousEventTimeTrigger.of(2_000),
    });
    for (const at of [100, 1_100, 2_100, 4_100, 6_100, 8_100, 18_500]) {
      await driver.record(at === 2_100 ? 'b' : 'a', at, at);
      await driver.watermark(at - 1);
    }
    await driver.end();
    const of = (name: string) =>
      driver.emitted.filter(({ key }) => key === name).map(({ value }) => value);
    expect(of('b')).toEqual([[2_100], [2_100], [2_100], [2_100]]);
    expect(of('a')).toEqual([
      [100, 1_100],
      [100, 1_100, 4_100],
      [100, 1_100, 4_100, 6_100],
      [100, 1_100, 4_100, 6_100, 8_100],
      [100, 1_100, 4_100, 6_100, 8_100],
      [18_500],
    ]);
  });

  test('that are continuous go by the clock as well', async () => {
    const driver = await open({
      assigner: GlobalWindows.create(),
      trigger: ContinuousProcessingTimeTrigger.of(100),
    });
    await driver.clock(50);
    await driver.record('a', 1);
    await driver.clock(99);
    expect(driver.take()).toEqual([]);
    await driver.clock(100);
    await driver.record('a', 2);
    await driver.clock(200);
    expect(driver.take()).toEqual([[1], [1, 2]]);
  });

  test('that are continuous by the clock fire at the end of the window too', async () => {
    const driver = await open({
      assigner: new TumblingProcessingTimeWindows(250),
      trigger: ContinuousProcessingTimeTrigger.of(100),
    });
    await driver.record('a', 1);
    await driver.clock(150);
    await driver.record('a', 2);
    await driver.clock(1_000);
    expect(driver.take()).toEqual([[1], [1, 2], [1, 2]]);
  });

  test('are cleared for the windows that became another', async () => {
    const cleared: string[] = [];
    class Clearing extends EventTimeTrigger {
      override clear(window: TimeWindow, ctx: TriggerContext): void {
        cleared.push(`${window.start} to ${window.end}`);
        super.clear(window, ctx);
      }
    }
    const driver = await open({
      assigner: EventTimeSessionWindows.withGap(5),
      trigger: new Clearing(),
    });
    for (const at of [1, 9, 5, 20]) await driver.record('a', at, at);
    expect(cleared).toEqual(['1 to 6', '9 to 14']);
    await driver.end();
    expect(cleared.slice(2)).toEqual(['1 to 14', '20 to 25']);
    expect(driver.take()).toEqual([[1, 9, 5], [20]]);
  });

  test('by count and continuous ones follow sessions that merge', async () => {
    const events = [10, 50, 30, 200, 205, 70];
    const counted = await open({
      assigner: EventTimeSessionWindows.withGap(25),
      trigger: CountTrigger.of(3),
    });
    for (const at of events) await counted.record('a', at, at);
    expect(counted.take()).toEqual([[10, 50, 30]]);
    const continuous = await open({
      assigner: EventTimeSessionWindows.withGap(25),
      trigger: ContinuousEventTimeTrigger.of(20),
    });
    for (const at of events) await continuous.record('a', at, at);
    await continuous.watermark(45);
    expect(continuous.take()).toEqual([
      [10, 50, 30, 70],
      [10, 50, 30, 70],
    ]);
    await continuous.end();
    const rest = continuous.take() as number[][];
    expect(rest.filter((found) => found[0] === 10).length).toBe(3); // At 60, 80 and the end.
    expect(rest.at(-1)).toEqual([200, 205]);
  });

  test('are in snapshots, with their timers', async () => {
    const given = {
      assigner: new CountWindows(10),
      trigger: CountTrigger.of(3),
      function: Values,
    };
    const before = await open(given);
    for (const value of [1, 2]) await before.record('a', value);
    const after = await WindowDriver.open(given, [await before.operator.snapshot?.(1)]);
    for (const value of [3, 4, 5]) await after.record('a', value);
    expect(after.take()).toEqual([[1, 2, 3]]);
    const clocked = {
      assigner: GlobalWindows.create(),
      trigger: ContinuousProcessingTimeTrigger.of(100),
      function: Values,
    };
    const started = await open(clocked);
    await started.record('a', 1);
    const restored = await WindowDriver.open(clocked, [await started.operator.snapshot?.(1)]);
    await restored.clock(100);
    expect(restored.take()).toEqual([[1]]);
  });

  test('refuse numbers that mean nothing', () => {
    expect(() => CountTrigger.of(0)).toThrow('of 0 records');
    expect(() => ContinuousEventTimeTrigger.of(-5)).toThrow('must be positive; it is -5 ms');
    expect(() => new TumblingEventTimeWindows(5, 5)).toThrow('must satisfy abs(offset) < size');
    expect(() => SlidingEventTimeWindows.of(5, 0)).toThrow('must satisfy abs(offset) < slide');
    expect(() => EventTimeSessionWindows.withGap(0)).toThrow('must satisfy 0 < gap');
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

describe('custom triggers', () => {
  test('fire and purge by what they return', async () => {
    const odd = {
      onElement: (value: number) =>
        value % 2 === 1 ? TriggerResult.FIRE_AND_PURGE : TriggerResult.CONTINUE,
    };
    const driver = await open({ assigner: GlobalWindows.create(), trigger: odd });
    for (const value of [0, 2, 1, 10, 12, 13]) await driver.record('a', value);
    expect(driver.take()).toEqual([
      [0, 2, 1],
      [10, 12, 13],
    ]);
  });

  test('may have timers of both kinds, and delete them', async () => {
    const events: string[] = [];
    const trigger = {
      onElement(value: number, _at: number, _window: unknown, ctx: never) {
        const timers = ctx as {
          registerEventTimeTimer(time: number): void;
          deleteEventTimeTimer(time: number): void;
          registerProcessingTimeTimer(time: number): void;
        };
        timers.registerEventTimeTimer(value);
        timers.registerEventTimeTimer(value + 1);
        timers.deleteEventTimeTimer(value + 1);
        timers.registerProcessingTimeTimer(1000 + value);
        return TriggerResult.CONTINUE;
      },
      onEventTime(time: number) {
        events.push(`event ${time}`);
        return TriggerResult.FIRE;
      },
      onProcessingTime(time: number) {
        events.push(`clock ${time}`);
        return TriggerResult.PURGE;
      },
    };
    const driver = await open({ assigner: GlobalWindows.create(), trigger });
    await driver.record('a', 5, 1);
    await driver.record('a', 3, 1);
    await driver.watermark(4);
    expect(driver.take()).toEqual([[5, 3]]);
    await driver.clock(1003);
    await driver.watermark(10);
    expect(driver.take()).toEqual([]); // Purged: an empty window calls no function.
    expect(events).toEqual(['event 3', 'clock 1003', 'event 5']);
  });

  test('that return something else are told so', async () => {
    class Forgetful {
      onElement(): undefined {
        return undefined;
      }
    }
    const driver = await open({ assigner: GlobalWindows.create(), trigger: new Forgetful() });
    expect(() => driver.record('a', 1)).toThrow(
      'onElement of the trigger Forgetful returned undefined; it must return one of TriggerResult.CONTINUE',
    );
  });

  test('that cannot merge are refused for sessions', async () => {
    const given = { assigner: EventTimeSessionWindows.withGap(5), trigger: new NeverTrigger() };
    expect(await failure(open(given))).toContain('does not support merging');
  });
});

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
      ['a', 14],
      ['a', 9],
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

test('a purging trigger empties the window that fired; late records begin it anew', async () => {
  const driver = await open({
    assigner: new TumblingEventTimeWindows(10),
    trigger: PurgingTrigger.of(EventTimeTrigger.create()),
    allowedLatenessMs: 20,
  });
  await driver.record('a', 1, 1);
  await driver.watermark(9);
  await driver.record('a', 2, 2);
  await driver.end();
  expect(driver.take()).toEqual([[1], [2]]);
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
