// What the operators of a stream take: a plain function, an object with the operator's method (with `open` and `close` where it
// wants them), a class of such objects, or a Python function.
//
// Methods that take them have an overload for plain functions and one for the rest: in a union with objects TypeScript would
// compare functions so strictly that a stream of dogs were no stream of animals.

import type { PyFunction } from './python-function.ts';

/** A value, or the promise of one, which is awaited. */
export type MaybeAsync<T> = T | Promise<T>;
/** Any number of results. */
export type Results<T> = Iterable<T> | AsyncIterable<T>;

/** An object with a method, or a class of such objects without constructor arguments: each subtask makes its own. */
export type Instance<I> = I | (new () => I);

/** What `map` takes beside a function. */
export type MapObject<In, Out> =
  | Instance<{ map(value: In): MaybeAsync<Out> }>
  | PyFunction<In, Out>;

/** What `filter` takes beside a function. */
export type FilterObject<T> =
  | Instance<{ filter(value: T): MaybeAsync<boolean> }>
  | PyFunction<T, boolean>;

/** What `flatMap` takes beside a function. */
export type FlatMapObject<In, Out> =
  | Instance<{ flatMap(value: In): MaybeAsync<Results<Out>> }>
  | PyFunction<In, Results<Out>>;

export type MapBatchObject<In, Out> =
  | Instance<{ mapBatch(values: In[]): MaybeAsync<Out[]> }>
  | PyFunction<In[], Out[]>;

export type FlatMapBatchObject<In, Out> =
  | Instance<{ flatMapBatch(values: In[]): MaybeAsync<Results<Out>> }>
  | PyFunction<In[], Results<Out>>;

export type KeyObject<T, K> = Instance<{ getKey(value: T): K }> | PyFunction<T, K>;

/** What gives the key of a record: a function, an object with `getKey`, or a Python function. */
export type KeyLike<T, K> = ((value: T) => K) | KeyObject<T, K>;

/** What `reduce` takes beside a function. */
export type ReduceObject<T> = Instance<{
  reduce(a: T, b: T): MaybeAsync<T>;
  /**
   * True where the function is associative and changes neither argument: sliding windows are then put together from
   * slices, so that a record costs the same however many windows it is in.
   */
  readonly mergeable?: boolean;
}>;

/** What `addSink` takes beside a function. */
export type SinkObject<T> =
  | Instance<{ write(value: T): unknown; flush?(): unknown }>
  | Instance<{ invoke(value: T): unknown; flush?(): unknown }>
  | PyFunction<T, unknown>;

/** Gives the subtask of a key, from 0: a function, an object with `partition`, or a Python function. */
export type PartitionLike<K> =
  | ((key: K, partitions: number) => number)
  | Instance<{ partition(key: K, partitions: number): number }>
  | PyFunction<K, number>;

/** Position of a field of a tuple, name of a field of an object; 0 where the record is the value itself. */
export type FieldOf<T> = T extends readonly unknown[]
  ? number
  : T extends object
    ? keyof T & string
    : 0;

/** The methods may have results of different types. */
export type CoMapObject<A, B, Out, Out2 = Out> =
  | Instance<{ map1(value: A): MaybeAsync<Out>; map2(value: B): MaybeAsync<Out2> }>
  | PyFunction<A | B, Out>;

export type CoFlatMapObject<A, B, Out, Out2 = Out> =
  | Instance<{
      flatMap1(value: A): MaybeAsync<Results<Out>>;
      flatMap2(value: B): MaybeAsync<Results<Out2>>;
    }>
  | PyFunction<A | B, Results<Out>>;
