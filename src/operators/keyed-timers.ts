// Timers of one operator, by event time and by processing time. Twin of python/isthmus/_worker/runtime/timers.py.
//
//   K1. A timer is (key, time, domain); registering it again changes nothing, deleting it takes it away.
//   K2. When it fires, the cursor has its key, and its time as timestamp.

import { GraphError } from '../errors.ts';
import type { OperatorContext } from '../runtime/operator.ts';
import { EmbeddedTimers } from '../state/embedded-timers.ts';
import { KeyOriginals } from '../state/key-identity.ts';
import { storedKey } from '../state/stored-rows.ts';
import type { Own } from '../state/tables.ts';
import type { Unit } from '../state/views.ts';
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
interface Owners extends Pick<KeyOriginals, 'keep' | 'key'> {
  /** What tells an owner apart from others. */
  identity(owner: unknown): unknown;
}

class HeapOwners extends KeyOriginals implements Owners {
  identity(owner: unknown): unknown {
    return owner;
  }
}

const KEYS: Owners = { keep: (key) => key, key: (owner) => owner, identity: storedKey };

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
    this.#owners = disk === undefined ? new HeapOwners() : KEYS;
    this.#declare('timers', this.#event);
    this.#declare('processing timers', this.#processing);
    const next = this.#processing.nextTime();
    if (next < Infinity) ctx.requestProcessingTime(onceOver(next));
  }

  #declare(name: string, queue: Queue): void {
    const owners = this.#owners;
    const { restored, changes } = this.#ctx.state.own<number, true>(name, ownOf(queue, owners));
    for (const [key, time] of restored) queue.register(time, owners.keep(key));
    if (changes === undefined) return;
    queue.touch = (time, owner) => changes.touch(owners.identity(owner), owners.key(owner), time);
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

/** Units are timers: keys by time. */
function ownOf(queue: Queue, owners: Owners): Own<unknown> {
  return {
    *units(): Generator<Unit<unknown>> {
      for (const [time, owner] of queue.entries()) {
        yield [owners.identity(owner), owners.key(owner), time];
      }
    },
    entriesOf(identity, time) {
      const found = queue.ownerAt(time as number, identity);
      return found === undefined ? [] : [[owners.key(found.owner), time, true]];
    },
    addressOf: (key, time) => [key, time],
  };
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
  if (Number.isInteger(timestamp) || timestamp === Infinity) return timestamp;
  throw new TypeError(
    `A timer's time is a whole number of milliseconds since the epoch; it was given ${String(timestamp)}.`,
  );
}
