// What a window assigner is, and what the engines ask of one that is not of Isthmus.

import { GraphError } from '../../errors.ts';
import type { JsonValue } from '../../graph/job-graph.ts';
import { inspectRecord } from '../../runtime/failure.ts';
import type { Trigger } from './trigger.ts';

/** Any window: what it was made by says what else it is. */
export interface WindowLike {
  /** The largest timestamp that belongs to it. */
  maxTimestamp(): number;
  /** What tells it from other windows of its key; absent: its fields do. */
  windowKey?(): string;
}

/** What an assigner may ask. */
export interface AssignerContext {
  /** The clock of the machine, in milliseconds since the epoch. */
  getCurrentProcessingTime(): number;
  getRuntimeContext(): unknown;
}

/** Tells which windows become one. */
export type MergeCallback<W> = (merged: W[], result: W) => void;

/** Says which windows a record belongs to. */
export interface WindowAssigner<T = never, W = WindowLike> {
  /** The windows that a record goes into. */
  assignWindows(value: T, timestamp: number, ctx: AssignerContext): Iterable<W>;
  /** Absent: event-time trigger, or processing-time trigger where `isEventTime` says false. */
  getDefaultTrigger?(): Trigger<T, W>;
  /** Whether windows end by event time; absent: they do. */
  isEventTime?(): boolean;
  /** Of windows that merge, as sessions do: calls `callback` for each group of windows that becomes one. */
  mergeWindows?(windows: Iterable<W>, callback: MergeCallback<W>): void;
  /** As JSON, for windows whose function is Python; absent: the function must be TypeScript. */
  describe?(): { [key: string]: JsonValue } | undefined;
}

/** @throws GraphError when `assigner` is no window assigner */
export function asAssigner(assigner: unknown, operator: string): WindowAssigner<unknown> {
  const assign = (assigner as { assignWindows?: unknown } | null | undefined)?.assignWindows;
  if (typeof assign === 'function') return assigner as WindowAssigner<unknown>;
  throw new GraphError(
    `Operator "${operator}" needs a window assigner, an object with assignWindows(value, timestamp, ctx); ` +
      `it was given ${inspectRecord(assigner)}.`,
  );
}

/** The key of a window of any kind. */
export function windowKeyOf(window: WindowLike): string {
  return window.windowKey === undefined ? JSON.stringify(window) : window.windowKey();
}

export const NO_TIMESTAMP =
  'Record has Java Long.MIN_VALUE timestamp (= no timestamp marker). Is the time characteristic set to ' +
  "'ProcessingTime', or did you forget to call 'stream.assignTimestampsAndWatermarks(...)'?";
