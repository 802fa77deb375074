// One state of an operator: entries by key. On the heap here, on disk in embedded-store.ts.

import { ConfigurationError } from '../errors.ts';
import { BackgroundCleanup } from './cleanup.ts';
import type { Expiry, Timed } from './ttl.ts';
import { KeyOriginals, keyIdentity } from './key-identity.ts';

/** Beyond it, `Map.prototype.set` throws. */
const MOST_KEYS = 2 ** 24;

/** The key at hand; the operator's cursor. */
export interface CurrentKey {
  readonly key: unknown;
}

/** What a state keeps for the key at hand. */
export interface KeyedTable<T> {
  get(): T | undefined;
  has(): boolean;
  set(entry: T): void;
  /** What `get` gave was changed in place. */
  changed(): void;
  delete(): void;
  put(key: unknown, entry: T): void;
  /** What there is of a key. */
  of(key: unknown): T | undefined;
  remove(key: unknown): void;
  entries(): Iterable<[key: unknown, entry: T]>;
  /** Entries by what `revise` takes: goes on while entries come and go, so one may have changed since. */
  identities(): Iterator<[identity: unknown, entry: T]>;
  /** Makes another entry of what there is now; undefined deletes it. */
  revise(identity: unknown, revised: (entry: T) => T | undefined): void;
}

/** On the heap: entries that are changed in place are changed. */
export class HeapTable<T> implements KeyedTable<T> {
  readonly #at: CurrentKey;
  readonly #entries = new Map<unknown, T>();
  readonly #originals = new KeyOriginals();

  constructor(at: CurrentKey) {
    this.#at = at;
  }

  get(): T | undefined {
    return this.#entries.get(keyIdentity(this.#at.key));
  }

  has(): boolean {
    return this.#entries.has(keyIdentity(this.#at.key));
  }

  set(entry: T): void {
    this.put(this.#at.key, entry);
  }

  changed(): void {}

  delete(): void {
    this.remove(this.#at.key);
  }

  of(key: unknown): T | undefined {
    return this.#entries.get(keyIdentity(key));
  }

  /** What is under an identity. */
  under(identity: unknown): T | undefined {
    return this.#entries.get(identity);
  }

  keyOf(identity: unknown): unknown {
    return this.#originals.key(identity);
  }

  remove(key: unknown): void {
    this.#deleteAt(keyIdentity(key));
  }

  revise(identity: unknown, revised: (entry: T) => T | undefined): void {
    const entry = this.#entries.get(identity);
    if (entry === undefined) return;
    const left = revised(entry);
    if (left === undefined) this.#deleteAt(identity);
    else this.#entries.set(identity, left);
  }

  #deleteAt(identity: unknown): void {
    this.#entries.delete(identity);
    this.#originals.drop(identity);
  }

  *entries(): Generator<[key: unknown, entry: T]> {
    for (const [identity, entry] of this.#entries) yield [this.#originals.key(identity), entry];
  }

  identities(): Iterator<[unknown, T]> {
    return this.#entries.entries();
  }

  identitiesNow(): Iterable<unknown> {
    return this.#entries.keys();
  }

  put(key: unknown, entry: T): void {
    const identity = this.#originals.keep(key);
    try {
      this.#entries.set(identity, entry);
    } catch (thrown) {
      if (this.#entries.size < MOST_KEYS) throw thrown;
      throw new ConfigurationError(
        `A state holds ${this.#entries.size.toLocaleString('en')} keys in one subtask, more than a Map takes. ` +
          'Raise the parallelism, or keep state on disk: state.backend.type = embedded.',
      );
    }
  }
}

/** A table whose entries expire as a whole. */
export class ExpiringTable<T> {
  readonly #table: KeyedTable<Timed<T>>;
  readonly #expiry: Expiry;
  readonly #cleanup: BackgroundCleanup<Timed<T>>;

  constructor(table: KeyedTable<Timed<T>>, expiry: Expiry) {
    this.#table = table;
    this.#expiry = expiry;
    this.#cleanup = new BackgroundCleanup(table, expiry.cleanupKeys, (entry) =>
      expiry.isExpired(entry) ? undefined : entry,
    );
  }

  get(): T | undefined {
    const entry = this.#table.get();
    this.#cleanup.step();
    if (entry === undefined) return undefined;
    if (this.#expiry.isExpired(entry)) {
      this.#table.delete();
      return this.#expiry.givesExpired ? entry.value : undefined; // T2 of ttl.ts
    }
    if (this.#expiry.renewsOnRead) {
      entry.renewed = this.#expiry.now();
      this.#table.changed();
    }
    return entry.value;
  }

  set(value: T): void {
    this.#cleanup.step();
    this.#table.set(this.#expiry.timed(value));
  }

  delete(): void {
    this.#table.delete();
  }
}
