// What rows of the embedded store are: statements on them, their keys and their values.

import type { SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { UserFunctionError } from '../errors.ts';
import type { EmbeddedStore } from './embedded-store.ts';
import { keyIdentity } from './key-identity.ts';
import { type Form, store } from './stored-value.ts';

/** Rows that are read at once. */
export const PAGE_ROWS = 1_000;

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
