// State of a subtask as a whole, whatever the key, over tables of its store. Twin of python/isthmus/_worker/state/operator_state.py.

import { GraphError } from '../errors.ts';
import type { BroadcastMap } from './broadcast-state.ts';
import {
  type ListStateDescriptor,
  type MapStateDescriptor,
  type StateDescriptor,
  checkDescriptor,
} from './descriptors.ts';
import type { ListState, MapState } from './states.ts';
import { OF_OPERATOR } from './chunks.ts';
import type { OperatorStore } from './store.ts';
import type { Values } from './tables.ts';

/** State that belongs to no key; of any operator, keyed or not. */
export interface OperatorStateStore {
  /** A list whose elements are dealt out afresh when the parallelism changes. */
  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  /** A list that every subtask gets all of when it is restored. */
  getUnionListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  /** A map that is to be the same in all subtasks: write to it what all of them see. */
  getBroadcastState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V>;
}

export class OperatorStates implements OperatorStateStore {
  readonly #store: OperatorStore;

  constructor(store: OperatorStore) {
    this.#store = store;
  }

  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    return new OperatorList<T>(this.#store.splitList(OF_OPERATOR + checked('list', descriptor)));
  }

  getUnionListState<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    return new OperatorList<T>(this.#store.unionList(OF_OPERATOR + checked('list', descriptor)));
  }

  getBroadcastState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V> {
    return this.broadcast(checked('map', descriptor)) as MapState<K, V>;
  }

  /** By its name alone. */
  broadcast(name: string): BroadcastMap<unknown, unknown> {
    return this.#store.broadcast(OF_OPERATOR + name);
  }
}

class OperatorList<T> implements ListState<T> {
  readonly #entry: { values: T[] };

  constructor(entry: Values) {
    this.#entry = entry as { values: T[] };
  }

  get(): T[] {
    return [...this.#entry.values];
  }

  add(value: T): void {
    this.#entry.values.push(value);
  }

  addAll(values: Iterable<T>): void {
    for (const value of values) this.add(value);
  }

  update(values: Iterable<T>): void {
    this.#entry.values = [...values];
  }

  clear(): void {
    this.#entry.values = [];
  }

  [Symbol.iterator](): Iterator<T> {
    return this.get()[Symbol.iterator]();
  }
}

function checked(kind: 'list' | 'map', descriptor: StateDescriptor): string {
  checkDescriptor(kind, descriptor);
  const { name, ttl } = descriptor;
  if (ttl === undefined) return name;
  throw new GraphError(
    `The operator state "${name}" cannot have a time to live, which goes by the key; leave its ttl out, or keep it by key.`,
  );
}
