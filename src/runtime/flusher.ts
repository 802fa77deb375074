import type { Clock } from '../machine/clock.ts';
import type { OutputChannel } from './output-channel.ts';

/** The channels of a subtask that hold records to be sent. */
export class Flusher {
  readonly #dirty = new Set<OutputChannel>();
  readonly #clock: Clock;
  readonly #waiting: () => boolean;
  readonly #fail: (thrown: unknown) => void;
  /** Cancels the turn that was asked for. */
  #turn: (() => void) | undefined;

  /** `waiting` says whether the subtask waits for a promise: then nobody comes by to flush. */
  constructor(clock: Clock, waiting: () => boolean, fail: (thrown: unknown) => void) {
    this.#clock = clock;
    this.#waiting = waiting;
    this.#fail = fail;
  }

  add(channel: OutputChannel): void {
    this.#dirty.add(channel);
    if (this.#turn === undefined && this.#waiting()) this.#turn = this.#clock.turn(this.#onTurn);
  }

  /** `pushed`: also what would wait for an answer, to make a batch larger. */
  flush(pushed = false): void {
    if (this.#dirty.size === 0) return;
    for (const channel of this.#dirty) channel.flush(pushed);
    this.#dirty.clear();
  }

  stop(): void {
    this.#turn?.();
    this.#dirty.clear();
  }

  readonly #onTurn = (): void => {
    this.#turn = undefined;
    try {
      this.flush();
    } catch (thrown) {
      this.#fail(thrown);
    }
  };
}
