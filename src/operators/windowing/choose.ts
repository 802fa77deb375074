// Which engine keeps the windows of an operation.
//
// `aligned`   tumbling and sliding time windows with their own trigger: contents by window, fired a window at a time.
// `sliced`    the same for sliding windows whose function merges: a record goes into one slice, windows are put together.
// `counted`   count windows with their own trigger.
// `sessions`  sessions with their own trigger and no lateness: kept as intervals.
// `merging`   every other kind of windows that merge, any trigger.
// `counting`  count windows with any other trigger.
// `general`   every other assigner and trigger.
//
// Where state is in the embedded store, only those of count windows and the general ones: the others keep contents on the heap.

import type { Emit, OperatorContext } from '../../runtime/operator.ts';
import { stateStore } from '../state-store.ts';
import { AlignedEngine } from './aligned.ts';
import { type WindowAssigner, asAssigner } from './assigner.ts';
import { Contents } from './contents.ts';
import { CountedPanesEngine } from './counted-panes.ts';
import { CountedEngine } from './counted.ts';
import { CountingEngine } from './counting.ts';
import type { Engine, EngineParts } from './engine.ts';
import { GeneralEngine } from './general.ts';
import { MergingEngine } from './merging.ts';
import type { WindowOperation } from './operation.ts';
import {
  DynamicEventTimeSessionWindows,
  DynamicProcessingTimeSessionWindows,
  EventTimeSessionWindows,
  ProcessingTimeSessionWindows,
} from './session-assigners.ts';
import { SessionEngine } from './sessions.ts';
import { SlicedEngine } from './sliced.ts';
import {
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from './time-assigners.ts';
import { EventTimeTrigger, ProcessingTimeTrigger } from './triggers.ts';

/** The cheapest engine that gives exactly what the general one would. */
export function makeEngine(operation: WindowOperation, ctx: OperatorContext, emit: Emit): Engine {
  const assigner = asAssigner(operation.assigner, ctx.spec.name);
  const contents = new Contents(operation, ctx);
  const parts: EngineParts = { operation, assigner, contents, ctx, emit };
  const onDisk = stateStore(ctx) !== undefined;
  if (!onDisk && isPlainSession(parts)) return new SessionEngine(parts);
  if (assigner.mergeWindows !== undefined) return new MergingEngine(parts);
  if (isCount(assigner)) {
    if (operation.trigger !== undefined) return new CountingEngine(parts);
    return !onDisk && hasPanes(parts) ? new CountedPanesEngine(parts) : new CountedEngine(parts);
  }
  if (onDisk || !isAligned(assigner, operation.trigger)) return new GeneralEngine(parts);
  return canSlice(parts) ? new SlicedEngine(parts) : new AlignedEngine(parts);
}

function isCount(assigner: WindowAssigner<unknown>): boolean {
  return assigner.describe?.()?.kind === 'count';
}

function hasPanes({ assigner, contents }: EngineParts): boolean {
  const { size, slide = size } = assigner as unknown as { size: number; slide?: number };
  return slide < size && contents.mergeable && contents.canMerge;
}

/** Sessions of Isthmus with their own trigger and no lateness. */
function isPlainSession({ assigner, operation, contents }: EngineParts): boolean {
  const kind = assigner.constructor;
  const byEvents = kind === EventTimeSessionWindows || kind === DynamicEventTimeSessionWindows;
  const byClock =
    kind === ProcessingTimeSessionWindows || kind === DynamicProcessingTimeSessionWindows;
  if (!byEvents && !byClock) return false;
  // Gaps that depend on the record want the record, not what a join made of it.
  const dynamic =
    kind === DynamicEventTimeSessionWindows || kind === DynamicProcessingTimeSessionWindows;
  if (dynamic && operation.element !== undefined) return false;
  const own = byEvents ? EventTimeTrigger : ProcessingTimeTrigger;
  const { trigger, allowedLatenessMs } = operation;
  return isOwn(trigger, own) && allowedLatenessMs === 0 && contents.canMerge;
}

function isOwn(trigger: unknown, own: unknown): boolean {
  return trigger === undefined || (trigger as object | null)?.constructor === own;
}

/** Of subclasses nobody knows what they do: only the classes themselves will do. */
function isAligned(assigner: object, trigger: unknown): boolean {
  const kind = assigner.constructor;
  const byEvents = kind === TumblingEventTimeWindows || kind === SlidingEventTimeWindows;
  const byClock = kind === TumblingProcessingTimeWindows || kind === SlidingProcessingTimeWindows;
  if (!byEvents && !byClock) return false;
  const own = byEvents ? EventTimeTrigger : ProcessingTimeTrigger;
  return isOwn(trigger, own);
}

function canSlice({ assigner, contents, operation }: EngineParts): boolean {
  return (
    (assigner instanceof SlidingEventTimeWindows ||
      assigner instanceof SlidingProcessingTimeWindows) &&
    assigner.slideMs < assigner.sizeMs &&
    contents.mergeable &&
    contents.canMerge &&
    operation.allowedLatenessMs === 0
  );
}
