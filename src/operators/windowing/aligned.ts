// Tumbling and sliding time windows with their default trigger.
//
// All keys of a window fire at the same time, so contents are kept by window (start → key → contents) and no key needs a
// timer of its own.
//
//   A1. A window fires when time passes `end - 1`; its keys in the order of their first record.
//   A2. With event time a window lives until `end - 1 + lateness`; a record for it after it fired fires it again at once,
//       for its key alone.
//   A3. A window that is over is cleared key by key, each right after it fired where there is no lateness.

import type { MaybePromise } from '../../runtime/operator.ts';
import { isPromise } from '../../runtime/output.ts';
import { settling } from '../../runtime/settling.ts';
import type { Changes } from '../../state/changes.ts';
import { keyIdentity } from '../../state/key-identity.ts';
import type { Own } from '../../state/tables.ts';
import type { Unit } from '../../state/views.ts';
import { onceOver, overAt } from '../processing-time.ts';
import { Pace } from '../pace.ts';
import { Cell } from './contents.ts';
import { Engine, type EngineParts } from './engine.ts';
import { TimeHeap } from './heap.ts';
import {
  type SlidingEventTimeWindows,
  type TumblingEventTimeWindows,
  checkedTimestamp,
} from './time-assigners.ts';
import { type Steps, run } from './waiting.ts';
import { TimeWindow, floorMod } from './windows.ts';

type Cells = Map<unknown, Cell>;
type Aligned = TumblingEventTimeWindows | SlidingEventTimeWindows;

export class AlignedEngine extends Engine {
  readonly #sizeMs: number;
  readonly #slideMs: number;
  readonly #offsetMs: number;
  readonly #eventTime: boolean;
  /** Lateness of event time; 0 otherwise. */
  readonly #keptMs: number;
  readonly #oneByOne: boolean;
  /** By start: windows that have not fired, and fired ones that live on (A2). */
  readonly #windows = new Map<number, Cells>();
  readonly #lasting = new Map<number, Cells>();
  /** Starts of the former and of the latter. */
  readonly #unfired = new TimeHeap<number>();
  readonly #fired = new TimeHeap<number>();
  /** Of the former and of the latter; undefined where no checkpoints are taken. */
  #changes: Changes<unknown> | undefined;
  #lastingChanges: Changes<unknown> | undefined;
  /** The window at hand: most records fall into the one of the record before. Empty once it has fired. */
  #start = 0;
  #end = 0;
  #cells: Cells = new Map();

  constructor(parts: EngineParts) {
    super(parts);
    const assigner = this.assigner as unknown as Aligned;
    this.#sizeMs = assigner.sizeMs;
    this.#slideMs = 'slideMs' in assigner ? assigner.slideMs : assigner.sizeMs;
    this.#offsetMs = assigner.offsetMs;
    this.#eventTime = assigner.isEventTime();
    this.#keptMs = this.#eventTime ? this.latenessMs : 0;
    this.#oneByOne = this.#slideMs === this.#sizeMs && this.#keptMs === 0;
  }

  process(value: unknown): MaybePromise<void> {
    if (!this.#oneByOne) return run(this.#addToAll(value), this.ctx);
    const { cursor } = this.ctx;
    const time = this.#eventTime ? cursor.timestamp : this.ctx.clock.now();
    if (time < this.#start || time >= this.#end) {
      if (!this.#turnTo(time)) return this.dropLate(value);
    }
    const id = keyIdentity(cursor.key);
    this.#changes?.touch(id, cursor.key, this.#start);
    const cell = this.#cells.get(id);
    if (cell === undefined) {
      const first = this.contents.first(value);
      if (isPromise(first)) return this.#settle(this.#cells, id, cursor.key, first);
      this.#cells.set(id, new Cell(cursor.key, first));
      return undefined;
    }
    const next = this.contents.add(cell.contents, value);
    if (isPromise(next)) {
      return settling(next).then((contents) => {
        cell.contents = contents;
      });
    }
    cell.contents = next;
    return undefined;
  }

  #settle(cells: Cells, id: unknown, key: unknown, first: Promise<unknown>): Promise<void> {
    return settling(first).then((contents) => {
      cells.set(id, new Cell(key, contents));
    });
  }

  /** Makes the window of `time` the one at hand; false where it is over. */
  #turnTo(time: number): boolean {
    if (this.#eventTime) checkedTimestamp(time);
    const start = time - floorMod(time - this.#offsetMs, this.#sizeMs);
    const end = start + this.#sizeMs;
    if (this.#eventTime && end - 1 <= this.ctx.watermark) return false;
    this.#start = start;
    this.#end = end;
    this.#cells = this.#open(start);
    return true;
  }

  *#addToAll(value: unknown): Steps {
    const { ctx, contents } = this;
    const { cursor } = ctx;
    const { timestamp, key } = cursor;
    const time = this.#eventTime ? checkedTimestamp(timestamp) : ctx.clock.now();
    const id = keyIdentity(key);
    const overlaps = this.#slideMs < this.#sizeMs;
    let taken = false;
    const last = time - floorMod(time - this.#offsetMs, this.#slideMs);
    for (let start = last; start > time - this.#sizeMs; start -= this.#slideMs) {
      const maxTimestamp = start + this.#sizeMs - 1;
      if (this.#eventTime && maxTimestamp + this.#keptMs <= ctx.watermark) continue;
      const given = overlaps ? contents.share(value) : value;
      taken = true;
      const cells = this.#open(start);
      if (this.#changes !== undefined) this.#changesOf(cells, start)?.touch(id, key, start);
      let cell = cells.get(id) ?? this.#firedEarly(start, id, cells);
      let found = cell === undefined ? contents.first(given) : contents.add(cell.contents, given);
      if (isPromise(found)) found = yield found;
      if (cell === undefined) {
        cell = new Cell(key, found);
        cells.set(id, cell);
      } else {
        cell.contents = found;
      }
      if (this.#eventTime && maxTimestamp <= ctx.watermark) {
        const wait = this.emission.emit(key, this.#windowAt(start), found, timestamp, true); // A2
        if (wait !== undefined) yield wait;
        cursor.timestamp = timestamp;
        cursor.key = key;
      }
    }
    if (taken || !this.#eventTime || !this.isLate(timestamp)) return;
    const wait = this.dropLate(value);
    if (wait !== undefined) yield wait;
  }

  #windowAt(start: number): TimeWindow {
    return new TimeWindow(start, start + this.#sizeMs);
  }

  #open(start: number): Cells {
    const maxTimestamp = start + this.#sizeMs - 1;
    const fired = this.#eventTime && maxTimestamp <= this.ctx.watermark;
    const windows = fired ? this.#lasting : this.#windows;
    let cells = windows.get(start);
    if (cells === undefined) {
      cells = new Map();
      windows.set(start, cells);
      if (!fired && !this.#eventTime && start <= this.#unfired.earliest) {
        this.ctx.requestProcessingTime(onceOver(maxTimestamp));
      }
      (fired ? this.#fired : this.#unfired).push(start, start);
    }
    return cells;
  }

  /** What a window holds that fired before a restore took its watermark back. */
  #firedEarly(start: number, id: unknown, cells: Cells): Cell | undefined {
    const fired = this.#lasting.get(start);
    const cell = fired?.get(id);
    if (fired === undefined || cell === undefined || fired === cells) return undefined;
    this.#lastingChanges?.touch(id, cell.key, start);
    fired.delete(id);
    cells.set(id, cell);
    return cell;
  }

  #changesOf(cells: Cells, start: number): Changes<unknown> | undefined {
    return this.#windows.get(start) === cells ? this.#changes : this.#lastingChanges;
  }

  override onWatermark(watermark: number): MaybePromise<void> {
    return this.#eventTime ? run(this.#fire(watermark), this.ctx) : undefined;
  }

  override onProcessingTime(now: number): MaybePromise<void> {
    return this.#eventTime ? undefined : run(this.#fireByClock(overAt(now)), this.ctx);
  }

  *#fireByClock(now: number): Steps {
    yield* this.#fire(now);
    const { earliest } = this.#unfired;
    if (earliest !== Infinity)
      this.ctx.requestProcessingTime(onceOver(earliest + this.#sizeMs - 1));
  }

  *#fire(time: number): Steps {
    for (;;) {
      const firesAt = this.#unfired.earliest + this.#sizeMs - 1;
      const endsAt = this.#fired.earliest + this.#sizeMs - 1 + this.#keptMs;
      if (Math.min(firesAt, endsAt) > time) return; // A1
      if (firesAt <= endsAt) {
        const start = this.#unfired.pop();
        if (start === this.#start) this.#end = this.#start;
        yield* this.#fireAll(start, this.#keptMs === 0);
        this.#windows.delete(start);
      } else {
        const start = this.#fired.pop();
        if (this.emission.clears || this.#lastingChanges !== undefined)
          yield* this.#clearAll(start);
        this.#lasting.delete(start);
      }
    }
  }

  *#fireAll(start: number, isLast: boolean): Steps {
    const window = this.#windowAt(start);
    const { emission } = this;
    const clears = isLast && emission.clears;
    const end = window.maxTimestamp();
    // Lists share their records with those of other windows.
    const livesOn = !isLast || (this.contents.isList && this.#slideMs < this.#sizeMs);
    const cells = this.#windows.get(start) as Cells;
    const lasting = isLast ? undefined : this.#liveOn(start);
    const leaves = this.#changes !== undefined || lasting !== undefined;
    const pace = new Pace(this.ctx);
    for (const cell of cells.values()) {
      if (leaves) this.#leave(start, cell, lasting);
      const wait = pace.after(emission.emit(cell.key, window, cell.contents, end, livesOn));
      if (wait !== undefined) yield wait;
      if (!clears) continue;
      const cleared = emission.clear(cell.key, window); // A3
      if (cleared !== undefined) yield cleared;
    }
  }

  /** Where the keys of a window that lives on go one by one: changes are told of one by one. */
  #liveOn(start: number): Cells | undefined {
    let lasting = this.#lasting.get(start);
    if (lasting !== undefined) return lasting;
    this.#fired.push(start, start);
    lasting = this.#changes === undefined ? (this.#windows.get(start) as Cells) : new Map();
    this.#lasting.set(start, lasting);
    return this.#changes === undefined ? undefined : lasting;
  }

  /** A key's window fires: it is over, or lives on. */
  #leave(start: number, cell: Cell, lasting: Cells | undefined): void {
    const id = keyIdentity(cell.key);
    this.#changes?.touch(id, cell.key, start);
    if (lasting === undefined) return;
    this.#lastingChanges?.touch(id, cell.key, start);
    lasting.set(id, cell);
  }

  *#clearAll(start: number): Steps {
    const window = this.#windowAt(start);
    const pace = new Pace(this.ctx);
    for (const { key } of (this.#lasting.get(start) as Cells).values()) {
      this.#lastingChanges?.touch(keyIdentity(key), key, start);
      const wait = pace.after(this.emission.clear(key, window));
      if (wait !== undefined) yield wait;
    }
  }

  protected override declareState(): void {
    this.#changes = this.#declare('windows', this.#windows, this.#unfired);
    this.#lastingChanges = this.#declare('fired windows', this.#lasting, this.#fired);
    const { earliest } = this.#unfired;
    if (!this.#eventTime && earliest !== Infinity) {
      this.ctx.requestProcessingTime(onceOver(earliest + this.#sizeMs - 1));
    }
  }

  #declare(
    name: string,
    windows: Map<number, Cells>,
    starts: TimeHeap<number>,
  ): Changes<unknown> | undefined {
    const { restored, changes } = this.ctx.state.own<number, unknown>(name, ownOf(windows));
    for (const [key, start, contents] of restored) {
      let cells = windows.get(start);
      if (cells === undefined) {
        cells = new Map();
        windows.set(start, cells);
        starts.push(start, start);
      }
      cells.set(keyIdentity(key), new Cell(key, contents));
    }
    return changes;
  }
}

/** Windows by start; units are keys. */
function ownOf(windows: ReadonlyMap<number, Cells>): Own<unknown> {
  return {
    *units(): Generator<Unit<unknown>> {
      for (const [start, cells] of windows) {
        for (const [id, { key }] of cells) yield [id, key, start];
      }
    },
    entriesOf(id, start) {
      const cell = windows.get(start as number)?.get(id);
      return cell === undefined ? [] : [[cell.key, start, cell.contents]];
    },
    addressOf: (key, start) => [key, start],
  };
}
