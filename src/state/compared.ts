// Tables that nobody tells the changes of (lists, values of the subtask, calls under way): encoded at the barrier, as a whole,
// where they are not what the base has of them.

import { hash } from 'node:crypto';
import { type Chunk, NO_GROUP, whole } from './chunks.ts';
import type { SavedTable } from './tables.ts';

/** A table of an operator. */
export interface Named {
  readonly uid: string;
  readonly name: string;
  readonly table: SavedTable;
}

/** What a checkpoint has of a table: hashes by key group. */
type Digests = Map<number, string>;

export class Compared {
  readonly #groupOf: (key: unknown) => number;
  readonly #mine: () => number[];
  readonly #digests = new Map<number, Map<SavedTable, Digests>>();

  /** `mine`: the key groups of this subtask. */
  constructor(groupOf: (key: unknown) => number, mine: () => number[]) {
    this.#groupOf = groupOf;
    this.#mine = mine;
  }

  /**
   * The chunks of a table as it is now.
   *
   * @param base they are those of what is another than in that checkpoint
   */
  chunks(checkpoint: number, base: number | undefined, { uid, name, table }: Named): Chunk[] {
    const before = base === undefined ? undefined : this.#digests.get(base)?.get(table);
    const found = byGroup(table, this.#groupOf);
    // What the base has, and is there no more, is told as nothing. Of one that was declared since it may have what was restored.
    const inBase = base === undefined ? [] : (before?.keys() ?? this.#all(table));
    for (const group of inBase) if (!found.has(group)) found.set(group, []);
    const digests: Digests = new Map();
    const chunks: Chunk[] = [];
    for (const [group, entries] of found) {
      const chunk = whole(uid, name, table.form, group, entries);
      const digest = hash('sha256', chunk[6], 'base64');
      if (entries.length > 0) digests.set(group, digest);
      if (before?.get(group) !== digest) chunks.push(chunk);
    }
    let made = this.#digests.get(checkpoint);
    if (made === undefined) {
      made = new Map();
      this.#digests.set(checkpoint, made);
    }
    made.set(table, digests);
    return chunks;
  }

  #all({ keyed }: SavedTable): number[] {
    return keyed ? this.#mine() : [NO_GROUP];
  }

  /** What is older is of no use any more. */
  completed(checkpoint: number): void {
    for (const older of this.#digests.keys()) if (older < checkpoint) this.#digests.delete(older);
  }

  aborted(checkpoint: number): void {
    this.#digests.delete(checkpoint);
  }
}

/** The entries of a table, by key group. */
export function byGroup(
  table: SavedTable,
  groupOf: (key: unknown) => number,
): Map<number, unknown[]> {
  const groups = new Map<number, unknown[]>();
  for (const entry of table.entries()) {
    const group = table.keyed ? groupOf((entry as unknown[])[0]) : NO_GROUP;
    const entries = groups.get(group);
    if (entries === undefined) groups.set(group, [entry]);
    else entries.push(entry);
  }
  return groups;
}
