// The forms of tables of a store: what each holds, as entries and back. Twin of python/isthmus/_worker/state/tables.py.

import { BroadcastMap } from './broadcast-state.ts';
import type { ChangedRows, StoredChunks } from './changed-rows.ts';
import type { Changes } from './changes.ts';
import type { EmbeddedTable } from './embedded-table.ts';
import { canonicalText, keyIdentity } from './key-identity.ts';
import type { Scope } from './scope.ts';
import { MapEntries } from './states.ts';
import { storedKey } from './stored-rows.ts';
import type { HeapTable, KeyedTable } from './table.ts';
import { type MapUnit, TouchingMaps } from './touching-maps.ts';
import { TouchingTable } from './touching-table.ts';
import type { Timed } from './ttl.ts';
import type { Unit, Viewed } from './views.ts';

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
  /** Of what has changed, where it is told: the table is a `Viewed` then. */
  readonly changes?: Changes<unknown> | undefined;
  /** Takes over entries that an old subtask had; called for each piece, in the order of the subtasks. */
  load(entries: unknown[], subtask: number, parallelism: number): void;
  /** Of what is loaded, entries that are gone: what they are without their last part (C3 of chunks.ts). */
  remove?(addresses: unknown[][], subtask: number): void;
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
export class TableOfStates<T> implements SavedTable, Viewed<unknown> {
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

  readonly many = false;

  *units(): Generator<Unit<unknown>> {
    const table = this.table as HeapTable<T>;
    for (const identity of table.identitiesNow()) {
      yield [identity, table.keyOf(identity), undefined];
    }
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
export class TableOfMaps implements SavedTable, Viewed<unknown> {
  readonly form = 'map';
  readonly keyed = true;
  readonly table: KeyedTable<MapEntries<unknown>>;
  readonly #scope: Scope;
  readonly #isAlive: (entry: Timed<unknown>) => boolean;
  readonly many: boolean = false;

  constructor(
    table: KeyedTable<MapEntries<unknown>>,
    scope: Scope,
    isAlive: (entry: Timed<unknown>) => boolean,
  ) {
    this.table = table;
    this.#scope = scope;
    this.#isAlive = isAlive;
  }

  *entries(): Generator<unknown> {
    for (const [key, held] of this.table.entries()) yield* this.rowsOfKey(key, held);
  }

  get changes(): Changes<unknown> | undefined {
    return this.table instanceof TouchingMaps
      ? (this.table.changes as Changes<unknown>)
      : undefined;
  }

  /** Their namespaces are the maps. */
  *units(): Generator<Unit<unknown>> {
    const table = this.table as TouchingMaps;
    for (const mapIdentity of table.identitiesNow()) {
      const held = table.under(mapIdentity) as MapEntries<unknown>;
      const key = table.keyOf(mapIdentity);
      for (const identity of held.values.keys()) {
        const unit: MapUnit = { key, mapKey: held.originals.key(identity) };
        yield [identity, unit, mapIdentity];
      }
    }
  }

  rowsOf(identity: unknown, mapIdentity: unknown, _unit: unknown): unknown[] {
    const table = this.table as TouchingMaps;
    const held = table.under(mapIdentity);
    const entry = held?.values.get(identity);
    if (held === undefined || entry === undefined || !this.#isAlive(entry)) return [];
    return [[...this.#scope.split(table.keyOf(mapIdentity)), held.originals.key(identity), entry]];
  }

  addressOf(unit: unknown): unknown[] {
    const { key, mapKey } = unit as MapUnit;
    return [...this.#scope.split(key), mapKey];
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

  /** Of an entry, or of all that a key has, as maps on disk tell it. */
  remove(addresses: unknown[][]): void {
    const ofKeys = this.#scope.form === 'keyed' ? 1 : 2;
    for (const parts of addresses) {
      const [key] = this.#scope.join([...parts.slice(0, ofKeys), undefined]);
      if (parts.length > ofKeys) this.#removeEntry(key, keyIdentity(parts.at(-1)));
      else this.table.remove(key);
    }
  }

  #removeEntry(key: unknown, identity: unknown): void {
    const held = this.table.of(key);
    if (held === undefined) return;
    held.values.delete(identity);
    held.originals.drop(identity);
    if (held.values.size === 0) this.table.remove(key);
    else this.table.put(key, held);
  }

  /** The entries of the map of a key. */
  protected *rowsOfKey(key: unknown, held: MapEntries<unknown>): Generator<unknown[]> {
    const begin = this.#scope.split(key);
    for (const [identity, entry] of held.values) {
      if (this.#isAlive(entry)) yield [...begin, held.originals.key(identity), entry];
    }
  }

  protected beginOf(key: unknown): unknown[] {
    return this.#scope.split(key);
  }
}

/** Maps in the embedded store, whose rows are maps: units are keys. */
export class TableOfStoredMaps extends TableOfMaps {
  override readonly many = true;
  readonly #changes: Changes<unknown>;

  constructor(
    table: KeyedTable<MapEntries<unknown>>,
    scope: Scope,
    isAlive: (entry: Timed<unknown>) => boolean,
    changes: Changes<unknown>,
  ) {
    super(table, scope, isAlive);
    this.#changes = changes;
  }

  override get changes(): Changes<unknown> {
    return this.#changes;
  }

  override *units(): Generator<Unit<unknown>> {
    for (const [key] of this.table.entries()) yield [storedKey(key), key, undefined];
  }

  override rowsOf(_identity: unknown, _namespace: unknown, key: unknown): unknown[] {
    const held = this.table.of(key);
    return held === undefined ? [] : [...this.rowsOfKey(key, held)];
  }

  override addressOf(key: unknown): unknown[] {
    return this.beginOf(key);
  }
}

/** What an operator keeps itself and tells of, unit by unit, before it changes. */
export interface Own<U> {
  /** As those of `Viewed`. */
  units(): Iterable<Unit<U>>;
  entriesOf(identity: unknown, namespace: unknown): unknown[][];
  addressOf(unit: U, namespace: unknown): unknown[];
  readonly many?: boolean;
}

/** Entries that the operator takes over when it declares them. */
class Restored<E> {
  readonly #many: boolean;
  readonly #entries = new Map<string, E[]>();

  /** `many`: whether there may be several of an address; of others the last one counts. */
  constructor(many: boolean) {
    this.#many = many;
  }

  load(entries: unknown[]): void {
    for (const entry of entries as (E & unknown[])[]) {
      const address = addressText(entry.slice(0, -1));
      const known = this.#many ? this.#entries.get(address) : undefined;
      if (known === undefined) this.#entries.set(address, [entry]);
      else known.push(entry);
    }
  }

  remove(addresses: unknown[][]): void {
    for (const address of addresses) this.#entries.delete(addressText(address));
  }

  /** Once. */
  take(): E[] {
    const entries = [...this.#entries.values()].flat(1) as E[];
    this.#entries.clear();
    return entries;
  }
}

function addressText(address: unknown[]): string {
  return address.length === 1
    ? canonicalText(address[0])
    : JSON.stringify(address.map((part) => canonicalText(part)));
}

/** Entries that the operator keeps itself. */
abstract class OwnTable<E> implements SavedTable {
  abstract readonly form: Form;
  readonly keyed = true;
  readonly many: boolean;
  readonly #restored: Restored<E>;

  constructor(many: boolean) {
    this.many = many;
    this.#restored = new Restored(many);
  }

  abstract entries(): Iterable<E>;

  load(entries: unknown[]): void {
    this.#restored.load(entries);
  }

  remove(addresses: unknown[][]): void {
    this.#restored.remove(addresses);
  }

  /** What was restored: once. */
  take(): E[] {
    return this.#restored.take();
  }
}

/** Of keys, or of keys and namespaces. */
export class ToldTable<E, U> extends OwnTable<E> implements Viewed<unknown> {
  readonly form: 'derived' | 'namespaced';
  /** Absent where no checkpoints are taken. */
  readonly changes: Changes<unknown> | undefined;
  readonly #own: Own<U>;

  constructor(form: 'derived' | 'namespaced', own: Own<U>, changes: Changes<unknown> | undefined) {
    super(own.many ?? false);
    this.form = form;
    this.changes = changes;
    this.#own = own;
  }

  *entries(): Generator<E> {
    for (const [identity, , namespace] of this.units()) {
      yield* this.rowsOf(identity, namespace) as E[];
    }
  }

  units(): Iterable<Unit<unknown>> {
    return this.#own.units();
  }

  rowsOf(identity: unknown, namespace: unknown): unknown[] {
    return this.#own.entriesOf(identity, namespace);
  }

  addressOf(unit: unknown, namespace: unknown): unknown[] {
    return this.#own.addressOf(unit as U, namespace);
  }
}

/** Few entries by key, which nobody tells of. */
export class DerivedTable<E> extends OwnTable<[key: unknown, entry: E]> {
  readonly form = 'derived';
  readonly #entries: () => Iterable<[key: unknown, entry: E]>;

  constructor(entries: () => Iterable<[key: unknown, entry: E]>) {
    super(true);
    this.#entries = entries;
  }

  entries(): Iterable<[key: unknown, entry: E]> {
    return this.#entries();
  }
}

export class DrawnTable<T> implements SavedTable {
  readonly form = 'drawn';
  readonly keyed = false;
  readonly #value: () => T | undefined;
  #restored: T[] = [];

  constructor(value: () => T | undefined) {
    this.#value = value;
  }

  load(entries: unknown[]): void {
    this.#restored = this.#restored.concat(entries as T[]);
  }

  /** What was restored: once. */
  take(): T[] {
    const restored = this.#restored;
    this.#restored = [];
    return restored;
  }

  entries(): T[] {
    const drawn = this.#value();
    return drawn === undefined ? [] : [drawn];
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
export class BroadcastTable implements SavedTable, Viewed<unknown> {
  readonly form = 'broadcast';
  readonly keyed = false;
  readonly many = false;
  readonly map: BroadcastMap<unknown, unknown>;
  #from: number | undefined;

  /** `changes`: where checkpoints are taken. */
  constructor(changes: Changes<unknown> | undefined) {
    this.map = new BroadcastMap(changes);
  }

  get changes(): Changes<unknown> | undefined {
    return this.map.changes;
  }

  entries(): [unknown, unknown][] {
    return this.map.entries();
  }

  units(): Iterable<Unit<unknown>> {
    return this.map.units();
  }

  rowsOf(identity: unknown): unknown[] {
    return this.map.rowsOf(identity);
  }

  addressOf(key: unknown): unknown[] {
    return [key];
  }

  load(entries: unknown[], subtask: number): void {
    this.#from ??= subtask;
    if (this.#from === subtask) this.map.putAll(entries as [unknown, unknown][]);
  }

  remove(addresses: unknown[][], subtask: number): void {
    if (this.#from !== subtask) return;
    for (const [key] of addresses) this.map.remove(key);
  }
}
