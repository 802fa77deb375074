// The windows themselves. Two windows that are equal have equal keys; contents, state and timers are kept by them.

import { MAX_TIMESTAMP } from '../../runtime/operator.ts';
import type { WindowLike } from './assigner.ts';

/** A finite bucket of records. Assigners of a program's own may extend it. */
export abstract class Window {
  /** The largest timestamp that belongs to it. */
  abstract maxTimestamp(): number;
  /** What tells it from other windows of its key. */
  abstract windowKey(): string;
}

/** From `start` (inclusive) to `end` (exclusive), in milliseconds. */
export class TimeWindow extends Window {
  /** Milliseconds; included. */
  readonly start: number;
  /** Milliseconds; not included. */
  readonly end: number;

  constructor(start: number, end: number) {
    super();
    this.start = start;
    this.end = end;
  }

  maxTimestamp(): number {
    return this.end - 1;
  }

  windowKey(): string {
    return `${this.start}:${this.end}`;
  }

  /** Whether it is a window of the same bounds. */
  equals(other: unknown): boolean {
    return other instanceof TimeWindow && other.start === this.start && other.end === this.end;
  }

  /** Whether the two overlap or touch. */
  intersects(other: TimeWindow): boolean {
    return this.start <= other.end && this.end >= other.start;
  }

  /** The smallest window that holds both. */
  cover(other: TimeWindow): TimeWindow {
    return new TimeWindow(Math.min(this.start, other.start), Math.max(this.end, other.end));
  }

  override toString(): string {
    return `TimeWindow(start=${this.start}, end=${this.end})`;
  }

  /** Start of the window of `timestamp`; negative timestamps round down as well. */
  static startOf(timestamp: number, offset: number, size: number): number {
    return timestamp - floorMod(timestamp - offset, size);
  }

  /** Finds the windows that overlap or touch and tells `merge` of each group of two and more, in order of their start. */
  static mergeWindows(
    windows: Iterable<TimeWindow>,
    merge: (merged: TimeWindow[], result: TimeWindow) => void,
  ): void {
    const sorted = [...windows].sort((a, b) => a.start - b.start || a.end - b.end);
    let group: TimeWindow[] = [];
    let cover: TimeWindow | undefined;
    for (const window of sorted) {
      if (cover?.intersects(window) === true) {
        cover = cover.cover(window);
        if (!window.equals(group.at(-1))) group.push(window);
        continue;
      }
      if (cover !== undefined && group.length > 1) merge(group, cover);
      cover = window;
      group = [window];
    }
    if (cover !== undefined && group.length > 1) merge(group, cover);
  }
}

/** The `id`-th window of a key, counted from 0. */
export class CountWindow extends Window {
  /** Counted from 0. */
  readonly id: number;

  constructor(id: number) {
    super();
    this.id = id;
  }

  maxTimestamp(): number {
    return MAX_TIMESTAMP;
  }

  windowKey(): string {
    return String(this.id);
  }

  override toString(): string {
    return `CountWindow(id=${this.id})`;
  }
}

/** The one window that holds everything. */
export class GlobalWindow extends Window {
  static readonly #only = new GlobalWindow();

  /** The one there is. */
  static get(): GlobalWindow {
    return GlobalWindow.#only;
  }

  maxTimestamp(): number {
    return MAX_TIMESTAMP;
  }

  windowKey(): string {
    return '';
  }

  override toString(): string {
    return 'GlobalWindow';
  }
}

/** A window as plain data, for snapshots; windows of a program's own stay what they are. */
export function windowAsData(window: object): unknown {
  if (window instanceof TimeWindow) return ['time', window.start, window.end];
  if (window instanceof CountWindow) return ['count', window.id];
  if (window instanceof GlobalWindow) return ['global'];
  return ['own', window];
}

export function windowFromData(data: unknown): WindowLike {
  const [kind, first, second] = data as [string, unknown, unknown];
  switch (kind) {
    case 'time':
      return new TimeWindow(first as number, second as number);
    case 'count':
      return new CountWindow(first as number);
    case 'global':
      return GlobalWindow.get();
    default:
      return first as WindowLike;
  }
}

/** The remainder that has the sign of `divisor`, which must be positive. */
export function floorMod(value: number, divisor: number): number {
  const rest = value % divisor;
  return rest < 0 ? rest + divisor : rest;
}
