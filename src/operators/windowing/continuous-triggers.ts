// Triggers that fire at every multiple of an interval.

import { ConfigurationError } from '../../errors.ts';
import type { JsonValue } from '../../graph/job-graph.ts';
import type { WindowLike } from './assigner.ts';
import {
  type OnMergeContext,
  type Trigger,
  type TriggerContext,
  TriggerResult,
} from './trigger.ts';
import { floorMod } from './windows.ts';

/** When the trigger fires next for a key and window. */
const FIRE_TIME = 'fire-time';

abstract class ContinuousTrigger implements Trigger<unknown> {
  readonly intervalMs: number;

  constructor(intervalMs: number) {
    if (!(intervalMs > 0)) {
      throw new ConfigurationError(
        `The interval of ${new.target.name} must be positive; it is ${intervalMs} ms.`,
      );
    }
    this.intervalMs = intervalMs;
  }

  abstract onElement(
    value: unknown,
    timestamp: number,
    window: WindowLike,
    ctx: TriggerContext,
  ): TriggerResult;
  protected abstract register(time: number, ctx: TriggerContext): void;
  protected abstract delete(time: number, ctx: TriggerContext): void;

  canMerge(): boolean {
    return true;
  }

  onMerge(_window: WindowLike, ctx: OnMergeContext): void {
    ctx.mergeNumber(FIRE_TIME, Math.min);
    const time = ctx.getNumber(FIRE_TIME);
    if (time !== undefined) this.register(time, ctx);
  }

  clear(_window: WindowLike, ctx: TriggerContext): void {
    const time = ctx.getNumber(FIRE_TIME);
    if (time === undefined) return;
    this.delete(time, ctx);
    ctx.setNumber(FIRE_TIME, undefined);
  }

  /** The first firing after a record at `time`, unless one is to come. */
  protected begin(time: number, window: WindowLike, ctx: TriggerContext): void {
    if (ctx.getNumber(FIRE_TIME) !== undefined) return;
    this.#next(time - floorMod(time, this.intervalMs), window, ctx);
  }

  /**
   * A timer went off: fires if it is the one that counts. Where the end is due, too, nothing comes in between (and a
   * global window would go on for ever).
   */
  protected fire(
    time: number,
    window: WindowLike,
    ctx: TriggerContext,
    endIsDue = false,
  ): TriggerResult {
    if (ctx.getNumber(FIRE_TIME) !== time) return TriggerResult.CONTINUE;
    if (endIsDue) ctx.setNumber(FIRE_TIME, undefined);
    else this.#next(time, window, ctx);
    return TriggerResult.FIRE;
  }

  #next(time: number, window: WindowLike, ctx: TriggerContext): void {
    const following = Math.min(time + this.intervalMs, window.maxTimestamp());
    ctx.setNumber(FIRE_TIME, following);
    this.register(following, ctx);
  }
}

/** Fires at every multiple of the interval that the watermark passes, and at the window's end. */
export class ContinuousEventTimeTrigger extends ContinuousTrigger {
  /** Milliseconds, as `Time` and `Duration` give them. */
  static of(intervalMs: number): ContinuousEventTimeTrigger {
    return new ContinuousEventTimeTrigger(intervalMs);
  }

  onElement(_value: unknown, timestamp: number, window: WindowLike, ctx: TriggerContext) {
    if (window.maxTimestamp() <= ctx.getCurrentWatermark()) return TriggerResult.FIRE;
    ctx.registerEventTimeTimer(window.maxTimestamp());
    this.begin(timestamp, window, ctx);
    return TriggerResult.CONTINUE;
  }

  onEventTime(time: number, window: WindowLike, ctx: TriggerContext): TriggerResult {
    if (time === window.maxTimestamp()) return TriggerResult.FIRE;
    return this.fire(time, window, ctx, ctx.getCurrentWatermark() >= window.maxTimestamp());
  }

  describe(): { [key: string]: JsonValue } {
    return { kind: 'continuous', time: 'event', interval: this.intervalMs };
  }

  protected register(time: number, ctx: TriggerContext): void {
    ctx.registerEventTimeTimer(time);
  }

  protected delete(time: number, ctx: TriggerContext): void {
    ctx.deleteEventTimeTimer(time);
  }
}

/** Fires at every multiple of the interval that the clock passes. */
export class ContinuousProcessingTimeTrigger extends ContinuousTrigger {
  /** Milliseconds, as `Time` and `Duration` give them. */
  static of(intervalMs: number): ContinuousProcessingTimeTrigger {
    return new ContinuousProcessingTimeTrigger(intervalMs);
  }

  onElement(_value: unknown, _timestamp: number, window: WindowLike, ctx: TriggerContext) {
    this.begin(ctx.getCurrentProcessingTime(), window, ctx);
    return TriggerResult.CONTINUE;
  }

  onProcessingTime(time: number, window: WindowLike, ctx: TriggerContext): TriggerResult {
    return this.fire(time, window, ctx);
  }

  describe(): { [key: string]: JsonValue } {
    return { kind: 'continuous', time: 'processing', interval: this.intervalMs };
  }

  protected register(time: number, ctx: TriggerContext): void {
    ctx.registerProcessingTimeTimer(time);
  }

  protected delete(time: number, ctx: TriggerContext): void {
    ctx.deleteProcessingTimeTimer(time);
  }
}
