// A subtask's tables as they were at a barrier, to be encoded while the subtask goes on. Twin of
// python/isthmus/_worker/state/frozen.py.
//
// What is frozen is what was there at the barrier, whatever functions change while it is encoded (S4 of store.ts). It is encoded in
// steps of about a millisecond at most, which whoever keeps the loop takes when there is time. An increment says on which
// checkpoint it is built: the last that was completed when it was frozen.

import type { Chunk, SavedSubtask } from './chunks.ts';
import type { Place } from './store.ts';

/** What `SubtaskStore.freeze` gives for one checkpoint. */
export class Frozen {
  readonly checkpoint: number;
  /** The checkpoint that this is an increment of; undefined where it is all there is. */
  readonly base: number | undefined;
  readonly subtask: number;
  readonly parallelism: number;
  readonly #steps: Iterator<Chunk | undefined>;

  constructor(
    checkpoint: number,
    base: number | undefined,
    { subtask, parallelism }: Place,
    steps: Iterator<Chunk | undefined>,
  ) {
    this.checkpoint = checkpoint;
    this.base = base;
    this.subtask = subtask;
    this.parallelism = parallelism;
    this.#steps = steps;
  }

  /** The chunks, in their order; undefined after a step that has made none yet. To be gone through once. */
  steps(): Iterator<Chunk | undefined> {
    return this.#steps;
  }

  /** All of it, at once. */
  saved(): SavedSubtask {
    const { subtask, parallelism } = this;
    const chunks: Chunk[] = [];
    for (let step = this.#steps.next(); step.done !== true; step = this.#steps.next()) {
      if (step.value !== undefined) chunks.push(step.value);
    }
    return { subtask, parallelism, chunks };
  }
}
