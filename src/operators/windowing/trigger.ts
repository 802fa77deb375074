// What a trigger is: it says when a window of a key is evaluated.

import { UserFunctionError } from '../../errors.ts';
import type { JsonValue } from '../../graph/job-graph.ts';
import { inspectRecord } from '../../runtime/failure.ts';
import type { MetricGroup } from '../../runtime/metric-group.ts';
import type { StateDescriptor } from '../../state/descriptors.ts';
import type { WindowLike } from './assigner.ts';
import type { StateOf } from './window-state.ts';

/** What happens to a window: FIRE calls the window function (if the window holds anything), PURGE empties it. */
export const TriggerResult = {
  CONTINUE: 'CONTINUE',
  FIRE: 'FIRE',
  PURGE: 'PURGE',
  FIRE_AND_PURGE: 'FIRE_AND_PURGE',
} as const;
/** What a trigger says: one of the four. */
export type TriggerResult = (typeof TriggerResult)[keyof typeof TriggerResult];

/** Timers and state of the key and window at hand. */
export interface TriggerContext {
  /** The clock of the machine, in milliseconds since the epoch. */
  getCurrentProcessingTime(): number;
  /** Event time in milliseconds. */
  getCurrentWatermark(): number;
  /** Makes metrics, which are those of the operator. */
  getMetricGroup(): MetricGroup;
  /** Asks for `onProcessingTime` of this key and window when the clock reaches `time`. */
  registerProcessingTimeTimer(time: number): void;
  /** Asks for `onEventTime` of this key and window when the watermark reaches `time`. */
  registerEventTimeTimer(time: number): void;
  /** Forgets it; nothing happens where there is none. */
  deleteProcessingTimeTimer(time: number): void;
  /** Forgets it; nothing happens where there is none. */
  deleteEventTimeTimer(time: number): void;
  /** State of this key and window. */
  getPartitionedState<D extends StateDescriptor>(descriptor: D): StateOf<D>;
  /** A number of this key and window by name; cheaper than state, and enough for most triggers. */
  getNumber(name: string): number | undefined;
  /** Sets a number, or forgets it where it is undefined. */
  setNumber(name: string, value: number | undefined): void;
}

/** While windows merge. */
export interface OnMergeContext extends TriggerContext {
  /** Merges the state of the merged windows into that of the new one. */
  mergePartitionedState(descriptor: StateDescriptor): void;
  /** Makes one number of those that the merged windows have. */
  mergeNumber(name: string, combine: (a: number, b: number) => number): void;
}

/** A trigger is shared by all keys and windows: what it remembers goes into `ctx.getPartitionedState`. */
export interface Trigger<T = never, W = WindowLike> {
  /** A record was added. */
  onElement(value: T, timestamp: number, window: W, ctx: TriggerContext): TriggerResult;
  /** A processing-time timer of the trigger fired; absent: nothing happens. */
  onProcessingTime?(time: number, window: W, ctx: TriggerContext): TriggerResult;
  /** An event-time timer of the trigger fired; absent: nothing happens. */
  onEventTime?(time: number, window: W, ctx: TriggerContext): TriggerResult;
  /** Whether it works with windows that merge (`onMerge` then must); absent: it does not. */
  canMerge?(): boolean;
  /** Windows have become `window`. */
  onMerge?(window: W, ctx: OnMergeContext): void;
  /** Removes timers and state of the window. */
  clear?(window: W, ctx: TriggerContext): void;
  /** As JSON, for windows whose function is Python; absent: the function must be TypeScript. */
  describe?(): { [key: string]: JsonValue };
}

export function isFire(result: TriggerResult): boolean {
  return result === 'FIRE' || result === 'FIRE_AND_PURGE';
}

export function isPurge(result: TriggerResult): boolean {
  return result === 'PURGE' || result === 'FIRE_AND_PURGE';
}

/** @throws UserFunctionError when a trigger of the program's own gave something else */
export function checkedResult(result: unknown, method: string, trigger: object): TriggerResult {
  if (typeof result === 'string' && Object.hasOwn(TriggerResult, result)) {
    return result as TriggerResult;
  }
  throw new UserFunctionError(
    `${method} of the trigger ${trigger.constructor.name} returned ${inspectRecord(result)}; it must return one of ` +
      'TriggerResult.CONTINUE, FIRE, PURGE and FIRE_AND_PURGE.',
  );
}
