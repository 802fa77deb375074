// The keyed state of one operator and subtask, on the heap or in an embedded store, over tables of the subtask's store.
//
//   - A name is one state of one kind.

import { GraphError, StateError } from '../errors.ts';
import {
  type AggregatingStateDescriptor,
  type ListStateDescriptor,
  type MapStateDescriptor,
  type ReducingStateDescriptor,
  type StateDescriptor,
  type StateKind as Kind,
  type ValueStateDescriptor,
  checkDescriptor,
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
import type { ChangedRows } from './changed-rows.ts';
import type { EmbeddedStore } from './embedded-store.ts';
import type { Freezing } from './embedded-table.ts';
import type { OperatorStore } from './store.ts';
import { TableOfMaps, TableOfStates, TableOfStoredMaps, type Written } from './tables.ts';
import { StoredMapsTold, TouchingMaps } from './touching-maps.ts';
import { TouchingTable } from './touching-table.ts';
import { type CurrentKey, ExpiringTable, HeapTable, type KeyedTable } from './table.ts';
import type { Scope } from './scope.ts';
import { Expiry, type Timed } from './ttl.ts';

const KINDS: readonly Kind[] = ['value', 'list', 'map', 'reducing', 'aggregating'];

interface Registered {
  kind: Kind;
  state: unknown;
}

const OF_KEYS: Scope = {
  prefix: '',
  form: 'keyed',
  split: (key) => [key],
  join: (entry) => entry as [unknown, unknown],
};

export class KeyedBackend {
  readonly #state: OperatorStore;
  readonly #at: CurrentKey;
  readonly #now: () => number;
  readonly #states = new Map<string, Registered>();
  /** Of maps on disk: who is told of their changes. */
  readonly #storedMaps = new Map<KeyedTable<unknown>, StoredMapsTold>();
  readonly #disk: EmbeddedStore | undefined;
  readonly #scope: Scope;

  /** `disk`: where entries are kept, if not on the heap. */
  constructor(
    state: OperatorStore,
    at: CurrentKey,
    now: () => number,
    disk?: EmbeddedStore,
    scope: Scope = OF_KEYS,
  ) {
    this.#state = state;
    this.#at = at;
    this.#now = now;
    this.#disk = disk;
    this.#scope = scope;
  }

  value<T, Empty extends T | undefined>(
    descriptor: ValueStateDescriptor<T, Empty>,
  ): ValueState<T, Empty> {
    checkDescriptor('value', descriptor);
    const { defaultValue } = descriptor;
    return this.#single(
      'value',
      descriptor,
      (cell: Cell<T>) => new HeapValueState(cell, defaultValue as Empty),
    );
  }

  reducing<T>(descriptor: ReducingStateDescriptor<T>): AppendingState<T, T> {
    checkDescriptor('reducing', descriptor);
    const { reduce } = descriptor;
    return this.#single(
      'reducing',
      descriptor,
      (cell: Cell<T>) => new HeapReducingState(cell, reduce),
    );
  }

  aggregating<In, Acc, Out>(
    descriptor: AggregatingStateDescriptor<In, Acc, Out>,
  ): AppendingState<In, Out> {
    checkDescriptor('aggregating', descriptor);
    const { aggregate } = descriptor;
    return this.#single(
      'aggregating',
      descriptor,
      (cell: Cell<Acc>) => new HeapAggregatingState(cell, aggregate),
    );
  }

  list<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    checkDescriptor('list', descriptor);
    return this.#register('list', descriptor, (table, expiry) => {
      return new HeapListState(table as KeyedTable<Timed<T>[]>, expiry);
    });
  }

  map<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V> {
    checkDescriptor('map', descriptor);
    return this.#register('map', descriptor, (table, expiry) => {
      const told = table instanceof TouchingMaps ? table : this.#storedMaps.get(table);
      return new HeapMapState<K, V>(table as KeyedTable<MapEntries<V>>, expiry, this.#at, told);
    });
  }

  #single<S, T>(kind: Kind, descriptor: StateDescriptor, make: (cell: Cell<T>) => S): S {
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
    this.#refuseOther(kind, descriptor);
    const expiry = ttl === undefined ? undefined : new Expiry(ttl, this.#now);
    const state = make(this.#table(kind, name, expiry), expiry);
    this.#states.set(name, { kind, state });
    return state;
  }

  /** Entries of another kind, or with and without the time they were renewed at, are not read as these. */
  #refuseOther(kind: Kind, { name, ttl }: StateDescriptor): void {
    const { prefix } = this.#scope;
    for (const was of KINDS) {
      for (const expired of [false, true]) {
        if (was === kind && expired === (ttl !== undefined)) continue;
        const table = prefix + tableOf(was, name, expired);
        if (this.#state.undeclared([table]).length === 0) continue;
        throw new StateError(
          `The state "${name}" was kept as ${titleOf(was, expired)}; here it is ${titleOf(kind, ttl !== undefined)}. ` +
            'Leave it as it was, or give it another name, which begins without it.',
        );
      }
    }
  }

  #table(kind: Kind, name: string, expiry: Expiry | undefined): KeyedTable<unknown> {
    const { prefix, form, split, join } = this.#scope;
    const of = prefix + tableOf(kind, name, expiry !== undefined);
    if (kind === 'map') {
      return this.#state.maps(of, () => this.#maps(name, expiry)) as KeyedTable<unknown>;
    }
    const made = (): TableOfStates<unknown> => {
      const { table, rows } = this.#tracked(kind, name);
      const written: Written<unknown> = {
        entry(key, held) {
          const frozen = freeze(kind, held, expiry);
          return frozen === undefined ? undefined : [...split(key), frozen];
        },
        read(entry) {
          const [key, held] = join(entry);
          return [key, thaw(kind, held)];
        },
        keyOf: (address) => join([...address, undefined])[0],
        address: split,
      };
      return new TableOfStates(form, table, written, rows);
    };
    return form === 'keyed' ? this.#state.keyed(of, made) : this.#state.namespacedStates(of, made);
  }

  #maps(name: string, expiry: Expiry | undefined): TableOfMaps {
    const table = this.#tableOf('map', name);
    const maps = table as KeyedTable<MapEntries<unknown>>;
    const isAlive = (entry: Timed<unknown>) => expiry === undefined || expiry.isAlive(entry);
    if (this.#disk === undefined || !this.#state.tracks) {
      return new TableOfMaps(maps, this.#scope, isAlive);
    }
    const told = new StoredMapsTold();
    this.#storedMaps.set(table, told);
    return new TableOfStoredMaps(maps, this.#scope, isAlive, told.changes);
  }

  /** A table whose changes are known where it is on disk and checkpoints are taken. */
  #tracked(kind: Kind, name: string): { table: KeyedTable<unknown>; rows?: ChangedRows } {
    if (this.#disk === undefined || !this.#state.tracks)
      return { table: this.#tableOf(kind, name) };
    const { split } = this.#scope;
    return this.#disk.tracked(this.#at, freezing(kind, name), (key) =>
      this.#state.groupOf(split(key)[0]),
    );
  }

  #tableOf(kind: Kind, name: string): KeyedTable<unknown> {
    if (this.#disk === undefined) {
      if (!this.#state.tracks) return new HeapTable(this.#at);
      if (kind === 'map') return new TouchingMaps(this.#at) as unknown as KeyedTable<unknown>;
      return new TouchingTable(this.#at);
    }
    return this.#disk.table(this.#at, freezing(kind, name));
  }
}

function tableOf(kind: Kind, name: string, expires: boolean): string {
  return `${kind}${expires ? '+ttl' : ''}:${name}`;
}

function titleOf(kind: Kind, expires: boolean): string {
  const article = kind === 'aggregating' ? 'an' : 'a';
  return `${article} ${kind} state ${expires ? 'with' : 'without'} a time to live`;
}

function freezing(kind: Kind, name: string): Freezing<unknown> {
  return {
    name,
    freeze: (held) => freeze(kind, held, undefined),
    thaw: (frozen) => thaw(kind, frozen),
  };
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
