// The event times of the splits whose records a watermark generator sees. Twin of
// python/isthmus/_worker/operators/split_times.py.
//
//   E1. Each split that has begun and has not ended has a generator of its own. Together they are as far as the least of
//       those that are not idle, and idle where all are.
//   E2. Where there is no split, there is one time of all records.
//   E3. Records are of the split that was named last: nothing is looked up for one.
//   E4. How far a split is goes with its position, to whichever subtask goes on with it.

import type { JsonValue } from '../graph/job-graph.ts';
import { MIN_TIMESTAMP, type SplitWatcher } from '../runtime/operator.ts';
import type { WatermarkGenerator } from './timestamps.ts';

type SavedTime = [max: number | null, watermark: number | null, isIdle: boolean];

export class SplitTime {
  /** Largest timestamp so far. */
  max = MIN_TIMESTAMP;
  watermark = MIN_TIMESTAMP;
  records = 0;
  isIdle = false;
  readonly generator: WatermarkGenerator<unknown> | undefined;
  #recordsAtLook = 0;
  #activeAt: number;

  constructor(now: number, generator: WatermarkGenerator<unknown> | undefined) {
    this.#activeAt = now;
    this.generator = generator;
  }

  /** Whether that is news. */
  advance(watermark: number): boolean {
    if (watermark <= this.watermark) return false;
    this.watermark = watermark;
    this.isIdle = false;
    return true;
  }

  /** Looks whether it has been silent for so long. */
  look(now: number, timeoutMs: number): void {
    if (this.records !== this.#recordsAtLook) {
      this.#recordsAtLook = this.records;
      this.#activeAt = now;
      this.isIdle = false;
    } else if (now - this.#activeAt >= timeoutMs) {
      this.isIdle = true;
    }
  }
}

interface SplitTimesInit {
  now: () => number;
  newGenerator: () => WatermarkGenerator<unknown> | undefined;
  /** What they are together may be another. */
  changed: () => void;
}

export class SplitTimes implements SplitWatcher {
  readonly #init: SplitTimesInit;
  /** E2 */
  #own: SplitTime;
  readonly #splits = new Map<string, SplitTime>();
  /** Of the record in flight (E3). */
  now: SplitTime;

  constructor(init: SplitTimesInit) {
    this.#init = init;
    this.now = this.#own = this.#new();
  }

  #new(): SplitTime {
    return new SplitTime(this.#init.now(), this.#init.newGenerator());
  }

  began(split: string, saved?: JsonValue): void {
    const time = this.#new();
    if (saved !== undefined) {
      const [max, watermark, isIdle] = saved as SavedTime;
      time.max = max ?? MIN_TIMESTAMP;
      time.watermark = watermark ?? MIN_TIMESTAMP;
      time.isIdle = isIdle;
    }
    this.#splits.set(split, time);
    this.#init.changed();
  }

  ended(split: string): void {
    const wasIdle = this.together().isIdle;
    this.#splits.delete(split);
    if (this.#splits.size === 0) {
      this.#own = this.#new();
      this.#own.isIdle = wasIdle;
    }
    this.#init.changed();
  }

  current(split: string): void {
    this.now = this.#splits.get(split) ?? this.#own;
  }

  /** E4 */
  saved(split: string): JsonValue | undefined {
    const time = this.#splits.get(split);
    if (time === undefined) return undefined;
    const saved: SavedTime = [said(time.max), said(time.watermark), time.isIdle];
    return saved;
  }

  /** Those that count (E1, E2). */
  all(): Iterable<SplitTime> {
    return this.#splits.size === 0 ? [this.#own] : this.#splits.values();
  }

  /** E1 */
  together(): { watermark: number; isIdle: boolean } {
    let watermark = Infinity;
    for (const time of this.all()) {
      if (!time.isIdle && time.watermark < watermark) watermark = time.watermark;
    }
    return { watermark, isIdle: watermark === Infinity };
  }
}

/** JSON has no number that is exactly the least of Java's. */
function said(timestamp: number): number | null {
  return timestamp === MIN_TIMESTAMP ? null : timestamp;
}
