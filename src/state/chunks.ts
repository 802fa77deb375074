// What a checkpoint has of a subtask, as pieces of its tables. Twin of python/isthmus/_worker/state/chunks.py.
//
//   C1. Chunks are in the order in which they are to be applied: those of a base, then those of each increment since.
//   C2. A chunk that is whole begins its table, or the key group of it, anew: what came before it, of the same subtask, is
//       void. Its data are entries.
//   C3. A chunk of changes has what is gone and then what there is now: `[removed, entries]`. What is gone is told as an
//       entry without its last part, so the key, or the key and what goes with it.
//   C4. A chunk of more has entries on top of what there was, as those of a whole one are: what several subtasks had, and one
//       keeps.
//   C5. A table that is large comes in several: the first is whole, the others are changes that remove nothing (views.ts).

import { UserFunctionError } from '../errors.ts';
import { load, store } from './stored-value.ts';
import type { Form } from './tables.ts';

/** In place of a key group, where a table has none. */
export const NO_GROUP = -1;
/** Before names of state that belongs to no key, which keyed state may have, too. */
export const OF_OPERATOR = 'operator:';

/** What a chunk is (C2, C3, C4). */
export const WHOLE = 0;
export const CHANGES = 1;
export const MORE = 2;
export type Kind = typeof WHOLE | typeof CHANGES | typeof MORE;

/** A piece of a table, of one key group. */
export type Chunk = readonly [
  uid: string,
  table: string,
  form: Form,
  /** How `data` is to be read: stored-value.ts, or 2 for a pickle of Python. */
  codec: number,
  group: number,
  kind: Kind,
  data: Uint8Array,
];

/** What a checkpoint has of a subtask (C1). Plain data. */
export interface SavedSubtask {
  readonly subtask: number;
  readonly parallelism: number;
  readonly chunks: readonly Chunk[];
  /** Of the operators that it is of; absent: of all of the chain. */
  readonly uids?: readonly string[];
}

/** What a subtask has of a table, of all operators and key groups, where it is no increment. */
export function entriesOf({ chunks }: SavedSubtask, table: string): unknown[] {
  return chunks.filter(([, name]) => name === table).flatMap((chunk) => changesOf(chunk)[1]);
}

/** The first piece of a table or of a key group of it. */
export function whole(
  uid: string,
  table: string,
  form: Form,
  group: number,
  entries: unknown[],
): Chunk {
  return [uid, table, form, ...codedAs(table, group, WHOLE, entries)];
}

/** What goes on top of what there was. */
export function changes(
  uid: string,
  table: string,
  form: Form,
  group: number,
  removed: unknown[][],
  entries: unknown[],
): Chunk {
  return [uid, table, form, ...codedAs(table, group, CHANGES, [removed, entries])];
}

/** What a chunk says is gone, and its entries. */
export function changesOf([, , , codec, , kind, data]: Chunk): [
  removed: unknown[][],
  entries: unknown[],
] {
  const read = load(codec, data) as unknown[];
  return kind !== CHANGES ? [[], read] : (read as [unknown[][], unknown[]]);
}

/** A base and the increments since, oldest first, as one (C1). */
export function together(increments: readonly SavedSubtask[]): SavedSubtask {
  const last = increments.at(-1) as SavedSubtask;
  return { ...last, chunks: increments.flatMap(({ chunks }) => chunks) };
}

/** What messages call a table. */
export function titleOf(name: string): string {
  return name.startsWith(OF_OPERATOR)
    ? `operator state "${name.slice(OF_OPERATOR.length)}"`
    : `state "${name}"`;
}

function codedAs(
  table: string,
  group: number,
  kind: Kind,
  value: unknown[],
): [codec: number, group: number, kind: Kind, data: Uint8Array] {
  try {
    const [codec, data] = store(value);
    return [codec, group, kind, data];
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new UserFunctionError(
      `What the ${titleOf(table)} holds cannot be written to a snapshot. ${reason}`,
      { cause: thrown },
    );
  }
}
