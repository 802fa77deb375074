// State of a key and window, for window functions and for triggers: each has a scope, so that what a trigger remembers is
// not what a window function does.
//
//   W1. An entry is of a key and a window together: of `[type of the key, key, key of the window]`, as keys 1 and true are
//       two in TypeScript and one in the canonical form.

import { GraphError, UserFunctionError } from '../../errors.ts';
import type { Cursor, OperatorContext } from '../../runtime/operator.ts';
import { KeyedBackend } from '../../state/backend.ts';
import type { Scope } from '../../state/scope.ts';
import {
  type AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type StateDescriptor,
  ValueStateDescriptor,
} from '../../state/descriptors.ts';
import {
  type AppendingState,
  HeapAggregatingState,
  type ListState,
  type MapState,
  type ValueState,
} from '../../state/states.ts';
import { stateStore } from '../state-store.ts';
import { type WindowLike, windowKeyOf } from './assigner.ts';

/** Makes states of descriptors. */
export interface KeyedStateStore {
  /** One value. */
  getState<T, Empty extends T | undefined>(
    descriptor: ValueStateDescriptor<T, Empty>,
  ): ValueState<T, Empty>;
  /** A list. */
  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  /** A map. */
  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V>;
  /** A value that others are folded into. */
  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): AppendingState<T, T>;
  /** An accumulator. */
  getAggregatingState<In, Acc, Out>(
    descriptor: AggregatingStateDescriptor<In, Acc, Out>,
  ): AppendingState<In, Out>;
}

/** What a trigger gets for a descriptor. */
export type StateOf<D> =
  D extends ReducingStateDescriptor<infer T>
    ? AppendingState<T, T>
    : D extends AggregatingStateDescriptor<infer In, infer _Acc, infer Out>
      ? AppendingState<In, Out>
      : D extends ListStateDescriptor<infer T>
        ? ListState<T>
        : D extends MapStateDescriptor<infer K, infer V>
          ? MapState<K, V>
          : D extends ValueStateDescriptor<infer T, infer Empty>
            ? ValueState<T, Empty>
            : never;

type PairKey = [type: string, key: unknown, windowKey: string];

/** State of the key of the cursor and of one window at a time. */
export class WindowState implements KeyedStateStore {
  readonly #ctx: OperatorContext;
  readonly #at: Pair;
  readonly #scope: Scope;
  #backend: KeyedBackend | undefined;

  /** `prefix`: before the names of its tables. */
  constructor(ctx: OperatorContext, prefix: string) {
    this.#ctx = ctx;
    this.#scope = { ...OF_WINDOWS, prefix };
    this.#at = new Pair(ctx.cursor);
  }

  /** The window that it is about from now on; its key where that is known. */
  at(window: WindowLike, windowKey?: string): void {
    this.#at.at(window, windowKey);
  }

  getState<T, Empty extends T | undefined>(
    descriptor: ValueStateDescriptor<T, Empty>,
  ): ValueState<T, Empty> {
    return this.#keyed.value(descriptor);
  }

  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    return this.#keyed.list(descriptor);
  }

  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V> {
    return this.#keyed.map(descriptor);
  }

  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): AppendingState<T, T> {
    return this.#keyed.reducing(descriptor);
  }

  getAggregatingState<In, Acc, Out>(
    descriptor: AggregatingStateDescriptor<In, Acc, Out>,
  ): AppendingState<In, Out> {
    return this.#keyed.aggregating(descriptor);
  }

  /** The state of a descriptor of any kind. */
  of<D extends StateDescriptor>(descriptor: D): StateOf<D> {
    return this.#of(descriptor) as StateOf<D>;
  }

  /** Moves what windows of the key at hand hold to the window at hand, in their order. */
  merge(descriptor: StateDescriptor, windows: readonly WindowLike[]): void {
    const state = mergeable(descriptor, this.#of(descriptor));
    const target = this.#at.windowKey;
    for (const window of windows) {
      const windowKey = windowKeyOf(window);
      if (windowKey === target) continue;
      this.#at.at(window, windowKey);
      const put = state.take();
      this.#at.at(window, target);
      put?.();
    }
  }

  #of(descriptor: StateDescriptor): unknown {
    const keyed = this.#keyed;
    if (descriptor instanceof ListStateDescriptor) return keyed.list(descriptor);
    if (descriptor instanceof MapStateDescriptor) return keyed.map(descriptor);
    if (descriptor instanceof ReducingStateDescriptor) return keyed.reducing(descriptor);
    if (descriptor instanceof ValueStateDescriptor) return keyed.value(descriptor);
    return keyed.aggregating(descriptor as AggregatingStateDescriptor<unknown, unknown, unknown>);
  }

  get #keyed(): KeyedBackend {
    this.#backend ??= new KeyedBackend(
      this.#ctx.state,
      this.#at,
      () => this.#ctx.clock.now(),
      stateStore(this.#ctx),
      this.#scope,
    );
    return this.#backend;
  }
}

const OF_WINDOWS: Omit<Scope, 'prefix'> = {
  form: 'namespaced',
  split(pair) {
    const [, key, windowKey] = pair as PairKey;
    return [key, windowKey];
  },
  join([key, windowKey, held]) {
    return [[typeof key, key, windowKey as string] satisfies PairKey, held];
  },
};

/** The key of the cursor with the window at hand (W1). */
class Pair {
  readonly #cursor: Cursor;
  #window: WindowLike | undefined;
  #windowKey: string | undefined;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  at(window: WindowLike, windowKey: string | undefined): void {
    this.#window = window;
    this.#windowKey = windowKey;
  }

  /** Made when it is asked for: most windows have no state. */
  get windowKey(): string {
    this.#windowKey ??= windowKeyOf(this.#window as WindowLike);
    return this.#windowKey;
  }

  get key(): PairKey {
    const { key } = this.#cursor;
    return [typeof key, key, this.windowKey];
  }
}

/** Empties the state of one window; gives what puts that to another's, or nothing where there was none. */
interface Mergeable {
  take(): (() => void) | undefined;
}

/** @throws UserFunctionError when the kind of state does not merge */
function mergeable(descriptor: StateDescriptor, state: unknown): Mergeable {
  if (descriptor instanceof ListStateDescriptor) return mergeableList(state as ListState<unknown>);
  if (descriptor instanceof ReducingStateDescriptor) {
    return mergeableReducing(state as AppendingState<unknown, unknown>);
  }
  if (state instanceof HeapAggregatingState && mergesAccumulators(descriptor)) {
    return mergeableAggregating(state);
  }
  throw new UserFunctionError(
    `The state "${descriptor.name}" cannot be merged: the given state descriptor does not refer to a mergeable state ` +
      '(MergingState). Use a list or reducing state, or an aggregating one whose aggregate has merge().',
  );
}

function mergesAccumulators(descriptor: StateDescriptor): boolean {
  const { aggregate } = descriptor as AggregatingStateDescriptor<unknown, unknown, unknown>;
  return typeof aggregate.merge === 'function';
}

function mergeableList(state: ListState<unknown>): Mergeable {
  return {
    take() {
      const values = state.get();
      state.clear();
      return () => state.addAll(values);
    },
  };
}

function mergeableReducing(state: AppendingState<unknown, unknown>): Mergeable {
  return {
    take() {
      const reduced = state.get();
      if (reduced === undefined) return undefined;
      state.clear();
      return () => state.add(reduced);
    },
  };
}

function mergeableAggregating(state: HeapAggregatingState<unknown, unknown, unknown>): Mergeable {
  return {
    take() {
      const accumulator = state.accumulator();
      if (accumulator === undefined) return undefined;
      state.clear();
      return () => state.mergeIn(accumulator);
    },
  };
}

/** Windows that merge have no state of their own: it would have to be merged without anybody saying how. */
export function noWindowState(): KeyedStateStore {
  const refuse = (): never => {
    throw new GraphError(
      'Per-window state is not allowed when using merging windows. Use context.globalState() for state of the key.',
    );
  };
  return {
    getState: refuse,
    getListState: refuse,
    getMapState: refuse,
    getReducingState: refuse,
    getAggregatingState: refuse,
  };
}
