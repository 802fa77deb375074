// Which channels of a task wait for the others' barrier. Pure bookkeeping; the gate holds the elements. Twin of
// python/isthmus/_worker/runtime/aligner.py.
//
//   A1. From its barrier to the end of the alignment nothing of a channel is handed out.
//   A2. A channel that has ended counts as one whose barrier has come.
//   A3. A barrier of a newer checkpoint gives up the alignment of an older one: that one can no longer complete, and its
//       barriers that are still to come mean nothing.

import type { BarrierElement } from './element.ts';

export class BarrierAligner {
  readonly #arrived = new Set<number>();
  readonly #open: Set<number>;
  #barrier: BarrierElement | undefined;
  /** The newest checkpoint that a barrier was of. */
  #newest = -1;

  constructor(channels: number) {
    this.#open = new Set(Array.from({ length: channels }, (_, index) => index));
  }

  /** True while `channel` must hand nothing out (A1). */
  isBlocked(channel: number): boolean {
    return this.#arrived.has(channel);
  }

  /**
   * A barrier arrived on `channel`. Returns the channels to release, if any, and the barrier once it has come on all.
   */
  arrive(channel: number, barrier: BarrierElement): AlignmentStep {
    const { checkpoint } = barrier;
    if (checkpoint < this.#newest || (checkpoint === this.#newest && this.#barrier === undefined)) {
      return NOTHING; // A3
    }
    let released: number[] = [];
    if (checkpoint > this.#newest) {
      released = [...this.#arrived]; // A3
      this.#arrived.clear();
      this.#barrier = barrier;
      this.#newest = checkpoint;
    }
    this.#arrived.add(channel);
    return this.#complete(released);
  }

  end(channel: number): AlignmentStep {
    this.#open.delete(channel);
    return this.#barrier === undefined ? NOTHING : this.#complete([]); // A2
  }

  #complete(released: number[]): AlignmentStep {
    for (const channel of this.#open) if (!this.#arrived.has(channel)) return { released };
    const barrier = this.#barrier as BarrierElement;
    const all = [...new Set([...released, ...this.#arrived])];
    this.#arrived.clear();
    this.#barrier = undefined;
    return { released: all, aligned: barrier };
  }
}

export interface AlignmentStep {
  released: readonly number[];
  /** The barrier that has now arrived on every open channel. */
  aligned?: BarrierElement;
}

const NOTHING: AlignmentStep = { released: [] };
