// Windows as streams take them.

import type { JsonValue } from '../graph/job-graph.ts';
import type { Instance, MaybeAsync, Results } from './accepts.ts';
import type { PyFunction } from './python-function.ts';

/** What is said of an assigner or trigger in JSON, for Python functions (docs/operators.md). */
export type WindowJson = { [key: string]: JsonValue };

/** Decides which windows a record belongs to. Those of Isthmus can describe themselves; only they fit a Python function. */
export interface WindowAssignerLike<T, W> {
  assignWindows(value: T, timestamp: number, ctx: never): Iterable<W>;
  describe?(): WindowJson;
}

/** Decides when a window is evaluated. */
export interface TriggerLike {
  describe?(): WindowJson;
}

/** Accumulates records one by one. */
export interface AggregateObject<In, Acc, Out> {
  createAccumulator(): Acc;
  add(value: In, accumulator: Acc): Acc;
  getResult(accumulator: Acc): Out;
  /** Needed for windows that merge. */
  merge?(a: Acc, b: Acc): Acc;
}

export type AggregateLike<In, Acc, Out> = Instance<AggregateObject<In, Acc, Out>>;

export interface ProcessWindowContext<W> {
  window(): W;
  currentProcessingTime(): number;
  currentWatermark(): number;
}

type Made<Out> = MaybeAsync<Results<Out>>;

export type ApplyLike<In, Out, K, W> =
  | ((key: K, window: W, values: Iterable<In>) => Made<Out>)
  | Instance<{ apply(key: K, window: W, values: Iterable<In>): Made<Out> }>
  | PyFunction<In, Results<Out>>;

export type ApplyAllLike<In, Out, W> =
  | ((window: W, values: Iterable<In>) => Made<Out>)
  | Instance<{ apply(window: W, values: Iterable<In>): Made<Out> }>
  | PyFunction<In, Results<Out>>;

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

/** What the `window` operator runs. */
export interface WindowOperation {
  assigner: unknown;
  /** Undefined: the assigner's own. */
  trigger: unknown;
  allowedLatenessMs: number;
  /** Undefined: late records are dropped. */
  lateTag: string | undefined;
  how: 'reduce' | 'aggregate' | 'apply' | 'process';
  function: unknown;
  /** With `reduce` and `aggregate`: gets the one result. */
  windowFunction: unknown;
  /** Functions get no key. */
  allWindows: boolean;
}
