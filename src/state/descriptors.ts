// What a function says of the state that it wants.

import { inspect } from 'node:util';
import { ConfigurationError, GraphError } from '../errors.ts';
import { type StateTtl, checkTtl } from './ttl.ts';

export interface StateOptions {
  /** Entries that are not renewed for so long expire. */
  ttl?: StateTtl;
}

/** What a state holds for each key. */
export type StateKind = 'value' | 'list' | 'map' | 'reducing' | 'aggregating';

/** Names a state; functions of one operator that say the same name share it. */
export abstract class StateDescriptor {
  /** What it holds; said, as a program may have another copy of these classes than the runtime. */
  abstract readonly kind: StateKind;
  /** One among those of its operator. */
  readonly name: string;
  /** When entries expire; undefined: never. */
  readonly ttl: StateTtl | undefined;

  constructor(name: string, options: StateOptions = {}) {
    if (typeof name !== 'string' || name === '') {
      throw new GraphError('A state needs a name: a string that is not empty.');
    }
    this.name = name;
    this.ttl = options.ttl;
    if (this.ttl !== undefined) checkTtl(name, this.ttl);
  }
}

/** One value for each key. `Empty` is the type of what is read where there is none: `undefined`, or that of the default. */
export class ValueStateDescriptor<
  T,
  Empty extends T | undefined = undefined,
> extends StateDescriptor {
  declare protected readonly valueType: T;
  readonly kind = 'value';
  /** What is read where there is no value. */
  readonly defaultValue: Empty | undefined;

  constructor(name: string, options: StateOptions = {}, defaultValue?: Empty) {
    super(name, options);
    this.defaultValue = defaultValue;
  }

  /**
   * Where there is no value, the default is read, or a copy of it.
   *
   * @example ValueStateDescriptor.withDefault('count', 0)
   */
  static withDefault<T>(
    name: string,
    defaultValue: T,
    options: StateOptions = {},
  ): ValueStateDescriptor<T, T> {
    return new ValueStateDescriptor<T, T>(name, options, defaultValue);
  }
}

/** A list for each key. */
export class ListStateDescriptor<T> extends StateDescriptor {
  declare protected readonly elementType: T;
  readonly kind = 'list';
}

/** A map for each key. */
export class MapStateDescriptor<K, V> extends StateDescriptor {
  /** Only for the types; never set. */
  declare readonly broadcastTypes?: [K, V];
  readonly kind = 'map';
}

/** One value for each key, which what is added is reduced into. */
export class ReducingStateDescriptor<T> extends StateDescriptor {
  readonly kind = 'reducing';
  /** What values are folded with. */
  readonly reduce: (a: T, b: T) => T;

  constructor(
    name: string,
    reduce: ((a: T, b: T) => T) | { reduce(a: T, b: T): T },
    options: StateOptions = {},
  ) {
    super(name, options);
    this.reduce = typeof reduce === 'function' ? reduce : (a, b) => reduce.reduce(a, b);
  }
}

export interface Aggregate<In, Acc, Out> {
  createAccumulator(): Acc;
  add(value: In, accumulator: Acc): Acc;
  getResult(accumulator: Acc): Out;
  /** Needed where windows merge and a trigger merges the state of theirs. */
  merge?(a: Acc, b: Acc): Acc;
}

/** An accumulator for each key; what is read is its result. */
export class AggregatingStateDescriptor<In, Acc, Out> extends StateDescriptor {
  readonly kind = 'aggregating';
  /** What values are folded with. */
  readonly aggregate: Aggregate<In, Acc, Out>;

  constructor(name: string, aggregate: Aggregate<In, Acc, Out>, options: StateOptions = {}) {
    super(name, options);
    for (const method of ['createAccumulator', 'add', 'getResult'] as const) {
      if (typeof aggregate[method] !== 'function') {
        throw new ConfigurationError(
          `The aggregate of the state "${name}" has no method ${method}.`,
        );
      }
    }
    this.aggregate = aggregate;
  }
}

/**
 * What is asked for by a descriptor, which is to be one of its kind.
 *
 * @throws GraphError when it is another, or none
 */
export function checkDescriptor(kind: StateKind, given: unknown): void {
  const is = (given as Partial<StateDescriptor> | null | undefined)?.kind;
  if (is === kind) return;
  const shown = inspect(given, { depth: 0, breakLength: Infinity });
  throw new GraphError(
    is === undefined
      ? `A ${kind} state is asked for with a ${CLASSES[kind]}; it was given ${shown}.`
      : `A ${kind} state is asked for with a ${CLASSES[kind]}; it was given a ${CLASSES[is]}, "${(given as StateDescriptor).name}". ` +
          'Ask for that kind of state, or describe this one.',
  );
}

const CLASSES: Record<StateKind, string> = {
  value: 'ValueStateDescriptor',
  list: 'ListStateDescriptor',
  map: 'MapStateDescriptor',
  reducing: 'ReducingStateDescriptor',
  aggregating: 'AggregatingStateDescriptor',
};
