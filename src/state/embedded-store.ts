// The file of the tables on disk: one of SQLite for each operator and subtask, for state larger than memory. Twin of
// python/isthmus/_worker/state/embedded.py.
//
//   E3. The file is private to the run: durability comes from snapshots, so nothing is synced, and it ends with the operator.
//   E5. Writes gather in a transaction that is committed now and then: alone, each would write whole pages.

import { mkdtempSync, rmdirSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { ConfigurationError, OutputError } from '../errors.ts';
import { ChangedRows } from './changed-rows.ts';
import { EmbeddedTable, type Freezing } from './embedded-table.ts';
import { StoredStatement } from './stored-rows.ts';
import type { CurrentKey, KeyedTable } from './table.ts';

/** Writes of a transaction (E5). */
const COMMIT_AFTER = 4_096;
/** What SQLite says of a disk that is full, or fails. */
const FULL = 13;
const FAILED = 10;
const KIB_OF_PAGES = 16_384;

export interface Tracked<T> {
  readonly table: EmbeddedTable<T>;
  readonly rows: ChangedRows;
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

  /** A table whose changes are known, by the key group of its keys. */
  tracked<T>(
    at: CurrentKey,
    freezing: Freezing<T>,
    groupOf: (key: unknown) => number,
    stepRows?: number,
  ): Tracked<T> {
    const name = this.nameTable();
    const rows = new ChangedRows(this, name, groupOf, stepRows);
    return { table: new EmbeddedTable(this, name, this.#cacheEntries, at, freezing, rows), rows };
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
