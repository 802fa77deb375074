// What sinks have to commit of checkpoints that are complete.
//
//   M1. A commit that fails is asked for again when its sink says; a newer checkpoint commits what an older one could not.
//   M2. Of what was restored nothing is left to commit before anything is processed.

import type { Clock } from '../machine/clock.ts';
import type { Chain } from './chain.ts';

export class Commits {
  readonly #clock: Clock;
  /** What was restored is not committed yet (M2). */
  isHeld = false;
  #cancel: (() => void) | undefined;
  #isOver = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Gives whether all is committed; where it is not, `again` is called when it is time to try again (M1). */
  async commit(chain: Chain, checkpoint: number, again: () => void): Promise<boolean> {
    this.#cancel?.();
    this.#cancel = undefined;
    const at = await chain.commit(checkpoint);
    if (this.#isOver) return false;
    if (at === undefined) {
      this.isHeld = false;
      return true;
    }
    this.#cancel = this.#clock.at(at, again);
    return false;
  }

  /** Nothing is tried again. */
  stop(): void {
    this.#isOver = true;
    this.#cancel?.();
  }
}
