// A subtask's state at one checkpoint out of what the checkpoint wrote and what it is built on: handles alone, no byte is read.
//
//   M1. What is whole voids what came before it, of its table and key group; changes go behind it (C2, C3 of chunks.ts).
//   M2. A file that no handle names any more is named no more: it can go when no other checkpoint names it.

import { WHOLE } from '../state/chunks.ts';
import type {
  ChunkHandle,
  KeptOperator,
  KeptTable,
  SubtaskState,
} from '../state/storage/subtask-state.ts';

/** `increment` on top of `base`, both of one subtask: all there is, without a base. */
export function onTopOf(base: SubtaskState, increment: SubtaskState): SubtaskState {
  const { base: _, ...place } = increment;
  const offset = base.files.length;
  const moved = increment.operators.map((operator) => shifted(operator, offset));
  const before = new Map(base.operators.map((operator) => [operator.uid, operator]));
  const operators = moved.map((operator) => {
    const was = before.get(operator.uid);
    return { ...operator, tables: tablesOf(was?.tables ?? [], operator.tables) };
  });
  return compact({ ...place, files: [...base.files, ...increment.files], operators });
}

function tablesOf(was: readonly KeptTable[], now: readonly KeptTable[]): KeptTable[] {
  const tables = new Map(was.map((table) => [table.name, table]));
  for (const increment of now) {
    const before = tables.get(increment.name)?.chunks ?? [];
    tables.set(increment.name, {
      ...increment,
      chunks: chunksOf([...before, ...increment.chunks]),
    });
  }
  return [...tables.values()];
}

/** M1 */
function chunksOf(chunks: readonly ChunkHandle[]): ChunkHandle[] {
  const last = new Map<number, number>();
  for (const [i, { group, kind }] of chunks.entries()) if (kind === WHOLE) last.set(group, i);
  return chunks.filter(({ group }, i) => i >= (last.get(group) ?? 0));
}

function shifted(operator: KeptOperator, by: number): KeptOperator {
  const tables = operator.tables.map((table) => ({
    ...table,
    chunks: table.chunks.map((chunk) => ({ ...chunk, file: chunk.file + by })),
  }));
  return { ...operator, tables };
}

/** M2 */
function compact(state: SubtaskState): SubtaskState {
  const places = new Map<number, number>();
  const operators = state.operators.map((operator) => ({
    ...operator,
    tables: operator.tables.map((table) => ({
      ...table,
      chunks: table.chunks.map((chunk) => {
        let file = places.get(chunk.file);
        if (file === undefined) {
          file = places.size;
          places.set(chunk.file, file);
        }
        return { ...chunk, file };
      }),
    })),
  }));
  return { ...state, files: [...places.keys()].map((at) => state.files[at] as string), operators };
}

/** Bytes of all chunks. */
export function bytesOf({ operators }: SubtaskState): number {
  let bytes = 0;
  for (const { tables } of operators) {
    for (const { chunks } of tables) for (const chunk of chunks) bytes += chunk.bytes;
  }
  return bytes;
}
