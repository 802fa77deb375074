// The waiting records of a join in the embedded store. Twin of python/isthmus/_worker/operators/stored_sides.py.
//
//   R1. A row is a record, by side, time and arrival; an index finds those of a key in that order.
//   R2. What has been looked at for its latest is not looked at again: each watermark reads the rows since the one before.

import type { Changes } from '../state/changes.ts';
import type { EmbeddedStore } from '../state/embedded-store.ts';
import { PAGE_ROWS, type StoredStatement, storedBy, storedKey } from '../state/stored-rows.ts';
import { load } from '../state/stored-value.ts';
import type { SavedTable } from '../state/tables.ts';
import type { Unit, Viewed } from '../state/views.ts';
import { type SavedRecord, TimedRecord, loadRecords, saveRecords } from './timed-records.ts';
import type { Side, Taken, TwoSides } from './two-sides.ts';

interface Row {
  side: Side;
  k: string;
  time: number;
  sequence: number;
  matched: number;
  f: number;
  v: Uint8Array;
}

/** Both sides. Entries are those of the table on the heap: a key, a side, its records. */
export class StoredSides implements TwoSides, SavedTable, Viewed<unknown> {
  readonly inOrder = true;
  readonly form = 'namespaced';
  readonly keyed = true;
  readonly many = false;
  /** Units are sides of keys; undefined where no checkpoints are taken. */
  readonly changes: Changes<unknown> | undefined;
  /** For errors: the operator. */
  readonly #name: string;
  #sequence = 0;
  /** Side → the last row that was looked at (R2). */
  readonly #looked: [time: number, sequence: number][] = [
    [-Infinity, 0],
    [-Infinity, 0],
  ];
  readonly #insert: StoredStatement;
  readonly #between: StoredStatement;
  readonly #meet: StoredStatement;
  readonly #last: StoredStatement;
  readonly #earliest: StoredStatement;
  readonly #deleteTaken: StoredStatement;
  readonly #deleteUntil: StoredStatement;
  readonly #since: StoredStatement;
  readonly #deleteEarlier: StoredStatement;
  readonly #deleteKey: StoredStatement;
  readonly #ofKeys: StoredStatement;
  readonly #nextKey: StoredStatement;
  readonly #ofKey: StoredStatement;

  constructor(store: EmbeddedStore, name: string, changes?: Changes<unknown>) {
    this.#name = name;
    this.changes = changes;
    const table = store.nameTable();
    store.create(
      `CREATE TABLE ${table} (side INTEGER NOT NULL, time REAL NOT NULL, sequence INTEGER NOT NULL, k TEXT NOT NULL, ` +
        'matched INTEGER NOT NULL, f INTEGER NOT NULL, v BLOB NOT NULL, PRIMARY KEY (side, time, sequence)) ' +
        `WITHOUT ROWID; CREATE INDEX ${table}_k ON ${table} (side, k, time, sequence)`, // R1
    );
    const records = `SELECT side, k, time, sequence, matched, f, v FROM ${table} WHERE side = ?`;
    const inOrder = 'ORDER BY time, sequence';
    this.#insert = store.prepare(`INSERT INTO ${table} VALUES (?, ?, ?, ?, ?, ?, ?)`);
    this.#between = store.prepare(`${records} AND k = ? AND time BETWEEN ? AND ? ${inOrder}`);
    this.#meet = store.prepare(
      `UPDATE ${table} SET matched = 1 WHERE side = ? AND k = ? AND time BETWEEN ? AND ? AND matched = 0`,
    );
    this.#last = store.prepare(
      `${records} AND k = ? AND time <= ? ORDER BY time DESC, sequence DESC LIMIT 1`,
    );
    this.#earliest = store.prepare(`${records} AND time <= ? ${inOrder} LIMIT ${PAGE_ROWS}`);
    this.#deleteTaken = store.prepare(
      `DELETE FROM ${table} WHERE side = ? AND (time, sequence) <= (?, ?)`,
    );
    this.#deleteUntil = store.prepare(`DELETE FROM ${table} WHERE side = ? AND time <= ?`);
    this.#since = store.prepare(
      `SELECT side, time, sequence, k${changes === undefined ? '' : ', f, v'} FROM ${table} ` +
        `WHERE side = ? AND (time, sequence) > (?, ?) AND time <= ? ${inOrder} LIMIT ${PAGE_ROWS}`,
    );
    this.#deleteEarlier = store.prepare(
      `DELETE FROM ${table} WHERE side = ? AND k = ? AND (time, sequence) < (?, ?)`,
    );
    this.#deleteKey = store.prepare(`DELETE FROM ${table} WHERE side = ? AND k = ?`);
    this.#nextKey = store.prepare(`${records} AND k > ? ORDER BY k, time, sequence LIMIT 1`);
    this.#ofKey = store.prepare(`${records} AND k = ? ${inOrder}`);
    this.#ofKeys = store.prepare(
      `${records} AND (k, time, sequence) > (?, ?, ?) ORDER BY k, time, sequence LIMIT ${PAGE_ROWS}`,
    );
  }

  add(side: Side, key: unknown, { timestamp, value, matched }: TimedRecord): void {
    const stored = storedKey(key);
    this.changes?.touch(stored, key, side);
    const [form, bytes] = storedBy(this.#name, [key, value]);
    this.#insert.run(side, timestamp, ++this.#sequence, stored, matched ? 1 : 0, form, bytes);
    const looked = this.#looked[side];
    if (looked !== undefined && timestamp <= looked[0]) this.#looked[side] = [timestamp - 1, 0];
  }

  partners(
    side: Side,
    key: unknown,
    record: TimedRecord,
    first: number,
    last: number,
  ): readonly TimedRecord[] {
    const other = (1 - side) as Side;
    const stored = storedKey(key);
    const span = [other, stored, first, last] as const;
    const found = this.#between.all(...span).map(recordOf);
    if (found.length === 0) return found;
    record.matched = true;
    if (!found.every(({ matched }) => matched)) {
      this.changes?.touch(stored, key, other);
      this.#meet.run(...span);
    }
    return found;
  }

  latest(side: Side, key: unknown, time: number): TimedRecord | undefined {
    const row = this.#last.get(side, storedKey(key), time);
    return row === undefined ? undefined : recordOf(row);
  }

  *take(side: Side, _now: number, until: number, wanted: boolean): Generator<Taken> {
    if (!wanted && this.changes === undefined) {
      this.#deleteUntil.run(side, until);
      return;
    }
    for (;;) {
      const page = this.#earliest.all(side, until) as unknown as Row[];
      const last = page.at(-1);
      if (last === undefined) return;
      this.#touchKeysOf(page);
      this.#deleteTaken.run(side, last.time, last.sequence);
      if (!wanted) continue;
      for (const row of page) {
        const [key, value] = load(row.f, row.v) as [unknown, unknown];
        yield { key, records: [new TimedRecord(row.time, value, row.matched === 1)] };
      }
    }
  }

  keepLatest(side: Side, now: number): void {
    for (;;) {
      const [time, sequence] = this.#looked[side] as [number, number];
      const page = this.#since.all(side, time, sequence, now) as unknown as Row[];
      const last = page.at(-1);
      if (last === undefined) return;
      this.#looked[side] = [last.time, last.sequence];
      this.#touchKeysOf(page);
      for (const row of new Map(page.map((each) => [each.k, each])).values()) {
        this.#deleteEarlier.run(side, row.k, row.time, row.sequence);
      }
    }
  }

  #touchKeysOf(page: readonly Row[]): void {
    if (this.changes === undefined) return;
    for (const { side, k, f, v } of page) {
      const [key] = load(f, v) as [unknown, unknown];
      this.changes.touch(k, key, side);
    }
  }

  *units(): Generator<Unit<unknown>> {
    for (const side of [0, 1] as const) {
      let k = '';
      for (;;) {
        const row = this.#nextKey.get(side, k) as Row | undefined;
        if (row === undefined) break;
        ({ k } = row);
        const [key] = load(row.f, row.v) as [unknown, unknown];
        yield [k, key, side];
      }
    }
  }

  rowsOf(stored: unknown, side: unknown): unknown[] {
    const rows = this.#ofKey.all(side as Side, stored as string) as unknown as Row[];
    const [first] = rows;
    if (first === undefined) return [];
    const [key] = load(first.f, first.v) as [unknown, unknown];
    return [[key, side, saveRecords(rows.map(recordOf))]];
  }

  addressOf(key: unknown, side: unknown): unknown[] {
    return [key, side];
  }

  *entries(): Generator<[key: unknown, side: Side, records: SavedRecord[]]> {
    for (const side of [0, 1] as const) {
      let of: { k: string; key: unknown; records: TimedRecord[] } | undefined;
      for (const row of this.#all(side)) {
        const [key, value] = load(row.f, row.v) as [unknown, unknown];
        if (of?.k !== row.k) {
          if (of !== undefined) yield [of.key, side, saveRecords(of.records)];
          of = { k: row.k, key, records: [] };
        }
        of.records.push(new TimedRecord(row.time, value, row.matched === 1));
      }
      if (of !== undefined) yield [of.key, side, saveRecords(of.records)];
    }
  }

  *#all(side: Side): Generator<Row> {
    let [k, time, sequence] = ['', -Infinity, 0];
    for (;;) {
      const page = this.#ofKeys.all(side, k, time, sequence) as unknown as Row[];
      if (page.length === 0) return;
      yield* page;
      ({ k, time, sequence } = page.at(-1) as Row);
    }
  }

  remove(addresses: unknown[][]): void {
    for (const [key, side] of addresses as [unknown, Side][]) {
      this.#deleteKey.run(side, storedKey(key));
    }
  }

  load(entries: unknown[]): void {
    this.remove(entries as unknown[][]);
    for (const [key, side, saved] of entries as [unknown, Side, SavedRecord[]][]) {
      for (const record of loadRecords(saved)) this.add(side, key, record);
    }
  }
}

function recordOf(row: object): TimedRecord {
  const { time, matched, f, v } = row as Row;
  const [, value] = load(f, v) as [unknown, unknown];
  return new TimedRecord(time, value, matched === 1);
}
