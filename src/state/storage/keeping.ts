// A frozen subtask on its way into storage, chunk by chunk: what goes where, as its `SubtaskState` will say. Twin of
// python/isthmus/_worker/state/storage/keeping.py.

import type { Chunk } from '../chunks.ts';
import type { Stored } from './storage.ts';
import type { ChunkHandle, KeptOperator, KeptTable, SubtaskState } from './subtask-state.ts';

export interface KeepingPlace {
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
}

export class Keeping {
  readonly #place: KeepingPlace;
  readonly #base: number | undefined;
  readonly #operators = new Map<string, Omit<KeptOperator, 'tables'>>();
  readonly #tables = new Map<string, Map<string, KeptTable & { chunks: ChunkHandle[] }>>();

  /**
   * @param operators those of the chain, and those whose state is kept although they are not there
   * @param base the checkpoint that these are the changes since
   */
  constructor(
    { subtask, parallelism, maxParallelism }: KeepingPlace,
    operators: Iterable<Omit<KeptOperator, 'tables'>>,
    base: number | undefined,
  ) {
    this.#place = { subtask, parallelism, maxParallelism };
    this.#base = base;
    for (const operator of operators) {
      this.#operators.set(operator.uid, operator);
      this.#tables.set(operator.uid, new Map());
    }
  }

  /** A chunk is stored there; called in the order of the chunks. */
  kept([uid, name, form, codec, group, kind, data]: Chunk, stored: Stored): void {
    const tables = this.#tables.get(uid) as Map<string, KeptTable & { chunks: ChunkHandle[] }>;
    let table = tables.get(name);
    if (table === undefined) {
      table = { name, form, chunks: [] };
      tables.set(name, table);
    }
    table.chunks.push({ codec, group, kind, ...stored, bytes: data.byteLength });
  }

  /** All of it, when it is durable in these files. */
  state(files: readonly string[]): SubtaskState {
    return {
      ...(this.#base === undefined ? {} : { base: this.#base }),
      ...this.#place,
      files,
      operators: [...this.#operators.values()].map((operator) => ({
        ...operator,
        tables: [...(this.#tables.get(operator.uid) as Map<string, KeptTable>).values()],
      })),
    };
  }
}
