// States of subtasks as they would answer, with real files on the disk they are given.

import { CHANGES, WHOLE, type Kind } from '../../src/state/chunks.ts';
import type { Files } from '../../src/machine/files.ts';
import { FileStorage } from '../../src/state/storage/file-storage.ts';
import { snapshotName } from '../../src/state/storage/storage.ts';
import type { ChunkHandle, SubtaskState } from '../../src/state/storage/subtask-state.ts';

export interface Written {
  group: number;
  kind: Kind;
  data: string;
}

export const whole = (group: number, data: string): Written => ({ group, kind: WHOLE, data });
export const changed = (group: number, data: string): Written => ({ group, kind: CHANGES, data });

export interface Where {
  checkpoint: number;
  task?: number;
  subtask?: number;
  parallelism?: number;
  base?: number;
  uid?: string;
}

/** Writes chunks of one table of one operator, as a host does. */
export async function kept(
  files: Files,
  folder: string,
  { checkpoint, task = 0, subtask = 0, parallelism = 1, base, uid = `op${task}` }: Where,
  chunks: readonly Written[],
): Promise<SubtaskState> {
  const writer = new FileStorage(files, folder).writer(snapshotName(0, checkpoint, task, subtask));
  const handles: ChunkHandle[] = [];
  for (const { group, kind, data } of chunks) {
    const bytes = Buffer.from(data);
    handles.push({ codec: 0, group, kind, bytes: bytes.length, ...(await writer.add(bytes)) });
  }
  return {
    ...(base === undefined ? {} : { base }),
    subtask,
    parallelism,
    maxParallelism: 8,
    files: await writer.commit(),
    operators: [
      {
        uid,
        name: uid,
        kind: 'process',
        language: 'python',
        tables: handles.length === 0 ? [] : [{ name: 't', form: 'keyed', chunks: handles }],
      },
    ],
  };
}

/** What the chunks of a state say, in their order. */
export async function read(files: Files, folder: string, state: SubtaskState): Promise<string[]> {
  const reader = new FileStorage(files, folder).reader(state.files);
  const texts: string[] = [];
  for (const { tables } of state.operators) {
    for (const { chunks } of tables) {
      for (const chunk of chunks) {
        texts.push(`${chunk.group} ${Buffer.from(await reader.read(chunk, 'it')).toString()}`);
      }
    }
  }
  await reader.close();
  return texts;
}
