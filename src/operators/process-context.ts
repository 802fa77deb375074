// What process functions are told of a record or a timer.

import type { OperatorContext } from '../runtime/operator.ts';
import type { TimeDomain, TimerService } from './keyed-timers.ts';

/** One for all records of an operator: it reads the cursor. */
export class ProcessingContext {
  domain: TimeDomain = 'EVENT_TIME';
  protected readonly ctx: OperatorContext;
  readonly #timers: TimerService;
  #waiting: Promise<void> | undefined;

  constructor(ctx: OperatorContext, timers: TimerService) {
    this.ctx = ctx;
    this.#timers = timers;
  }

  timestamp(): number {
    return this.ctx.cursor.timestamp;
  }

  timerService(): TimerService {
    return this.#timers;
  }

  getCurrentKey(): unknown {
    return this.ctx.cursor.key;
  }

  timeDomain(): TimeDomain {
    return this.domain;
  }

  currentProcessingTime(): number {
    return this.ctx.clock.now();
  }

  currentWatermark(): number {
    return this.ctx.watermark;
  }

  output(tag: { id: string }, value: unknown): void {
    const wait = this.ctx.emitSide(tag.id, value);
    if (wait === undefined) return;
    this.#waiting =
      this.#waiting === undefined ? wait : Promise.all([this.#waiting, wait]).then(nothing);
    // Whoever takes it hears of a rejection; nobody may, where the function throws first.
    this.#waiting.catch(nothing);
  }

  /** Settles when the side outputs have room for what `output` was given. */
  takeWaiting(): Promise<void> | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}

function nothing(): void {}
