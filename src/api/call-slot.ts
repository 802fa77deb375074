// The place of one worker that calls are sent to: the lane that is there now, what was sent to it, which functions it has open.

import { decodeControl } from '../bridge/codec/control.ts';
import { CallError } from '../errors.ts';
import type { FunctionRef } from '../graph/job-graph.ts';
import { type Answer, CallLane, type Sent, type StartLane } from './call-lane.ts';
import type { GraphSettings } from './graph-builder.ts';

/** Calls that a worker has at a time (C3 of calls.ts): more where answers are quick, fewer where they are slow. */
const PLAIN_AHEAD = { least: 2, first: 16, most: 256 };
const QUICK_MS = 25;
const SLOW_MS = 50;
const COROUTINES_AHEAD = 256;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/** A function that is called. */
export interface Called {
  readonly id: number;
  readonly name: string;
  readonly ref: FunctionRef;
  readonly maxCalls: number;
  isAsync: boolean;
  /** Calls that wait or are under way. */
  pending: number;
  isClosed: boolean;
  /** Told when its last call is settled. */
  idle: (() => void) | undefined;
}

/** Somebody who waits for an answer. */
export interface Waiting {
  readonly id: number;
  readonly called: Called | undefined;
  readonly given: Uint8Array | undefined;
  resolve(given: Uint8Array): void;
  reject(error: unknown): void;
  slot: CallSlot | undefined;
  /** By the monotonic clock. */
  sentAt: number;
  /** When it is given up, by the monotonic clock. */
  deadline: number;
  isSettled: boolean;
}

interface SlotOptions {
  start: StartLane;
  settings: GraphSettings;
  functions: ReadonlyMap<number, Called>;
  ask: (slot: CallSlot, record: Sent) => Promise<Uint8Array>;
  answered: (slot: CallSlot, answers: readonly Answer[]) => void;
  lost: (slot: CallSlot, error: unknown) => void;
  /** A function is ready there. */
  ready: () => void;
  /** A worker that took the place of another cannot open it. */
  unopened: (called: Called, error: unknown) => void;
}

export class CallSlot {
  readonly #options: SlotOptions;
  #lane: CallLane;
  /** By number of the function. */
  #opening = new Map<number, Promise<void>>();
  #open = new Set<number>();
  readonly #sent = new Map<number, Waiting>();
  #plain = 0;
  #coroutines = 0;
  /** Plain calls that it may have at a time (C3 of calls.ts). */
  #ahead = PLAIN_AHEAD.first;
  #hasLeft = false;
  #restart: NodeJS.Timeout | undefined;
  /** In a row, without a worker that was of use. */
  failures = 0;

  constructor(options: SlotOptions) {
    this.#options = options;
    this.#lane = this.#newLane();
  }

  get isUp(): boolean {
    return this.#open.size > 0;
  }

  has({ id }: Called): boolean {
    return this.#open.has(id);
  }

  get load(): number {
    return this.#plain + this.#coroutines;
  }

  hasRoom({ id, isAsync }: Called): boolean {
    if (!this.#open.has(id)) return false;
    if (isAsync) return this.#coroutines < COROUTINES_AHEAD;
    return this.#plain < this.#ahead && !this.#isHeldUp();
  }

  /** By a plain function whose call was given up (C4 of calls.ts). */
  #isHeldUp(): boolean {
    if (this.#plain === 0) return false;
    // They are answered in the order in which they were sent.
    for (const { called, isSettled } of this.#sent.values()) {
      if (called?.isAsync === false) return isSettled;
    }
    return false;
  }

  /** Has the function loaded there, once. */
  open(called: Called): Promise<void> {
    let opening = this.#opening.get(called.id);
    if (opening === undefined) {
      opening = this.#openThere(called);
      this.#opening.set(called.id, opening);
    }
    return opening;
  }

  async #openThere(called: Called): Promise<void> {
    const lane = this.#lane;
    const answer = await this.#options.ask(this, [0, 'open', called.id, called.ref]);
    if (lane !== this.#lane) return;
    called.isAsync = (decodeControl(answer) as { isAsync: boolean }).isAsync;
    this.#open.add(called.id);
    this.failures = 0;
    this.#options.ready();
  }

  async closeFunction({ id }: Called): Promise<void> {
    this.#opening.delete(id);
    if (!this.#open.delete(id)) return;
    // A worker that dies meanwhile has closed it, too.
    await this.#options.ask(this, [0, 'close', id, null]).catch(() => {});
  }

  send(waiting: Waiting, record: Sent): void {
    waiting.slot = this;
    waiting.sentAt = performance.now();
    this.#sent.set(waiting.id, waiting);
    this.#count(waiting, 1);
    this.#lane.send(record);
  }

  cancel({ id }: Waiting): void {
    if (this.#sent.has(id)) this.#lane.send([0, 'cancel', id, null]);
  }

  /** What an answer is to; undefined where nobody waits for it any more. */
  taken(id: number): Waiting | undefined {
    const waiting = this.#sent.get(id);
    if (waiting === undefined) return undefined;
    this.#sent.delete(id);
    this.#count(waiting, -1);
    if (waiting.called?.isAsync === false) {
      const took = performance.now() - waiting.sentAt;
      if (took > SLOW_MS) this.#ahead = Math.max(PLAIN_AHEAD.least, this.#ahead >> 1);
      else if (took < QUICK_MS && this.#ahead < PLAIN_AHEAD.most) this.#ahead++;
    }
    return waiting;
  }

  takeAll(): Waiting[] {
    const all = [...this.#sent.values()];
    this.#sent.clear();
    this.#plain = 0;
    this.#coroutines = 0;
    return all;
  }

  /** Whether it was sent there, and has not been answered. */
  isAt(waiting: Waiting): boolean {
    return this.#sent.get(waiting.id) === waiting;
  }

  /** What has not begun is given back (C4 of calls.ts). */
  recall(): void {
    for (const waiting of this.#sent.values()) {
      if (waiting.called?.isAsync === false && !waiting.isSettled) this.cancel(waiting);
    }
  }

  replace(error: unknown): void {
    void this.#lane.discard();
    this.#ended(error);
  }

  async end(): Promise<void> {
    this.leave();
    await this.#lane.end();
  }

  leave(): void {
    this.#hasLeft = true;
    clearTimeout(this.#restart);
  }

  #count({ called }: Waiting, by: number): void {
    if (called === undefined) return;
    if (called.isAsync) this.#coroutines += by;
    else this.#plain += by;
  }

  #newLane(): CallLane {
    const { start, settings, answered } = this.#options;
    return new CallLane(start, settings, {
      answers: (answers) => answered(this, answers),
      ended: (error) => this.#ended(error ?? closed('a function')),
    });
  }

  /** C2 of calls.ts */
  #ended(error: unknown): void {
    this.#open.clear();
    this.#opening.clear();
    this.failures++;
    this.#options.lost(this, error);
    if (this.#hasLeft) return;
    const pause =
      this.failures === 1
        ? 0
        : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.failures - 2));
    this.#restart = setTimeout(() => this.#begin(), pause).unref();
  }

  #begin(): void {
    if (this.#hasLeft) return;
    this.#lane = this.#newLane();
    for (const called of this.#options.functions.values()) {
      this.#openAgain(called, this.#lane, FIRST_PAUSE_MS);
    }
  }

  /** What a constructor or an `open` fails with may pass. */
  #openAgain(called: Called, lane: CallLane, pauseMs: number): void {
    const isWanted = () =>
      lane === this.#lane && !this.#hasLeft && this.#options.functions.get(called.id) === called;
    if (!isWanted()) return;
    this.open(called).catch((error: unknown) => {
      if (!isWanted() || this.#opening.get(called.id) === undefined) return;
      this.#opening.delete(called.id);
      this.#options.unopened(called, error);
      const next = () => this.#openAgain(called, lane, Math.min(LONGEST_PAUSE_MS, 2 * pauseMs));
      setTimeout(next, pauseMs).unref();
    });
  }
}

export function closed(name: string): CallError {
  return new CallError(
    'ISTHMUS_CALL_CLOSED',
    `"${name}" cannot be called any more: it, or its environment, has been closed.`,
  );
}
