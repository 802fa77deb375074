// Sliding windows put together from slices, for functions that declare themselves mergeable. Time is event time and the
// watermark, or the clock, of whose windows nothing is late.
//
// A record goes into one slice (the greatest common divisor of size and slide long); slice-stacks.ts has the slices of a key
// that time has passed. About three merges per key and slide, however many slides a window spans.
//
//   S1. `merge` gets the older value first, must not change its arguments, and is synchronous, as is `add`.
//   S2. Slices up to `#done` (passed by time) are in the stacks, younger ones in `#slices`; a late record for a
//       slice in the stacks rebuilds those of its key.
//   S3. Every window that holds a record of a key fires once, in order of its end, as with exact accumulation.

import { MAX_TIMESTAMP, MIN_TIMESTAMP, type MaybePromise } from '../../runtime/operator.ts';
import type { Changes } from '../../state/changes.ts';
import { keyIdentity } from '../../state/key-identity.ts';
import type { Own } from '../../state/tables.ts';
import type { Unit } from '../../state/views.ts';
import { onceOver, overAt } from '../processing-time.ts';
import { Pace } from '../pace.ts';
import { Cell } from './contents.ts';
import { Engine, type EngineParts } from './engine.ts';
import { TimeHeap } from './heap.ts';
import { type Merge, SliceStacks, greatestCommonDivisor, synchronous } from './slice-stacks.ts';
import {
  type SlidingEventTimeWindows,
  type SlidingProcessingTimeWindows,
  checkedTimestamp,
} from './time-assigners.ts';
import { type Steps, run } from './waiting.ts';
import { TimeWindow, floorMod } from './windows.ts';

type Cells = Map<unknown, Cell>;
/** Of a key, oldest first. */
type Slices = [start: number, own: unknown][];

export class SlicedEngine extends Engine {
  readonly #eventTime: boolean;
  readonly #sizeMs: number;
  readonly #slideMs: number;
  readonly #offsetMs: number;
  readonly #widthMs: number;
  readonly #merge: Merge;
  /** By start: slices that are not yet in the stacks. */
  readonly #slices = new Map<number, Cells>();
  /** Their starts, and some of slices that have joined the stacks. */
  readonly #starts = new TimeHeap<number>();
  readonly #stacks = new Map<unknown, SliceStacks>();
  /** Of slices by key; undefined where no checkpoints are taken. */
  #changes: Changes<unknown> | undefined;
  /** Start of the youngest slice that time has passed. */
  #done = MIN_TIMESTAMP;
  /** How far the clock's windows have come. */
  #clockTime = MIN_TIMESTAMP;
  /** The slice at hand: most records fall into the one of the record before. Empty once the watermark has moved. */
  #start = 0;
  #end = 0;
  #cells: Cells = new Map();

  constructor(parts: EngineParts) {
    super(parts);
    const assigner = this.assigner as unknown as
      | SlidingEventTimeWindows
      | SlidingProcessingTimeWindows;
    this.#eventTime = assigner.isEventTime();
    this.#sizeMs = assigner.sizeMs;
    this.#slideMs = assigner.slideMs;
    this.#offsetMs = assigner.offsetMs;
    this.#widthMs = greatestCommonDivisor(this.#sizeMs, this.#slideMs);
    const { merge } = this.contents;
    this.#merge = (older, younger) => synchronous(merge(older, younger)); // S1
  }

  process(value: unknown): MaybePromise<void> {
    const { clock, cursor } = this.ctx;
    const { key } = cursor;
    const time = this.#eventTime ? cursor.timestamp : clock.now();
    if (time < this.#start || time >= this.#end) {
      const start = this.#sliceOf(this.#eventTime ? checkedTimestamp(time) : time);
      if (start <= this.#passed()) return this.#addLate(start, time, key, value);
      this.#turnTo(start);
    }
    const id = keyIdentity(key);
    this.#changes?.touch(id, key);
    const cell = this.#cells.get(id);
    if (cell === undefined) {
      this.#cells.set(id, new Cell(key, synchronous(this.contents.first(value))));
    } else {
      cell.contents = synchronous(this.contents.add(cell.contents, value));
    }
    return undefined;
  }

  #sliceOf(time: number): number {
    return time - floorMod(time - this.#offsetMs, this.#widthMs);
  }

  /** Start of the youngest slice that has ended. */
  #passed(): number {
    const time = this.#time;
    if (time > MIN_TIMESTAMP && this.#stacks.size === 0) {
      this.#done = Math.max(this.#done, this.#passedBy(time));
    }
    return this.#done;
  }

  #passedBy(time: number): number {
    return this.#sliceOf(time + 1) - this.#widthMs;
  }

  get #time(): number {
    return this.#eventTime ? this.ctx.watermark : this.#clockTime;
  }

  #turnTo(start: number): void {
    let cells = this.#slices.get(start);
    if (cells === undefined) {
      cells = new Map();
      this.#slices.set(start, cells);
      this.#starts.push(start, start);
      if (!this.#eventTime) this.#awaitNext();
    }
    this.#start = start;
    this.#end = start + this.#widthMs;
    this.#cells = cells;
  }

  /** A record of a slice that is in the stacks already (S2). */
  #addLate(start: number, timestamp: number, key: unknown, value: unknown): MaybePromise<void> {
    const lastEnd = timestamp - floorMod(timestamp - this.#offsetMs, this.#slideMs) + this.#sizeMs;
    if (lastEnd - 1 <= this.#time || lastEnd <= timestamp) {
      return this.#eventTime && this.isLate(timestamp) ? this.dropLate(value) : undefined;
    }
    const id = keyIdentity(key);
    this.#changes?.touch(id, key);
    const entries = new Map<number, unknown>(this.#stacks.get(id)?.entries() ?? []);
    const { contents } = this;
    entries.set(
      start,
      synchronous(
        entries.has(start) ? contents.add(entries.get(start), value) : contents.first(value),
      ),
    );
    this.#stacks.set(
      id,
      this.#stacked(
        key,
        [...entries].sort(([a], [b]) => a - b),
      ),
    );
    return undefined;
  }

  #stacked(key: unknown, entries: readonly (readonly [number, unknown])[]): SliceStacks {
    const stacks = new SliceStacks(key);
    for (const [start, own] of entries) stacks.push(start, own, this.#merge);
    return stacks;
  }

  override onWatermark(watermark: number): MaybePromise<void> {
    if (!this.#eventTime) return undefined;
    this.#end = this.#start;
    return run(this.#fire(watermark), this.ctx);
  }

  override onProcessingTime(now: number): MaybePromise<void> {
    if (this.#eventTime) return undefined;
    this.#end = this.#start;
    return run(this.#fireByClock(overAt(now)), this.ctx);
  }

  *#fireByClock(now: number): Steps {
    // The end of a key of BATCH execution is not one of the next key's.
    this.#clockTime = now >= MAX_TIMESTAMP ? MIN_TIMESTAMP : Math.max(now, this.#clockTime);
    yield* this.#fire(now);
    this.#awaitNext();
  }

  #awaitNext(): void {
    const start = this.#nextSlice();
    if (start < Infinity) this.ctx.requestProcessingTime(onceOver(start + this.#widthMs - 1));
  }

  /** Start of the slice that time comes to the end of next; Infinity where there is nothing to wait for. */
  #nextSlice(): number {
    return this.#stacks.size > 0 ? this.#done + this.#widthMs : this.#oldestSlice();
  }

  /** Walks over window ends and slices in order of time, up to `time`. */
  *#fire(time: number): Steps {
    const widthMs = this.#widthMs;
    for (;;) {
      const start = this.#nextSlice();
      if (start + widthMs - 1 > time) break;
      this.#join(start);
      const windowStart = start + widthMs - this.#sizeMs;
      if ((windowStart - this.#offsetMs) % this.#slideMs === 0)
        yield* this.#fireWindow(windowStart); // S3
    }
    // At the final watermark everything has been emitted: a next key of BATCH execution begins at the beginning.
    // Otherwise: windows that have ended never fire again, even if nothing was in them.
    this.#done = time >= MAX_TIMESTAMP ? MIN_TIMESTAMP : this.#passedBy(time);
  }

  /** Infinity where there is none. */
  #oldestSlice(): number {
    const starts = this.#starts;
    while (starts.size > 0 && !this.#slices.has(starts.earliest)) starts.pop();
    return starts.earliest;
  }

  #join(start: number): void {
    this.#done = start;
    const cells = this.#slices.get(start);
    if (cells === undefined) return;
    if (this.#changes !== undefined) {
      for (const [id, { key }] of cells) this.#changes.touch(id, key);
    }
    this.#slices.delete(start);
    for (const [id, { key, contents }] of cells) {
      let stacks = this.#stacks.get(id);
      if (stacks === undefined) {
        stacks = new SliceStacks(key);
        this.#stacks.set(id, stacks);
      }
      stacks.push(start, contents, this.#merge);
    }
  }

  *#fireWindow(start: number): Steps {
    const { emission } = this;
    const merge = this.#merge;
    const window = new TimeWindow(start, start + this.#sizeMs);
    const end = window.maxTimestamp();
    // What the next window no longer holds.
    const oldest = start + this.#slideMs;
    const pace = new Pace(this.ctx);
    for (const [id, stacks] of this.#stacks) {
      this.#changes?.touch(id, stacks.key);
      const value = stacks.value(merge);
      const wait = pace.after(emission.emit(stacks.key, window, value, end, true));
      if (wait !== undefined) yield wait;
      if (emission.clears) {
        const cleared = emission.clear(stacks.key, window);
        if (cleared !== undefined) yield cleared;
      }
      stacks.dropBefore(oldest, merge);
      if (stacks.isEmpty) this.#stacks.delete(id);
    }
  }

  protected override declareState(): void {
    const { state } = this.ctx;
    const times = state.drawn('time of slices', () => this.#timeOfSlices());
    const { restored, changes } = state.ownByKey<Slices>('slices', this.#own());
    this.#changes = changes;
    if (restored.length === 0) return;
    // Old subtasks have seen the same watermark at a barrier of theirs, give or take: the earliest counts.
    if (times.length > 0) this.#done = Math.min(...times);
    for (const [key, slices] of restored) {
      const id = keyIdentity(key);
      const old = slices.filter(([start]) => start <= this.#done);
      if (old.length > 0) this.#stacks.set(id, this.#stacked(key, old));
      for (const [start, own] of slices) {
        if (start <= this.#done) continue;
        this.#turnTo(start);
        this.#cells.set(id, new Cell(key, own));
      }
    }
    this.#end = this.#start;
    if (!this.#eventTime) this.#awaitNext();
  }

  /** Undefined where no slice has been passed, so that others decide. */
  #timeOfSlices(): number | undefined {
    if (this.#stacks.size === 0 && this.#slices.size === 0) return undefined;
    return this.#done === MIN_TIMESTAMP ? undefined : this.#done;
  }

  /** Units are keys. */
  #own(): Own<unknown> {
    return {
      units: () => this.#units(),
      entriesOf: (id) => this.#entriesOf(id),
      addressOf: (key) => [key],
    };
  }

  *#units(): Generator<Unit<unknown>> {
    for (const [id, { key }] of this.#stacks) yield [id, key, undefined];
    const before: Cells[] = [];
    for (const cells of this.#slices.values()) {
      for (const [id, { key }] of cells) {
        if (this.#stacks.has(id) || before.some((others) => others.has(id))) continue;
        yield [id, key, undefined];
      }
      before.push(cells);
    }
  }

  #entriesOf(id: unknown): [key: unknown, slices: Slices][] {
    const stacks = this.#stacks.get(id);
    const slices: Slices = stacks === undefined ? [] : [...stacks.entries()];
    let key = stacks?.key;
    for (const start of [...this.#slices.keys()].sort((a, b) => a - b)) {
      const cell = this.#slices.get(start)?.get(id);
      if (cell === undefined) continue;
      key = cell.key;
      slices.push([start, cell.contents]);
    }
    return slices.length === 0 ? [] : [[key, slices]];
  }
}
