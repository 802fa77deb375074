// Tables that nobody tells the changes of (contents of windows, sides of joins, timers, maps, lists): compared with what the
// base has of them, so that an increment is no larger than what has changed. Those whose objects are told of before they
// change are listed at the barrier and encoded in steps (asides.ts); the others are encoded at the barrier.

import { hash } from 'node:crypto';
import { type Chunk, NO_GROUP, changes, whole } from './chunks.ts';
import { canonicalText } from './key-identity.ts';
import { store } from './stored-value.ts';
import type { SavedTable } from './tables.ts';

/** A table of an operator. */
export interface Named {
  readonly uid: string;
  readonly name: string;
  readonly table: SavedTable;
}

interface Row {
  readonly digest: string;
  readonly group: number;
  readonly address: unknown[];
}

/** What a checkpoint has of a table: by address, as a text. */
type Rows = Map<string, Row>;

/** What is to be written of a key group. */
interface Written {
  readonly removed: unknown[][];
  readonly entries: unknown[];
}

/** Entries, and bytes about, that a step takes. */
const AT_ONCE = 64;
const STEP_BYTES = 16 * 1024;

export class Compared {
  readonly #groupOf: (key: unknown) => number;
  readonly #mine: () => number[];
  readonly #rows = new Map<number, Map<SavedTable, Rows>>();

  /** `mine`: the key groups of this subtask. */
  constructor(groupOf: (key: unknown) => number, mine: () => number[]) {
    this.#groupOf = groupOf;
    this.#mine = mine;
  }

  /**
   * The chunks of a table as it is now.
   *
   * @param base they are those of what has changed since that checkpoint
   * @param asItWas gives an entry as it was at the barrier
   */
  chunks(
    checkpoint: number,
    base: number | undefined,
    named: Named,
    asItWas: (entry: unknown) => unknown,
  ): Iterable<Chunk | undefined> {
    const before = base === undefined ? undefined : this.#rows.get(base)?.get(named.table);
    const listed = Array.from(named.table.entries());
    const steps = this.#steps(checkpoint, base, before, named, listed, asItWas);
    return named.table.isTold === true ? steps : [...steps];
  }

  *#steps(
    checkpoint: number,
    base: number | undefined,
    before: Rows | undefined,
    { uid, name, table }: Named,
    listed: readonly unknown[],
    asItWas: (entry: unknown) => unknown,
  ): Generator<Chunk | undefined> {
    const found = new Map<string, unknown[]>(table.keyed ? [] : [['', [...listed]]]);
    if (table.keyed) yield* byAddress(table, listed, found);
    const rows: Rows = new Map();
    const byGroup = new Map<number, Written>();
    const pace = new Steps();
    for (const [text, entries] of found) {
      const address = addressOf(table, entries[0]);
      const group = table.keyed ? this.#groupOf(address[0]) : NO_GROUP;
      const bytes = store(entries.map(asItWas))[1];
      const digest = hash('sha256', bytes, 'base64');
      rows.set(text, { digest, group, address });
      const known = before?.get(text);
      if (known?.digest !== digest) {
        const { removed, entries: changed } = writtenOf(byGroup, group);
        if (known !== undefined && entriesShareAddress(table)) removed.push(address);
        for (const entry of entries) changed.push(entry);
      }
      if (pace.isFull(bytes.byteLength)) yield undefined;
    }
    for (const [text, { group, address }] of before ?? []) {
      if (!rows.has(text)) writtenOf(byGroup, group).removed.push(address);
      if (pace.isFull(0)) yield undefined;
    }
    let made = this.#rows.get(checkpoint);
    if (made === undefined) {
      made = new Map();
      this.#rows.set(checkpoint, made);
    }
    made.set(table, rows);
    // One that was declared after the base, which may have what was restored of it, begins anew.
    const begins = before === undefined;
    if (!table.keyed) {
      const entries = byGroup.get(NO_GROUP)?.entries;
      if (entries === undefined || (entries.length === 0 && begins)) return;
      yield whole(uid, name, table.form, NO_GROUP, entries);
      return;
    }
    const groups = begins && base !== undefined ? this.#mine() : byGroup.keys();
    let atOnce = AT_ONCE;
    for (const group of groups) {
      const { removed, entries } = byGroup.get(group) ?? { removed: [], entries: [] };
      let at = 0;
      do {
        const some = entries.slice(at, at + atOnce).map(asItWas);
        const chunk =
          begins && at === 0
            ? whole(uid, name, table.form, group, some)
            : changes(uid, name, table.form, group, at === 0 ? removed : [], some);
        at += atOnce;
        const bytes = chunk[6].byteLength;
        if (bytes > STEP_BYTES) atOnce = Math.max(1, atOnce >> 1);
        else if (bytes < STEP_BYTES / 2) atOnce = Math.min(4 * AT_ONCE, atOnce * 2);
        yield chunk;
      } while (at < entries.length);
    }
  }

  /** What is older is of no use any more. */
  completed(checkpoint: number): void {
    for (const older of this.#rows.keys()) if (older < checkpoint) this.#rows.delete(older);
  }

  aborted(checkpoint: number): void {
    this.#rows.delete(checkpoint);
  }
}

/** Says where steps end. */
class Steps {
  #entries = 0;
  #bytes = 0;

  isFull(bytes: number): boolean {
    this.#bytes += bytes;
    if (++this.#entries < AT_ONCE && this.#bytes < STEP_BYTES) return false;
    this.#entries = 0;
    this.#bytes = 0;
    return true;
  }
}

/** Several entries of a key are one: the operator keeps them together. */
function entriesShareAddress({ form }: SavedTable): boolean {
  return form === 'derived';
}

function addressOf(table: SavedTable, entry: unknown): unknown[] {
  if (!table.keyed) return [];
  const parts = entry as unknown[];
  return entriesShareAddress(table) ? [parts[0]] : parts.slice(0, -1);
}

function* byAddress(
  table: SavedTable,
  listed: readonly unknown[],
  found: Map<string, unknown[]>,
): Generator<undefined> {
  const pace = new Steps();
  for (const entry of listed) {
    const text = JSON.stringify(addressOf(table, entry).map(canonicalText));
    const known = found.get(text);
    if (known === undefined) found.set(text, [entry]);
    else known.push(entry);
    if (pace.isFull(0)) yield undefined;
  }
}

function writtenOf(byGroup: Map<number, Written>, group: number): Written {
  let written = byGroup.get(group);
  if (written === undefined) {
    written = { removed: [], entries: [] };
    byGroup.set(group, written);
  }
  return written;
}
