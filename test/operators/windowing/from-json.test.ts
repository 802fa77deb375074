import { describe, expect, test } from 'vitest';
import {
  ContinuousEventTimeTrigger,
  ContinuousProcessingTimeTrigger,
  CountTrigger,
  EventTimeSessionWindows,
  EventTimeTrigger,
  GlobalWindows,
  NeverTrigger,
  ProcessingTimeSessionWindows,
  ProcessingTimeTrigger,
  PurgingTrigger,
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from '../../../src/index.ts';
import { CountWindows } from '../../../src/operators/windowing/count-windows.ts';
import {
  assignerOf,
  triggerOf,
  windowOperation,
} from '../../../src/operators/windowing/from-json.ts';

const noFunctions = () => Promise.reject(new Error('There are none.'));

describe('what describes itself is made again of its description', () => {
  test.each([
    TumblingEventTimeWindows.of(10, 3),
    TumblingProcessingTimeWindows.of(10),
    SlidingEventTimeWindows.of(10, 4, -1),
    SlidingProcessingTimeWindows.of(10, 4),
    EventTimeSessionWindows.withGap(7),
    ProcessingTimeSessionWindows.withGap(7),
    GlobalWindows.create(),
    new CountWindows(4),
    new CountWindows(4, 2),
  ])('an assigner: %j', async (assigner) => {
    const again = await assignerOf(assigner.describe(), noFunctions);
    expect(again).toStrictEqual(assigner);
    expect(again.constructor).toBe(assigner.constructor);
  });

  test.each([
    EventTimeTrigger.create(),
    ProcessingTimeTrigger.create(),
    NeverTrigger.create(),
    CountTrigger.of(3),
    ContinuousEventTimeTrigger.of(50),
    ContinuousProcessingTimeTrigger.of(60),
    PurgingTrigger.of(CountTrigger.of(2)),
  ])('a trigger: %j', async (trigger) => {
    expect(await triggerOf(trigger.describe(), noFunctions)).toStrictEqual(trigger);
  });

  test('what nobody knows is refused', async () => {
    await expect(assignerOf({ kind: 'lunar' }, noFunctions)).rejects.toThrow(
      'There is no window assigner "lunar"; known',
    );
    await expect(triggerOf({ kind: 'lunar' }, noFunctions)).rejects.toThrow(
      'There is no trigger "lunar"; known',
    );
  });
});

test('an operation has its defaults where nothing is said', async () => {
  const total = (a: number, b: number) => a + b;
  const said = { assigner: { kind: 'global' }, how: 'reduce' };
  expect(await windowOperation(said, total, noFunctions)).toEqual({
    assigner: new GlobalWindows(),
    trigger: undefined,
    allowedLatenessMs: 0,
    lateTag: undefined,
    how: 'reduce',
    function: total,
    windowFunction: undefined,
    allWindows: false,
  });
});
