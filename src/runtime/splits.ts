// The splits of a source and how far they have been emitted. Twin of python/isthmus/_worker/runtime/splits.py.
//
// A split is a part of a source that one subtask reads, in order: a file, a range, a part of a collection. A reader gives
// batches that say which split they are of and where in it they begin; the subtask says how many of their records it has
// emitted. So the position that goes into a snapshot is that of what has left the source, whatever its reader has read ahead.
//
//   P1. A position is a mark of the reader's own and a number of records behind it that have been emitted: so a batch may be
//       cut behind any record, and what can be read but from its begin has positions, too.
//   P2. After a restart each split that has not come to its end belongs to exactly one subtask, whatever the parallelism.
//   P3. A source that was restored lists nothing anew, but what it watches for; it knows of all splits that anybody had.

import type { JsonValue } from '../graph/job-graph.ts';
import type { SourceBatch } from './operator.ts';

/** A reader's mark. */
export type Mark = number | string;

export interface Split {
  readonly id: string;
  /** What its source knows it by. */
  readonly of: JsonValue;
  offset: Mark;
  /** Records behind `offset` that have been emitted (P1). */
  skip: number;
}

/** What is saved of the splits of a subtask: plain data. */
export interface SavedSplits {
  /** In the order in which they are read. */
  going: [id: string, of: JsonValue, offset: Mark, skip: number][];
  ended: string[];
}

/** Those of one subtask. */
export class Splits {
  readonly #going = new Map<string, Split>();
  readonly #ended = new Set<string>();
  /** Of other subtasks, before a restart. */
  readonly #others = new Set<string>();
  readonly #subtask: number;
  readonly #parallelism: number;
  #listed = false;
  #restored = false;

  constructor(subtask: number, parallelism: number) {
    this.#subtask = subtask;
    this.#parallelism = parallelism;
  }

  /** Takes over what `snapshot` gave in each old subtask, in their order. */
  restore(states: readonly SavedSplits[]): void {
    let dealt = 0;
    for (const { going, ended } of states) {
      this.#restored = this.#listed = true;
      for (const id of ended) this.#ended.add(id);
      for (const [id, of, offset, skip] of going) {
        const isOwn = dealt++ % this.#parallelism === this.#subtask; // P2
        if (isOwn) this.#going.set(id, { id, of, offset, skip });
        else this.#others.add(id);
      }
    }
  }

  /** The splits that the source begins with. Not looked at after a restart (P3). */
  begin(listed: Iterable<Pick<Split, 'id' | 'of' | 'offset'>>): void {
    if (this.#restored) return;
    this.#listed = true;
    for (const split of listed) this.add(split);
  }

  /** A further split of this subtask. */
  add({ id, of, offset }: Pick<Split, 'id' | 'of' | 'offset'>): void {
    this.#going.set(id, { id, of, offset, skip: 0 });
  }

  get restored(): boolean {
    return this.#restored;
  }

  /** All that were ever listed, by any subtask (P3). */
  get known(): string[] {
    return [...this.#ended, ...this.#others, ...this.#going.keys()];
  }

  /** The splits of this subtask that have not come to their end. */
  toRead(): Split[] {
    return Array.from(this.#going.values(), (split) => ({ ...split }));
  }

  /** A batch without the records that were emitted before a restart. */
  unread(batch: SourceBatch): SourceBatch {
    const split = this.#of(batch);
    const { skip = 0, values, timestamps } = batch;
    if (split === undefined || split.offset !== batch.offset || split.skip <= skip) return batch;
    const passed = Math.min(split.skip - skip, values.length);
    if (passed === values.length && batch.next !== undefined) {
      // What is left to be passed over is behind it.
      split.offset = batch.next;
      split.skip -= skip + passed;
    }
    const rest: SourceBatch = { ...batch, values: values.slice(passed), skip: skip + passed };
    if (timestamps !== undefined) rest.timestamps = timestamps.slice(passed);
    return rest;
  }

  /** `count` records of a batch have been emitted. */
  took(batch: SourceBatch, count: number): void {
    const split = this.#of(batch);
    if (split === undefined) return;
    const isWhole = count === batch.values.length;
    if (isWhole && batch.ends === true) {
      this.#going.delete(split.id);
      this.#ended.add(split.id);
    } else if (count === 0) {
      return;
    } else if (isWhole && batch.next !== undefined) {
      split.offset = batch.next;
      split.skip = 0;
    } else {
      split.offset = batch.offset as Mark; // P1
      split.skip = (batch.skip ?? 0) + count;
    }
  }

  /** Undefined for a source without splits. */
  snapshot(): SavedSplits | undefined {
    if (!this.#listed) return undefined;
    return {
      going: Array.from(this.#going.values(), ({ id, of, offset, skip }) => [id, of, offset, skip]),
      ended: [...this.#ended],
    };
  }

  #of({ split }: SourceBatch): Split | undefined {
    return split === undefined ? undefined : this.#going.get(split);
  }
}
