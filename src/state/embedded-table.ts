// A table on disk behind a write-back cache.
//
//   E1. An entry is in the cache as it is now, or only in the file, or nowhere. The cache remembers keys that have none.
//   E2. The cache holds at most `cacheEntries` keys a table; the oldest are put out together.
//   E4. What is in the cache may be changed in place; whoever does says so by `changed()`.

import type { EmbeddedStore } from './embedded-store.ts';
import { PAGE_ROWS, type StoredStatement, storedBy, storedKey } from './stored-rows.ts';
import { type Form, load } from './stored-value.ts';
import type { CurrentKey, KeyedTable } from './table.ts';

/** A sixteenth of the cache goes at once: enough for one transaction to be worth it, too little to hold up the event loop. */
const EVICTED_SHIFT = 4;

/** Between what a table holds and what can be written. */
export interface Freezing<T> {
  /** For errors: the state whose entries these are. */
  name: string;
  freeze(entry: T): unknown;
  thaw(frozen: unknown): T;
}

interface Slot<T> {
  key: unknown;
  /** Undefined where the key has none. */
  entry: T | undefined;
  /** The epoch in which it was changed last and is not in the file since; CLEAN where it is there. */
  dirty: number;
}

const CLEAN = 0;

interface StoredRow {
  k: string;
  f: Form;
  v: Uint8Array;
}

/** What is told of a table that checkpoints are taken of (changed-rows.ts). */
export interface Tracking {
  /** Counts from 1; a freeze ends one. */
  readonly epoch: number;
  /** The stored key. */
  stored(key: unknown): string;
  /** A row is about to change in the file, in the epoch at hand. */
  changes(stored: string): void;
  /** It has, in an epoch; `gone` is the key of one that is no more. */
  changed(stored: string, epoch: number, gone: [Form, Uint8Array] | undefined): void;
}

/** Without checkpoints. */
const UNTRACKED: Tracking = {
  epoch: 1,
  stored: storedKey,
  changes() {},
  changed() {},
};

export class EmbeddedTable<T> implements KeyedTable<T> {
  readonly #select: StoredStatement;
  readonly #insert: StoredStatement;
  readonly #delete: StoredStatement;
  readonly #page: StoredStatement;
  readonly #limit: number;
  readonly #at: CurrentKey;
  readonly #freezing: Freezing<T>;
  readonly #tracking: Tracking;
  /** By stored key, the oldest first. */
  readonly #cache = new Map<string, Slot<T>>();

  constructor(
    store: EmbeddedStore,
    name: string,
    cacheEntries: number,
    at: CurrentKey,
    freezing: Freezing<T>,
    tracking = UNTRACKED,
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
    this.#tracking = tracking;
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
    slot.dirty = this.#tracking.epoch; // E4
  }

  put(key: unknown, entry: T): void {
    const stored = this.#tracking.stored(key);
    const slot = this.#cache.get(stored);
    if (slot === undefined) {
      this.#cached(stored, { key, entry, dirty: this.#tracking.epoch });
    } else {
      this.#settle(stored, slot);
      slot.entry = entry;
      slot.dirty = this.#tracking.epoch;
    }
  }

  of(key: unknown): T | undefined {
    return this.#slot(key).entry;
  }

  delete(): void {
    this.remove(this.#at.key);
  }

  remove(key: unknown): void {
    const stored = this.#tracking.stored(key);
    const slot = this.#cache.get(stored);
    if (slot === undefined) {
      this.#put(stored, key, undefined, this.#tracking.epoch);
    } else {
      this.#settle(stored, slot);
      slot.entry = undefined;
      slot.dirty = this.#tracking.epoch;
    }
  }

  /** Leaves the cache to those who are asked for. */
  revise(identity: unknown, revised: (entry: T) => T | undefined): void {
    const stored = identity as string;
    const slot = this.#cache.get(stored);
    if (slot !== undefined) {
      this.#settle(stored, slot);
      if (slot.entry !== undefined) slot.entry = revised(slot.entry);
      slot.dirty = this.#tracking.epoch;
      return;
    }
    const row = this.#select.get(stored) as unknown as StoredRow | undefined;
    if (row === undefined) return;
    const [key, entry] = this.read(row.f, row.v);
    const left = revised(entry);
    this.#put(stored, key, left, this.#tracking.epoch);
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
          const [key, entry] = this.read(f, v);
          yield [k, key, entry];
        } else if (cached.entry !== undefined) {
          yield [k, cached.key, cached.entry];
        }
        last = k;
      }
    }
  }

  /** Writes, in steps, what was in the cache alone when an epoch ended. */
  *settle(slotsAtOnce: number): Generator<void> {
    let seen = 0;
    for (const [stored, slot] of this.#cache) {
      this.#settle(stored, slot);
      if (++seen % slotsAtOnce === 0) yield;
    }
  }

  /** A slot of an epoch that has ended is written before anybody gets at it, who may change it in place (E4). */
  #settle(stored: string, slot: Slot<T>): void {
    if (slot.dirty !== CLEAN && slot.dirty < this.#tracking.epoch) this.#writeSlot(stored, slot);
  }

  #slot(key: unknown): Slot<T> {
    const stored = this.#tracking.stored(key);
    const found = this.#cache.get(stored);
    if (found !== undefined) {
      this.#settle(stored, found);
      return found;
    }
    const row = this.#select.get(stored) as unknown as StoredRow | undefined;
    const entry = row === undefined ? undefined : this.read(row.f, row.v)[1];
    return this.#cached(stored, { key, entry, dirty: CLEAN }); // E1
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
      if (slot.dirty === CLEAN) continue;
      this.#writeSlot(stored, slot);
    }
  }

  #writeSlot(stored: string, slot: Slot<T>): void {
    this.#put(stored, slot.key, slot.entry, slot.dirty);
    slot.dirty = CLEAN;
  }

  /** Into the file, as of an epoch. */
  #put(stored: string, key: unknown, entry: T | undefined, epoch: number): void {
    const tracking = this.#tracking;
    if (epoch === tracking.epoch) tracking.changes(stored);
    if (entry === undefined) {
      this.#delete.run(stored);
      if (tracking !== UNTRACKED) tracking.changed(stored, epoch, this.#stored(key));
    } else {
      this.#insert.run(stored, ...this.#stored([key, this.#freezing.freeze(entry)]));
      tracking.changed(stored, epoch, undefined);
    }
  }

  #stored(value: unknown): [Form, Uint8Array] {
    return storedBy(this.#freezing.name, value);
  }

  /** The key and what is held, of a row. */
  read(form: number, bytes: Uint8Array): [key: unknown, entry: T] {
    const [key, frozen] = load(form, bytes) as [unknown, unknown];
    return [key, this.#freezing.thaw(frozen)];
  }
}
