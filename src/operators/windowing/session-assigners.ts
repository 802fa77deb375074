// Windows that end after a gap without records; they merge when they overlap or touch.

import { ConfigurationError, UserFunctionError } from '../../errors.ts';
import type { FunctionRef, JsonValue } from '../../graph/job-graph.ts';
import { inspectRecord } from '../../runtime/failure.ts';
import { MIN_TIMESTAMP } from '../../runtime/operator.ts';
import type { AssignerContext, MergeCallback, WindowAssigner } from './assigner.ts';
import type { Trigger } from './trigger.ts';
import { EventTimeTrigger, ProcessingTimeTrigger } from './triggers.ts';
import { TimeWindow } from './windows.ts';

/** Gives the session gap of a record, in milliseconds, more than 0; of `py(…)` where the functions of the window are, too. */
export type SessionGap<T> = ((value: T) => number) | { extract(value: T): number } | OfPython;

/** A function of Python, which only Python calls. */
interface OfPython {
  readonly ref: FunctionRef;
}

abstract class SessionWindows<T> implements WindowAssigner<T, TimeWindow> {
  abstract assignWindows(value: T, timestamp: number, ctx: AssignerContext): TimeWindow[];
  abstract isEventTime(): boolean;

  getDefaultTrigger(): Trigger<T, TimeWindow> {
    return this.isEventTime() ? new EventTimeTrigger() : new ProcessingTimeTrigger();
  }

  mergeWindows(windows: Iterable<TimeWindow>, callback: MergeCallback<TimeWindow>): void {
    TimeWindow.mergeWindows(windows, callback);
  }
}

export abstract class FixedGap<T> extends SessionWindows<T> {
  readonly gapMs: number;

  constructor(gapMs: number) {
    super();
    if (!(gapMs > 0)) {
      throw new ConfigurationError(
        `${new.target.name} parameters must satisfy 0 < gap; it is ${gapMs} ms.`,
      );
    }
    this.gapMs = gapMs;
  }

  describe(): { [key: string]: JsonValue } {
    return { kind: 'session', time: this.isEventTime() ? 'event' : 'processing', gap: this.gapMs };
  }
}

export abstract class DynamicGap<T> extends SessionWindows<T> {
  /** What gives it. */
  readonly given: SessionGap<T>;
  readonly #gap: (value: T) => number;

  constructor(gap: SessionGap<T>) {
    super();
    this.given = gap;
    if (typeof gap === 'function') {
      this.#gap = gap;
    } else if ('extract' in gap) {
      this.#gap = (value) => gap.extract(value);
    } else {
      this.#gap = () => Number.NaN;
    }
  }

  gapOf(value: T): number {
    const gap = this.#gap(value);
    if (gap > 0 && Number.isInteger(gap)) return gap;
    throw new UserFunctionError(
      `Dynamic session time gap must satisfy 0 < gap, in whole milliseconds; it is ${inspectRecord(gap)} for ${inspectRecord(value)}.`,
    );
  }
}

/** Sessions by event time: a gap of `gapMs` ends one. */
export class EventTimeSessionWindows<T = unknown> extends FixedGap<T> {
  /** Milliseconds, as `Time` and `Duration` give them. */
  static withGap<T = unknown>(gapMs: number): EventTimeSessionWindows<T> {
    return new EventTimeSessionWindows<T>(gapMs);
  }

  /** Every record says its own gap. */
  static withDynamicGap<T>(gap: SessionGap<T>): DynamicEventTimeSessionWindows<T> {
    return new DynamicEventTimeSessionWindows(gap);
  }

  assignWindows(_value: T, timestamp: number): TimeWindow[] {
    return [sessionFrom(timestamp, this.gapMs)];
  }

  isEventTime(): boolean {
    return true;
  }
}

/** Sessions by processing time: a gap of `gapMs` ends one. */
export class ProcessingTimeSessionWindows<T = unknown> extends FixedGap<T> {
  /** Milliseconds, as `Time` and `Duration` give them. */
  static withGap<T = unknown>(gapMs: number): ProcessingTimeSessionWindows<T> {
    return new ProcessingTimeSessionWindows<T>(gapMs);
  }

  /** Every record says its own gap. */
  static withDynamicGap<T>(gap: SessionGap<T>): DynamicProcessingTimeSessionWindows<T> {
    return new DynamicProcessingTimeSessionWindows(gap);
  }

  assignWindows(_value: T, _timestamp: number, ctx: AssignerContext): TimeWindow[] {
    return [sessionFrom(ctx.getCurrentProcessingTime(), this.gapMs)];
  }

  isEventTime(): boolean {
    return false;
  }
}

/** Sessions by event time with a gap of each record's own. */
export class DynamicEventTimeSessionWindows<T> extends DynamicGap<T> {
  assignWindows(value: T, timestamp: number): TimeWindow[] {
    return [sessionFrom(timestamp, this.gapOf(value))];
  }

  isEventTime(): boolean {
    return true;
  }
}

/** Sessions by processing time with a gap of each record's own. */
export class DynamicProcessingTimeSessionWindows<T> extends DynamicGap<T> {
  assignWindows(value: T, _timestamp: number, ctx: AssignerContext): TimeWindow[] {
    return [sessionFrom(ctx.getCurrentProcessingTime(), this.gapOf(value))];
  }

  isEventTime(): boolean {
    return false;
  }
}

/** Doubles are this far apart at the least timestamp; a shorter session there would be empty, hence late. */
const LEAST_AT_MIN_MS = 2048;

/** Where the session of one record ends. Records without a timestamp share one, as in PyFlink. */
export function sessionEnd(start: number, gapMs: number): number {
  return start + (start === MIN_TIMESTAMP ? Math.max(gapMs, LEAST_AT_MIN_MS) : gapMs);
}

function sessionFrom(start: number, gapMs: number): TimeWindow {
  return new TimeWindow(start, sessionEnd(start, gapMs));
}
