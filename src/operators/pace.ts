// Lets the event loop turn within a loop of many results: timers of the process, frames, an abort come to their turn.
// Promises that settle at once do not do that: they never leave the microtask queue.

import type { MaybePromise, OperatorContext } from '../runtime/operator.ts';

/** Results between two looks at the clock. */
export const CHECK_EVERY = 128;
const SLICE_MS = 5;

/** One for each loop. */
export class Pace {
  readonly #ctx: OperatorContext;
  #untilCheck = CHECK_EVERY;
  #start = 0;

  constructor(ctx: OperatorContext) {
    this.#ctx = ctx;
  }

  /** After a result; what to wait for before the next one, when it is time. */
  turn(): Promise<void> | undefined {
    return --this.#untilCheck > 0 ? undefined : this.waited();
  }

  /** As `turn`, after a result that is waited for already where it gave a promise. */
  after(wait: MaybePromise<void>): MaybePromise<void> {
    return wait ?? this.turn();
  }

  /** As `turn`, after a wait: it may have been short, and the next result of another kind. */
  waited(): Promise<void> | undefined {
    this.#untilCheck = CHECK_EVERY;
    const ctx = this.#ctx;
    if (ctx.pause === undefined) return undefined;
    const now = ctx.clock.monotonic();
    if (this.#start === 0) this.#start = now;
    if (now - this.#start <= SLICE_MS) return undefined;
    this.#start = 0;
    return ctx.pause();
  }
}
