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
import type { JsonValue, OperatorSpec } from '../../../src/graph/job-graph.ts';
import {
  type AsData,
  assignerAsData,
  triggerAsData,
} from '../../../src/operators/windowing/as-data.ts';
import { CountWindows } from '../../../src/operators/windowing/count-windows.ts';
import {
  assignerOf,
  triggerOf,
  windowOperation,
} from '../../../src/operators/windowing/from-data.ts';
import type { OperatorContext } from '../../../src/runtime/operator.ts';

/** The context of an operator with these parameters and functions. */
function contextOf(params: OperatorSpec['params'], parts: AsData['parts'] = {}): OperatorContext {
  const ref = { language: 'typescript', form: 'closure', id: 0, name: 'f' } as const;
  const fns = Object.fromEntries(Object.keys(parts).map((part) => [part, ref]));
  const load = (part: string) => Promise.resolve(parts[part]);
  return { spec: { name: 'Window', kind: 'window', params, fns }, load } as OperatorContext;
}

async function again(assigner: object): Promise<object> {
  const { said, parts } = assignerAsData(assigner);
  return assignerOf(contextOf({ assigner: JSON.parse(JSON.stringify(said)) as JsonValue }, parts));
}

async function triggerAgain(trigger: object): Promise<unknown> {
  const { said, parts } = triggerAsData(trigger);
  return triggerOf(contextOf({ trigger: JSON.parse(JSON.stringify(said)) as JsonValue }, parts));
}

class OwnWindows extends TumblingEventTimeWindows {}
class OwnTrigger extends CountTrigger {}

describe('what is data is made again of it', () => {
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
    const made = await again(assigner);
    expect(made).toStrictEqual(assigner);
    expect(made.constructor).toBe(assigner.constructor);
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
    expect(await triggerAgain(trigger)).toStrictEqual(trigger);
  });

  test("of the program's own, functions alone are kept", async () => {
    const gap = (value: unknown) => Number(value);
    const sessions = EventTimeSessionWindows.withDynamicGap(gap);
    expect(assignerAsData(sessions)).toEqual({
      said: { kind: 'session', time: 'event' },
      parts: { gap },
    });
    expect(await again(sessions)).toMatchObject({ given: gap });
    const windows = new OwnWindows(10);
    expect(assignerAsData(windows)).toEqual({
      said: { kind: 'function' },
      parts: { assigner: windows },
    });
    expect(await again(windows)).toBe(windows);
    const trigger = new OwnTrigger(2);
    expect(triggerAsData(PurgingTrigger.of(trigger))).toEqual({
      said: { kind: 'purging', trigger: { kind: 'function' } },
      parts: { trigger },
    });
    expect(await triggerAgain(PurgingTrigger.of(trigger))).toMatchObject({ nested: trigger });
  });

  test('what nobody knows is refused', async () => {
    await expect(assignerOf(contextOf({ assigner: { kind: 'lunar' } }))).rejects.toThrow(
      'There is no window assigner "lunar"; known',
    );
    await expect(triggerOf(contextOf({ trigger: { kind: 'lunar' } }))).rejects.toThrow(
      'There is no trigger "lunar"; known',
    );
  });
});

test('an operation has its defaults where nothing is said', async () => {
  const total = (a: number, b: number) => a + b;
  const said = { assigner: { kind: 'global' }, how: 'reduce' };
  expect(await windowOperation(contextOf(said, { function: total }))).toEqual({
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
