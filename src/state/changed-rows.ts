// What of an embedded table has changed since the last completed checkpoint. Twin of
// python/isthmus/_worker/state/tracked_table.py.
//
//   C1. What changes a row in the file notes its key, with the epoch: a freeze ends one. A key is there once, with the last.
//   C2. What was in the cache alone at a freeze is written, with the epoch that has ended, before anybody gets at it, or when
//       the view comes to it (`settle` of EmbeddedTable).
//   C3. While a view goes through the file, a row that it has not come to is set aside before it changes.
//   C4. Rows are in order of key groups.

import { type Chunk, changes, whole } from './chunks.ts';
import type { EmbeddedStore } from './embedded-store.ts';
import type { EmbeddedTable, Tracking } from './embedded-table.ts';
import { type StoredStatement, storedKey } from './stored-rows.ts';
import { type Form as Codec, load } from './stored-value.ts';
import type { Form } from './tables.ts';

/** Rows that are read or noted in a step of a view, and slots of the cache that are looked at. */
const STEP_ROWS = 200;
const STEP_SLOTS = 500;
/** How large a chunk is to be, about. */
const CHUNK_BYTES = 64 << 10;
/** Digits of the key group before a stored key (C4). */
const GROUP_DIGITS = 5;
/** After all stored keys. */
const END = 'x';

interface Row {
  k: string;
  /** The entry, if there is one. */
  f: number | null;
  v: Uint8Array | null;
  /** The key of one that is gone. */
  gf: number | null;
  gone: Uint8Array | null;
}

/** Between a table's keys and entries and those of chunks. */
export interface EntriesOf<T> {
  /** Undefined where nothing of it is to be kept. */
  readonly entry: (key: unknown, held: T) => unknown[] | undefined;
  /** The same without its last part. */
  readonly address: (key: unknown) => unknown[];
}

export class ChangedRows implements Tracking {
  epoch = 1;
  readonly #store: EmbeddedStore;
  readonly #name: string;
  readonly #groupOf: (key: unknown) => number;
  readonly #note: StoredStatement;
  readonly #dropAside: StoredStatement;
  /** The last epoch of the base, and of the checkpoints since. */
  #base = 0;
  readonly #sealed = new Map<number, number>();
  #view: StoredView<unknown> | undefined;
  readonly #stepRows: number;

  constructor(
    store: EmbeddedStore,
    name: string,
    groupOf: (key: unknown) => number,
    stepRows = STEP_ROWS,
  ) {
    this.#stepRows = stepRows;
    this.#store = store;
    this.#name = name;
    this.#groupOf = groupOf;
    for (const [kind, columns] of [
      ['changed', 'epoch INTEGER NOT NULL'],
      ['aside', 'f INTEGER, v BLOB'],
    ]) {
      store.create(
        `CREATE TABLE ${name}_${kind} (k TEXT PRIMARY KEY, ${columns}, gf INTEGER, gone BLOB) WITHOUT ROWID`,
      );
    }
    this.#note = store.prepare(`INSERT OR REPLACE INTO ${name}_changed VALUES (?, ?, ?, ?)`);
    this.#dropAside = store.prepare(`DELETE FROM ${name}_aside`);
  }

  stored(key: unknown): string {
    return `${String(this.#groupOf(key)).padStart(GROUP_DIGITS, '0')}${storedKey(key)}`;
  }

  changes(stored: string): void {
    this.#view?.setAside(stored);
  }

  /** C1 */
  changed(stored: string, epoch: number, gone: [Codec, Uint8Array] | undefined): void {
    this.#note.run(stored, epoch, gone?.[0] ?? null, gone?.[1] ?? null);
  }

  /** An epoch ends with a checkpoint. */
  seal(checkpoint: number): void {
    const before = this.#view;
    if (before !== undefined) {
      before.readOn();
      this.encoded(before.checkpoint);
    }
    this.#sealed.set(checkpoint, this.epoch++);
  }

  /** The checkpoint is the base. */
  completed(checkpoint: number): void {
    this.#base = this.#sealed.get(checkpoint) ?? this.#base;
    for (const one of this.#sealed.keys()) if (one <= checkpoint) this.#sealed.delete(one);
  }

  /** Nothing of a checkpoint is to be encoded any more. */
  encoded(checkpoint: number): void {
    if (this.#view?.checkpoint !== checkpoint) return;
    this.#view = undefined;
    this.#dropAside.run();
  }

  /**
   * What there was at the freeze; from now on it is told of changes.
   *
   * @param increment what of it has changed since the base alone
   */
  view<T>(
    table: EmbeddedTable<T>,
    of: EntriesOf<T>,
    checkpoint: number,
    increment: boolean,
  ): StoredView<T> {
    const base = increment ? this.#base : undefined;
    const epoch = this.#sealed.get(checkpoint) as number;
    const view = new StoredView(
      this.#store,
      this.#name,
      table,
      of,
      { checkpoint, base, epoch },
      this.#stepRows,
    );
    this.#view = view as StoredView<unknown>;
    return view;
  }
}

interface Epochs {
  readonly checkpoint: number;
  /** The last epoch that is in the base; undefined where there is none. */
  readonly base: number | undefined;
  readonly epoch: number;
}

/** What gives a table's chunks. */
export type StoredChunks = Pick<StoredView<unknown>, 'chunks'>;

/** Rows of a table as they were at a freeze, or what of them had changed. */
export class StoredView<T> {
  readonly checkpoint: number;
  readonly #table: EmbeddedTable<T>;
  readonly #of: EntriesOf<T>;
  readonly #base: number | undefined;
  /** The last row that it has come to. */
  #at = '';
  readonly #rows: StoredStatement;
  readonly #setAside: StoredStatement;
  readonly #aside: StoredStatement;
  readonly #notes: StoredStatement;
  readonly #forgetNote: StoredStatement;
  #steps: Iterator<Row[]>;

  constructor(
    store: EmbeddedStore,
    name: string,
    table: EmbeddedTable<T>,
    of: EntriesOf<T>,
    { checkpoint, base, epoch }: Epochs,
    stepRows: number,
  ) {
    this.checkpoint = checkpoint;
    this.#table = table;
    this.#of = of;
    this.#base = base;
    const page = `LIMIT ${stepRows}`;
    const changed =
      `SELECT c.k AS k, t.f AS f, t.v AS v, c.gf AS gf, c.gone AS gone FROM ${name}_changed c ` +
      `LEFT JOIN ${name} t ON t.k = c.k WHERE c.epoch > ${base ?? 0} AND c.epoch <= ${epoch} AND c.k`;
    this.#rows = store.prepare(
      base === undefined
        ? `SELECT k, f, v, NULL AS gf, NULL AS gone FROM ${name} WHERE k > ? ` +
            `AND k NOT IN (SELECT k FROM ${name}_aside) ORDER BY k ${page}`
        : `${changed} > ? ORDER BY c.k ${page}`,
    );
    this.#setAside = store.prepare(
      base === undefined
        ? `INSERT OR IGNORE INTO ${name}_aside SELECT o.k, t.f, t.v, NULL, NULL FROM (SELECT ? AS k) o ` +
            `LEFT JOIN ${name} t ON t.k = o.k WHERE true`
        : `INSERT OR IGNORE INTO ${name}_aside ${changed} = ?`,
    );
    this.#aside = store.prepare(
      `SELECT k, f, v, gf, gone FROM ${name}_aside WHERE k > ? ORDER BY k ${page}`,
    );
    this.#notes = store.prepare(
      `SELECT k, epoch FROM ${name}_changed WHERE k > ? ORDER BY k ${page}`,
    );
    this.#forgetNote = store.prepare(`DELETE FROM ${name}_changed WHERE k = ?`);
    this.#steps = this.#read();
  }

  /** A row is about to change in the file (C3). */
  setAside(stored: string): void {
    if (isAfter(stored, this.#at)) this.#setAside.run(stored);
  }

  /** Reads what is left at once: another checkpoint is frozen before this one is encoded. */
  readOn(): void {
    const rest: Row[][] = [];
    for (let step = this.#steps.next(); step.done !== true; step = this.#steps.next()) {
      rest.push(step.value);
    }
    this.#steps = rest.values();
  }

  /**
   * The chunks of the table; undefined after a step that has made none.
   *
   * @param removes whether there was anything in the base that may be gone
   */
  *chunks(
    uid: string,
    name: string,
    form: Form,
    removes: boolean,
  ): Generator<Chunk | undefined, void> {
    const begun = new Set<number>();
    let group = -1;
    let bytes = 0;
    let some: Row[] = [];
    const made = (): Chunk | undefined => {
      const [removed, entries] = this.#changes(some);
      const gone = removes && this.#base !== undefined ? removed : [];
      some = [];
      bytes = 0;
      if (gone.length === 0 && entries.length === 0) return undefined;
      if (this.#base !== undefined || begun.has(group))
        return changes(uid, name, form, group, gone, entries);
      begun.add(group);
      return whole(uid, name, form, group, entries);
    };
    for (let step = this.#steps.next(); step.done !== true; step = this.#steps.next()) {
      let given = false;
      for (const row of step.value) {
        const of = Number(row.k.slice(0, GROUP_DIGITS));
        if (some.length > 0 && (of !== group || bytes > CHUNK_BYTES)) {
          yield made();
          given = true;
        }
        group = of;
        some.push(row);
        bytes += row.v?.length ?? 0;
      }
      if (!given) yield undefined;
    }
    if (some.length > 0) yield made();
  }

  #changes(rows: readonly Row[]): [removed: unknown[][], entries: unknown[]] {
    const removed: unknown[][] = [];
    const entries: unknown[] = [];
    for (const { f, v, gf, gone } of rows) {
      if (f === null || v === null) {
        if (gf !== null && gone !== null) removed.push(this.#of.address(load(gf, gone)));
        continue;
      }
      const [key, held] = this.#table.read(f, v);
      const entry = this.#of.entry(key, held);
      if (entry === undefined) removed.push(this.#of.address(key));
      else entries.push(entry);
    }
    return [removed, entries];
  }

  *#read(): Generator<Row[], void> {
    for (const _ of this.#table.settle(STEP_SLOTS)) yield []; // C2
    if (this.#base !== undefined) yield* this.#forget(this.#base);
    for (;;) {
      const rows = this.#rows.all(this.#at) as unknown as Row[];
      if (rows.length === 0) break;
      this.#at = (rows.at(-1) as Row).k;
      yield rows;
    }
    this.#at = END;
    let at = '';
    for (;;) {
      const rows = this.#aside.all(at) as unknown as Row[];
      if (rows.length === 0) return;
      at = (rows.at(-1) as Row).k;
      yield rows;
    }
  }

  /** What is noted of the base and before is of no use any more. */
  *#forget(base: number): Generator<Row[], void> {
    let at = '';
    for (;;) {
      const notes = this.#notes.all(at) as { k: string; epoch: number }[];
      if (notes.length === 0) return;
      for (const { k, epoch } of notes) {
        at = k;
        if (epoch <= base) this.#forgetNote.run(k);
      }
      yield [];
    }
  }
}

/** In the order of the file, which is that of UTF-8. */
function isAfter(stored: string, other: string): boolean {
  return Buffer.compare(Buffer.from(stored), Buffer.from(other)) > 0;
}
