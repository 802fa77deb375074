// Calls of an asynchronous function: attempts, pauses between them, and the time that all of them together may take.
//
//   C1. A call ends once: with results, or with what was thrown. What comes after that is ignored.
//   C3. Results are taken as they are given: other calls go on before they leave, and may share them.
//   C2. Time is the operator's clock. All calls have the same limit, so that one alarm, for the oldest, is enough.

import { type Isolate, recordIsolator } from '../runtime/isolate.ts';
import type { Clock, MaybePromise, OperatorContext } from '../runtime/operator.ts';
import { isPromise } from '../runtime/output.ts';
import { settling } from '../runtime/settling.ts';
import { inspectRecord } from '../runtime/failure.ts';
import { Fifo } from '../runtime/fifo.ts';
import type { Call } from './async-queue.ts';

/** When a call is tried again. */
export interface RetryStrategy {
  readonly maxAttempts: number;
  /** After the `attempt`-th call, from 1. */
  pauseAfterMs(attempt: number): number;
  shouldRetryResult(results: unknown[]): boolean;
  shouldRetryError(error: unknown): boolean;
}

export interface AsyncFunction {
  readonly invoke: (value: unknown) => unknown;
  /** What a call that took too long gives. */
  readonly timeout?: (value: unknown) => unknown;
}

export class AsyncCalls {
  readonly #function: AsyncFunction;
  readonly #retry: RetryStrategy | undefined;
  readonly #clock: Clock;
  readonly #isolate: Isolate;
  readonly #ended: (call: Call) => void;
  /** Calls with a limit, oldest first; those that are over leave when they come to the front. */
  readonly #limited = new Fifo<Call>();
  readonly #pauses = new Set<() => void>();
  #cancelAlarm: (() => void) | undefined;
  #closed = false;

  constructor(
    fn: AsyncFunction,
    retry: RetryStrategy | undefined,
    { clock, settings }: Pick<OperatorContext, 'clock' | 'settings'>,
    ended: (call: Call) => void,
  ) {
    this.#function = fn;
    this.#retry = retry;
    this.#clock = clock;
    this.#isolate = recordIsolator(settings);
    this.#ended = ended;
  }

  /** `given`: what the function gave, where it has been called already. */
  start(call: Call, given?: Promise<unknown>): void {
    if (given === undefined) this.#attempt(call);
    else this.#outcome(call, ++call.attempt, () => given);
    if (call.deadline === Infinity || call.state !== 'pending') return;
    this.#limited.push(call);
    if (this.#cancelAlarm === undefined) this.#watch();
  }

  close(): void {
    this.#closed = true;
    this.#cancelAlarm?.();
    for (const cancel of this.#pauses) cancel();
    this.#pauses.clear();
  }

  #attempt(call: Call): void {
    this.#outcome(call, ++call.attempt, this.#function.invoke);
  }

  /** Calls `give` with the record, and takes what it gives as the outcome of an attempt. */
  #outcome(call: Call, attempt: number, give: (value: unknown) => unknown): void {
    let given: unknown;
    try {
      given = resultsOf(give(call.value), this.#isolate);
    } catch (thrown) {
      this.#threw(call, attempt, thrown);
      return;
    }
    if (!isPromise(given)) {
      this.#gave(call, attempt, given as unknown[]);
      return;
    }
    settling(given).then(
      (results) => this.#gave(call, attempt, results as unknown[]),
      (thrown: unknown) => this.#threw(call, attempt, thrown),
    );
  }

  #gave(call: Call, attempt: number, results: unknown[]): void {
    if (call.state !== 'pending' || call.attempt !== attempt) return; // C1
    this.#decide(call, results, 'done', (retry) => retry.shouldRetryResult(results));
  }

  #threw(call: Call, attempt: number, thrown: unknown): void {
    if (call.state !== 'pending' || call.attempt !== attempt) return; // C1
    this.#decide(call, thrown, 'failed', (retry) => retry.shouldRetryError(thrown));
  }

  #decide(
    call: Call,
    outcome: unknown,
    state: 'done' | 'failed',
    shouldRetry: (retry: RetryStrategy) => boolean,
  ): void {
    const retry = this.#retry;
    try {
      if (
        retry !== undefined &&
        !isOutOfTime(call) &&
        call.attempt < retry.maxAttempts &&
        shouldRetry(retry)
      ) {
        this.#pause(call, retry.pauseAfterMs(call.attempt));
        return;
      }
    } catch (thrown) {
      this.#end(call, thrown, 'failed');
      return;
    }
    this.#end(call, outcome, state);
  }

  #pause(call: Call, ms: number): void {
    if (this.#closed) return;
    const cancel = this.#clock.at(this.#clock.now() + ms, () => {
      this.#pauses.delete(cancel);
      if (call.state === 'pending' && !isOutOfTime(call)) this.#attempt(call);
    });
    this.#pauses.add(cancel);
  }

  #end(call: Call, outcome: unknown, state: 'done' | 'failed'): void {
    call.outcome = outcome;
    call.state = state;
    this.#ended(call);
  }

  /** Sets the alarm for the oldest call (C2). */
  #watch(): void {
    this.#cancelAlarm = undefined;
    const now = this.#clock.now();
    for (let oldest = this.#limited.peek(); oldest !== undefined; oldest = this.#limited.peek()) {
      if (oldest.state === 'pending' && oldest.deadline > now) {
        if (!this.#closed) {
          this.#cancelAlarm = this.#clock.at(oldest.deadline, () => this.#watch());
        }
        return;
      }
      this.#limited.shift();
      if (oldest.state === 'pending') this.#timeOut(oldest);
    }
  }

  #timeOut(call: Call): void {
    call.attempt = OUT_OF_TIME;
    const { timeout } = this.#function;
    if (timeout !== undefined) this.#outcome(call, OUT_OF_TIME, timeout);
    else this.#end(call, new CallTimeoutError(call.value), 'failed');
  }
}

/** Stands for an attempt: the answer to it is that of the function's `timeout`. */
const OUT_OF_TIME = -1;

function isOutOfTime(call: Call): boolean {
  return call.attempt === OUT_OF_TIME;
}

class CallTimeoutError extends Error {
  constructor(value: unknown) {
    super(
      `Async function call has timed out for input: ${inspectRecord(value)}. Allow more time, or give the function a ` +
        'method timeout(value) with what is to be emitted then.',
    );
    this.name = 'TimeoutError';
  }
}

/** An array of the results. */
function resultsOf(given: unknown, isolate: Isolate): MaybePromise<unknown[]> {
  if (Array.isArray(given)) return given.map(isolate); // C3
  if (isPromise(given)) return settling(given).then((settled) => resultsOf(settled, isolate));
  if (typeof given === 'object' && given !== null) {
    if (Symbol.iterator in given) return Array.from(given as Iterable<unknown>, isolate);
    if (Symbol.asyncIterator in given) return gathered(given as AsyncIterable<unknown>, isolate);
  }
  const shown = typeof given === 'string' ? 'a string' : inspectRecord(given);
  throw new TypeError(
    `asyncInvoke and timeout give an array, or another iterable, of results; one of them gave ${shown}. ` +
      'Put a single result into an array; give [] for none.',
  );
}

async function gathered(given: AsyncIterable<unknown>, isolate: Isolate): Promise<unknown[]> {
  const results: unknown[] = [];
  for await (const result of given) results.push(isolate(result));
  return results;
}
