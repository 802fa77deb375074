// The records of one batch on their way into the chain, a chunk at a time, so that the subtask can look at the clock and
// at its timers in between. Chunks shrink to one record where records are slow.
//
// The first records of a subtask, and those behind a slow one, go one by one, and what they made leaves before the next: a
// function that holds the event loop holds up everything, and how long it will take for the next record, nobody knows.

import type { ChainTimer } from './chain-links.ts';
import { type Cursor, type Emit, MIN_TIMESTAMP, type MaybePromise } from './operator.ts';
import type { RecordBatch } from './batch-codec.ts';

const MAX_CHUNK = 256;
/** A chunk that took longer makes the next one smaller. */
const LONG_CHUNK_MS = 1;
/** Records that go one by one, and how long one takes after which as many do. */
const CAREFUL_RECORDS = 128;
const SLOW_MS = 5;

export class RecordRun {
  /** Time spent in the chain so far, its waiting left out. */
  busyMs = 0;
  readonly #cursor: Cursor;
  readonly #timer: ChainTimer;
  readonly #now: () => number;
  #batch: RecordBatch | undefined;
  #push: Emit = nowhere;
  #index = 0;
  #chunk = 1;
  #careful = CAREFUL_RECORDS;

  constructor(cursor: Cursor, timer: ChainTimer, now: () => number) {
    this.#cursor = cursor;
    this.#timer = timer;
    this.#now = now;
  }

  get active(): boolean {
    return this.#batch !== undefined;
  }

  /** Records of the batch at hand that have been taken; one whose promise is unsettled counts. */
  get taken(): number {
    return this.#index;
  }

  /** Whether what has been made is to leave before the next record. */
  get careful(): boolean {
    return this.#careful > 0;
  }

  /** `batch` must have records. */
  begin(batch: RecordBatch, push: Emit): void {
    if (batch.values.length === 0) return;
    this.#batch = batch;
    this.#push = push;
    this.#index = 0;
  }

  /** Pushes the next chunk; a promise ends it early. */
  advance(): MaybePromise<void> {
    const { values, timestamps, keys } = this.#batch as RecordBatch;
    const push = this.#push;
    const cursor = this.#cursor;
    const timer = this.#timer;
    const start = this.#now();
    let index = this.#index;
    const end = Math.min(index + (this.#careful > 0 ? 1 : this.#chunk), values.length);
    let pending: MaybePromise<void> = undefined;
    timer.inRun = true;
    timer.on = true; // The first of each chunk.
    while (index < end) {
      cursor.timestamp = timestamps === undefined ? MIN_TIMESTAMP : (timestamps[index] as number);
      cursor.key = keys === undefined ? undefined : keys[index];
      pending = push(values[index++]);
      timer.on = false;
      if (pending !== undefined) break;
    }
    timer.inRun = false;
    if (index === values.length) this.#batch = undefined;
    this.#index = index;
    this.#account(this.#now() - start);
    return pending;
  }

  #account(elapsedMs: number): void {
    this.busyMs += elapsedMs;
    if (elapsedMs > SLOW_MS) this.#careful = CAREFUL_RECORDS;
    else if (this.#careful > 0) this.#careful--;
    if (elapsedMs > LONG_CHUNK_MS) this.#chunk = Math.max(1, this.#chunk >> 3);
    else if (elapsedMs < LONG_CHUNK_MS / 4) this.#chunk = Math.min(MAX_CHUNK, this.#chunk * 2);
  }
}

function nowhere(): void {}
