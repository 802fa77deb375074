// Calls of Python functions, of one environment: who may call, which worker takes it (call-slot.ts), what becomes of it.
//
//   C1. Every call is settled once: by its answer, its time limit, its signal, the end of its worker, or the end of all.
//   C2. A worker that dies fails the calls that were sent to it, and no others; another takes its place.
//   C3. Plain functions of a worker run one after another, so no more are sent ahead than keep it at work; what waits, waits here,
//       for whichever worker is free first. Coroutines run side by side.
//   C4. A call that is given up has a worker end it, as far as that can be ended. While a worker is at one that it cannot end, it is
//       sent no others, and those that it has not begun go elsewhere; one that is at it for too long is replaced.
//   C5. Workers are there before the first call and stay until nothing is left to be called. They keep no process alive; a call
//       that waits for its answer does.

import { encodeValue, decodeValue } from '../bridge/codec/index.ts';
import { decodeControl } from '../bridge/codec/control.ts';
import { cancelledBy } from '../abort.ts';
import {
  CallError,
  CodecError,
  type ErrorReport,
  WorkerError,
  errorFromReport,
} from '../errors.ts';
import type { FunctionRef } from '../graph/job-graph.ts';
import { Fifo } from '../runtime/fifo.ts';
import { type Answer, DONE, FAILED, type Sent, type StartLane, largestCall } from './call-lane.ts';
import { CallSlot, type Called, type Waiting, closed } from './call-slot.ts';
import type { GraphSettings } from './graph-builder.ts';

/** How long a worker may be at a call that was given up (C4). */
const GIVEN_UP_MS = 1_000;
const LONG = 2 ** 31 - 1;

export interface Limits {
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

export class Calls {
  readonly #start: StartLane;
  readonly #settings: GraphSettings;
  readonly #functions = new Map<number, Called>();
  readonly #plain = new Fifo<Waiting>();
  readonly #coroutines = new Fifo<Waiting>();
  /** All that wait for something. */
  readonly #unsettled = new Set<Waiting>();
  #slots: CallSlot[] = [];
  #nextFunction = 1;
  #nextCall = 1;
  #isClosed = false;
  /** C5 */
  readonly #alive = setInterval(() => {}, LONG).unref();

  constructor(start: StartLane, settings: GraphSettings) {
    this.#start = start;
    this.#settings = settings;
  }

  /** Has every worker load the function; rejects with what its module, its constructor or its `open` fails with. */
  async add(ref: FunctionRef, maxCalls: number): Promise<Called> {
    const called: Called = {
      id: this.#nextFunction++,
      name: ref.name,
      ref,
      maxCalls,
      isAsync: false,
      pending: 0,
      isClosed: false,
      idle: undefined,
    };
    this.#functions.set(called.id, called);
    if (this.#slots.length === 0) {
      this.#slots = Array.from({ length: this.#settings.parallelism }, () => this.#newSlot());
    }
    const opened = await Promise.allSettled(this.#slots.map((slot) => slot.open(called)));
    const failure = opened.find((one) => one.status === 'rejected');
    if (failure === undefined) return called;
    await this.#remove(called);
    throw failure.reason;
  }

  call(called: Called, args: readonly unknown[], { timeoutMs, signal }: Limits): Promise<unknown> {
    if (this.#isClosed || called.isClosed) return Promise.reject(closed(called.name));
    if (called.pending >= called.maxCalls) return Promise.reject(tooMany(called));
    if (signal?.aborted === true) return Promise.reject(cancelledBy(signal, 'call'));
    let given: Uint8Array;
    try {
      given = this.#encoded(called, args);
    } catch (error) {
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        called.pending--;
        if (called.pending === 0) called.idle?.();
      };
      const waiting = this.#wait(
        called,
        given,
        (answer) => {
          done();
          try {
            resolve(decodeValue(answer));
          } catch (error) {
            reject(error);
          }
        },
        (error) => {
          done();
          reject(error);
        },
      );
      const onAbort = () => this.#giveUp(waiting, cancelledBy(signal, 'call'));
      signal?.addEventListener('abort', onAbort, { once: true });
      if (timeoutMs > 0) {
        waiting.deadline = performance.now() + timeoutMs;
        const late = () => this.#giveUp(waiting, tooLate(called, timeoutMs, waiting.slot));
        timer = setTimeout(late, timeoutMs);
      }
      called.pending++;
      const queue = called.isAsync ? this.#coroutines : this.#plain;
      queue.push(waiting);
      this.#pump(queue);
    });
  }

  #encoded({ name }: Called, args: readonly unknown[]): Uint8Array {
    const given = encodeValue(args);
    const largest = largestCall(this.#settings);
    if (given.byteLength <= largest) return given;
    throw new CodecError(
      `The arguments of "${name}" are ${given.byteLength} bytes, and a call may carry ${largest}. Raise ` +
        'isthmus.bridge.max-frame-bytes, or hand over a path.',
    );
  }

  /** Takes no further calls of the function; resolves when those under way are settled and it is closed everywhere. */
  async remove(called: Called): Promise<void> {
    if (called.isClosed) return;
    called.isClosed = true;
    if (called.pending > 0) {
      await new Promise<void>((resolve) => {
        called.idle = resolve;
      });
    }
    await this.#remove(called);
  }

  /** Rejects what waits; the workers end with their jobs, which the environment cancels. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#alive);
    for (const slot of this.#slots) slot.leave();
    for (const waiting of this.#unsettled) {
      this.#settle(waiting, () => waiting.reject(closed(waiting.called?.name ?? 'a function')));
    }
  }

  async #remove(called: Called): Promise<void> {
    called.isClosed = true;
    if (!this.#functions.delete(called.id) || this.#isClosed) return;
    await Promise.all(this.#slots.map((slot) => slot.closeFunction(called)));
    if (this.#functions.size > 0 || this.#isClosed) return;
    const slots = this.#slots;
    this.#slots = [];
    await Promise.all(slots.map((slot) => slot.end())); // C5
  }

  #newSlot(): CallSlot {
    return new CallSlot({
      start: this.#start,
      settings: this.#settings,
      functions: this.#functions,
      ask: (slot, record) => this.#ask(slot, record),
      answered: (slot, answers) => this.#answered(slot, answers),
      lost: (slot, error) => this.#lost(slot, error),
      ready: () => this.#pumpAll(),
      unopened: (called, error) => this.#unopened(called, error),
    });
  }

  #wait(
    called: Called | undefined,
    given: Uint8Array | undefined,
    resolve: Waiting['resolve'],
    reject: Waiting['reject'],
  ): Waiting {
    const id = this.#nextCall++;
    const waiting: Waiting = {
      id,
      called,
      given,
      resolve,
      reject,
      slot: undefined,
      sentAt: 0,
      deadline: Infinity,
      isSettled: false,
    };
    if (this.#unsettled.size === 0) this.#alive.ref(); // C5
    this.#unsettled.add(waiting);
    return waiting;
  }

  #settle(waiting: Waiting, how: () => void): void {
    if (waiting.isSettled) return; // C1
    waiting.isSettled = true;
    this.#unsettled.delete(waiting);
    if (this.#unsettled.size === 0) this.#alive.unref();
    how();
  }

  /** Something other than a call. */
  #ask(slot: CallSlot, [, what, of, given]: Sent): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const waiting = this.#wait(undefined, undefined, resolve, reject);
      slot.send(waiting, [waiting.id, what, of, given]);
    });
  }

  #pumpAll(): void {
    this.#pump(this.#plain);
    this.#pump(this.#coroutines);
  }

  #pump(queue: Fifo<Waiting>): void {
    for (let next = queue.peek(); next !== undefined; next = queue.peek()) {
      if (!next.isSettled) {
        const { id, called, given } = next as Waiting & { called: Called; given: Uint8Array };
        const slot = this.#freest(called);
        if (slot === undefined) return;
        slot.send(next, [id, 'call', called.id, given]);
      }
      queue.shift();
    }
  }

  /** C3 */
  #freest(called: Called): CallSlot | undefined {
    let found: CallSlot | undefined;
    for (const slot of this.#slots) {
      if (!slot.hasRoom(called)) continue;
      if (found === undefined || slot.load < found.load) found = slot;
    }
    return found;
  }

  #answered(slot: CallSlot, answers: readonly Answer[]): void {
    for (const [id, outcome, given] of answers) {
      const waiting = slot.taken(id);
      if (waiting === undefined || waiting.isSettled) continue;
      if (outcome !== DONE && outcome !== FAILED) {
        this.#plain.push(waiting); // It had not begun (C4).
        continue;
      }
      this.#settle(waiting, () => {
        if (outcome === DONE) waiting.resolve(given);
        else waiting.reject(failure(given));
      });
    }
    this.#pumpAll();
  }

  /** C2 */
  #lost(slot: CallSlot, error: unknown): void {
    for (const waiting of slot.takeAll()) this.#settle(waiting, () => waiting.reject(error));
    if (this.#slots.some((other) => other.isUp)) return;
    // No worker can be started: who waits would wait for nothing.
    if (slot.failures < 2) return;
    for (const queue of [this.#plain, this.#coroutines]) {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const waiting = next;
        this.#settle(waiting, () => waiting.reject(error));
      }
    }
  }

  /** Its calls are not kept waiting where no worker has it. */
  #unopened(called: Called, error: unknown): void {
    if (this.#slots.some((slot) => slot.has(called))) return;
    for (const waiting of this.#unsettled) {
      if (waiting.called === called) this.#settle(waiting, () => waiting.reject(error));
    }
  }

  #giveUp(waiting: Waiting, error: Error): void {
    if (waiting.isSettled) return;
    this.#settle(waiting, () => waiting.reject(error));
    const { slot, called, deadline } = waiting;
    if (slot?.isAt(waiting) !== true) return;
    slot.cancel(waiting);
    if (called?.isAsync === false) slot.recall();
    if (deadline === Infinity) return;
    const left = Math.max(0, deadline - performance.now());
    setTimeout(() => void this.#replaceIfStuck(slot, waiting), left + GIVEN_UP_MS).unref();
  }

  /** Whether its event loop turns: there is no function 0 to be closed. */
  async #answers(slot: CallSlot): Promise<boolean> {
    const { promise: never, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), GIVEN_UP_MS).unref();
    const answer = this.#ask(slot, [0, 'close', 0, null]).then(
      () => true,
      () => true, // It has died, and has been replaced.
    );
    const has = await Promise.race([answer, never]);
    clearTimeout(timer);
    return has;
  }

  /** A coroutine may go on in peace, unless it keeps the event loop of all (C4). */
  async #replaceIfStuck(slot: CallSlot, waiting: Waiting): Promise<void> {
    if (!slot.isAt(waiting)) return;
    if (waiting.called?.isAsync === true && (await this.#answers(slot))) return;
    if (!slot.isAt(waiting)) return;
    const message =
      `A Python worker was replaced: a call of "${waiting.called?.name}" has gone on for more than ${GIVEN_UP_MS} ms after its ` +
      'time limit. What else that worker was at has failed with it.';
    const report: ErrorReport = { code: 'ISTHMUS_WORKER_TIMEOUT', message };
    slot.replace(new WorkerError('ISTHMUS_WORKER_TIMEOUT', message, { report }));
  }
}

function failure(given: Uint8Array): Error {
  return errorFromReport(decodeControl(given) as ErrorReport);
}

function tooMany({ name, maxCalls }: Called): CallError {
  return new CallError(
    'ISTHMUS_CALL_LIMIT',
    `${maxCalls} calls of "${name}" wait or are under way, and maxCalls allows no more: answer "busy", or raise it in ` +
      `env.call(…, { maxCalls }).`,
  );
}

function tooLate({ name }: Called, timeoutMs: number, slot: CallSlot | undefined): CallError {
  const why =
    slot !== undefined
      ? ''
      : ' It was waiting for a free worker: more parallelism is more workers.';
  return new CallError(
    'ISTHMUS_CALL_TIMEOUT',
    `A call of "${name}" has had no answer within ${timeoutMs} ms.${why}`,
  );
}
