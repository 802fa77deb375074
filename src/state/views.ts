// A table on the heap as it was when it was frozen, while it changes. Twin of python/isthmus/_worker/state/views.py.
//
//   V1. A view refers to what the table holds. What of a key is not encoded yet is copied when the key is touched.
//   V2. What is taken out of a view is encoded before anybody else has the loop.

import { copied } from './asides.ts';
import type { BeingEncoded } from './changes.ts';
import { type Chunk, changes, whole } from './chunks.ts';
import type { TableOfStates } from './tables.ts';

/** Keys that are listed in a step; those that are encoded in one at first, and at the most. */
const LISTED = 1024;
const FIRST = 256;
const MOST = 1024;
/** How large a chunk is to be, about. */
const CHUNK_BYTES = 64 * 1024;

export class TableView implements BeingEncoded<unknown> {
  readonly #table: TableOfStates<unknown>;
  readonly #units: readonly unknown[];
  readonly #keys: ReadonlyMap<unknown, unknown> | undefined;
  readonly #aside = new Map<unknown, unknown[]>();
  readonly #done = new Set<unknown>();

  /** `changed`: identities and keys that have changed since the base; all there is, where it is absent. */
  constructor(table: TableOfStates<unknown>, changed?: ReadonlyMap<unknown, unknown>) {
    this.#table = table;
    this.#keys = changed;
    this.#units = changed === undefined ? table.identities() : [...changed.keys()];
  }

  keep(identity: unknown): void {
    if (this.#aside.has(identity) || this.#done.has(identity)) return;
    this.#aside.set(identity, copied(this.#table.rowsOf(identity))); // V1
  }

  *steps(
    uid: string,
    name: string,
    groupOf: (key: unknown) => number,
  ): Generator<Chunk | undefined> {
    const { form } = this.#table;
    const byGroup = new Map<number, unknown[]>();
    for (let i = 0; i < this.#units.length; i++) {
      const identity = this.#units[i];
      const group = groupOf(this.#addressOf(identity)[0]);
      const units = byGroup.get(group);
      if (units === undefined) byGroup.set(group, [identity]);
      else units.push(identity);
      if (i % LISTED === LISTED - 1) yield undefined;
    }
    let atOnce = FIRST;
    for (const [group, units] of byGroup) {
      let begins = this.#keys === undefined;
      for (let at = 0; at < units.length; ) {
        const [removed, entries] = this.#take(units.slice(at, at + atOnce)); // V2
        at += atOnce;
        if (removed.length + entries.length === 0) continue;
        const chunk = begins
          ? whole(uid, name, form, group, entries)
          : changes(uid, name, form, group, removed, entries);
        begins = false; // C5 of chunks.ts
        const bytes = chunk[6].byteLength;
        if (bytes > CHUNK_BYTES) atOnce = Math.max(1, atOnce >> 1);
        else if (bytes < CHUNK_BYTES / 2) atOnce = Math.min(MOST, atOnce * 2);
        yield chunk;
      }
    }
  }

  /** A key that was there is known by what was set aside of it, or still is. */
  #addressOf(identity: unknown): unknown[] {
    if (this.#keys !== undefined) return this.#table.addressOf(this.#keys.get(identity));
    const row = this.#aside.get(identity)?.[0] as unknown[] | undefined;
    return row ?? this.#table.addressOf(this.#table.keyOf(identity));
  }

  #take(identities: readonly unknown[]): [removed: unknown[][], entries: unknown[]] {
    const removed: unknown[][] = [];
    const entries: unknown[] = [];
    for (const identity of identities) {
      const rows = this.#aside.get(identity) ?? this.#table.rowsOf(identity);
      if (rows.length > 0) entries.push(...rows);
      else if (this.#keys !== undefined) removed.push(this.#addressOf(identity));
      this.#aside.delete(identity);
      this.#done.add(identity);
    }
    return [removed, entries];
  }
}
