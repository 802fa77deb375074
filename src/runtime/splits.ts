// The splits of one subtask and how far they have been emitted. Twin of python/isthmus/_worker/runtime/splits.py.
//
// A reader gives batches that say which split they are of and where in it they begin; the subtask says how many of their
// records it has emitted. So the position that goes into a snapshot is that of what has left the source, whatever its reader
// has read ahead.
//
//   P1. A position is a mark of the reader's own and a number of records behind it that have been emitted: so a batch may be
//       cut behind any record, and what can be read but from its begin has positions, too.
//   P2. After a restart each split that has not come to its end belongs to exactly one subtask, or to the dealer, whatever
//       the parallelism; to the same one where that is as before.
//   P3. Where snapshots say of a split both that it waits and that it is read, it had been on its way: whoever has it wins.
//       One that was given out and that nobody has is to be given out again. So what was on its way at a barrier is in
//       exactly one place, although the dealer and the readers are saved at different moments.
//   P4. What has ended is remembered until two checkpoints have been completed: until then the dealer's part of a checkpoint
//       may say that it was given out (D3 of split-dealer.ts).

import type { JsonValue } from '../graph/job-graph.ts';
import type { Mark, SourceBatch } from './source.ts';

export interface Split {
  readonly id: string;
  /** What its source knows it by. */
  readonly of: JsonValue;
  offset: Mark;
  /** Records behind `offset` that have been emitted (P1). */
  skip: number;
}

/** A split that no reader has: the last is whose it is to be, or null. */
export type WaitingSplit = [id: string, of: JsonValue, offset: Mark, subtask: number | null];

/** What is saved of who deals splits out: plain data. */
export interface SavedDealer {
  /** In order. */
  waiting: WaitingSplit[];
  /** Given out since the last completed checkpoint (P3). */
  given: WaitingSplit[];
  /** Ids of all others that were ever found, where there may be more to find. */
  known: string[];
  /** What the enumerator itself keeps. */
  state: JsonValue;
}

/** What is saved of the splits of a subtask: plain data. */
export interface SavedSplits {
  /** In the order in which they are read. */
  going: [id: string, of: JsonValue, offset: Mark, skip: number, time?: JsonValue][];
  ended: string[];
  /** Of the subtask where it is. */
  dealer?: SavedDealer;
}

/** Told of the splits of a subtask. */
export interface SplitListener {
  /** `saved`: what this gave of it before a restart. */
  began(split: string, saved?: JsonValue): void;
  ended(split: string): void;
  /** What goes with the position of a split; undefined: nothing. */
  saved(split: string): JsonValue | undefined;
}

/** Those of one subtask. */
export class Splits {
  readonly #going = new Map<string, Split>();
  #ended = new Set<string>();
  /** P4 */
  #endedBefore = new Set<string>();
  readonly #subtask: number;
  readonly #parallelism: number;
  readonly #listener: SplitListener | undefined;

  constructor(subtask: number, parallelism: number, listener?: SplitListener) {
    this.#subtask = subtask;
    this.#parallelism = parallelism;
    this.#listener = listener;
  }

  /** Takes over what `snapshot` gave in each old subtask, in their order. Returns what is the dealer's, in the first subtask. */
  restore(states: readonly SavedSplits[]): SavedDealer {
    const known = new Set<string>();
    let dealt = 0;
    const isAsBefore = states.length === this.#parallelism;
    for (const [old, { going, ended }] of states.entries()) {
      for (const id of ended) known.add(id);
      for (const [id, of, offset, skip, time] of going) {
        known.add(id);
        const owner = isAsBefore ? old : dealt++ % this.#parallelism;
        if (owner === this.#subtask) this.#begin({ id, of, offset, skip }, time); // P2
      }
    }
    const dealers = states.flatMap(({ dealer }) => dealer ?? []);
    const waiting = dealers
      .flatMap(({ given, waiting: still }) => [...given, ...still])
      .filter(([id]) => !known.has(id)); // P3
    for (const dealer of dealers) for (const id of dealer.known) known.add(id);
    for (const [id] of waiting) known.add(id);
    return { waiting, given: [], known: [...known], state: dealers[0]?.state ?? null };
  }

  /** A further split of this subtask, from its begin. */
  add(id: string, of: JsonValue, offset: Mark): void {
    this.#begin({ id, of, offset, skip: 0 });
  }

  #begin(split: Split, time?: JsonValue): void {
    this.#going.set(split.id, split);
    this.#listener?.began(split.id, time);
  }

  /** The splits of this subtask that have not come to their end. */
  toRead(): Split[] {
    return Array.from(this.#going.values(), (split) => ({ ...split }));
  }

  /** A batch without the records that were emitted before a restart. */
  unread(batch: SourceBatch): SourceBatch {
    const split = this.#going.get(batch.split);
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
    const split = this.#going.get(batch.split);
    if (split === undefined) return;
    const isWhole = count === batch.values.length;
    if (isWhole && batch.ends === true) {
      this.#going.delete(split.id);
      this.#ended.add(split.id);
      this.#listener?.ended(split.id);
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

  /** P4 */
  checkpointComplete(): void {
    this.#endedBefore = this.#ended;
    this.#ended = new Set();
  }

  snapshot(): SavedSplits {
    return {
      going: Array.from(this.#going.values(), ({ id, of, offset, skip }) => {
        const time = this.#listener?.saved(id);
        return time === undefined ? [id, of, offset, skip] : [id, of, offset, skip, time];
      }),
      ended: [...this.#endedBefore, ...this.#ended],
    };
  }
}
