// Tables on disk, for state larger than memory: one SQLite file per operator and subtask behind a write-back cache. Twin of
// python/isthmus/_worker/state/embedded.py.
//
//   E1. An entry is in the cache as it is now, or only in the file, or nowhere. The cache remembers keys that have none.
//   E2. The cache holds at most `cacheEntries` keys a table; the oldest are put out together, in one transaction.
//   E3. The file is private to the run: durability comes from snapshots, so nothing is synced, and it ends with the operator.
//   E4. What is in the cache may be changed in place; whoever does says so by `changed()`.
//   E5. Writes gather in a transaction that is committed now and then: alone, each would write whole pages.

import { mkdtempSync, rmdirSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { ConfigurationError, OutputError, UserFunctionError } from '../errors.ts';
import { keyIdentity } from './key-identity.ts';
import { type Form, load, store } from './stored-value.ts';
import type { CurrentKey, KeyedTable } from './table.ts';

/** Rows that are read at once. */
export const PAGE_ROWS = 1_000;
/** Writes of a transaction (E5). */
const COMMIT_AFTER = 4_096;
/** What SQLite says of a disk that is full, or fails. */
const FULL = 13;
const FAILED = 10;
/** A sixteenth of the cache goes at once: enough for one transaction to be worth it, too little to hold up the event loop. */
const EVICTED_SHIFT = 4;
const KIB_OF_PAGES = 16_384;

/** Between what a table holds and what can be written. */
export interface Freezing<T> {
  /** For errors: the state whose entries these are. */
  name: string;
  freeze(entry: T): unknown;
  thaw(frozen: unknown): T;
}

/** Opens tables; one per operator and subtask. */
export class EmbeddedStore {
  readonly #database: DatabaseSync;
  readonly #directory: string;
  readonly #cacheEntries: number;
  #tables = 0;
  #uncommitted = 0;

  constructor(directory: string = tmpdir(), cacheEntries = 50_000) {
    this.#directory = directory;
    const { DatabaseSync } = sqlite();
    let folder: string;
    let path: string;
    try {
      folder = mkdtempSync(join(directory, 'isthmus-state-'));
      path = join(folder, 'state.db');
      this.#database = new DatabaseSync(path);
    } catch (cause) {
      throw new ConfigurationError(
        `State cannot be kept in the folder ${directory}: ${(cause as Error).message}. Name another one in ` +
          'isthmus.state.directory, or make this one.',
        { cause },
      );
    }
    this.#database.exec(
      'PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; ' + // E3
        `PRAGMA cache_size=-${KIB_OF_PAGES}; CREATE TABLE opened (x)`,
    );
    try {
      // The open file stays usable without a name, and nothing is left behind however the process ends (E3).
      unlinkSync(path);
      rmdirSync(folder);
    } catch {
      // Not on Windows, where the folder of temporary files keeps it until that is cleaned up.
    }
    this.#cacheEntries = cacheEntries;
  }

  table<T>(at: CurrentKey, freezing: Freezing<T>): KeyedTable<T> {
    return new EmbeddedTable(this, this.nameTable(), this.#cacheEntries, at, freezing);
  }

  /** A name that no table has yet. */
  nameTable(): string {
    return `t${++this.#tables}`;
  }

  create(sql: string): void {
    this.#guarded(() => this.#database.exec(sql));
  }

  prepare(sql: string): StoredStatement {
    return new StoredStatement(this, this.#database.prepare(sql));
  }

  /** Before a write (E5). */
  writes(): void {
    if (this.#uncommitted >= COMMIT_AFTER) {
      this.#guarded(() => this.#database.exec('COMMIT'));
      this.#uncommitted = 0;
    }
    if (this.#uncommitted++ === 0) this.#guarded(() => this.#database.exec('BEGIN'));
  }

  #guarded(action: () => void): void {
    try {
      action();
    } catch (thrown) {
      throw this.failed(thrown);
    }
  }

  /** What to throw instead. */
  failed(thrown: unknown): unknown {
    const code = ((thrown as { errcode?: number }).errcode ?? 0) & 0xff;
    if (code !== FULL && code !== FAILED) return thrown;
    return new OutputError(
      'ISTHMUS_OUTPUT',
      `State cannot be kept in the embedded store in ${this.#directory}: ${(thrown as Error).message}. Make room there, ` +
        'or name a folder of another disk in isthmus.state.directory.',
      { cause: thrown },
    );
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

/** @throws OutputError, from all its methods, when the disk is full */
export class StoredStatement {
  readonly #store: EmbeddedStore;
  readonly #statement: StatementSync;

  constructor(store: EmbeddedStore, statement: StatementSync) {
    this.#store = store;
    this.#statement = statement;
  }

  run(...parameters: SQLInputValue[]): void {
    this.#store.writes();
    try {
      this.#statement.run(...parameters);
    } catch (thrown) {
      throw this.#store.failed(thrown);
    }
  }

  get(...parameters: SQLInputValue[]): Record<string, SQLOutputValue> | undefined {
    try {
      return this.#statement.get(...parameters);
    } catch (thrown) {
      throw this.#store.failed(thrown);
    }
  }

  all(...parameters: SQLInputValue[]): Record<string, SQLOutputValue>[] {
    try {
      return this.#statement.all(...parameters);
    } catch (thrown) {
      throw this.#store.failed(thrown);
    }
  }
}

/** The module tells on stderr that it is new, in the Node versions where it is: not to a program that asked for a store. */
function sqlite(): typeof import('node:sqlite') {
  const emitWarning = Object.getOwnPropertyDescriptor(process, 'emitWarning');
  process.emitWarning = () => {};
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    if (emitWarning !== undefined) Object.defineProperty(process, 'emitWarning', emitWarning);
  }
}

interface Slot<T> {
  key: unknown;
  /** Undefined where the key has none. */
  entry: T | undefined;
  dirty: boolean;
}

interface StoredRow {
  k: string;
  f: Form;
  v: Uint8Array;
}

class EmbeddedTable<T> implements KeyedTable<T> {
  readonly #select: StoredStatement;
  readonly #insert: StoredStatement;
  readonly #delete: StoredStatement;
  readonly #page: StoredStatement;
  readonly #limit: number;
  readonly #at: CurrentKey;
  readonly #freezing: Freezing<T>;
  /** By stored key, the oldest first. */
  readonly #cache = new Map<string, Slot<T>>();

  constructor(
    store: EmbeddedStore,
    name: string,
    cacheEntries: number,
    at: CurrentKey,
    freezing: Freezing<T>,
  ) {
    store.create(
      `CREATE TABLE ${name} (k TEXT PRIMARY KEY, f INTEGER NOT NULL, v BLOB NOT NULL) WITHOUT ROWID`,
    );
    this.#select = store.prepare(`SELECT f, v FROM ${name} WHERE k = ?`);
    this.#insert = store.prepare(`INSERT OR REPLACE INTO ${name} VALUES (?, ?, ?)`);
    this.#delete = store.prepare(`DELETE FROM ${name} WHERE k = ?`);
    this.#page = store.prepare(
      `SELECT k, f, v FROM ${name} WHERE k > ? ORDER BY k LIMIT ${PAGE_ROWS}`,
    );
    this.#limit = Math.max(2, cacheEntries);
    this.#at = at;
    this.#freezing = freezing;
  }

  has(): boolean {
    return this.#slot(this.#at.key).entry !== undefined;
  }

  get(): T | undefined {
    return this.#slot(this.#at.key).entry;
  }

  set(entry: T): void {
    this.put(this.#at.key, entry);
  }

  changed(): void {
    const slot = this.#slot(this.#at.key);
    slot.dirty = true; // E4
  }

  put(key: unknown, entry: T): void {
    const stored = storedKey(key);
    const slot = this.#cache.get(stored);
    if (slot === undefined) {
      this.#cached(stored, { key, entry, dirty: true });
    } else {
      slot.entry = entry;
      slot.dirty = true;
    }
  }

  of(key: unknown): T | undefined {
    return this.#slot(key).entry;
  }

  delete(): void {
    this.remove(this.#at.key);
  }

  remove(key: unknown): void {
    const stored = storedKey(key);
    const slot = this.#cache.get(stored);
    if (slot === undefined) {
      this.#delete.run(stored);
    } else {
      slot.entry = undefined;
      slot.dirty = true;
    }
  }

  /** Leaves the cache to those who are asked for. */
  revise(identity: unknown, revised: (entry: T) => T | undefined): void {
    const stored = identity as string;
    const slot = this.#cache.get(stored);
    if (slot !== undefined) {
      if (slot.entry !== undefined) slot.entry = revised(slot.entry);
      slot.dirty = true;
      return;
    }
    const row = this.#select.get(stored) as unknown as StoredRow | undefined;
    if (row === undefined) return;
    const [key, entry] = this.#read(row.f, row.v);
    const left = revised(entry);
    if (left === undefined) this.#delete.run(stored);
    else this.#insert.run(stored, ...this.#frozen(key, left));
  }

  *entries(): Generator<[key: unknown, entry: T]> {
    for (const [, key, entry] of this.#all()) yield [key, entry];
  }

  *identities(): Generator<[unknown, T]> {
    for (const [stored, , entry] of this.#all()) yield [stored, entry];
  }

  /** What was cached is written first; then page by page, so that entries may come and go meanwhile. */
  *#all(): Generator<[stored: string, key: unknown, entry: T]> {
    this.#write(this.#cache);
    let last = '';
    for (;;) {
      const rows = this.#page.all(last) as unknown as StoredRow[];
      if (rows.length === 0) return;
      for (const { k, f, v } of rows) {
        const cached = this.#cache.get(k);
        if (cached === undefined) {
          const [key, entry] = this.#read(f, v);
          yield [k, key, entry];
        } else if (cached.entry !== undefined) {
          yield [k, cached.key, cached.entry];
        }
        last = k;
      }
    }
  }

  #slot(key: unknown): Slot<T> {
    const stored = storedKey(key);
    const found = this.#cache.get(stored);
    if (found !== undefined) return found;
    const row = this.#select.get(stored) as unknown as StoredRow | undefined;
    const entry = row === undefined ? undefined : this.#read(row.f, row.v)[1];
    return this.#cached(stored, { key, entry, dirty: false });
  }

  #cached(stored: string, slot: Slot<T>): Slot<T> {
    if (this.#cache.size >= this.#limit) this.#evict();
    this.#cache.set(stored, slot);
    return slot;
  }

  /** E2 */
  #evict(): void {
    const old = [...this.#cache.entries().take(Math.max(1, this.#limit >> EVICTED_SHIFT))];
    this.#write(old);
    for (const [stored] of old) this.#cache.delete(stored);
  }

  #write(slots: Iterable<[string, Slot<T>]>): void {
    for (const [stored, slot] of slots) {
      if (!slot.dirty) continue;
      if (slot.entry === undefined) this.#delete.run(stored);
      else this.#insert.run(stored, ...this.#frozen(slot.key, slot.entry));
      slot.dirty = false;
    }
  }

  #frozen(key: unknown, entry: T): [Form, Uint8Array] {
    return storedBy(this.#freezing.name, [key, this.#freezing.freeze(entry)]);
  }

  #read(form: Form, bytes: Uint8Array): [key: unknown, entry: T] {
    const [key, frozen] = load(form, bytes) as [unknown, unknown];
    return [key, this.#freezing.thaw(frozen)];
  }
}

/** @throws UserFunctionError when a value would not come back as it is */
export function storedBy(name: string, value: unknown): [Form, Uint8Array] {
  try {
    return store(value);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new UserFunctionError(
      `What the state "${name}" holds cannot be written to the embedded store. ${reason} ` +
        'state.backend.type = hashmap keeps state in memory as it is.',
      { cause: thrown },
    );
  }
}

/** A text for each key: what `keyIdentity` tells apart, by its type. Half surrogates have no place in the file's UTF-8. */
export function storedKey(key: unknown): string {
  const identity = keyIdentity(key);
  if (typeof identity === 'string') {
    return identity.isWellFormed()
      ? `s${identity}`
      : `w${Buffer.from(identity, 'utf16le').toString('hex')}`;
  }
  return `${(typeof identity)[0]}${String(identity)}`;
}
