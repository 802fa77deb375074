// The states that functions use, over tables. Reading never changes what is kept but for expiry; lists and maps are given as
// copies, so that only what is put back changes the state.

import type { Aggregate } from './descriptors.ts';
import { BackgroundCleanup } from './cleanup.ts';
import { KeyOriginals, keyIdentity } from './key-identity.ts';
import { load, store } from './stored-value.ts';
import type { CurrentKey, KeyedTable } from './table.ts';
import type { Expiry, Timed } from './ttl.ts';

/** One value of the key at hand. */
export interface ValueState<T, Empty extends T | undefined = undefined> {
  /** Undefined, or the default of the descriptor, where there is none. */
  value(): T | Empty;
  /** `undefined` clears. */
  update(value: T | undefined): void;
  /** Forgets it for this key. */
  clear(): void;
}

/** A list of the key at hand. */
export interface ListState<T> extends Iterable<T> {
  /** The elements; none where the list is empty. */
  get(): T[];
  /** Appends an element. */
  add(value: T): void;
  /** Appends several elements. */
  addAll(values: Iterable<T>): void;
  /** Replaces the whole list. */
  update(values: Iterable<T>): void;
  /** Forgets it for this key. */
  clear(): void;
}

/** A map of the key at hand. Keys are told apart by what they are, arrays and objects by what is in them. */
export interface MapState<K, V> extends Iterable<[K, V]> {
  /** The value; undefined where there is none. */
  get(key: K): V | undefined;
  /** Sets the value of a key. */
  put(key: K, value: V): void;
  /** Sets the values of several keys. */
  putAll(entries: Iterable<readonly [K, V]>): void;
  /** Nothing happens where there is none. */
  remove(key: K): void;
  /** Whether the key has a value. */
  contains(key: K): boolean;
  /** The keys, as an array of their own. */
  keys(): K[];
  /** The values, as an array of their own. */
  values(): V[];
  /** Pairs of key and value, as an array of their own. */
  entries(): [K, V][];
  /** Whether there is no entry. */
  isEmpty(): boolean;
  /** Forgets it for this key. */
  clear(): void;
}

/** What is added is folded into what is read; of the key at hand. */
export interface AppendingState<In, Out> {
  /** What has been added, as one; undefined where nothing has. */
  get(): Out | undefined;
  /** Adds a value. */
  add(value: In): void;
  /** Forgets it for this key. */
  clear(): void;
}

/** What single-value states keep their entries in. */
export interface Cell<T> {
  get(): T | undefined;
  set(entry: T): void;
  delete(): void;
}

export class HeapValueState<T, Empty extends T | undefined> implements ValueState<T, Empty> {
  readonly #cell: Cell<T>;
  readonly #empty: () => Empty;

  constructor(cell: Cell<T>, defaultValue: Empty) {
    this.#cell = cell;
    this.#empty = copiesOf(defaultValue);
  }

  value(): T | Empty {
    const value = this.#cell.get();
    return value === undefined ? this.#empty() : value;
  }

  update(value: T | undefined): void {
    if (value === undefined) this.#cell.delete();
    else this.#cell.set(value);
  }

  clear(): void {
    this.#cell.delete();
  }
}

/** One for each call, where it can be changed in place. */
function copiesOf<T>(value: T): () => T {
  if (typeof value !== 'object' || value === null) return () => value;
  const [form, bytes] = store(value);
  return () => load(form, bytes) as T;
}

export class HeapReducingState<T> implements AppendingState<T, T> {
  readonly #cell: Cell<T>;
  readonly #reduce: (a: T, b: T) => T;

  constructor(cell: Cell<T>, reduce: (a: T, b: T) => T) {
    this.#cell = cell;
    this.#reduce = reduce;
  }

  get(): T | undefined {
    return this.#cell.get();
  }

  add(value: T): void {
    const before = this.#cell.get();
    this.#cell.set(before === undefined ? value : this.#reduce(before, value));
  }

  clear(): void {
    this.#cell.delete();
  }
}

export class HeapAggregatingState<In, Acc, Out> implements AppendingState<In, Out> {
  readonly #cell: Cell<Acc>;
  readonly #aggregate: Aggregate<In, Acc, Out>;

  constructor(cell: Cell<Acc>, aggregate: Aggregate<In, Acc, Out>) {
    this.#cell = cell;
    this.#aggregate = aggregate;
  }

  get(): Out | undefined {
    const accumulator = this.#cell.get();
    return accumulator === undefined ? undefined : this.#aggregate.getResult(accumulator);
  }

  add(value: In): void {
    const before = this.#cell.get() ?? this.#aggregate.createAccumulator();
    this.#cell.set(this.#aggregate.add(value, before));
  }

  clear(): void {
    this.#cell.delete();
  }

  /** The accumulator, for merging. */
  accumulator(): Acc | undefined {
    return this.#cell.get();
  }

  /** Combines the accumulator of another key; the aggregate must have a `merge`. */
  mergeIn(accumulator: Acc): void {
    const held = this.#cell.get();
    const { merge } = this.#aggregate as Required<Aggregate<In, Acc, Out>>;
    this.#cell.set(
      held === undefined ? accumulator : merge.call(this.#aggregate, held, accumulator),
    );
  }
}

export class HeapListState<T> implements ListState<T> {
  readonly #table: KeyedTable<Timed<T>[]>;
  readonly #expiry: Expiry | undefined;
  readonly #cleanup: BackgroundCleanup<Timed<T>[]> | undefined;

  constructor(table: KeyedTable<Timed<T>[]>, expiry: Expiry | undefined) {
    this.#table = table;
    this.#expiry = expiry;
    if (expiry === undefined) return;
    this.#cleanup = new BackgroundCleanup(table, expiry.cleanupKeys, (entries) =>
      aliveElements(entries, expiry),
    );
  }

  get(): T[] {
    this.#cleanup?.step();
    const entries = this.#table.get();
    if (entries === undefined) return [];
    const expiry = this.#expiry;
    if (expiry === undefined) return entries.map(({ value }) => value);
    const alive = entries.filter((entry) => expiry.isAlive(entry));
    const given = expiry.givesExpired ? entries : alive;
    if (expiry.renewsOnRead) {
      for (const entry of alive) entry.renewed = expiry.now();
      this.#table.changed();
    }
    if (alive.length < entries.length) this.#store(alive);
    return given.map(({ value }) => value);
  }

  add(value: T): void {
    this.#cleanup?.step();
    const entries = this.#table.get();
    if (entries === undefined) {
      this.#table.set([this.#entry(value)]);
      return;
    }
    entries.push(this.#entry(value));
    this.#table.changed();
  }

  addAll(values: Iterable<T>): void {
    for (const value of values) this.add(value);
  }

  update(values: Iterable<T>): void {
    this.#cleanup?.step();
    this.#store(Array.from(values, (value) => this.#entry(value)));
  }

  clear(): void {
    this.#table.delete();
  }

  [Symbol.iterator](): Iterator<T> {
    return this.get()[Symbol.iterator]();
  }

  #entry(value: T): Timed<T> {
    return this.#expiry === undefined ? { value, renewed: 0 } : this.#expiry.timed(value);
  }

  #store(entries: Timed<T>[]): void {
    if (entries.length === 0) this.#table.delete();
    else this.#table.set(entries);
  }
}

/** What has not expired; undefined where nothing is left, the list itself where all is. */
function aliveElements<T>(entries: Timed<T>[], expiry: Expiry): Timed<T>[] | undefined {
  if (entries.every((entry) => expiry.isAlive(entry))) return entries; // T3 of ttl.ts
  const alive = entries.filter((entry) => expiry.isAlive(entry));
  return alive.length === 0 ? undefined : alive;
}

/** The entries of one key: by the identity of the user's key. */
export class MapEntries<V> {
  readonly values = new Map<unknown, Timed<V>>();
  readonly originals = new KeyOriginals();
}

/** As `aliveElements`. */
function aliveEntries<V>(held: MapEntries<V>, expiry: Expiry): MapEntries<V> | undefined {
  if (held.values.values().every((entry) => expiry.isAlive(entry))) return held;
  const alive = new MapEntries<V>();
  for (const [identity, entry] of held.values) {
    if (expiry.isExpired(entry)) continue; // T3 of ttl.ts
    alive.values.set(alive.originals.keep(held.originals.key(identity)), entry);
  }
  return alive.values.size === 0 ? undefined : alive;
}

/** Who is told of entries of maps before they change (touching-maps.ts). */
interface MapsTold {
  touch(key: unknown, mapKey: unknown): void;
  touchAll(key: unknown): void;
}

export class HeapMapState<K, V> implements MapState<K, V> {
  readonly #table: KeyedTable<MapEntries<V>>;
  readonly #expiry: Expiry | undefined;
  readonly #cleanup: BackgroundCleanup<MapEntries<V>> | undefined;
  readonly #at: CurrentKey;
  /** Told of entries that change, or whose values are given out; absent where nobody is. */
  readonly #told: MapsTold | undefined;

  constructor(
    table: KeyedTable<MapEntries<V>>,
    expiry: Expiry | undefined,
    at: CurrentKey,
    told: MapsTold | undefined,
  ) {
    this.#table = table;
    this.#at = at;
    this.#told = told;
    this.#expiry = expiry;
    if (expiry === undefined) return;
    this.#cleanup = new BackgroundCleanup(table, expiry.cleanupKeys, (held) =>
      aliveEntries(held, expiry),
    );
  }

  get(key: K): V | undefined {
    this.#cleanup?.step();
    const held = this.#table.get();
    if (held === undefined) return undefined;
    const identity = keyIdentity(key);
    const entry = held.values.get(identity);
    if (entry === undefined) return undefined;
    const expiry = this.#expiry;
    if (expiry !== undefined || typeof entry.value === 'object') this.#touch(key);
    if (expiry === undefined) return entry.value;
    if (expiry.isExpired(entry)) {
      this.#remove(held, identity);
      return expiry.givesExpired ? entry.value : undefined;
    }
    if (expiry.renewsOnRead) {
      entry.renewed = expiry.now();
      this.#table.changed();
    }
    return entry.value;
  }

  put(key: K, value: V): void {
    this.#cleanup?.step();
    this.#touch(key);
    let held = this.#table.get();
    if (held === undefined) {
      held = new MapEntries<V>();
      this.#table.set(held);
    }
    const entry = this.#expiry === undefined ? { value, renewed: 0 } : this.#expiry.timed(value);
    held.values.set(held.originals.keep(key), entry);
    this.#table.changed();
  }

  putAll(entries: Iterable<readonly [K, V]>): void {
    for (const [key, value] of entries) this.put(key, value);
  }

  remove(key: K): void {
    const held = this.#table.get();
    if (held === undefined) return;
    this.#touch(key);
    this.#remove(held, keyIdentity(key));
  }

  contains(key: K): boolean {
    return this.get(key) !== undefined;
  }

  entries(): [K, V][] {
    this.#cleanup?.step();
    const held = this.#table.get();
    if (held === undefined) return [];
    const expiry = this.#expiry;
    const found: [K, V][] = [];
    for (const [identity, entry] of Array.from(held.values)) {
      const key = held.originals.key(identity) as K;
      if (expiry !== undefined || typeof entry.value === 'object') this.#touch(key);
      if (expiry !== undefined && expiry.isExpired(entry)) {
        this.#remove(held, identity);
        if (!expiry.givesExpired) continue;
      } else if (expiry?.renewsOnRead === true) {
        entry.renewed = expiry.now();
        this.#table.changed();
      }
      found.push([key, entry.value]);
    }
    return found;
  }

  keys(): K[] {
    return this.entries().map(([key]) => key);
  }

  values(): V[] {
    return this.entries().map(([, value]) => value);
  }

  isEmpty(): boolean {
    return this.entries().length === 0;
  }

  clear(): void {
    this.#told?.touchAll(this.#at.key);
    this.#table.delete();
  }

  [Symbol.iterator](): Iterator<[K, V]> {
    return this.entries()[Symbol.iterator]();
  }

  #touch(key: unknown): void {
    this.#told?.touch(this.#at.key, key);
  }

  #remove(held: MapEntries<V>, identity: unknown): void {
    if (!held.values.delete(identity)) return;
    held.originals.drop(identity);
    if (held.values.size === 0) this.#table.delete();
    else this.#table.changed();
  }
}
