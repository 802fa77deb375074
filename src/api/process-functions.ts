// Functions that see more than a record: its timestamp, its key, timers, side outputs.

import type { MapState } from '../state/states.ts';
import type { Instance, MaybeAsync, Results } from './accepts.ts';
import type { OutputTag } from './output-tag.ts';
import type { PyFunction } from './python-function.ts';

/** Results of a call: any number, or nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing has no results.
export type Emitted<Out> = MaybeAsync<Results<Out> | undefined | void>;

export type TimeDomain = 'EVENT_TIME' | 'PROCESSING_TIME';

/** Time as a function sees it; all of it in milliseconds. Timers need a keyed stream. */
export interface TimerServiceLike {
  currentProcessingTime(): number;
  currentWatermark(): number;
  registerProcessingTimeTimer(timestamp: number): void;
  registerEventTimeTimer(timestamp: number): void;
  deleteProcessingTimeTimer(timestamp: number): void;
  deleteEventTimeTimer(timestamp: number): void;
}

export interface ProcessContext {
  /** Of the record; the least number there is where it has none. */
  timestamp(): number;
  timerService(): TimerServiceLike;
  /**
   * Emits to a side output. A function that gives it very many for one record awaits what this returns where its reader is
   * slow, or is a generator, which is held up at its `yield`: a plain function cannot be, and all it gives is kept.
   */
  output<X>(tag: OutputTag<X>, value: X): PromiseLike<void> | undefined;
}

export interface KeyedProcessContext<K> extends ProcessContext {
  getCurrentKey(): K;
}

export interface OnTimerContext<K> extends KeyedProcessContext<K> {
  timeDomain(): TimeDomain;
}

export type ProcessLike<In, Out> =
  | Instance<{ processElement(value: In, ctx: ProcessContext): Emitted<Out> }>
  | PyFunction<In, Out>;

/** `Timed`, `Out2`: what methods emit whose results are of another type. */
export type KeyedProcessLike<K, In, Out, Timed = Out> =
  | Instance<{
      processElement(value: In, ctx: KeyedProcessContext<K>): Emitted<Out>;
      onTimer?(timestamp: number, ctx: OnTimerContext<K>): Emitted<Timed>;
    }>
  | PyFunction<In, Out>;

export type CoProcessLike<A, B, Out, K = unknown, Out2 = Out, Timed = Out> =
  | Instance<{
      processElement1(value: A, ctx: KeyedProcessContext<K>): Emitted<Out>;
      processElement2(value: B, ctx: KeyedProcessContext<K>): Emitted<Out2>;
      onTimer?(timestamp: number, ctx: OnTimerContext<K>): Emitted<Timed>;
    }>
  | PyFunction<A | B, Out>;

/** Names a broadcast state: a map that every subtask has. */
export interface BroadcastDescriptor<K, V> {
  readonly name: string;
  /** Only for the types; never set. */
  readonly broadcastTypes?: [K, V];
}

/** Broadcast state as the broadcast side sees it. */
export type BroadcastState<K, V> = MapState<K, V>;

/** Broadcast state as the other side sees it. */
export type ReadOnlyBroadcastState<K, V> = Omit<
  MapState<K, V>,
  'put' | 'putAll' | 'remove' | 'clear'
>;

interface BroadcastTimeContext {
  timestamp(): number;
  currentProcessingTime(): number;
  currentWatermark(): number;
  /** As `ProcessContext.output`. */
  output<X>(tag: OutputTag<X>, value: X): PromiseLike<void> | undefined;
}

export interface BroadcastContext extends BroadcastTimeContext {
  getBroadcastState<K, V>(descriptor: BroadcastDescriptor<K, V>): BroadcastState<K, V>;
}

export interface ReadOnlyBroadcastContext<K> extends BroadcastTimeContext {
  getBroadcastState<X, V>(descriptor: BroadcastDescriptor<X, V>): ReadOnlyBroadcastState<X, V>;
  /** On a keyed stream. */
  timerService(): TimerServiceLike;
  getCurrentKey(): K;
}

export type BroadcastProcessLike<A, B, Out, K = unknown, Out2 = Out, Timed = Out> =
  | Instance<{
      processElement(value: A, ctx: ReadOnlyBroadcastContext<K>): Emitted<Out>;
      processBroadcastElement(value: B, ctx: BroadcastContext): Emitted<Out2>;
      onTimer?(
        timestamp: number,
        ctx: ReadOnlyBroadcastContext<K> & { timeDomain(): TimeDomain },
      ): Emitted<Timed>;
    }>
  | PyFunction<A | B, Out>;
