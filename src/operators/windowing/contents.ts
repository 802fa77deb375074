// What a window holds and how a record gets in: a reduced value, an accumulator, or a list.
//
//   C1. Functions may change what they are given: reduce both arguments, a window function its elements, an operator behind
//       the window its record. So a window shares no record with another where it reduces or aggregates, and what is handed
//       out while the window, or one with the same records, lives on is a copy. (Not so with `pipeline.object-reuse`.)

import { GraphError } from '../../errors.ts';
import { type UserFunction, userFunction } from '../../runtime/functions.ts';
import { type Isolate, recordIsolator } from '../../runtime/isolate.ts';
import type { MaybePromise, OperatorContext } from '../../runtime/operator.ts';
import type { WindowOperation } from './operation.ts';

/** What one key has in one window. The functions over it may give promises where users' functions do. */
export class Cell {
  key: unknown;
  contents: unknown;

  constructor(key: unknown, contents: unknown) {
    this.key = key;
    this.contents = contents;
  }
}

type Functions = Pick<Contents, 'first' | 'add' | 'result' | 'merge'>;
type Aggregate = {
  createAccumulator(): unknown;
  getResult(accumulator: unknown): unknown;
  merge?(a: unknown, b: unknown): unknown;
  mergeable?: boolean;
};

/** The functions over one window's contents, chosen by `how`. */
export class Contents {
  readonly isList: boolean;
  /** The function declares that windows may be put together from slices: `merge` is exact and keeps its arguments. */
  readonly mergeable: boolean;
  /** Whether `merge` can be called, as it is for windows that merge. */
  readonly canMerge: boolean;
  /** Contents of a first record. */
  readonly first: (value: unknown) => unknown;
  /** Contents with one more record. */
  readonly add: (contents: unknown, value: unknown) => unknown;
  readonly result: (contents: unknown) => unknown;
  /** Contents of two, the older first. */
  readonly merge: (older: unknown, younger: unknown) => unknown;
  readonly #user: UserFunction | undefined;
  readonly #isolate: Isolate;

  constructor(operation: WindowOperation, { spec, settings }: OperatorContext) {
    const { how } = operation;
    const operator = spec.name;
    this.#isolate = recordIsolator(settings);
    this.isList = how === 'apply' || how === 'process';
    let functions: Functions = LISTS;
    this.mergeable = false;
    this.canMerge = true;
    if (how === 'reduce') {
      const user = userFunction<Reduce>(operation.function, ['reduce'], operator);
      this.#user = user as unknown as UserFunction;
      const declared = (user.instance ?? user.call) as { mergeable?: unknown };
      this.mergeable = declared.mergeable === true;
      functions = { first: itself, add: user.call, result: itself, merge: user.call };
    } else if (how === 'aggregate') {
      const user = userFunction<Add>(operation.function, ['add'], operator);
      this.#user = user as unknown as UserFunction;
      const aggregate = aggregateOf(user, operator);
      this.mergeable = aggregate.mergeable === true;
      this.canMerge = typeof aggregate.merge === 'function';
      functions = aggregateFunctions(user.call, aggregate);
    }
    this.first = functions.first;
    this.add = functions.add;
    this.result = functions.result;
    this.merge = functions.merge;
  }

  /** A record of several windows, for one of them (C1). Lists share it until they are handed out. */
  share(value: unknown): unknown {
    return this.isList ? value : this.#isolate(value);
  }

  /** What may be emitted of contents that stay (C1). */
  kept(found: unknown): unknown {
    return this.isList
      ? (this.result(found) as unknown[]).map(this.#isolate)
      : this.#isolate(found);
  }

  open(runtimeContext: unknown): MaybePromise<void> {
    return this.#user?.open(runtimeContext);
  }

  close(): MaybePromise<void> {
    return this.#user?.close();
  }
}

type Reduce = (a: unknown, b: unknown) => unknown;
type Add = (value: unknown, accumulator: unknown) => unknown;

const LISTS: Functions = {
  first: (value) => [value],
  add(contents, value) {
    (contents as unknown[]).push(value);
    return contents;
  },
  result: itself,
  merge(older, younger) {
    for (const value of younger as unknown[]) (older as unknown[]).push(value);
    return older;
  },
};

function aggregateOf(user: UserFunction<Add>, operator: string): Aggregate {
  const instance = user.instance as Partial<Aggregate> | undefined;
  if (
    typeof instance?.createAccumulator === 'function' &&
    typeof instance.getResult === 'function'
  ) {
    return instance as Aggregate;
  }
  throw new GraphError(
    `Operator "${operator}" aggregates, so its function must be an object with createAccumulator(), add(value, ` +
      'accumulator) and getResult(accumulator); give reduce() a plain function.',
  );
}

function aggregateFunctions(add: Add, aggregate: Aggregate): Functions {
  return {
    first: (value) => add(value, aggregate.createAccumulator()),
    add: (contents, value) => add(value, contents),
    result: (contents) => aggregate.getResult(contents),
    merge: (a, b) => (aggregate as Required<Aggregate>).merge(a, b),
  };
}

function itself(value: unknown): unknown {
  return value;
}
