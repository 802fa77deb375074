// State of old subtasks, read for a subtask that takes over. Twin of python/isthmus/_worker/state/storage/restoring.py.
//
//   R1. Read is what belongs to a key group that is the subtask's now, and what belongs to none.

import { type Chunk, type Kind, NO_GROUP, type SavedSubtask } from '../chunks.ts';
import type { StateStorage } from './storage.ts';
import type { KeptOperator, KeptTable, SubtaskState } from './subtask-state.ts';

/**
 * What the subtask gets of each state.
 *
 * @throws StateError when a chunk is not there, or not what was written
 */
export async function readStates(
  storage: StateStorage,
  states: readonly SubtaskState[],
  isMine: (group: number) => boolean,
): Promise<SavedSubtask[]> {
  const saved: SavedSubtask[] = [];
  for (const { subtask, parallelism, files, operators } of states) {
    const reader = storage.reader(files);
    const chunks: Chunk[] = [];
    try {
      for (const operator of operators) {
        for (const table of operator.tables) {
          for (const handle of table.chunks) {
            const { codec, group, kind } = handle;
            if (group !== NO_GROUP && !isMine(group)) continue; // R1
            const data = await reader.read(handle, whose(operator, table, group));
            chunks.push([operator.uid, table.name, table.form, codec, group, kind as Kind, data]);
          }
        }
      }
    } finally {
      await reader.close();
    }
    saved.push({ subtask, parallelism, chunks, uids: operators.map(({ uid }) => uid) });
  }
  return saved;
}

/** What a chunk is of, for errors. */
export function whose({ name, uid }: KeptOperator, table: KeptTable, group: number): string {
  const ofGroup = group === NO_GROUP ? '' : `, key group ${group},`;
  return `The state of operator "${name}" (uid "${uid}"), table "${table.name}"${ofGroup}`;
}
