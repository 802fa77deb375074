// Records on their way from a job to whoever iterates them.
//
//   Q1. `put` gives a promise while WINDOW_RECORDS or more wait, so the job goes on as they are taken.
//   Q2. What nobody begins to iterate is kept up to the window, then discarded: an output that is of no interest never stops
//       a job. Iterating it later is an error that says so; records never go missing silently.
//   Q3. After the last record comes the end, or the error that ended the job.

import { GraphError } from '../errors.ts';
import type { MaybePromise } from '../runtime/operator.ts';

/** Records that wait for their reader before the job does. */
const WINDOW_RECORDS = 4096;

type Waiting<T> = PromiseWithResolvers<IteratorResult<T, undefined>>;

export class OutputQueue<T> implements AsyncIterable<T> {
  readonly #name: string;
  readonly #onLeft: () => Promise<void>;
  #batches: T[][] = [];
  /** Position in the first batch. */
  #next = 0;
  #count = 0;
  #state: 'untouched' | 'iterated' | 'discarded' | 'left' = 'untouched';
  #hasGiven = false;
  #ended = false;
  #failure: { error: unknown } | undefined;
  #room: PromiseWithResolvers<void> | undefined;
  #waiting: Waiting<T>[] = [];
  #began: (() => void) | undefined;
  #told: (() => void) | undefined;

  /**
   * @param name as errors say it
   * @param onLeft called when an iteration is left before its end; what it gives is awaited
   */
  constructor(name: string, onLeft: () => Promise<void>) {
    this.#name = name;
    this.#onLeft = onLeft;
  }

  get isIterated(): boolean {
    return this.#state === 'iterated';
  }

  /** Whether whoever iterates has been given a record. */
  get hasGiven(): boolean {
    return this.#hasGiven;
  }

  /** Forgets what waits: it comes again. */
  takeBack(): void {
    if (this.#state === 'untouched' || this.#state === 'iterated') this.#discard(this.#state);
  }

  /** Whether its reader has asked for a record that has not come. */
  get isWaitedFor(): boolean {
    return this.#waiting.length > 0;
  }

  /** Calls back once when the iteration begins. */
  onBegin(callback: () => void): void {
    this.#began = callback;
  }

  /** Calls back once when the error that ended the job has been given to whoever iterates, or nobody will take it any more. */
  onToldFailure(callback: () => void): void {
    this.#told = callback;
  }

  put(values: T[]): MaybePromise<void> {
    if (this.#state === 'discarded' || this.#state === 'left' || values.length === 0) return;
    let first = 0;
    for (; this.#waiting.length > 0 && first < values.length; first++) {
      this.#hasGiven = true;
      this.#waiting.shift()?.resolve({ value: values[first] as T, done: false });
    }
    if (first === values.length) return;
    this.#batches.push(first === 0 ? values : values.slice(first));
    this.#count += values.length - first;
    if (this.#count < WINDOW_RECORDS) return;
    if (this.#state === 'untouched') {
      this.#discard('discarded'); // Q2
      return;
    }
    this.#room ??= Promise.withResolvers();
    return this.#room.promise; // Q1
  }

  end(): void {
    this.#ended = true;
    for (const { resolve } of this.#waiting) resolve({ value: undefined, done: true });
    this.#waiting = [];
  }

  /** What waits is given out before the error (Q3). */
  fail(error: unknown): void {
    this.#ended = true;
    const [first, ...rest] = this.#waiting;
    this.#waiting = [];
    if (first === undefined) this.#failure = { error };
    else {
      first.reject(error);
      this.#told?.();
    }
    for (const { resolve } of rest) resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> & AsyncDisposable {
    if (this.#state === 'discarded') {
      throw new GraphError(
        `The output "${this.#name}" was discarded, because nobody had begun to iterate it when ${WINDOW_RECORDS} records ` +
          'had come; iterate all outputs you want at the same time.',
      );
    }
    if (this.#state === 'untouched') {
      this.#state = 'iterated';
      this.#began?.();
    }
    const leave = () => this.#leave();
    return {
      next: () => this.#take(),
      return: async () => {
        await leave();
        return { value: undefined, done: true };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
      [Symbol.asyncDispose]: leave,
    };
  }

  #take(): Promise<IteratorResult<T, undefined>> {
    const batch = this.#batches[0];
    if (batch !== undefined) {
      const value = batch[this.#next++] as T;
      this.#hasGiven = true;
      if (this.#next === batch.length) {
        this.#batches.shift();
        this.#next = 0;
      }
      this.#count--;
      if (this.#room !== undefined && this.#count < WINDOW_RECORDS / 2) {
        this.#room.resolve();
        this.#room = undefined;
      }
      return Promise.resolve({ value, done: false });
    }
    if (this.#failure !== undefined) {
      const { error } = this.#failure;
      this.#failure = undefined;
      this.#told?.();
      return Promise.reject(error as Error);
    }
    if (this.#ended || this.#state === 'left')
      return Promise.resolve({ value: undefined, done: true });
    const waiting: Waiting<T> = Promise.withResolvers();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  async #leave(): Promise<void> {
    const over = this.#ended && this.#batches.length === 0;
    if (this.#state === 'left') return;
    this.#discard('left');
    this.#told?.();
    for (const { resolve } of this.#waiting) resolve({ value: undefined, done: true });
    this.#waiting = [];
    if (!over) await this.#onLeft();
  }

  #discard(state: 'untouched' | 'iterated' | 'discarded' | 'left'): void {
    this.#state = state;
    this.#batches = [];
    this.#next = 0;
    this.#count = 0;
    this.#room?.resolve();
    this.#room = undefined;
  }
}
