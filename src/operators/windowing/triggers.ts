// The triggers there are, save those that remember something (continuous-triggers.ts, count-trigger.ts).

import type { FunctionRef, JsonValue } from '../../graph/job-graph.ts';
import type { WindowLike } from './assigner.ts';
import {
  type OnMergeContext,
  type Trigger,
  type TriggerContext,
  TriggerResult,
} from './trigger.ts';

type Described = { [key: string]: JsonValue };

/** Fires when the watermark passes the window's end, and for every record that comes later still. */
export class EventTimeTrigger implements Trigger<unknown> {
  static create(): EventTimeTrigger {
    return new EventTimeTrigger();
  }

  onElement(_value: unknown, _timestamp: number, window: WindowLike, ctx: TriggerContext) {
    const end = window.maxTimestamp();
    if (end <= ctx.getCurrentWatermark()) return TriggerResult.FIRE;
    ctx.registerEventTimeTimer(end);
    return TriggerResult.CONTINUE;
  }

  onEventTime(time: number, window: WindowLike) {
    return time === window.maxTimestamp() ? TriggerResult.FIRE : TriggerResult.CONTINUE;
  }

  canMerge(): boolean {
    return true;
  }

  onMerge(window: WindowLike, ctx: OnMergeContext): void {
    const end = window.maxTimestamp();
    if (end > ctx.getCurrentWatermark()) ctx.registerEventTimeTimer(end);
  }

  clear(window: WindowLike, ctx: TriggerContext): void {
    ctx.deleteEventTimeTimer(window.maxTimestamp());
  }

  describe(): Described {
    return { kind: 'eventTime' };
  }
}

/** Fires when the clock passes the window's end. */
export class ProcessingTimeTrigger implements Trigger<unknown> {
  static create(): ProcessingTimeTrigger {
    return new ProcessingTimeTrigger();
  }

  onElement(_value: unknown, _timestamp: number, window: WindowLike, ctx: TriggerContext) {
    ctx.registerProcessingTimeTimer(window.maxTimestamp());
    return TriggerResult.CONTINUE;
  }

  onProcessingTime() {
    return TriggerResult.FIRE;
  }

  canMerge(): boolean {
    return true;
  }

  onMerge(window: WindowLike, ctx: OnMergeContext): void {
    const end = window.maxTimestamp();
    if (end > ctx.getCurrentProcessingTime()) ctx.registerProcessingTimeTimer(end);
  }

  clear(window: WindowLike, ctx: TriggerContext): void {
    ctx.deleteProcessingTimeTimer(window.maxTimestamp());
  }

  describe(): Described {
    return { kind: 'processingTime' };
  }
}

/** Never fires. */
export class NeverTrigger implements Trigger<unknown> {
  static create(): NeverTrigger {
    return new NeverTrigger();
  }

  onElement() {
    return TriggerResult.CONTINUE;
  }

  describe(): Described {
    return { kind: 'never' };
  }
}

/** A trigger in Python, which only Python calls. */
interface OfPython {
  readonly ref: FunctionRef;
}

/** As another trigger, but the window is emptied whenever it fires. */
export class PurgingTrigger<T, W> implements Trigger<T, W> {
  readonly nested: Trigger<T, W>;

  constructor(nested: Trigger<T, W>) {
    this.nested = nested;
  }

  /** Of a trigger in Python (`py(…)`) where the functions of the window are, too. */
  static of<T, W>(nested: Trigger<T, W> | OfPython): PurgingTrigger<T, W> {
    return new PurgingTrigger(nested as Trigger<T, W>);
  }

  onElement(value: T, timestamp: number, window: W, ctx: TriggerContext): TriggerResult {
    return purging(this.nested.onElement(value, timestamp, window, ctx));
  }

  onEventTime(time: number, window: W, ctx: TriggerContext): TriggerResult {
    return purging(this.nested.onEventTime?.(time, window, ctx) ?? TriggerResult.CONTINUE);
  }

  onProcessingTime(time: number, window: W, ctx: TriggerContext): TriggerResult {
    return purging(this.nested.onProcessingTime?.(time, window, ctx) ?? TriggerResult.CONTINUE);
  }

  canMerge(): boolean {
    return this.nested.canMerge?.() === true;
  }

  onMerge(window: W, ctx: OnMergeContext): void {
    this.nested.onMerge?.(window, ctx);
  }

  clear(window: W, ctx: TriggerContext): void {
    this.nested.clear?.(window, ctx);
  }
}

function purging(result: TriggerResult): TriggerResult {
  return result === TriggerResult.FIRE ? TriggerResult.FIRE_AND_PURGE : result;
}
