// Triggers of Isthmus and of a program's own: when windows fire, and what they keep.

import { describe, expect, test } from 'vitest';
import { CountWindows } from '../../../src/operators/windowing/count-windows.ts';
import {
  ContinuousEventTimeTrigger,
  ContinuousProcessingTimeTrigger,
} from '../../../src/operators/windowing/continuous-triggers.ts';
import { CountTrigger } from '../../../src/operators/windowing/count-trigger.ts';
import { GlobalWindows } from '../../../src/operators/windowing/global-windows.ts';
import { EventTimeSessionWindows } from '../../../src/operators/windowing/session-assigners.ts';
import {
  SlidingEventTimeWindows,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from '../../../src/operators/windowing/time-assigners.ts';
import { type TriggerContext, TriggerResult } from '../../../src/operators/windowing/trigger.ts';
import {
  NeverTrigger,
  PurgingTrigger,
  EventTimeTrigger,
} from '../../../src/operators/windowing/triggers.ts';
import { TimeWindow } from '../../../src/operators/windowing/windows.ts';
import { Values, WindowDriver, failure, open } from './drive.ts';

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

  test('that are continuous end with a global window', async () => {
    const driver = await open({
      assigner: GlobalWindows.create(),
      trigger: ContinuousEventTimeTrigger.of(10),
    });
    await driver.record('a', 1, 1);
    await driver.watermark(25);
    await driver.record('a', 2, 26);
    await driver.end();
    expect(driver.take()).toEqual([[1], [1], [1, 2], [1, 2]]);
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
    // At 60 and the end: nothing can come in between. (PyFlink does the same.)
    expect(rest.filter((found) => found[0] === 10).length).toBe(2);
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
    const after = await WindowDriver.open(given, [before.snapshot()]);
    for (const value of [3, 4, 5]) await after.record('a', value);
    expect(after.take()).toEqual([[1, 2, 3]]);
    const clocked = {
      assigner: GlobalWindows.create(),
      trigger: ContinuousProcessingTimeTrigger.of(100),
      function: Values,
    };
    const started = await open(clocked);
    await started.record('a', 1);
    const restored = await WindowDriver.open(clocked, [started.snapshot()]);
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
