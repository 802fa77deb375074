// What of old subtasks' state is read; test/python/state/storage/test_restoring.py is the twin.

import { expect, test } from 'vitest';
import { BridgeStorage } from '../../../src/state/storage/bridge-storage.ts';
import { NO_GROUP } from '../../../src/state/chunks.ts';
import { readStates } from '../../../src/state/storage/restoring.ts';
import { SubtaskStore } from '../../../src/state/store.ts';
import { store } from '../../../src/state/stored-value.ts';
import type { ChunkHandle, SubtaskState } from '../../../src/state/storage/subtask-state.ts';

const PARALLELISM = 2;
const MAX_PARALLELISM = 4;
/** Half of the key groups belong to each of two subtasks. */
const OF_SUBTASK = [
  [0, 1],
  [2, 3],
] as const;

/** A subtask that had all groups, and something of none, each with an entry that says whose it is. */
async function kept(): Promise<[storage: BridgeStorage, state: SubtaskState]> {
  const storage: BridgeStorage = new BridgeStorage((number, isLast, piece) => {
    storage.receive(number, isLast, piece);
  }, 1 << 10);
  const writer = storage.writer();
  const chunks: ChunkHandle[] = [];
  for (const group of [0, 1, 2, 3, NO_GROUP]) {
    const [codec, data] = store([`of ${group}`]);
    const stored = await writer.add(data);
    chunks.push({ codec, group, kind: 0, bytes: data.byteLength, ...stored });
  }
  const state: SubtaskState = {
    subtask: 0,
    parallelism: 1,
    maxParallelism: MAX_PARALLELISM,
    files: await writer.commit(),
    operators: [
      {
        uid: 'count',
        name: 'count words',
        kind: 'process',
        language: 'typescript',
        tables: [{ name: 'value:n', form: 'keyed', chunks }],
      },
    ],
  };
  return [storage, state];
}

test.each([0, 1])('subtask %i gets its key groups and what has none', async (subtask) => {
  const [storage, state] = await kept();
  const mine = OF_SUBTASK[subtask] as readonly number[];
  const [saved] = await readStates(storage, [state], (group) => mine.includes(group));
  expect(saved?.chunks.map(([, , , , group]) => group)).toEqual([...mine, NO_GROUP]);
  expect(saved?.uids).toEqual(['count']);
});

test('what belongs to others is not even read', async () => {
  const [storage, state] = await kept();
  const damaged = (chunk: ChunkHandle) =>
    chunk.group > 1 ? { ...chunk, checksum: Buffer.alloc(32) } : chunk;
  const operators = state.operators.map((operator) => ({
    ...operator,
    tables: operator.tables.map((table) => ({ ...table, chunks: table.chunks.map(damaged) })),
  }));
  const mine = (group: number) => group < 2;
  const [saved] = await readStates(storage, [{ ...state, operators }], mine);
  expect(saved?.chunks).toHaveLength(3);
});

test.each([0, 1])('subtask %i leaves out key groups that are not its own', async (subtask) => {
  const [storage, state] = await kept();
  const saved = await readStates(storage, [state], () => true);
  const place = { subtask, parallelism: PARALLELISM, maxParallelism: MAX_PARALLELISM };
  const again = new SubtaskStore(place, saved).freeze().saved();
  expect(again.chunks.map(([, , , , group]) => group)).toEqual([
    ...(OF_SUBTASK[subtask] as readonly number[]),
    // What has no group and is declared by nobody is kept by one.
    ...(subtask === 0 ? [NO_GROUP] : []),
  ]);
});
