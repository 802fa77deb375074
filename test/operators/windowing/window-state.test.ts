// State of window functions and triggers: per window, per key, through merges and snapshots.

import { describe, expect, test } from 'vitest';
import {
  AggregatingStateDescriptor,
  type KeyedStateStore,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  ValueStateDescriptor,
} from '../../../src/index.ts';
import { EventTimeSessionWindows } from '../../../src/operators/windowing/session-assigners.ts';
import { TumblingEventTimeWindows } from '../../../src/operators/windowing/time-assigners.ts';
import {
  type OnMergeContext,
  type TriggerContext,
  TriggerResult,
} from '../../../src/operators/windowing/trigger.ts';
import type { TimeWindow } from '../../../src/operators/windowing/windows.ts';
import { thrownWithin } from '../../../src/runtime/failure.ts';
import { entriesOf } from '../../../src/state/chunks.ts';
import { type Given, WindowDriver } from './drive.ts';

interface Context {
  window(): TimeWindow;
  windowState(): KeyedStateStore;
  globalState(): KeyedStateStore;
}

const previous = new ValueStateDescriptor<number>('previous');
const fired = new ValueStateDescriptor<number>('fired');

class Compare {
  process(key: string, ctx: Context, values: number[]): unknown[] {
    const total = values.reduce((a, b) => a + b, 0);
    const before = ctx.globalState().getState(previous);
    const count = ctx.windowState().getState(fired);
    count.update((count.value() ?? 0) + 1);
    const shown = [key, ctx.window().start, total, before.value(), count.value()];
    before.update(total);
    return [shown];
  }

  clear(ctx: Context): void {
    ctx.windowState().getState(fired).clear();
  }
}

const compared: Given = {
  assigner: new TumblingEventTimeWindows(10),
  allowedLatenessMs: 5,
  function: Compare,
};

describe('window functions', () => {
  const expected = [
    ['a', 0, 3, undefined, 1],
    ['b', 0, 10, undefined, 1],
    ['a', 0, 7, 3, 2],
    ['a', 10, 8, 7, 1],
  ];

  test.each([
    ['aligned', compared],
    [
      'general',
      { ...compared, assigner: new (class Other extends TumblingEventTimeWindows {})(10) },
    ],
  ])('have state of a window and of a key (%s)', async (_name, given) => {
    const driver = await WindowDriver.open(given);
    await driver.record('a', 1, 1);
    await driver.record('a', 2, 2);
    await driver.record('b', 10, 2);
    await driver.watermark(9);
    await driver.record('a', 4, 3);
    await driver.record('a', 8, 11);
    await driver.end();
    expect(driver.take()).toEqual(expected);
    // What is of a window has been cleared, what is of a key is kept.
    const kept = driver.snapshot();
    const [table] = new Set(kept.chunks.map(([, name]) => name));
    expect(kept.chunks.every(([, name]) => name === table)).toBe(true);
    const keys = entriesOf(kept, table as string).map((entry) => (entry as unknown[])[0]);
    expect(new Set(keys)).toEqual(new Set(['a', 'b']));
  });

  test('find their state again after a restore', async () => {
    const before = await WindowDriver.open(compared);
    await before.record('a', 1, 1);
    await before.record('a', 2, 2);
    await before.record('b', 10, 2);
    await before.watermark(9);
    const state = before.snapshot();
    await before.record('a', 100, 3); // Not in the snapshot.
    const after = await WindowDriver.open(compared, [state]);
    after.ctx.watermark = 9;
    await after.record('a', 4, 3);
    await after.record('a', 8, 11);
    await after.end();
    expect([...before.take().slice(0, 2), ...after.take()]).toEqual(expected);
  });

  test('have all kinds of state, also where they are rich', async () => {
    const list = new ListStateDescriptor<number>('list');
    const map = new MapStateDescriptor<string, number>('map');
    const greatest = new ReducingStateDescriptor<number>('greatest', Math.max);
    const mean = new AggregatingStateDescriptor('mean', {
      createAccumulator: () => [0, 0],
      add: (value: number, [sum = 0, count = 0]: number[]) => [sum + value, count + 1],
      getResult: ([sum = 0, count = 0]: number[]) => sum / count,
    });
    class Rich {
      #state!: KeyedStateStore;
      open(context: KeyedStateStore): void {
        this.#state = context;
      }
      process(_key: string, _ctx: Context, values: number[]): unknown[] {
        const state = this.#state;
        state.getListState(list).addAll(values);
        state.getMapState(map).put(`of ${values.length}`, values.length);
        for (const value of values) {
          state.getReducingState(greatest).add(value);
          state.getAggregatingState(mean).add(value);
        }
        return [
          [
            state.getListState(list).get(),
            [...state.getMapState(map).keys()],
            state.getReducingState(greatest).get(),
            state.getAggregatingState(mean).get(),
          ],
        ];
      }
    }
    const driver = await WindowDriver.open({ ...compared, function: Rich });
    for (const [key, value, at] of [
      ['a', 5, 1],
      ['a', 1, 11],
      ['a', 3, 12],
      ['b', 9, 12],
    ] as const) {
      await driver.record(key, value, at);
    }
    await driver.end();
    expect(driver.take()).toEqual([
      [[5], ['of 1'], 5, 5],
      [[5, 1, 3], ['of 1', 'of 2'], 5, 3],
      [[9], ['of 1'], 9, 9],
    ]);
  });

  test('have none of a window where windows merge', async () => {
    const driver = await WindowDriver.open({
      assigner: EventTimeSessionWindows.withGap(5),
      function: Compare,
    });
    await driver.record('a', 1, 1);
    const failure = await driver.end().catch(thrownWithin);
    expect(String(failure)).toContain('Per-window state is not allowed when using merging windows');
  });
});

describe('triggers', () => {
  const seen = new ListStateDescriptor<number>('seen');

  /** Fires when a window has seen three odd values; says which. */
  class ThreeOdd {
    readonly fired: number[][] = [];

    onElement(value: number, _at: number, _window: TimeWindow, ctx: TriggerContext) {
      const state = ctx.getPartitionedState(seen);
      if (value % 2 === 1) state.add(value);
      if (state.get().length < 3) return TriggerResult.CONTINUE;
      this.fired.push(state.get());
      state.clear();
      return TriggerResult.FIRE;
    }

    canMerge = () => true;

    onMerge(_window: TimeWindow, ctx: OnMergeContext): void {
      ctx.mergePartitionedState(seen);
    }

    clear(_window: TimeWindow, ctx: TriggerContext): void {
      ctx.getPartitionedState(seen).clear();
    }
  }

  test('have state of each key and window, and leave none behind', async () => {
    const trigger = new ThreeOdd();
    const driver = await WindowDriver.open({ assigner: new TumblingEventTimeWindows(10), trigger });
    for (const at of [1, 2, 3, 11, 13, 5, 7]) await driver.record('a', at, at);
    await driver.record('b', 9, 9);
    expect(trigger.fired).toEqual([[1, 3, 5]]);
    expect(driver.take()).toEqual([['a', 0, 10, [1, 2, 3, 5]]]);
    await driver.end();
    expect(driver.snapshot().chunks).toEqual([]);
  });

  test('merge their state with the windows', async () => {
    const trigger = new ThreeOdd();
    const driver = await WindowDriver.open({
      assigner: EventTimeSessionWindows.withGap(5),
      trigger,
    });
    for (const at of [1, 9, 5]) await driver.record('a', at, at);
    expect(trigger.fired).toEqual([[1, 9, 5]]);
    await driver.end();
    expect(driver.snapshot().chunks).toEqual([]);
  });

  test('merge state of every kind that can be', async () => {
    const list = new ListStateDescriptor<number>('list');
    const least = new ReducingStateDescriptor<number>('least', Math.min);
    const mean = new AggregatingStateDescriptor('mean', {
      createAccumulator: () => [0, 0],
      add: (value: number, [sum = 0, count = 0]: number[]) => [sum + value, count + 1],
      getResult: ([sum = 0, count = 0]: number[]) => sum / count,
      merge: (a: number[], b: number[]) => a.map((part, i) => part + (b[i] ?? 0)),
    });
    const seen: unknown[] = [];
    const all = [list, least, mean];
    const trigger = {
      onElement(value: number, _at: number, _window: TimeWindow, ctx: TriggerContext) {
        for (const descriptor of all)
          ctx.getPartitionedState(descriptor as typeof least).add(value);
        seen.push([
          ctx.getPartitionedState(list).get(),
          ctx.getPartitionedState(least).get(),
          ctx.getPartitionedState(mean).get(),
        ]);
        return TriggerResult.CONTINUE;
      },
      canMerge: () => true,
      onMerge(_window: TimeWindow, ctx: OnMergeContext): void {
        for (const descriptor of all) ctx.mergePartitionedState(descriptor);
      },
    };
    const driver = await WindowDriver.open({
      assigner: EventTimeSessionWindows.withGap(5),
      trigger,
    });
    for (const at of [4, 11, 7]) await driver.record('a', at, at);
    expect(seen).toEqual([
      [[4], 4, 4],
      [[11], 11, 11],
      [[4, 11, 7], 4, 22 / 3],
    ]);
  });

  test('cannot merge what does not merge', async () => {
    const total = new ValueStateDescriptor<number>('total');
    class Wrong extends ThreeOdd {
      override onMerge(_window: TimeWindow, ctx: OnMergeContext): void {
        ctx.mergePartitionedState(total);
      }
    }
    const driver = await WindowDriver.open({
      assigner: EventTimeSessionWindows.withGap(5),
      trigger: new Wrong(),
    });
    await driver.record('a', 1, 1);
    expect(() => driver.record('a', 2, 2)).toThrow('The state "total" cannot be merged');
  });
});
