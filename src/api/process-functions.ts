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
  /** The clock of the machine, in milliseconds since the epoch. */
  currentProcessingTime(): number;
  /** Event time; the least number there is before the first watermark. */
  currentWatermark(): number;
  /** Calls `onTimer` for the key at hand when the clock reaches `timestamp`; once, however often registered. */
  registerProcessingTimeTimer(timestamp: number): void;
  /** Calls `onTimer` for the key at hand when the watermark reaches `timestamp`; once, however often registered. */
  registerEventTimeTimer(timestamp: number): void;
  /** Forgets it; nothing happens where there is none. */
  deleteProcessingTimeTimer(timestamp: number): void;
  /** Forgets it; nothing happens where there is none. */
  deleteEventTimeTimer(timestamp: number): void;
}

/** What a process function is given beside a record. */
export interface ProcessContext {
  /** Of the record; the least number there is where it has none. */
  timestamp(): number;
  /** Time, and timers where the stream is keyed. */
  timerService(): TimerServiceLike;
  /**
   * Emits to a side output. A function that gives it very many for one record awaits what this returns where its reader is
   * slow, or is a generator, which is held up at its `yield`: a plain function cannot be, and all it gives is kept.
   */
  output<X>(tag: OutputTag<X>, value: X): PromiseLike<void> | undefined;
}

/** What functions of a keyed stream are given beside a record. */
export interface KeyedProcessContext<K> extends ProcessContext {
  /** The key of the record or timer at hand. */
  getCurrentKey(): K;
}

/** What `onTimer` is given beside the time. */
export interface OnTimerContext<K> extends KeyedProcessContext<K> {
  /** Which clock the timer followed. */
  timeDomain(): TimeDomain;
}

/** An object with `processElement`, a class of such, or a Python function. */
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

/** An object with `processElement1` and `processElement2`, a class of such, or a Python function. */
export type CoProcessLike<A, B, Out, K = unknown, Out2 = Out, Timed = Out> =
  | Instance<{
      processElement1(value: A, ctx: KeyedProcessContext<K>): Emitted<Out>;
      processElement2(value: B, ctx: KeyedProcessContext<K>): Emitted<Out2>;
      onTimer?(timestamp: number, ctx: OnTimerContext<K>): Emitted<Timed>;
    }>
  | PyFunction<A | B, Out>;

/** Names a broadcast state: a map that every subtask has. */
export interface BroadcastDescriptor<K, V> {
  /** One among those of its operator. */
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
  /** Of the record; the least number there is where it has none. */
  timestamp(): number;
  /** The clock of the machine, in milliseconds since the epoch. */
  currentProcessingTime(): number;
  /** Event time in milliseconds. */
  currentWatermark(): number;
  /** As `ProcessContext.output`. */
  output<X>(tag: OutputTag<X>, value: X): PromiseLike<void> | undefined;
}

/** What `processBroadcastElement` is given: broadcast state that it may change. */
export interface BroadcastContext extends BroadcastTimeContext {
  /** The map of a descriptor that `broadcast` was given. Each subtask is to do the same with it. */
  getBroadcastState<K, V>(descriptor: BroadcastDescriptor<K, V>): BroadcastState<K, V>;
}

/** What `processElement` is given beside a broadcast stream: broadcast state that it may read. */
export interface ReadOnlyBroadcastContext<K> extends BroadcastTimeContext {
  /** The map of a descriptor that `broadcast` was given, to be read. */
  getBroadcastState<X, V>(descriptor: BroadcastDescriptor<X, V>): ReadOnlyBroadcastState<X, V>;
  /** On a keyed stream. */
  timerService(): TimerServiceLike;
  /** The key of the record or timer at hand, on a keyed stream. */
  getCurrentKey(): K;
}

/** An object with `processElement` and `processBroadcastElement`, a class of such, or a Python function. */
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
