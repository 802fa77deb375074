// Windows as streams take them.

import type { JsonValue } from '../graph/job-graph.ts';
import type { WindowAssigner } from '../operators/windowing/assigner.ts';
import type { Trigger } from '../operators/windowing/trigger.ts';
import type { KeyedStateStore } from '../operators/windowing/window-state.ts';
import type { Instance, MaybeAsync, Results } from './accepts.ts';
import type { OutputTag } from './output-tag.ts';
import type { PyFunction } from './python-function.ts';

export type { WindowOperation } from '../operators/windowing/operation.ts';

/** What is said of an assigner or trigger in JSON, for Python functions (docs/operators.md). */
export type WindowJson = { [key: string]: JsonValue };

/**
 * Decides which windows a record belongs to. Those of Isthmus can describe themselves; a Python function needs one of them,
 * or a class of Python.
 */
export type WindowAssignerLike<T, W> = WindowAssigner<T, W> | PyFunction<never, unknown>;

/** Decides when a window is evaluated; of `py(…)` where the functions of the window are, too. */
export type TriggerLike<T = never, W = never> = Trigger<T, W> | PyFunction<never, unknown>;

/** Accumulates records one by one. */
export interface AggregateObject<In, Acc, Out> {
  /** A new accumulator, with nothing in it. */
  createAccumulator(): Acc;
  /** The accumulator with `value` in it; may be the same object, changed. */
  add(value: In, accumulator: Acc): Acc;
  /** The result of an accumulator. */
  getResult(accumulator: Acc): Out;
  /** Needed for windows that merge. */
  merge?(a: Acc, b: Acc): Acc;
  /**
   * True where `merge` is exact and changes neither argument: sliding windows are then put together from slices, so that a
   * record costs the same however many windows it is in.
   */
  readonly mergeable?: boolean;
}

/** What accumulates records: an object with `createAccumulator`, `add`, `getResult`, a class of such, or a function of Python's. */
export type AggregateLike<In, Acc, Out> = Instance<AggregateObject<In, Acc, Out>>;

/** What a window function is given beside the records. */
export interface ProcessWindowContext<W> {
  /** The window that is evaluated. */
  window(): W;
  /** The clock of the machine, in milliseconds since the epoch. */
  currentProcessingTime(): number;
  /** Event time in milliseconds. */
  currentWatermark(): number;
  /** State of this key and window; windows that merge have none. Clear it in `clear`. */
  windowState(): KeyedStateStore;
  /** State of this key, whatever the window. */
  globalState(): KeyedStateStore;
  /** Emits to a side output; as `ProcessContext.output`. */
  output<X>(tag: OutputTag<X>, value: X): PromiseLike<void> | undefined;
}

type Made<Out> = MaybeAsync<Results<Out>>;

/** What makes results of a window: a function of key, window and records, an object with `apply`, or a Python function. */
export type ApplyLike<In, Out, K, W> =
  | ((key: K, window: W, values: Iterable<In>) => Made<Out>)
  | Instance<{ apply(key: K, window: W, values: Iterable<In>): Made<Out> }>
  | PyFunction<In, Results<Out>>;

export type ApplyAllLike<In, Out, W> =
  | ((window: W, values: Iterable<In>) => Made<Out>)
  | Instance<{ apply(window: W, values: Iterable<In>): Made<Out> }>
  | PyFunction<In, Results<Out>>;

/** An object with `process`, a class of such, or a Python function. */
export type ProcessWindowLike<In, Out, K, W> =
  | Instance<{
      process(key: K, ctx: ProcessWindowContext<W>, values: Iterable<In>): Made<Out>;
      clear?(ctx: ProcessWindowContext<W>): void;
    }>
  | PyFunction<In, Results<Out>>;

export type ProcessAllWindowLike<In, Out, W> =
  | Instance<{
      process(ctx: ProcessWindowContext<W>, values: Iterable<In>): Made<Out>;
      clear?(ctx: ProcessWindowContext<W>): void;
    }>
  | PyFunction<In, Results<Out>>;
