// The slices of one key that windows to come still hold, as two stacks: `back`, newest last, with one running value; and
// `front`, oldest last, each entry with the value of itself and all younger ones of the stack. A window is the top of `front`
// merged with the running value. (The two-stacks algorithm as in Tangwongsan, Hirzel and Schneider, "Low-Latency
// Sliding-Window Aggregation in Worst-Case Constant Time", 2017, with slices in place of records.)

import { UserFunctionError } from '../../errors.ts';
import { isPromise } from '../../runtime/output.ts';
import { settling } from '../../runtime/settling.ts';

/** Puts an older and a younger value together and changes neither. */
export type Merge = (older: unknown, younger: unknown) => unknown;

export class SliceStacks {
  readonly key: unknown;
  /** Oldest last. */
  readonly #frontStarts: number[] = [];
  readonly #frontOwn: unknown[] = [];
  readonly #frontValues: unknown[] = [];
  /** Newest last. */
  #backStarts: number[] = [];
  #backOwn: unknown[] = [];
  #running: unknown = undefined;

  constructor(key: unknown) {
    this.key = key;
  }

  get isEmpty(): boolean {
    return this.#frontStarts.length === 0 && this.#backStarts.length === 0;
  }

  /** Adds the youngest slice. */
  push(start: number, own: unknown, merge: Merge): void {
    this.#running = this.#backStarts.length === 0 ? own : merge(this.#running, own);
    this.#backStarts.push(start);
    this.#backOwn.push(own);
  }

  /** The value of all slices; there must be one. */
  value(merge: Merge): unknown {
    const top = this.#frontStarts.length - 1;
    if (top < 0) return this.#running;
    const front = this.#frontValues[top];
    return this.#backStarts.length === 0 ? front : merge(front, this.#running);
  }

  /** Drops slices that begin before `oldest`. */
  dropBefore(oldest: number, merge: Merge): void {
    const starts = this.#frontStarts;
    while (starts.length > 0 && (starts[starts.length - 1] as number) < oldest) {
      starts.pop();
      this.#frontOwn.pop();
      this.#frontValues.pop();
    }
    if (starts.length > 0 || this.#backStarts.length === 0) return;
    if ((this.#backStarts[0] as number) < oldest) this.#flip(oldest, merge);
  }

  /** Turns `back` into `front`, leaving out what begins before `oldest`. */
  #flip(oldest: number, merge: Merge): void {
    const starts = this.#backStarts;
    for (let i = starts.length - 1; i >= 0; i--) {
      const start = starts[i] as number;
      if (start < oldest) break;
      const own = this.#backOwn[i];
      const top = this.#frontValues.length - 1;
      this.#frontValues.push(top < 0 ? own : merge(own, this.#frontValues[top]));
      this.#frontStarts.push(start);
      this.#frontOwn.push(own);
    }
    this.#backStarts = [];
    this.#backOwn = [];
    this.#running = undefined;
  }

  /** All slices, oldest first. */
  *entries(): Generator<[start: number, own: unknown]> {
    for (let i = this.#frontStarts.length - 1; i >= 0; i--) {
      yield [this.#frontStarts[i] as number, this.#frontOwn[i]];
    }
    for (let i = 0; i < this.#backStarts.length; i++) {
      yield [this.#backStarts[i] as number, this.#backOwn[i]];
    }
  }
}

/** What a mergeable function gives, which is no promise. */
export function synchronous(value: unknown): unknown {
  if (!isPromise(value)) return value;
  settling(value).then(undefined, () => {});
  throw new UserFunctionError(
    'A function that declares itself mergeable returned a promise; make it synchronous, or leave out `mergeable`.',
  );
}

export function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
