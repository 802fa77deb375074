// Takes away what has expired and nobody asks for any more: with every access to a state a few of its other keys are looked at.

import type { KeyedTable } from './table.ts';

export class BackgroundCleanup<T> {
  readonly #table: KeyedTable<T>;
  readonly #keys: number;
  readonly #left: (entry: T) => T | undefined;
  #round: Iterator<[unknown, T]> | undefined;

  /** `left`: what of an entry has not expired; the entry itself where all of it. */
  constructor(table: KeyedTable<T>, keys: number, left: (entry: T) => T | undefined) {
    this.#table = table;
    this.#keys = keys;
    this.#left = left;
  }

  /** The next few keys. */
  step(): void {
    for (let i = 0; i < this.#keys; i++) {
      this.#round ??= this.#table.identities();
      const step = this.#round.next();
      if (step.done === true) {
        this.#round = undefined;
        return;
      }
      const [identity, entry] = step.value;
      if (this.#left(entry) !== entry) this.#table.revise(identity, this.#left);
    }
  }
}
