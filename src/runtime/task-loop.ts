// When a subtask works: one step after the other, in slices, never two at a time.
//
//   L1. While a promise that a step returned is unsettled no other step is taken.
//   L2. A slice lasts SLICE_MS; then the event loop turns. A promise that settles within the slice goes on in it, so functions
//       that are asynchronous in name only cost no turn each, and cannot keep the loop from turning either.
//   L3. Whenever the loop comes to rest, `rest` is called: what was emitted is flushed.

import type { Clock } from '../machine/clock.ts';
import type { MaybePromise } from './operator.ts';

const SLICE_MS = 5;

export const IDLE = Symbol('idle');

export interface LoopHandlers {
  /** Does the next thing; IDLE when there is none (somebody calls `wake` or `resume` when there is). */
  step(): MaybePromise<void> | typeof IDLE;
  rest(): void;
  fail(thrown: unknown): void;
}

export class TaskLoop {
  readonly #clock: Clock;
  readonly #handlers: LoopHandlers;
  #running = false;
  #pending: Promise<unknown> | undefined;
  /** Cancels the turn that was asked for. */
  #turn: (() => void) | undefined;
  #sliceStart = 0;

  constructor(clock: Clock, handlers: LoopHandlers) {
    this.#clock = clock;
    this.#handlers = handlers;
  }

  /** The promise that the loop waits for (L1). */
  get pending(): Promise<unknown> | undefined {
    return this.#pending;
  }

  start(): void {
    this.#running = true;
    this.wake();
  }

  /** No further step is taken. */
  stop(): void {
    this.#running = false;
    this.#turn?.();
    this.#turn = undefined;
  }

  /** There is something to do: a step is taken at the next turn of the event loop. */
  wake(): void {
    if (this.#busy()) return;
    this.#turn = this.#clock.turn(this.#onTurn);
  }

  /** As `wake`, without waiting for a turn where the slice allows (L2). */
  resume(): void {
    if (this.#busy()) return;
    if (this.#clock.monotonic() - this.#sliceStart > SLICE_MS) this.wake();
    else this.#work();
  }

  #busy(): boolean {
    return !this.#running || this.#turn !== undefined || this.#pending !== undefined;
  }

  readonly #onTurn = (): void => {
    this.#turn = undefined;
    // Asked for while a step was taken that then returned a promise: its settling goes on (L1).
    if (this.#pending !== undefined) return;
    this.#sliceStart = this.#clock.monotonic();
    this.#work();
  };

  #work(): void {
    const handlers = this.#handlers;
    try {
      while (this.#running) {
        const step = handlers.step();
        if (step === IDLE) break;
        if (step !== undefined) {
          this.#suspend(step);
          break;
        }
        if (this.#clock.monotonic() - this.#sliceStart > SLICE_MS) {
          this.wake();
          break;
        }
      }
      handlers.rest(); // L3
    } catch (thrown) {
      handlers.fail(thrown);
    }
  }

  #suspend(promise: Promise<unknown>): void {
    this.#pending = promise;
    promise.then(
      () => {
        this.#pending = undefined;
        this.resume();
      },
      (thrown: unknown) => {
        this.#pending = undefined;
        this.#handlers.fail(thrown);
      },
    );
  }
}
