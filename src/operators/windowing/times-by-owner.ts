// The timers of each owner of a queue: only where it must be known what changes.

import type { TimerQueue } from './timer-queue.ts';

/** Times beyond which those that are over are looked for. */
const FEW = 8;

export class TimesByOwner<O> {
  readonly #queue: TimerQueue<O>;
  /** May have times that are over. */
  readonly #times = new Map<O, number[]>();

  constructor(queue: TimerQueue<O>) {
    this.#queue = queue;
  }

  /** A timer comes, or goes. */
  told(time: number, owner: O): void {
    const times = this.#times.get(owner);
    if (times === undefined) {
      this.#times.set(owner, [time]);
    } else if (!times.includes(time)) {
      const isPowerOfTwo = (times.length & (times.length - 1)) === 0;
      if (times.length >= FEW && isPowerOfTwo) this.#times.set(owner, [...this.of(owner), time]);
      else times.push(time);
    }
  }

  of(owner: O): number[] {
    const times = this.#times.get(owner) ?? [];
    return times.filter((time) => this.#queue.ownerAt(time, owner) !== undefined);
  }

  forget(owner: O): void {
    this.#times.delete(owner);
  }
}
