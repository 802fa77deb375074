// The checkpoints that a subtask is asked for, and those it has answered. Twin of
// python/isthmus/_worker/runtime/answers.py.
//
//   K1. A checkpoint is answered once; one that comes late, behind a newer one, is not.

import type { BarrierElement } from './element.ts';

export class Answers {
  /** To be answered. */
  wanted: BarrierElement | undefined;
  /** The newest one that was. */
  answered = -1;
  /** The first one that was since all input has been processed. */
  last: number | undefined;
  /** Given up before their barriers came. */
  readonly #aborted = new Set<number>();

  /** Whether a source is to send a barrier before its next record; one that drains comes behind its last. */
  get isToCut(): boolean {
    return this.wanted !== undefined && this.wanted.of !== 'drain';
  }

  knows(checkpoint: number): boolean {
    return checkpoint <= this.answered; // K1
  }

  answer(checkpoint: number): void {
    if (this.wanted !== undefined && this.wanted.checkpoint <= checkpoint) this.wanted = undefined;
    this.answered = checkpoint;
  }

  /** A checkpoint will never be complete. */
  abort(checkpoint: number): void {
    if (!this.knows(checkpoint)) this.#aborted.add(checkpoint);
  }

  /** Whether a checkpoint whose barrier has come was given up before; it and older ones are forgotten. */
  takeAborted(checkpoint: number): boolean {
    const isAborted = this.#aborted.has(checkpoint);
    for (const one of this.#aborted) if (one <= checkpoint) this.#aborted.delete(one);
    return isAborted;
  }

  /** Whether a subtask that has processed all its input may close, now that a checkpoint is complete. */
  isOverWith(checkpoint: number): boolean {
    return this.last !== undefined && checkpoint >= this.last;
  }
}
