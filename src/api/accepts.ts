// What the operators of a stream take: a plain function, an object with the operator's method (with `open` and `close` where it
// wants them), a class of such objects, or a Python function.

import type { PyFunction } from './python-function.ts';

export type MaybeAsync<T> = T | Promise<T>;
/** Any number of results. */
export type Results<T> = Iterable<T> | AsyncIterable<T>;

/** An object with a method, or a class of such objects without constructor arguments: each subtask makes its own. */
export type Instance<I> = I | (new () => I);

export type MapLike<In, Out> =
  | ((value: In) => MaybeAsync<Out>)
  | Instance<{ map(value: In): MaybeAsync<Out> }>
  | PyFunction<In, Out>;

export type FilterLike<T> =
  | ((value: T) => MaybeAsync<boolean>)
  | Instance<{ filter(value: T): MaybeAsync<boolean> }>
  | PyFunction<T, boolean>;

export type FlatMapLike<In, Out> =
  | ((value: In) => MaybeAsync<Results<Out>>)
  | Instance<{ flatMap(value: In): MaybeAsync<Results<Out>> }>
  | PyFunction<In, Results<Out>>
  | PyFunction<In, Out>;

export type KeyLike<T, K> =
  | ((value: T) => K)
  | Instance<{ getKey(value: T): K }>
  | PyFunction<T, K>;

export type ReduceLike<T> =
  | ((a: T, b: T) => MaybeAsync<T>)
  | Instance<{ reduce(a: T, b: T): MaybeAsync<T> }>
  // Its result is not held to T: an invariant parameter here would make streams invariant.
  // biome-ignore lint/suspicious/noExplicitAny: see above.
  | PyFunction<T, any>;

export type SinkLike<T> =
  | ((value: T) => unknown)
  | Instance<{ write(value: T): unknown; flush?(): unknown }>
  | Instance<{ invoke(value: T): unknown; flush?(): unknown }>
  | PyFunction<T, unknown>;

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
