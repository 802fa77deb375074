// The keyed state of one operator and subtask, on the heap or in an embedded store.
//
//   B1. A name is one state of one kind.
//   B2. A snapshot holds entries by key, grouped so that a restore at another parallelism reads what is its own.

import { GraphError } from '../errors.ts';
import {
  type AggregatingStateDescriptor,
  type ListStateDescriptor,
  type MapStateDescriptor,
  type ReducingStateDescriptor,
  type StateDescriptor,
  type ValueStateDescriptor,
} from './descriptors.ts';
import {
  type AppendingState,
  type Cell,
  HeapAggregatingState,
  HeapListState,
  HeapMapState,
  HeapReducingState,
  HeapValueState,
  type ListState,
  MapEntries,
  type MapState,
  type ValueState,
} from './states.ts';
import type { EmbeddedStore } from './embedded-store.ts';
import { type CurrentKey, ExpiringTable, HeapTable, type KeyedTable } from './table.ts';
import { Expiry, type Timed } from './ttl.ts';

type Kind = 'value' | 'list' | 'map' | 'reducing' | 'aggregating';

/** One entry of a snapshot: key, name of the state, what it holds. */
export type StateEntry = [key: unknown, name: string, held: unknown];

interface Registered {
  kind: Kind;
  state: unknown;
  table: KeyedTable<unknown>;
  expiry: Expiry | undefined;
}

export class KeyedBackend {
  readonly #at: CurrentKey;
  readonly #now: () => number;
  readonly #states = new Map<string, Registered>();
  /** Of a snapshot, by state, until the state is asked for. */
  readonly #restored = new Map<string, [key: unknown, held: unknown][]>();

  readonly #store: EmbeddedStore | undefined;

  constructor(at: CurrentKey, now: () => number, store?: EmbeddedStore) {
    this.#at = at;
    this.#now = now;
    this.#store = store;
  }

  value<T, Empty extends T | undefined>(
    descriptor: ValueStateDescriptor<T, Empty>,
  ): ValueState<T, Empty> {
    const { defaultValue } = descriptor;
    return this.#state(
      'value',
      descriptor,
      (cell: Cell<T>) => new HeapValueState(cell, defaultValue as Empty),
    );
  }

  reducing<T>(descriptor: ReducingStateDescriptor<T>): AppendingState<T, T> {
    const { reduce } = descriptor;
    return this.#state(
      'reducing',
      descriptor,
      (cell: Cell<T>) => new HeapReducingState(cell, reduce),
    );
  }

  aggregating<In, Acc, Out>(
    descriptor: AggregatingStateDescriptor<In, Acc, Out>,
  ): AppendingState<In, Out> {
    const { aggregate } = descriptor;
    return this.#state(
      'aggregating',
      descriptor,
      (cell: Cell<Acc>) => new HeapAggregatingState(cell, aggregate),
    );
  }

  list<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    return this.#register('list', descriptor, (table, expiry) => {
      return new HeapListState(table as KeyedTable<Timed<T>[]>, expiry);
    });
  }

  map<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V> {
    return this.#register('map', descriptor, (table, expiry) => {
      return new HeapMapState<K, V>(table as KeyedTable<MapEntries<V>>, expiry);
    });
  }

  #state<S, T>(kind: Kind, descriptor: StateDescriptor, make: (cell: Cell<T>) => S): S {
    return this.#register(kind, descriptor, (table, expiry) =>
      make(
        expiry === undefined
          ? (table as KeyedTable<T>)
          : new ExpiringTable<T>(table as KeyedTable<Timed<T>>, expiry),
      ),
    );
  }

  #register<S>(
    kind: Kind,
    descriptor: StateDescriptor,
    make: (table: KeyedTable<unknown>, expiry: Expiry | undefined) => S,
  ): S {
    const { name, ttl } = descriptor;
    const known = this.#states.get(name);
    if (known !== undefined) {
      if (known.kind === kind) return known.state as S;
      throw new GraphError(
        `The state "${name}" is a ${known.kind} state already; give the ${kind} state another name.`,
      );
    }
    const expiry = ttl === undefined ? undefined : new Expiry(ttl, this.#now);
    const table = this.#table(kind, name);
    const state = make(table, expiry);
    this.#states.set(name, { kind, state, table, expiry });
    for (const [key, held] of this.#restored.get(name) ?? []) table.put(key, thaw(kind, held));
    this.#restored.delete(name);
    return state;
  }

  #table(kind: Kind, name: string): KeyedTable<unknown> {
    if (this.#store === undefined) return new HeapTable(this.#at);
    return this.#store.table(this.#at, {
      name,
      freeze: (held) => freeze(kind, held, undefined),
      thaw: (frozen) => thaw(kind, frozen),
    });
  }

  /** B2 */
  *snapshot(): Generator<StateEntry> {
    for (const [name, { kind, table, expiry }] of this.#states) {
      for (const [key, held] of table.entries()) {
        const kept = freeze(kind, held, expiry);
        if (kept !== undefined) yield [key, name, kept];
      }
    }
    for (const [name, entries] of this.#restored) {
      for (const [key, held] of entries) yield [key, name, held];
    }
  }

  restore(entries: Iterable<StateEntry>): void {
    for (const [key, name, held] of entries) {
      const registered = this.#states.get(name);
      if (registered !== undefined) registered.table.put(key, thaw(registered.kind, held));
      else if (this.#restored.has(name)) this.#restored.get(name)?.push([key, held]);
      else this.#restored.set(name, [[key, held]]);
    }
  }
}

/** What goes into a snapshot; undefined where all of it has expired (T4 of ttl.ts). */
function freeze(kind: Kind, held: unknown, expiry: Expiry | undefined): unknown {
  const alive = (entry: Timed<unknown>) => expiry === undefined || expiry.isAlive(entry);
  if (kind === 'list') {
    const entries = (held as Timed<unknown>[]).filter(alive);
    return entries.length === 0 ? undefined : entries;
  }
  if (kind === 'map') {
    const { values, originals } = held as MapEntries<unknown>;
    const entries = [...values].filter(([, entry]) => alive(entry));
    if (entries.length === 0) return undefined;
    return entries.map(([identity, entry]) => [originals.key(identity), entry]);
  }
  return expiry === undefined || alive(held as Timed<unknown>) ? held : undefined;
}

function thaw(kind: Kind, held: unknown): unknown {
  if (kind !== 'map') return held;
  const entries = new MapEntries<unknown>();
  for (const [key, entry] of held as [unknown, Timed<unknown>][]) {
    entries.values.set(entries.originals.keep(key), entry);
  }
  return entries;
}
