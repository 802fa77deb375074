// State that expires (processing time). Twin of python/isthmus/_worker/state/ttl.py.
//
//   T1. An entry carries the time it was last renewed; it has expired `ttl` ms later.
//   T2. `never` gives no expired entry; `ifNotCleanedUp` gives it once, and removes it (table.ts).
//   T3. Lists expire by element and maps by entry, values and accumulators as a whole (states.ts).
//   T4. Nothing expired goes into a snapshot (backend.ts).

import { ConfigurationError } from '../errors.ts';

/** When entries of a state expire. */
export interface StateTtl {
  /** Milliseconds. */
  ttlMs: number;
  /** What renews an entry; `write` unless said. */
  renewedBy?: 'write' | 'readAndWrite';
  /** Whether an entry that has expired and was not cleaned up yet may be read; `never` unless said. */
  expiredVisible?: 'never' | 'ifNotCleanedUp';
  /** Other keys looked at with every access, so that what nobody asks for goes away; 2 unless said, 0: none. */
  cleanupKeys?: number;
}

const CLEANUP_KEYS = 2;

export function checkTtl(state: string, { ttlMs, cleanupKeys = 0 }: StateTtl): void {
  if (!Number.isFinite(ttlMs) || ttlMs <= 0) {
    throw new ConfigurationError(
      `The ttlMs of the state "${state}" is ${ttlMs}; it must be a number of milliseconds above 0.`,
    );
  }
  if (!Number.isInteger(cleanupKeys) || cleanupKeys < 0) {
    throw new ConfigurationError(
      `The cleanupKeys of the state "${state}" are ${cleanupKeys}; they must be a whole number, 0 for no cleanup.`,
    );
  }
}

/** A value with the time it was last renewed. */
export interface Timed<T> {
  value: T;
  renewed: number;
}

/** The rules of one state. */
export class Expiry {
  readonly renewsOnRead: boolean;
  readonly givesExpired: boolean;
  readonly cleanupKeys: number;
  readonly #ttlMs: number;
  readonly #now: () => number;

  constructor(ttl: StateTtl, now: () => number) {
    this.#ttlMs = ttl.ttlMs;
    this.#now = now;
    this.renewsOnRead = ttl.renewedBy === 'readAndWrite';
    this.givesExpired = ttl.expiredVisible === 'ifNotCleanedUp';
    this.cleanupKeys = ttl.cleanupKeys ?? CLEANUP_KEYS;
  }

  now(): number {
    return this.#now();
  }

  timed<T>(value: T): Timed<T> {
    return { value, renewed: this.#now() };
  }

  isExpired({ renewed }: Timed<unknown>): boolean {
    return this.#now() >= renewed + this.#ttlMs; // T1
  }

  isAlive(entry: Timed<unknown>): boolean {
    return !this.isExpired(entry);
  }
}
