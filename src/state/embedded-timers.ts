// Timers of one domain on disk: rows in order of time, then of registration. They fire as those of a TimerQueue do. Twin of
// python/isthmus/_worker/state/embedded_timers.py.
//
//   D1. A timer is a row by (time, sequence); a key has one at a time.
//   D2. The earliest are read a page at a time. Those that have fired leave the file together: until then `#fired` says how far.
//   D3. Before timers change up to the end of the page at hand, those that have fired leave; the page is read anew.

import type { EmbeddedStore } from './embedded-store.ts';
import { PAGE_ROWS, type StoredStatement, storedBy, storedKey } from './stored-rows.ts';
import { load } from './stored-value.ts';

interface Row {
  time: number;
  sequence: number;
  f: number;
  key: Uint8Array;
}

/** Of one domain; see TimerQueue, whose owners are keys here. */
export class EmbeddedTimers {
  readonly #store: EmbeddedStore;
  /** For errors: the operator. */
  readonly #name: string;
  readonly #pageRows: number;
  /** Made with the first timer: most operators have none. */
  #table: TimerTable | undefined;
  #sequence = 0;
  /** Of the earliest; undefined where it is not known. */
  #next: number | undefined = Infinity;
  /** Time of the last timer of the page that fires, and of the one that has fired last. */
  #pageEnd = -Infinity;
  #fired: Row | undefined;
  #isStale = false;
  /** Told of a timer before it comes or goes; undefined where nobody is. */
  touch: ((time: number, key: unknown) => void) | undefined;

  constructor(store: EmbeddedStore, name: string, pageRows = PAGE_ROWS) {
    this.#store = store;
    this.#name = name;
    this.#pageRows = pageRows;
  }

  register(time: number, key: unknown): void {
    const table = (this.#table ??= new TimerTable(this.#store, this.#pageRows));
    if (time <= this.#pageEnd) this.#readAnew(); // D3
    this.touch?.(time, key);
    const [form, bytes] = storedBy(this.#name, key);
    table.insert.run(time, ++this.#sequence, storedKey(key), form, bytes); // D1
    if (this.#next !== undefined && time < this.#next) this.#next = time;
  }

  delete(time: number, key: unknown): void {
    if (this.#table === undefined) return;
    if (time <= this.#pageEnd) this.#readAnew(); // D3
    this.touch?.(time, key);
    this.#table.delete.run(time, storedKey(key));
    if (time === this.#next) this.#next = undefined;
  }

  /** When the earliest timer is due; Infinity where there is none. */
  nextTime(): number {
    if (this.#next === undefined) {
      this.#forget();
      this.#next = (this.#table?.first.get()?.time ?? Infinity) as number;
    }
    return this.#next;
  }

  /** Takes away and gives, one by one, the timers up to `now`. */
  *due(now: number): Generator<{ time: number; owner: unknown }> {
    if (this.#table === undefined || this.nextTime() > now) return;
    for (;;) {
      const page = this.#table.earliest.all(now) as unknown as Row[];
      const last = page.at(-1);
      if (last === undefined) break;
      this.#isStale = false;
      this.#pageEnd = last.time;
      for (const row of page) {
        const owner = load(row.f, row.key);
        this.touch?.(row.time, owner);
        this.#fired = row;
        this.#next = undefined;
        yield { time: row.time, owner };
        if (this.#isStale) break;
      }
      this.#forget();
    }
    this.#pageEnd = -Infinity;
  }

  /** Whose timer there is at a time, if there is one. */
  ownerAt(time: number, stored: unknown): { owner: unknown } | undefined {
    this.#forget();
    const row = this.#table?.one.get(time, stored as string) as Row | undefined;
    return row === undefined ? undefined : { owner: load(row.f, row.key) };
  }

  /** All there are; goes on while timers come and go that `touch` is told of. */
  *entries(): Generator<[time: number, owner: unknown]> {
    if (this.#table === undefined) return;
    this.#forget();
    let [time, sequence] = [-Infinity, 0];
    for (;;) {
      const page = this.#table.after.all(time, sequence) as unknown as Row[];
      if (page.length === 0) return;
      for (const row of page) {
        ({ time, sequence } = row);
        yield [time, load(row.f, row.key)];
      }
    }
  }

  #readAnew(): void {
    this.#forget();
    this.#isStale = true;
  }

  /** Those that have fired leave the file (D2). */
  #forget(): void {
    if (this.#fired === undefined) return;
    this.#table?.deleteFired.run(this.#fired.time, this.#fired.sequence);
    this.#fired = undefined;
  }
}

class TimerTable {
  readonly insert: StoredStatement;
  readonly delete: StoredStatement;
  readonly first: StoredStatement;
  readonly one: StoredStatement;
  readonly earliest: StoredStatement;
  readonly after: StoredStatement;
  readonly deleteFired: StoredStatement;

  constructor(store: EmbeddedStore, pageRows: number) {
    const name = store.nameTable();
    store.create(
      `CREATE TABLE ${name} (time REAL NOT NULL, sequence INTEGER NOT NULL, k TEXT NOT NULL, f INTEGER NOT NULL, ` +
        'key BLOB NOT NULL, PRIMARY KEY (time, sequence), UNIQUE (time, k)) WITHOUT ROWID',
    );
    const rows = `SELECT time, sequence, f, key FROM ${name} WHERE`;
    const inOrder = `ORDER BY time, sequence LIMIT ${pageRows}`;
    this.insert = store.prepare(`INSERT OR IGNORE INTO ${name} VALUES (?, ?, ?, ?, ?)`);
    this.delete = store.prepare(`DELETE FROM ${name} WHERE time = ? AND k = ?`);
    this.first = store.prepare(`SELECT min(time) AS time FROM ${name}`);
    this.one = store.prepare(`${rows} time = ? AND k = ?`);
    this.earliest = store.prepare(`${rows} time <= ? ${inOrder}`);
    this.after = store.prepare(`${rows} (time, sequence) > (?, ?) ${inOrder}`);
    this.deleteFired = store.prepare(`DELETE FROM ${name} WHERE (time, sequence) <= (?, ?)`);
  }
}
