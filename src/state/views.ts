// A table as it was when it was frozen, while it changes. Twin of python/isthmus/_worker/state/views.py.
//
//   V1. A view refers to what the table holds, and is told of a unit before it changes, comes or goes: what of it is not encoded
//       yet is copied then. So nothing of a table is gone through in the pause, however large it is.
//   V2. What is taken out of a view is encoded before anybody else has the loop.
//   V3. Units are first listed by key group, then encoded group by group. One that has come since is set aside as nothing.

import { type BeingEncoded, type Units } from './changes.ts';
import { type Chunk, NO_GROUP, changes, whole } from './chunks.ts';
import { load, store } from './stored-value.ts';
import type { Form } from './tables.ts';

/** A unit, as `Changes.touch` is told of it. */
export type Unit<U> = readonly [identity: unknown, unit: U, namespace: unknown];

/** A table that tells of its units. */
export interface Viewed<U> {
  readonly form: Form;
  /** Whether entries begin with their key, by which they go to their subtask. */
  readonly keyed: boolean;
  /** Whether a unit may have several entries, all of which are void when it changes. */
  readonly many: boolean;
  /** All units there are; goes on while units come and go that it is told of. One may come twice. */
  units(): Iterable<Unit<U>>;
  /** The entries of a unit as they are now; none where it is not there. */
  rowsOf(identity: unknown, namespace: unknown, unit: U): unknown[];
  /** What its entries begin with (C3 of chunks.ts). */
  addressOf(unit: U, namespace: unknown): unknown[];
}

/** Units that are listed in a step; those that are encoded in one at first, and at the most. */
const LISTED = 512;
const FIRST = 128;
const MOST = 512;
/** How large a chunk is to be, about. */
const CHUNK_BYTES = 32 * 1024;

export class TableView implements BeingEncoded<unknown> {
  readonly #table: Viewed<unknown>;
  readonly #groupOf: (key: unknown) => number;
  readonly #changed: readonly Units<unknown>[] | undefined;
  readonly #groups = new Map<number, Group>();
  #isListed = false;

  /** `changed`: units that have changed since the base; all there is, where it is absent. */
  constructor(
    table: Viewed<unknown>,
    groupOf: (key: unknown) => number,
    changed?: readonly Units<unknown>[],
  ) {
    this.#table = table;
    this.#groupOf = groupOf;
    this.#changed = changed;
  }

  keep(identity: unknown, unit: unknown, namespace: unknown): void {
    if (this.#changed?.every((units) => units.get(namespace)?.has(identity) !== true) === true)
      return;
    const group = this.#groupFor(unit, namespace);
    if (group === undefined || group.isSettled(identity, namespace)) return;
    const rows = this.#table.rowsOf(identity, namespace, unit);
    group.aside.set(identity, { unit, rows: rows.map(ownRow) }, namespace); // V1
  }

  /** The group of a unit; undefined where all of it is encoded. */
  #groupFor(unit: unknown, namespace: unknown): Group | undefined {
    const table = this.#table;
    const number = table.keyed ? this.#groupOf(table.addressOf(unit, namespace)[0]) : NO_GROUP;
    let group = this.#groups.get(number);
    if (group === undefined && !this.#isListed) {
      group = new Group();
      this.#groups.set(number, group);
    }
    return group;
  }

  *steps(uid: string, name: string): Generator<Chunk | undefined> {
    let listed = 0;
    for (const unit of this.#units()) {
      const [identity, of, namespace] = unit;
      const group = this.#groupFor(of, namespace) as Group;
      if (!group.aside.has(identity, namespace)) group.listed.push(unit); // V3
      if (++listed % LISTED === 0) yield undefined;
    }
    this.#isListed = true;
    const { form } = this.#table;
    let atOnce = FIRST;
    for (const [number, group] of this.#groups) {
      let begins = this.#changed === undefined;
      const units = group.taken();
      for (;;) {
        const [removed, entries, isLast] = this.#take(units, atOnce); // V2
        if (removed.length + entries.length > 0) {
          const chunk = begins
            ? whole(uid, name, form, number, entries)
            : changes(uid, name, form, number, removed, entries);
          begins = false; // C5 of chunks.ts
          const bytes = chunk[6].byteLength;
          if (bytes > CHUNK_BYTES) atOnce = Math.max(1, atOnce >> 1);
          else if (bytes < CHUNK_BYTES / 2) atOnce = Math.min(MOST, atOnce * 2);
          yield chunk;
        }
        if (isLast) break;
      }
      this.#groups.delete(number);
    }
  }

  *#units(): Generator<Unit<unknown>> {
    const changed = this.#changed;
    if (changed === undefined) {
      yield* this.#table.units();
      return;
    }
    for (const [at, epoch] of changed.entries()) {
      const before = changed.slice(0, at);
      for (const [namespace, units] of epoch) {
        for (const [identity, unit] of units) {
          if (before.some((older) => older.get(namespace)?.has(identity) === true)) continue;
          yield [identity, unit, namespace];
        }
      }
    }
  }

  /** What is gone and what there is of some units, and whether they are the last (V2). */
  #take(
    units: Iterator<Taken>,
    atOnce: number,
  ): [removed: unknown[][], entries: unknown[], isLast: boolean] {
    const table = this.#table;
    const removed: unknown[][] = [];
    const entries: unknown[] = [];
    for (let i = 0; i < atOnce; i++) {
      const step = units.next();
      if (step.done === true) return [removed, entries, true];
      const { identity, unit, namespace, aside } = step.value;
      const rows = aside ?? table.rowsOf(identity, namespace, unit);
      if (this.#changed !== undefined && (table.many || rows.length === 0))
        removed.push(table.addressOf(unit, namespace));
      for (const row of rows) entries.push(row);
    }
    return [removed, entries, false];
  }
}

interface Aside {
  readonly unit: unknown;
  readonly rows: unknown[];
}

/** A unit that is to be encoded, and its entries where they were set aside. */
interface Taken {
  readonly identity: unknown;
  readonly unit: unknown;
  readonly namespace: unknown;
  readonly aside: unknown[] | undefined;
}

/** What is to be encoded of a key group: small tables, as one of all units would be slow to grow. */
class Group {
  readonly listed: Unit<unknown>[] = [];
  readonly aside = new ByNamespace<Aside>();
  readonly #done = new ByNamespace<true>();
  #isListDone = false;

  /** Whether nothing is to be set aside of a unit any more. */
  isSettled(identity: unknown, namespace: unknown): boolean {
    return (
      this.#isListDone || // What is neither listed nor set aside has come since.
      this.aside.has(identity, namespace) ||
      this.#done.has(identity, namespace)
    );
  }

  /** Each unit once; who takes one encodes it before others have the loop. */
  *taken(): Generator<Taken> {
    for (const [identity, unit, namespace] of this.listed) {
      if (this.#done.has(identity, namespace)) continue;
      this.#done.set(identity, true, namespace);
      const aside = this.aside.take(identity, namespace)?.rows;
      yield { identity, unit, namespace, aside };
    }
    this.#isListDone = true;
    for (const [namespace, asides] of this.aside) {
      for (const [identity, { unit, rows }] of asides) {
        yield { identity, unit, namespace, aside: rows };
      }
    }
  }
}

/** What there is of units. */
class ByNamespace<V> {
  readonly #values = new Map<unknown, Map<unknown, V>>();

  has(identity: unknown, namespace: unknown): boolean {
    return this.#values.get(namespace)?.has(identity) === true;
  }

  set(identity: unknown, value: V, namespace: unknown): void {
    const values = this.#values.get(namespace);
    if (values === undefined) this.#values.set(namespace, new Map([[identity, value]]));
    else values.set(identity, value);
  }

  take(identity: unknown, namespace: unknown): V | undefined {
    const values = this.#values.get(namespace);
    const value = values?.get(identity);
    values?.delete(identity);
    return value;
  }

  [Symbol.iterator](): Iterator<[namespace: unknown, values: Map<unknown, V>]> {
    return this.#values[Symbol.iterator]();
  }
}

/** An entry that nobody else can change. What cannot be written is kept as it is: it is refused when it is encoded. */
function ownRow(row: unknown): unknown {
  if (Array.isArray(row) && row.every(isPlain)) return row;
  try {
    return load(...store(row));
  } catch {
    return row;
  }
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}
