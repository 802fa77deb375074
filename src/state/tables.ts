// The forms of tables of a store: what each holds, as entries and back. Twin of python/isthmus/_worker/state/tables.py.

import { BroadcastMap } from './broadcast-state.ts';
import type { ChangedRows, StoredChunks } from './changed-rows.ts';
import type { Changes } from './changes.ts';
import type { EmbeddedTable } from './embedded-table.ts';
import { canonicalText, keyIdentity } from './key-identity.ts';
import type { Scope } from './scope.ts';
import { MapEntries } from './states.ts';
import type { HeapTable, KeyedTable } from './table.ts';
import { TouchingTable } from './touching-table.ts';
import type { Timed } from './ttl.ts';
import { TableView } from './views.ts';

export type Form =
  | 'keyed'
  | 'map'
  | 'namespaced'
  | 'derived'
  | 'drawn'
  | 'list'
  | 'union'
  | 'broadcast';

export interface SavedTable {
  readonly form: Form;
  /** Whether entries begin with their key, by which they go to their subtask. */
  readonly keyed: boolean;
  /** All of it as it is now. */
  entries(): Iterable<unknown>;
  /** Of what has changed, where the table is in the embedded store, and what there was when they were sealed last. */
  readonly rows?: ChangedRows | undefined;
  storedView?(checkpoint: number, increment: boolean): StoredChunks | undefined;
  /** Whether `Asides` is told before anything that its entries refer to changes: they need not be encoded at the barrier. */
  readonly isTold?: boolean;
  /** Of what has changed, where it is told. */
  readonly changes?: Changes<unknown> | undefined;
  /** What of it is to be encoded, as it is now: what has changed, or all. Where changes are told. */
  view?(changed?: ReadonlyMap<unknown, unknown>): TableView;
  /** Takes over entries that an old subtask had; called for each piece, in the order of the subtasks. */
  load(entries: unknown[], subtask: number, parallelism: number): void;
  /** Of what is loaded, entries that are gone: what they are without their last part (C3 of chunks.ts). */
  remove?(addresses: unknown[][]): void;
  /** All is loaded. */
  loaded?(): void;
}

/** Between keys and entries of a table of states and those that are written. */
export interface Written<T> {
  /** Undefined where nothing of it is to be kept. */
  readonly entry: (key: unknown, held: T) => unknown[] | undefined;
  /** The key and what is held. */
  readonly read: (entry: unknown[]) => [key: unknown, held: T];
  /** The key, of what an entry is without its last part. */
  readonly keyOf: (address: unknown[]) => unknown;
  /** What an entry of a key is without its last part. */
  readonly address: (key: unknown) => unknown[];
}

/** Entries in a table on the heap or on disk. */
export class TableOfStates<T> implements SavedTable {
  readonly form: Form;
  readonly keyed = true;
  readonly table: KeyedTable<T>;
  readonly #written: Written<T>;
  /** Of what has changed, where the table is in the embedded store. */
  readonly rows: ChangedRows | undefined;

  constructor(
    form: 'keyed' | 'namespaced',
    table: KeyedTable<T>,
    written: Written<T>,
    rows?: ChangedRows,
  ) {
    this.form = form;
    this.table = table;
    this.#written = written;
    this.rows = rows;
  }

  storedView(checkpoint: number, increment: boolean): StoredChunks | undefined {
    return this.rows?.view(this.table as EmbeddedTable<T>, this.#written, checkpoint, increment);
  }

  *entries(): Generator<unknown> {
    for (const [key, held] of this.table.entries()) {
      const entry = this.#written.entry(key, held);
      if (entry !== undefined) yield entry;
    }
  }

  get changes(): Changes<unknown> | undefined {
    return this.table instanceof TouchingTable ? this.table.changes : undefined;
  }

  view(changed?: ReadonlyMap<unknown, unknown>): TableView {
    return new TableView(this as TableOfStates<unknown>, changed);
  }

  identities(): unknown[] {
    return [...(this.table as HeapTable<T>).identitiesNow()];
  }

  keyOf(identity: unknown): unknown {
    return (this.table as HeapTable<T>).keyOf(identity);
  }

  /** What an entry of a key is without its last part. */
  addressOf(key: unknown): unknown[] {
    return this.#written.address(key);
  }

  rowsOf(identity: unknown): unknown[] {
    const table = this.table as HeapTable<T>;
    const held = table.under(identity);
    if (held === undefined) return [];
    const entry = this.#written.entry(table.keyOf(identity), held);
    return entry === undefined ? [] : [entry];
  }

  load(entries: unknown[]): void {
    for (const entry of entries) this.table.put(...this.#written.read(entry as unknown[]));
  }

  remove(addresses: unknown[][]): void {
    for (const address of addresses) this.table.remove(this.#written.keyOf(address));
  }
}

/** Maps by key: each entry of a map is one of the table. */
export class TableOfMaps implements SavedTable {
  readonly form = 'map';
  readonly keyed = true;
  readonly table: KeyedTable<MapEntries<unknown>>;
  readonly #scope: Scope;
  readonly #isAlive: (entry: Timed<unknown>) => boolean;
  readonly isTold: boolean;

  constructor(
    table: KeyedTable<MapEntries<unknown>>,
    scope: Scope,
    isAlive: (entry: Timed<unknown>) => boolean,
    isTold = false,
  ) {
    this.isTold = isTold;
    this.table = table;
    this.#scope = scope;
    this.#isAlive = isAlive;
  }

  *entries(): Generator<unknown> {
    for (const [key, { values, originals }] of this.table.entries()) {
      const begin = this.#scope.split(key);
      for (const [identity, entry] of values) {
        if (this.#isAlive(entry)) yield [...begin, originals.key(identity), entry];
      }
    }
  }

  load(entries: unknown[]): void {
    for (const parts of entries as unknown[][]) {
      const [key] = this.#scope.join([...parts.slice(0, -2), undefined]);
      const [mapKey, entry] = parts.slice(-2) as [unknown, Timed<unknown>];
      const held = this.table.of(key) ?? new MapEntries<unknown>();
      held.values.set(held.originals.keep(mapKey), entry);
      this.table.put(key, held);
    }
  }

  remove(addresses: unknown[][]): void {
    for (const parts of addresses) {
      const [key] = this.#scope.join([...parts.slice(0, -1), undefined]);
      const held = this.table.of(key);
      if (held === undefined) continue;
      const identity = keyIdentity(parts.at(-1));
      held.values.delete(identity);
      held.originals.drop(identity);
      if (held.values.size === 0) this.table.remove(key);
      else this.table.put(key, held);
    }
  }
}

/** Entries that the operator keeps itself. */
abstract class OwnTable<E> implements SavedTable {
  abstract readonly form: Form;
  abstract readonly keyed: boolean;
  readonly #entries: () => Iterable<E>;
  #restored: E[] = [];

  readonly isTold: boolean;

  constructor(entries: () => Iterable<E>, isTold = false) {
    this.#entries = entries;
    this.isTold = isTold;
  }

  entries(): Iterable<E> {
    return this.#entries();
  }

  load(entries: unknown[]): void {
    this.#restored = this.#restored.concat(entries as E[]);
  }

  remove(addresses: unknown[][]): void {
    const identityOf = (parts: unknown[]) =>
      JSON.stringify(parts.map((part) => canonicalText(part)));
    const gone = new Set(addresses.map(identityOf));
    const parts = addresses[0]?.length ?? 0;
    this.#restored = this.#restored.filter(
      (entry) => !gone.has(identityOf((entry as unknown[]).slice(0, parts))),
    );
  }

  /** What was restored: once. */
  take(): E[] {
    const restored = this.#restored;
    this.#restored = [];
    return restored;
  }
}

export class DerivedTable<E> extends OwnTable<[key: unknown, entry: E]> {
  readonly form = 'derived';
  readonly keyed = true;
}

export class NamespacedTable<N, E> extends OwnTable<[key: unknown, namespace: N, entry: E]> {
  readonly form = 'namespaced';
  readonly keyed = true;
}

export class DrawnTable<T> extends OwnTable<T> {
  readonly form = 'drawn';
  readonly keyed = false;

  constructor(value: () => T | undefined) {
    super(() => {
      const drawn = value();
      return drawn === undefined ? [] : [drawn];
    });
  }
}

/** A list whose values may be put in place of all of them. */
export interface Values {
  values: unknown[];
}

/** At the same parallelism each subtask has its own elements again; at another, they are dealt out evenly in order. */
export class ListTable implements SavedTable, Values {
  readonly form = 'list';
  readonly keyed = false;
  values: unknown[] = [];
  readonly #subtask: number;
  readonly #parallelism: number;
  #dealt: unknown[] = [];

  constructor({ subtask, parallelism }: { subtask: number; parallelism: number }) {
    this.#subtask = subtask;
    this.#parallelism = parallelism;
  }

  entries(): unknown[] {
    return this.values;
  }

  load(entries: unknown[], subtask: number, parallelism: number): void {
    if (parallelism !== this.#parallelism) this.#dealt = this.#dealt.concat(entries);
    else if (subtask === this.#subtask) this.values = this.values.concat(entries);
  }

  loaded(): void {
    const share = (after: number) =>
      Math.floor(((this.#subtask + after) * this.#dealt.length) / this.#parallelism);
    this.values = this.values.concat(this.#dealt.slice(share(0), share(1)));
    this.#dealt = [];
  }
}

export class UnionTable implements SavedTable, Values {
  readonly form = 'union';
  readonly keyed = false;
  values: unknown[] = [];

  entries(): unknown[] {
    return this.values;
  }

  load(entries: unknown[]): void {
    this.values = this.values.concat(entries);
  }
}

/** The same in all subtasks, so what one of them had is enough. */
export class BroadcastTable implements SavedTable {
  readonly form = 'broadcast';
  readonly keyed = false;
  readonly map = new BroadcastMap<unknown, unknown>();
  #from: number | undefined;

  entries(): [unknown, unknown][] {
    return this.map.entries();
  }

  load(entries: unknown[], subtask: number): void {
    this.#from ??= subtask;
    if (this.#from === subtask) this.map.putAll(entries as [unknown, unknown][]);
  }

  remove(addresses: unknown[][]): void {
    for (const [key] of addresses) this.map.remove(key);
  }
}
