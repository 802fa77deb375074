// Tables that nobody tells the changes of (contents of windows, sides of joins, timers, maps, lists): encoded at the barrier, and
// compared with what the base has of them, so that an increment is no larger than what has changed.

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

export class Compared {
  readonly #groupOf: (key: unknown) => number;
  readonly #mine: () => number[];
  readonly #rows = new Map<number, Map<SavedTable, Rows>>();

  /** `mine`: the key groups of this subtask. */
  constructor(groupOf: (key: unknown) => number, mine: () => number[]) {
    this.#groupOf = groupOf;
    this.#mine = mine;
  }

  /** The chunks of a table as it is now; `base`: those of what has changed since that checkpoint. */
  chunks(checkpoint: number, base: number | undefined, named: Named): Chunk[] {
    const { uid, name, table } = named;
    const before = base === undefined ? undefined : this.#rows.get(base)?.get(table);
    const rows: Rows = new Map();
    const changed = new Map<number, unknown[]>();
    const removed = new Map<number, unknown[][]>();
    for (const [text, entries] of table.keyed
      ? byAddress(table)
      : ([['', [...table.entries()]]] as const)) {
      const address = addressOf(table, entries[0]);
      const group = table.keyed ? this.#groupOf(address[0]) : NO_GROUP;
      const digest = digestOf(entries);
      rows.set(text, { digest, group, address });
      const known = before?.get(text);
      if (known?.digest === digest) continue;
      if (known !== undefined && entriesShareAddress(table)) listed(removed, group).push(address);
      for (const entry of entries) listed(changed, group).push(entry);
      if (!table.keyed) listed(changed, group);
    }
    for (const [text, { group, address }] of before ?? []) {
      if (!rows.has(text)) listed(removed, group).push(address);
    }
    let made = this.#rows.get(checkpoint);
    if (made === undefined) {
      made = new Map();
      this.#rows.set(checkpoint, made);
    }
    made.set(table, rows);
    if (!table.keyed) {
      return [...changed].flatMap(([group, entries]) =>
        entries.length === 0 && before === undefined
          ? []
          : [whole(uid, name, table.form, group, entries)],
      );
    }
    // One that was declared after the base, which may have what was restored of it, begins anew.
    const begins = before === undefined;
    const groups =
      begins && base !== undefined ? this.#mine() : [...changed.keys(), ...removed.keys()];
    return [...new Set(groups)].map((group) => {
      const entries = changed.get(group) ?? [];
      return begins
        ? whole(uid, name, table.form, group, entries)
        : changes(uid, name, table.form, group, removed.get(group) ?? [], entries);
    });
  }

  /** What is older is of no use any more. */
  completed(checkpoint: number): void {
    for (const older of this.#rows.keys()) if (older < checkpoint) this.#rows.delete(older);
  }

  aborted(checkpoint: number): void {
    this.#rows.delete(checkpoint);
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

function byAddress(table: SavedTable): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const entry of table.entries()) {
    listed(found, JSON.stringify(addressOf(table, entry).map(canonicalText))).push(entry);
  }
  return found;
}

function digestOf(entries: readonly unknown[]): string {
  return hash('sha256', store(entries)[1], 'base64');
}

function listed<K, T>(of: Map<K, T[]>, key: K): T[] {
  let list = of.get(key);
  if (list === undefined) {
    list = [];
    of.set(key, list);
  }
  return list;
}
