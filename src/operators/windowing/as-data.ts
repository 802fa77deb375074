// Assigners and triggers as plain data: those of Isthmus by kind and numbers, the program's own as functions. What from-data.ts reads;
// twin of python/isthmus/_interfaces/window/as_data.py. Times are milliseconds.
//
// Of subclasses nobody knows what they do: only the classes themselves are data.

import type { JsonValue } from '../../graph/job-graph.ts';
import {
  ContinuousEventTimeTrigger,
  ContinuousProcessingTimeTrigger,
} from './continuous-triggers.ts';
import { CountTrigger } from './count-trigger.ts';
import { CountWindows } from './count-windows.ts';
import { GlobalWindows } from './global-windows.ts';
import {
  DynamicEventTimeSessionWindows,
  DynamicGap,
  DynamicProcessingTimeSessionWindows,
  EventTimeSessionWindows,
  ProcessingTimeSessionWindows,
} from './session-assigners.ts';
import {
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from './time-assigners.ts';
import {
  EventTimeTrigger,
  NeverTrigger,
  ProcessingTimeTrigger,
  PurgingTrigger,
} from './triggers.ts';

/** Kind and numbers, and what of it is a function of the program's, by part. */
export interface AsData {
  said: { [field: string]: JsonValue };
  parts: { [part: string]: unknown };
}

interface Described {
  describe(): { [field: string]: JsonValue };
}

const DESCRIBED: ReadonlySet<unknown> = new Set([
  ContinuousEventTimeTrigger,
  ContinuousProcessingTimeTrigger,
  CountTrigger,
  CountWindows,
  EventTimeSessionWindows,
  EventTimeTrigger,
  GlobalWindows,
  NeverTrigger,
  ProcessingTimeSessionWindows,
  ProcessingTimeTrigger,
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
]);

export function assignerAsData(assigner: unknown): AsData {
  const kind = classOf(assigner);
  if (DESCRIBED.has(kind)) return { said: (assigner as Described).describe(), parts: {} };
  if (kind === DynamicEventTimeSessionWindows || kind === DynamicProcessingTimeSessionWindows) {
    const time = kind === DynamicEventTimeSessionWindows ? 'event' : 'processing';
    const { given } = assigner as DynamicGap<unknown>;
    return { said: { kind: 'session', time }, parts: { gap: given } };
  }
  return { said: { kind: 'function' }, parts: { assigner } };
}

export function triggerAsData(trigger: unknown): AsData {
  const kind = classOf(trigger);
  if (DESCRIBED.has(kind)) return { said: (trigger as Described).describe(), parts: {} };
  if (kind === PurgingTrigger) {
    const { said, parts } = triggerAsData((trigger as PurgingTrigger<unknown, unknown>).nested);
    return { said: { kind: 'purging', trigger: said }, parts };
  }
  return { said: { kind: 'function' }, parts: { trigger } };
}

function classOf(given: unknown): unknown {
  return typeof given === 'object' && given !== null ? given.constructor : undefined;
}
