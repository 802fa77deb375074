// Windows of fixed length in time: tumbling and sliding.

import { ConfigurationError, UserFunctionError } from '../../errors.ts';
import type { JsonValue } from '../../graph/job-graph.ts';
import { MIN_TIMESTAMP } from '../../runtime/operator.ts';
import { type AssignerContext, NO_TIMESTAMP, type WindowAssigner } from './assigner.ts';
import type { Trigger } from './trigger.ts';
import { EventTimeTrigger, ProcessingTimeTrigger } from './triggers.ts';
import { TimeWindow, floorMod } from './windows.ts';

type Described = { [key: string]: JsonValue };

/** Time is cut into windows of `sizeMs`; `offsetMs` shifts the cuts. */
abstract class TumblingWindows implements WindowAssigner<unknown, TimeWindow> {
  readonly sizeMs: number;
  readonly offsetMs: number;

  constructor(sizeMs: number, offsetMs = 0) {
    if (!(sizeMs > 0 && Math.abs(offsetMs) < sizeMs)) {
      throw new ConfigurationError(
        `${new.target.name} parameters must satisfy abs(offset) < size; size is ${sizeMs} ms, offset ${offsetMs} ms.`,
      );
    }
    this.sizeMs = sizeMs;
    this.offsetMs = offsetMs;
  }

  abstract assignWindows(value: unknown, timestamp: number, ctx: AssignerContext): TimeWindow[];
  abstract isEventTime(): boolean;

  getDefaultTrigger(): Trigger<unknown, TimeWindow> {
    return this.isEventTime() ? new EventTimeTrigger() : new ProcessingTimeTrigger();
  }

  describe(): Described {
    return {
      kind: 'tumbling',
      time: this.isEventTime() ? 'event' : 'processing',
      size: this.sizeMs,
      offset: this.offsetMs,
    };
  }

  protected windowOf(time: number): TimeWindow[] {
    const start = TimeWindow.startOf(time, this.offsetMs, this.sizeMs);
    return [new TimeWindow(start, start + this.sizeMs)];
  }
}

/** Event time is cut into windows of one length. */
export class TumblingEventTimeWindows extends TumblingWindows {
  /** Milliseconds, as `Time` and `Duration` give them. */
  static of(sizeMs: number, offsetMs = 0): TumblingEventTimeWindows {
    return new TumblingEventTimeWindows(sizeMs, offsetMs);
  }

  assignWindows(_value: unknown, timestamp: number): TimeWindow[] {
    return this.windowOf(checkedTimestamp(timestamp));
  }

  isEventTime(): boolean {
    return true;
  }
}

/** Processing time is cut into windows of one length. */
export class TumblingProcessingTimeWindows extends TumblingWindows {
  /** Milliseconds, as `Time` and `Duration` give them. */
  static of(sizeMs: number, offsetMs = 0): TumblingProcessingTimeWindows {
    return new TumblingProcessingTimeWindows(sizeMs, offsetMs);
  }

  assignWindows(_value: unknown, _timestamp: number, ctx: AssignerContext): TimeWindow[] {
    return this.windowOf(ctx.getCurrentProcessingTime());
  }

  isEventTime(): boolean {
    return false;
  }
}

/** Windows of `sizeMs` that begin every `slideMs`. */
abstract class SlidingWindows implements WindowAssigner<unknown, TimeWindow> {
  readonly sizeMs: number;
  readonly slideMs: number;
  readonly offsetMs: number;

  constructor(sizeMs: number, slideMs: number, offsetMs = 0) {
    if (!(slideMs > 0 && Math.abs(offsetMs) < slideMs && sizeMs > 0)) {
      throw new ConfigurationError(
        `${new.target.name} parameters must satisfy abs(offset) < slide and size > 0; ` +
          `size is ${sizeMs} ms, slide ${slideMs} ms, offset ${offsetMs} ms.`,
      );
    }
    this.sizeMs = sizeMs;
    this.slideMs = slideMs;
    this.offsetMs = offsetMs;
  }

  abstract assignWindows(value: unknown, timestamp: number, ctx: AssignerContext): TimeWindow[];
  abstract isEventTime(): boolean;

  getDefaultTrigger(): Trigger<unknown, TimeWindow> {
    return this.isEventTime() ? new EventTimeTrigger() : new ProcessingTimeTrigger();
  }

  describe(): Described {
    return {
      kind: 'sliding',
      time: this.isEventTime() ? 'event' : 'processing',
      size: this.sizeMs,
      slide: this.slideMs,
      offset: this.offsetMs,
    };
  }

  /** The latest first. */
  protected windowsOf(time: number): TimeWindow[] {
    const windows: TimeWindow[] = [];
    const last = time - floorMod(time - this.offsetMs, this.slideMs);
    for (let start = last; start > time - this.sizeMs; start -= this.slideMs) {
      windows.push(new TimeWindow(start, start + this.sizeMs));
    }
    return windows;
  }
}

/** Windows of event time that overlap, or leave gaps where they slide further than they are long. */
export class SlidingEventTimeWindows extends SlidingWindows {
  /** Milliseconds, as `Time` and `Duration` give them. */
  static of(sizeMs: number, slideMs: number, offsetMs = 0): SlidingEventTimeWindows {
    return new SlidingEventTimeWindows(sizeMs, slideMs, offsetMs);
  }

  assignWindows(_value: unknown, timestamp: number): TimeWindow[] {
    return this.windowsOf(checkedTimestamp(timestamp));
  }

  isEventTime(): boolean {
    return true;
  }
}

/** Windows of processing time that overlap. */
export class SlidingProcessingTimeWindows extends SlidingWindows {
  /** Milliseconds, as `Time` and `Duration` give them. */
  static of(sizeMs: number, slideMs: number, offsetMs = 0): SlidingProcessingTimeWindows {
    return new SlidingProcessingTimeWindows(sizeMs, slideMs, offsetMs);
  }

  assignWindows(_value: unknown, _timestamp: number, ctx: AssignerContext): TimeWindow[] {
    return this.windowsOf(ctx.getCurrentProcessingTime());
  }

  isEventTime(): boolean {
    return false;
  }
}

/** @throws UserFunctionError when the record has no event time */
export function checkedTimestamp(timestamp: number): number {
  if (timestamp === MIN_TIMESTAMP) throw new UserFunctionError(NO_TIMESTAMP);
  return timestamp;
}
