// One state of an operator: entries by key. Twin of python/isthmus/_worker/state/backend.py, on the heap.

import type { Expiry, Timed } from './ttl.ts';
import { KeyOriginals, keyIdentity } from './key-identity.ts';

/** The key at hand; the operator's cursor. */
export interface CurrentKey {
  readonly key: unknown;
}

/** What a state keeps for the key at hand. */
export class Table<T> {
  readonly #at: CurrentKey;
  readonly #entries = new Map<unknown, T>();
  readonly #originals = new KeyOriginals();

  constructor(at: CurrentKey) {
    this.#at = at;
  }

  get(): T | undefined {
    return this.#entries.get(keyIdentity(this.#at.key));
  }

  set(entry: T): void {
    this.#entries.set(this.#originals.keep(this.#at.key), entry);
  }

  delete(): void {
    this.deleteAt(keyIdentity(this.#at.key));
  }

  deleteAt(identity: unknown): void {
    this.#entries.delete(identity);
    this.#originals.drop(identity);
  }

  get size(): number {
    return this.#entries.size;
  }

  *entries(): Generator<[key: unknown, entry: T]> {
    for (const [identity, entry] of this.#entries) yield [this.#originals.key(identity), entry];
  }

  /** For the background cleanup: goes on while entries come and go. */
  identities(): Iterator<[unknown, T]> {
    return this.#entries.entries();
  }

  put(key: unknown, entry: T): void {
    this.#entries.set(this.#originals.keep(key), entry);
  }
}

/** Other keys looked at with every access, so that what nobody asks for any more goes away. */
const BACKGROUND_KEYS = 2;

/** A table whose entries expire as a whole. */
export class ExpiringTable<T> {
  readonly #table: Table<Timed<T>>;
  readonly #expiry: Expiry;
  #cleanup: Iterator<[unknown, Timed<T>]> | undefined;

  constructor(table: Table<Timed<T>>, expiry: Expiry) {
    this.#table = table;
    this.#expiry = expiry;
  }

  get(): T | undefined {
    const entry = this.#table.get();
    this.#clean();
    if (entry === undefined) return undefined;
    if (this.#expiry.isExpired(entry)) {
      this.#table.delete();
      return this.#expiry.givesExpired ? entry.value : undefined; // T2
    }
    if (this.#expiry.renewsOnRead) entry.renewed = this.#expiry.now();
    return entry.value;
  }

  set(value: T): void {
    this.#clean();
    this.#table.set(this.#expiry.timed(value));
  }

  delete(): void {
    this.#table.delete();
  }

  #clean(): void {
    for (let i = 0; i < BACKGROUND_KEYS; i++) {
      this.#cleanup ??= this.#table.identities();
      const step = this.#cleanup.next();
      if (step.done === true) {
        this.#cleanup = undefined;
        return;
      }
      const [identity, entry] = step.value;
      if (this.#expiry.isExpired(entry)) this.#table.deleteAt(identity);
    }
  }
}
