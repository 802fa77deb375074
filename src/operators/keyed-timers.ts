// Timers of one operator, by event time and by processing time. Twin of python/isthmus/_worker/runtime/timers.py.
//
//   K1. A timer is (key, time, domain); registering it again changes nothing, deleting it takes it away.
//   K2. When it fires, the cursor has its key, and its time as timestamp.

import { GraphError } from '../errors.ts';
import type { OperatorContext } from '../runtime/operator.ts';
import { EmbeddedTimers } from '../state/embedded-timers.ts';
import { KeyOriginals } from '../state/key-identity.ts';
import { onceOver, overAt } from './processing-time.ts';
import { Pace } from './pace.ts';
import { stateStore } from './state-store.ts';
import { TimerQueue } from './windowing/timer-queue.ts';
import { type Steps, run } from './windowing/waiting.ts';
import type { MaybePromise } from '../runtime/operator.ts';

export type TimeDomain = 'EVENT_TIME' | 'PROCESSING_TIME';
export type TimerEntry = [domain: TimeDomain, time: number];
type OnTimer = (time: number, domain: TimeDomain) => MaybePromise<void>;

/** Time as a function sees it. */
export interface TimerService {
  currentProcessingTime(): number;
  currentWatermark(): number;
  registerProcessingTimeTimer(timestamp: number): void;
  registerEventTimeTimer(timestamp: number): void;
  deleteProcessingTimeTimer(timestamp: number): void;
  deleteEventTimeTimer(timestamp: number): void;
}

type Queue = TimerQueue<unknown> | EmbeddedTimers;

/** Whose the timers of a queue are: on the heap what tells keys apart, on disk the keys. */
type Owners = Pick<KeyOriginals, 'keep' | 'key'>;
const KEYS: Owners = { keep: (key) => key, key: (owner) => owner };

export class KeyedTimers implements TimerService {
  readonly #ctx: OperatorContext;
  readonly #event: Queue;
  readonly #processing: Queue;
  readonly #owners: Owners;

  constructor(ctx: OperatorContext) {
    this.#ctx = ctx;
    const disk = stateStore(ctx);
    const queue = (): Queue =>
      disk === undefined ? new TimerQueue<unknown>() : new EmbeddedTimers(disk, ctx.spec.name);
    this.#event = queue();
    this.#processing = queue();
    this.#owners = disk === undefined ? new KeyOriginals() : KEYS;
    for (const [key, [domain, time]] of ctx.state.derived('timers', () => this.entries(), true)) {
      const owner = this.#owners.keep(key);
      if (domain === 'EVENT_TIME') this.#event.register(time, owner);
      else {
        this.#processing.register(time, owner);
        ctx.requestProcessingTime(onceOver(time));
      }
    }
  }

  currentProcessingTime(): number {
    return this.#ctx.clock.now();
  }

  currentWatermark(): number {
    return this.#ctx.watermark;
  }

  registerEventTimeTimer(timestamp: number): void {
    this.#event.register(checked(timestamp), this.#owners.keep(this.#ctx.cursor.key)); // K1
  }

  registerProcessingTimeTimer(timestamp: number): void {
    this.#processing.register(checked(timestamp), this.#owners.keep(this.#ctx.cursor.key));
    this.#ctx.requestProcessingTime(onceOver(timestamp));
  }

  deleteEventTimeTimer(timestamp: number): void {
    this.#event.delete(timestamp, this.#owners.keep(this.#ctx.cursor.key));
  }

  deleteProcessingTimeTimer(timestamp: number): void {
    this.#processing.delete(timestamp, this.#owners.keep(this.#ctx.cursor.key));
  }

  /** Fires what is due by event time. */
  onWatermark(watermark: number, onTimer: OnTimer): MaybePromise<void> {
    if (this.#event.nextTime() > watermark) return undefined;
    return run(this.#fire(this.#event, watermark, 'EVENT_TIME', onTimer), this.#ctx);
  }

  onProcessingTime(now: number, onTimer: OnTimer): MaybePromise<void> {
    return run(this.#fire(this.#processing, overAt(now), 'PROCESSING_TIME', onTimer), this.#ctx);
  }

  *#fire(queue: Queue, now: number, domain: TimeDomain, onTimer: OnTimer): Steps {
    const { cursor } = this.#ctx;
    const pace = new Pace(this.#ctx);
    for (const { time, owner } of queue.due(now)) {
      cursor.key = this.#owners.key(owner); // K2
      cursor.timestamp = time;
      const wait = pace.after(onTimer(time, domain));
      if (wait !== undefined) yield wait;
    }
    const next = this.#processing.nextTime();
    if (domain === 'PROCESSING_TIME' && next < Infinity)
      this.#ctx.requestProcessingTime(onceOver(next));
  }

  /** All of both domains. */
  *entries(): Generator<[key: unknown, entry: TimerEntry]> {
    for (const [time, owner] of this.#event.entries()) {
      yield [this.#owners.key(owner), ['EVENT_TIME', time]];
    }
    for (const [time, owner] of this.#processing.entries()) {
      yield [this.#owners.key(owner), ['PROCESSING_TIME', time]];
    }
  }
}

/** Tells the time to functions whose stream is not keyed, which can have no timers. */
export class TimeOnly implements TimerService {
  readonly #ctx: OperatorContext;

  constructor(ctx: OperatorContext) {
    this.#ctx = ctx;
  }

  currentProcessingTime(): number {
    return this.#ctx.clock.now();
  }

  currentWatermark(): number {
    return this.#ctx.watermark;
  }

  registerProcessingTimeTimer(): never {
    return noTimers();
  }

  registerEventTimeTimer(): never {
    return noTimers();
  }

  deleteProcessingTimeTimer(): never {
    return noTimers();
  }

  deleteEventTimeTimer(): never {
    return noTimers();
  }
}

function noTimers(): never {
  throw new GraphError(
    'Register timers is only supported on a keyed stream. Call keyBy before process.',
  );
}

function checked(timestamp: number): number {
  if (typeof timestamp === 'number' && !Number.isNaN(timestamp)) return timestamp;
  throw new TypeError(
    `A timer's time is a number of milliseconds since the epoch; it was given ${String(timestamp)}.`,
  );
}
