// Batches out of iterables. A batch holds what is there without waiting: up to BATCH_RECORDS of a fast producer, one
// record of a slow one.
//
//   P1. The iterator is advanced only while the subtask asks, so a job that cannot take more stops it. An asynchronous one
//       may be a single step ahead: its promise cannot be taken back.
//   P2. A record is copied as it is pulled: the iterator may yield the same object again, changed.
//   P3. `close` calls the iterator's `return` once, unless it has ended. One that ends by itself has time to do so before:
//       what stands behind its loop is part of its clean-up.
//   P4. `finish` ends an iterator so that nothing is lost: the record it is at comes before the end. One that ends by itself
//       goes on to its end; the others are told to `return`. Neither is waited for longer than the close timeout.

import { Readable } from 'node:stream';
import type { Clock } from '../../machine/clock.ts';
import type { Isolate } from '../../runtime/isolate.ts';
import type { MaybePromise } from '../../runtime/operator.ts';
import { isOf } from '../../runtime/shown.ts';

const BATCH_RECORDS = 1024;
/** How long a synchronous iterator may be pulled for one batch. */
const PULL_MS = 2;

export interface Pull {
  /** The next values, possibly none; undefined at the end. */
  next(signal: AbortSignal): MaybePromise<unknown[] | undefined>;
  /** Ends it (P3). `endsByItself`: as in `finish`; what it still gives is dropped. */
  close(endsByItself: boolean): MaybePromise<void>;
  /** Lets it end (P4). `endsByItself`: it knows, and goes on to its end. */
  finish(endsByItself: boolean): void;
}

export function pullIterable(
  iterable: Iterable<unknown> | AsyncIterable<unknown>,
  clock: Clock,
  isolate: Isolate,
  closeTimeoutMs: number,
): Pull {
  // A value that is both (a Node Readable is not, some queues are) is most likely meant to be waited for.
  if (Symbol.asyncIterator in iterable)
    return new AsyncPull(iterable, clock, isolate, closeTimeoutMs);
  return new SyncPull(iterable[Symbol.iterator](), clock, isolate, closeTimeoutMs);
}

class SyncPull implements Pull {
  readonly #iterator: Iterator<unknown>;
  readonly #clock: Clock;
  readonly #isolate: Isolate;
  #ended = false;
  /** Records between two looks at the clock. */
  #stride = 1;
  readonly #closeTimeoutMs: number;
  /** When it must have ended. */
  #deadline = Infinity;

  constructor(iterator: Iterator<unknown>, clock: Clock, isolate: Isolate, closeTimeoutMs: number) {
    this.#iterator = iterator;
    this.#clock = clock;
    this.#isolate = isolate;
    this.#closeTimeoutMs = closeTimeoutMs;
  }

  finish(endsByItself: boolean): void {
    if (endsByItself) this.#deadline = this.#clock.monotonic() + this.#closeTimeoutMs;
    else this.close(false);
  }

  next(): unknown[] | undefined {
    if (this.#clock.monotonic() > this.#deadline) this.close(false);
    if (this.#ended) return undefined;
    const values: unknown[] = [];
    const isolate = this.#isolate;
    let last = this.#clock.monotonic();
    const until = last + PULL_MS;
    while (values.length < BATCH_RECORDS) {
      for (let i = 0; i < this.#stride; i++) {
        const step = this.#iterator.next();
        if (typeof step !== 'object') throw noResult(step);
        if (step.done === true) {
          this.#ended = true;
          return values.length === 0 ? undefined : values;
        }
        values.push(isolate(step.value)); // P2
      }
      const now = this.#clock.monotonic();
      if (now - last > PULL_MS / 8) this.#stride = 1;
      else this.#stride = Math.min(128, this.#stride * 2);
      last = now;
      if (now >= until) break;
    }
    return values;
  }

  close(endsByItself: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    const until = this.#clock.monotonic() + this.#closeTimeoutMs / 2;
    while (endsByItself && this.#clock.monotonic() < until) {
      if (this.#iterator.next().done === true) return;
    }
    this.#iterator.return?.();
  }
}

class AsyncPull implements Pull {
  readonly #iterable: AsyncIterable<unknown>;
  readonly #iterator: AsyncIterator<unknown>;
  readonly #clock: Clock;
  readonly #isolate: Isolate;
  #values: unknown[] = [];
  #ended = false;
  #failure: { reason: unknown } | undefined;
  /** True while a step of the iterator is unsettled. */
  #stepping = false;
  #deliver: (() => void) | undefined;
  /** Cancels the turn that was asked for. */
  #turn: (() => void) | undefined;
  readonly #closeTimeoutMs: number;
  /** P4: it is to end; and nothing more is asked of it but that. */
  #finishing = false;
  #leaving = false;
  /** Cancels the end of its patience. */
  #deadline: (() => void) | undefined;
  #stepped: Promise<void> = Promise.resolve();

  constructor(
    iterable: AsyncIterable<unknown>,
    clock: Clock,
    isolate: Isolate,
    closeTimeoutMs: number,
  ) {
    this.#iterable = iterable;
    this.#clock = clock;
    this.#iterator = iterable[Symbol.asyncIterator]();
    this.#isolate = isolate;
    this.#closeTimeoutMs = closeTimeoutMs;
  }

  finish(endsByItself: boolean): void {
    if (this.#ended || this.#finishing) return;
    this.#finishing = true;
    if (!endsByItself) void this.#leave();
    else this.#deadline = this.#clock.after(this.#closeTimeoutMs, () => void this.#leave());
  }

  /** Has the iterator return, and waits for that and for the step that is under way. */
  async #leave(): Promise<void> {
    this.#leaving = true;
    const late = new Promise<void>((resolve) => {
      this.#deadline?.();
      this.#deadline = this.#clock.after(this.#closeTimeoutMs, resolve);
    });
    if (this.#iterable instanceof Readable) this.#endStream(this.#iterable);
    const returned = (async () => {
      await this.#iterator.return?.();
    })().catch((thrown: unknown) => this.#fail(thrown));
    await Promise.race([Promise.all([this.#stepped, returned]), late]);
    this.#deadline?.();
    this.#ended = true;
    this.#deliver?.();
  }

  /** The iterator of a stream returns only with its next chunk, which may never come. What it has read already counts. */
  #endStream(stream: Readable): void {
    // No more than that: reading has a stream make more, and one that makes it at once would never end.
    for (let left = stream.readableLength; left > 0; ) {
      const chunk = stream.read() as unknown;
      if (chunk === null) break;
      this.#values.push(this.#isolate(chunk));
      left -= stream.readableObjectMode ? 1 : (chunk as string | Buffer).length;
    }
    stream.destroy();
  }

  next(): MaybePromise<unknown[] | undefined> {
    if (this.#values.length > 0 || this.#ended || this.#failure !== undefined) {
      const batch = this.#take();
      return batch;
    }
    const { promise, resolve, reject } = Promise.withResolvers<unknown[] | undefined>();
    this.#deliver = () => {
      this.#deliver = undefined;
      try {
        resolve(this.#take());
      } catch (thrown) {
        reject(thrown);
      }
    };
    this.#step();
    return promise;
  }

  async close(endsByItself: boolean): Promise<void> {
    this.#turn?.();
    this.#deadline?.();
    this.#deliver = undefined;
    if (this.#ended) return;
    this.#ended = true;
    // Its iterator would return with its next chunk only.
    if (this.#iterable instanceof Readable) this.#iterable.destroy();
    const until = this.#clock.monotonic() + this.#closeTimeoutMs / 2;
    while (endsByItself && this.#clock.monotonic() < until) {
      const step = await this.#iterator.next();
      if (step.done === true) return;
    }
    // A generator that waits in the middle of a step answers `return` only after it: whoever closes bounds the time.
    await this.#iterator.return?.();
  }

  #take(): unknown[] | undefined {
    const values = this.#values;
    if (values.length > 0) {
      this.#values = [];
      return values;
    }
    if (this.#failure !== undefined) throw this.#failure.reason;
    return this.#ended ? undefined : values;
  }

  #step(): void {
    if (this.#stepping || this.#ended || this.#leaving) return;
    this.#stepping = true;
    let step: Promise<IteratorResult<unknown>>;
    try {
      step = Promise.resolve(this.#iterator.next());
    } catch (thrown) {
      this.#fail(thrown);
      return;
    }
    this.#stepped = step.then(this.#onStep, this.#onFailure);
  }

  readonly #onStep = (result: IteratorResult<unknown>): void => {
    this.#stepping = false;
    if (typeof result !== 'object' || result === null) {
      this.#fail(noResult(result));
      return;
    }
    if (result.done === true) {
      this.#ended = true;
      this.#deliver?.();
      return;
    }
    let count: number;
    try {
      count = this.#values.push(this.#isolate(result.value)); // P2
    } catch (thrown) {
      this.#fail(thrown);
      return;
    }
    if (this.#deliver === undefined) return; // P1: nobody asks.
    if (count >= BATCH_RECORDS) {
      this.#deliver();
      return;
    }
    // What else settles before the event loop turns belongs to the same batch.
    this.#turn ??= this.#clock.turn(() => {
      this.#turn = undefined;
      if (this.#values.length > 0) this.#deliver?.();
    });
    this.#step();
  };

  readonly #onFailure = (thrown: unknown): void => {
    this.#stepping = false;
    this.#fail(thrown);
  };

  #fail(thrown: unknown): void {
    if (!this.#finishing || !isEndOfWaiting(thrown)) this.#failure = { reason: thrown };
    this.#ended = true;
    this.#deliver?.();
  }
}

/** Without this, what is no result would be one without a value, again and again. */
function noResult(given: unknown): TypeError {
  return new TypeError(`The iterator's next() gave ${String(given)}, which is no object.`);
}

/** What a wait ends with by the signal of its context, and the iteration of a stream that we have ended. */
function isEndOfWaiting(thrown: unknown): boolean {
  if (!isOf(thrown, Error)) return false;
  const { name, code } = thrown as { name?: unknown; code?: unknown };
  return name === 'AbortError' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}
