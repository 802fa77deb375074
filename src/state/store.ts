// All that a subtask keeps over a barrier: one store, which its operators declare their tables in. Twin of
// python/isthmus/_worker/state/store.py.
//
// An operator declares at `open` what it keeps, and finds in it what was restored; the store alone writes and reads it.
//
//   S1. A table is known by the uid of its operator and its name. Chaining, parallelism and other operators change neither.
//   S2. Keyed entries go by key group, so that each goes to the subtask that has the group now.
//   S3. What was restored and is not declared stays as it is and goes into the next snapshot.
//   S4. What is frozen is what was there at the barrier: what functions change later is not in it.
//   S5. A table has one form; a restored one of another form is refused.

import { GraphError } from '../errors.ts';
import type { BroadcastMap } from './broadcast-state.ts';
import {
  type Chunk,
  NO_GROUP,
  type SavedSubtask,
  MORE,
  WHOLE,
  changesOf,
  titleOf,
  whole,
} from './chunks.ts';
import { Changes } from './changes.ts';
import { Compared, byGroup } from './compared.ts';
import { Frozen } from './frozen.ts';
import { Growth } from './growth.ts';
import { KeyGroups } from './keys.ts';
import type { KeyedTable } from './table.ts';
import {
  BroadcastTable,
  DerivedTable,
  DrawnTable,
  type Form,
  ListTable,
  type Own,
  type SavedTable,
  type TableOfMaps,
  type TableOfStates,
  ToldTable,
  UnionTable,
  type Values,
} from './tables.ts';
import { TableView, type Viewed } from './views.ts';

/** Where a subtask is among its siblings. */
export interface Place {
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
}

interface Restored extends Place {
  readonly chunk: Chunk;
}

/** Of a table: by old subtask and key group. */
type Pieces = Map<string, Restored[]>;

const piecesOf = (pieces: Pieces | undefined): Restored[] => [...(pieces?.values() ?? [])].flat();

/** The state of one subtask. */
export class SubtaskStore {
  readonly place: Place;
  readonly #predecessors: (readonly string[] | undefined)[];
  readonly #groups: KeyGroups;
  readonly #tables = new Map<string, { uid: string; name: string; table: SavedTable }>();
  /** Not declared yet (S3). */
  readonly #restored = new Map<string, Pieces>();

  /** Whether it is to be known what changes. */
  readonly tracks: boolean;
  readonly #compared: Compared;
  /** The last completed checkpoint, and those that may become it. */
  #base: number | undefined;
  readonly #open = new Set<number>();
  readonly #growth = new Growth();

  /**
   * @param saved what the subtasks of the task had, in any order
   * @param checkpoints whether the job takes any
   */
  constructor(place: Place, saved: readonly SavedSubtask[] = [], checkpoints = false) {
    this.place = place;
    this.tracks = checkpoints;
    this.#compared = new Compared(this.#groupOf, () => this.#mine());
    this.#predecessors = saved.map(({ uids }) => uids);
    this.#groups = new KeyGroups(place.maxParallelism, place.parallelism);
    for (const old of [...saved].sort((a, b) => a.subtask - b.subtask)) {
      for (const chunk of old.chunks) {
        const [, , , , group] = chunk;
        if (group !== NO_GROUP && this.#groups.owner(group) !== place.subtask) continue; // S2
        this.#restore({ ...old, maxParallelism: place.maxParallelism, chunk });
      }
    }
  }

  #restore(restored: Restored): void {
    const [uid, name, , , group, kind] = restored.chunk;
    const address = addressOf(uid, name);
    let pieces = this.#restored.get(address);
    if (pieces === undefined) {
      pieces = new Map();
      this.#restored.set(address, pieces);
    }
    const of = `${restored.subtask} ${group}`;
    const known = pieces.get(of);
    if (known === undefined || kind === WHOLE)
      pieces.set(of, [restored]); // C2 of chunks.ts
    else known.push(restored);
  }

  /** How many subtasks the restored state of an operator is of. */
  predecessors(uid: string): number {
    return this.#predecessors.filter((uids) => uids?.includes(uid) ?? true).length;
  }

  readonly #groupOf = (key: unknown): number => this.#groups.group(key);

  groupOf(key: unknown): number {
    return this.#groups.group(key);
  }

  /** The tables of an operator. */
  of(uid: string): OperatorStore {
    return new OperatorStore(this, uid);
  }

  /**
   * The table of a name, with what was restored of it.
   *
   * @throws GraphError when it is of another form, here or in what was restored (S5)
   */
  declared<T extends SavedTable>(uid: string, name: string, form: Form, make: () => T): T {
    const address = addressOf(uid, name);
    const known = this.#tables.get(address);
    if (known !== undefined) {
      if (known.table.form === form) return known.table as T;
      throw ofAnotherForm(name, known.table.form, form, 'is', 'already');
    }
    const table = make();
    this.#tables.set(address, { uid, name, table });
    const restored = piecesOf(this.#restored.get(address));
    this.#restored.delete(address);
    for (const { chunk, subtask, parallelism } of restored) {
      const [, , was] = chunk;
      if (was !== form) throw ofAnotherForm(name, was, form, 'was kept as', 'before');
      const [removed, entries] = changesOf(chunk);
      if (removed.length > 0) table.remove?.(removed, subtask);
      table.load(entries, subtask, parallelism);
    }
    table.loaded?.();
    return table;
  }

  /** Whether a table was restored that nobody has declared yet (S3). */
  waits(uid: string, name: string): boolean {
    return this.#restored.has(addressOf(uid, name));
  }

  /**
   * All tables as they are now (S4). Without checkpoints all of it is encoded at once.
   *
   * @param full all there is, not what has changed since the last completed checkpoint
   */
  freeze(checkpoint = 0, full = false): Frozen {
    if (!this.tracks) return this.#frozenWhole(checkpoint);
    const base = full || this.#growth.isDue ? undefined : this.#base;
    const parts: Iterable<Chunk | undefined>[] = [];
    for (const named of this.#tables.values()) {
      const { uid, name, table } = named;
      if (table.rows !== undefined) {
        table.rows.seal(checkpoint);
        const stored = table.storedView?.(checkpoint, base !== undefined);
        if (stored !== undefined) parts.push(stored.chunks(uid, name, table.form, true));
        continue;
      }
      const told = table.changes;
      if (told === undefined) {
        parts.push(this.#compared.chunks(checkpoint, base, named));
        continue;
      }
      const changed = told.seal(checkpoint);
      const view = new TableView(
        table as SavedTable & Viewed<unknown>,
        this.#groupOf,
        base === undefined ? undefined : changed,
      );
      told.encoding(checkpoint, view);
      parts.push(view.steps(uid, name));
    }
    if (base === undefined) {
      for (const pieces of this.#restored.values()) parts.push(this.#undeclared(pieces));
    }
    this.#open.add(checkpoint);
    this.#growth.begin(checkpoint, base === undefined);
    return new Frozen(checkpoint, base, this.place, this.#steps(checkpoint, parts));
  }

  #frozenWhole(checkpoint: number): Frozen {
    const chunks: Chunk[] = [];
    for (const { uid, name, table } of this.#tables.values()) {
      for (const [group, entries] of byGroup(table, this.#groupOf)) {
        chunks.push(whole(uid, name, table.form, group, entries));
      }
    }
    for (const pieces of this.#restored.values()) chunks.push(...this.#undeclared(pieces));
    return new Frozen(checkpoint, undefined, this.place, chunks.values());
  }

  /**
   * What this subtask keeps of a table that nobody has declared. State without keys, which each has been given, is kept by
   * one, in order and by the same one where the parallelism is the same (S3).
   */
  *#undeclared(pieces: Pieces): Generator<Chunk> {
    let hasAny = false;
    for (const ofOne of pieces.values()) {
      const [{ chunk: first, subtask, parallelism }] = ofOne as [Restored, ...Restored[]];
      const isKeyed = first[4] !== NO_GROUP;
      const keeper = Math.floor((subtask * this.place.parallelism) / parallelism);
      if (!isKeyed && keeper !== this.place.subtask) continue;
      for (const { chunk } of ofOne) {
        const [uid, name, form, codec, group, kind, data] = chunk;
        // That of another subtask is no void of the one's before it (C4 of chunks.ts).
        const joins = hasAny && !isKeyed && kind === WHOLE;
        yield joins ? [uid, name, form, codec, group, MORE, data] : chunk;
      }
      hasAny = true;
    }
  }

  *#steps(
    checkpoint: number,
    parts: readonly Iterable<Chunk | undefined>[],
  ): Generator<Chunk | undefined> {
    try {
      for (const part of parts) {
        for (const step of part) {
          if (step !== undefined) this.#growth.add(checkpoint, step[6].byteLength);
          yield step;
          if (!this.#open.has(checkpoint)) return;
        }
      }
    } finally {
      this.#encoded(checkpoint);
    }
  }

  /** A checkpoint is durable: the next ones are built on it. One that was given up, or is older, is ignored. */
  completed(checkpoint: number): void {
    if (!this.#open.has(checkpoint)) return;
    this.#base = checkpoint;
    this.#growth.completed(checkpoint);
    for (const { table } of this.#tables.values()) {
      (table.rows ?? table.changes)?.completed(checkpoint);
    }
    this.#compared.completed(checkpoint);
    for (const older of [...this.#open].filter((one) => one <= checkpoint)) {
      this.#open.delete(older);
      this.#encoded(older);
    }
  }

  /** A checkpoint will never be complete: its changes go into the next one. */
  aborted(checkpoint: number): void {
    if (!this.#open.delete(checkpoint)) return;
    this.#growth.aborted(checkpoint);
    this.#encoded(checkpoint);
    this.#compared.aborted(checkpoint);
  }

  #mine(): number[] {
    const { subtask, maxParallelism } = this.place;
    const groups = Array.from({ length: maxParallelism }, (_, group) => group);
    return groups.filter((group) => this.#groups.owner(group) === subtask);
  }

  #encoded(checkpoint: number): void {
    for (const { table } of this.#tables.values()) {
      (table.rows ?? table.changes)?.encoded(checkpoint);
    }
  }
}

/** A table that the operator keeps itself. */
export interface Kept<E> {
  readonly restored: E[];
  /** To be told of units before they change, come or go (D1 of changes.ts); undefined where no checkpoints are taken. */
  readonly changes: Changes<unknown> | undefined;
}

/** Where one operator declares what it keeps. Asking again for a name gives the same. */
export class OperatorStore {
  readonly #store: SubtaskStore;
  readonly #uid: string;

  constructor(store: SubtaskStore, uid: string) {
    this.#store = store;
    this.#uid = uid;
  }

  /** Entries by key, in a table of states. */
  keyed<T>(name: string, make: () => TableOfStates<T>): KeyedTable<T> {
    return this.#declare(name, 'keyed', make).table;
  }

  /** Maps by key. */
  maps(name: string, make: () => TableOfMaps): TableOfMaps['table'] {
    return this.#declare(name, 'map', make).table;
  }

  /** Whether what is kept is to tell of what changes. */
  get tracks(): boolean {
    return this.#store.tracks;
  }

  /** The key group of a key. */
  groupOf(key: unknown): number {
    return this.#store.groupOf(key);
  }

  /** Entries by key and namespace (a window), in a table of states whose keys say both. */
  namespacedStates<T>(name: string, make: () => TableOfStates<T>): KeyedTable<T> {
    return this.#declare(name, 'namespaced', make).table;
  }

  /** Few entries by key, made at the barrier; gives the restored ones. */
  derived<E>(name: string, entries: () => Iterable<[key: unknown, entry: E]>): [unknown, E][] {
    return this.#declare(name, 'derived', () => new DerivedTable(entries)).take();
  }

  /** What the operator keeps by key in a form of its own. */
  ownByKey<E, U = unknown>(name: string, own: Own<U>): Kept<[key: unknown, entry: E]> {
    return this.#kept(name, 'derived', own);
  }

  /** As `ownByKey`, by key and namespace: a window, the start of one, a side. */
  own<N, E, U = unknown>(name: string, own: Own<U>): Kept<[key: unknown, namespace: N, entry: E]> {
    return this.#kept(name, 'namespaced', own);
  }

  #kept<E, U>(name: string, form: 'derived' | 'namespaced', own: Own<U>): Kept<E> {
    const table = this.#declare(name, form, () => new ToldTable<E, U>(form, own, this.changes()));
    return { restored: table.take(), changes: table.changes };
  }

  /** For a table that tells of its units; undefined where nothing is to be told of. */
  changes(): Changes<unknown> | undefined {
    return this.tracks ? new Changes() : undefined; // D3 of changes.ts
  }

  /**
   * One value of the subtask; gives those that its predecessors had, in their order (those that had one).
   *
   * @param value gives it as it is now; undefined where there is none
   */
  drawn<T>(name: string, value: () => T | undefined): T[] {
    return this.#declare(name, 'drawn', () => new DrawnTable(value)).take();
  }

  /** How many subtasks the restored state is of. */
  get predecessors(): number {
    return this.#store.predecessors(this.#uid);
  }

  /** Values that are dealt out anew when the parallelism changes. */
  splitList(name: string): Values {
    return this.#declare(name, 'list', () => new ListTable(this.#store.place));
  }

  /** Values that every subtask gets all of. */
  unionList(name: string): Values {
    return this.#declare(name, 'union', () => new UnionTable());
  }

  /** A map that is the same in all subtasks. */
  broadcast(name: string): BroadcastMap<unknown, unknown> {
    return this.#declare(name, 'broadcast', () => new BroadcastTable(this.changes())).map;
  }

  /** Of these tables, those that were restored and are not declared. */
  undeclared(names: readonly string[]): string[] {
    return names.filter((name) => this.#store.waits(this.#uid, name));
  }

  /** A table that keeps its entries itself, elsewhere than on the heap. */
  keptBy<T extends SavedTable>(name: string, form: Form, make: () => T): T {
    return this.#declare(name, form, make);
  }

  #declare<T extends SavedTable>(name: string, form: Form, make: () => T): T {
    return this.#store.declared(this.#uid, name, form, make);
  }
}

/** Uids and names may hold anything. */
function addressOf(uid: string, name: string): string {
  return JSON.stringify([uid, name]); // S1
}

function ofAnotherForm(name: string, one: Form, other: Form, is: string, when: string): GraphError {
  return new GraphError(
    `The ${titleOf(name)} ${is} a ${FORMS[one]} ${when}; give the ${FORMS[other]} another name.`,
  );
}

const FORMS: Record<Form, string> = {
  keyed: 'keyed state',
  map: 'map state',
  namespaced: 'state by window',
  derived: 'contents of the operator',
  drawn: 'value of the subtask',
  list: 'list state',
  union: 'union list state',
  broadcast: 'broadcast state',
};
