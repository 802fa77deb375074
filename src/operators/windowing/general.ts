// Any assigner with any trigger: contents per key and window, the trigger asked about every record and timer.
//
//   G1. Late is a window whose `maxTimestamp + lateness` the watermark has passed (event time only).
//   G2. A window is cleared by a timer at that time, after the trigger had its say; a window that ends at Long.MAX never is.
//   G3. FIRE keeps the contents, PURGE drops them; an empty window does not call the function.
//   G4. A timer belongs to the entry of a key and window, not to its contents: it fires also where PURGE left it empty.

import { MAX_TIMESTAMP, type MaybePromise } from '../../runtime/operator.ts';
import { isPromise } from '../../runtime/output.ts';
import type { Changes } from '../../state/changes.ts';
import { keyIdentity } from '../../state/key-identity.ts';
import type { Own } from '../../state/tables.ts';
import type { Unit } from '../../state/views.ts';
import { onceOver, overAt } from '../processing-time.ts';
import { stateStore } from '../state-store.ts';
import { Pace } from '../pace.ts';
import { type AssignerContext, type WindowLike, windowKeyOf } from './assigner.ts';
import { type ContentsStore, type WindowEntry, contentsStore } from './contents-store.ts';
import { Engine, type EngineParts } from './engine.ts';
import { GlobalWindows } from './global-windows.ts';
import {
  DynamicEventTimeSessionWindows,
  DynamicProcessingTimeSessionWindows,
  EventTimeSessionWindows,
  ProcessingTimeSessionWindows,
} from './session-assigners.ts';
import { TumblingEventTimeWindows, TumblingProcessingTimeWindows } from './time-assigners.ts';
import { TimerQueue } from './timer-queue.ts';
import { TimesByOwner } from './times-by-owner.ts';
import { EngineTriggerContext, assignerContext } from './trigger-context.ts';
import { type Trigger, type TriggerResult, checkedResult, isFire, isPurge } from './trigger.ts';
import { EventTimeTrigger, ProcessingTimeTrigger } from './triggers.ts';
import { type Steps, run } from './waiting.ts';
import { windowAsData, windowFromData } from './windows.ts';

/** The windows of a key, by window key. */
export type KeyWindows = Map<string, WindowEntry>;

export class GeneralEngine extends Engine {
  protected readonly eventTime: boolean;
  protected readonly trigger: Trigger<unknown>;
  protected readonly triggerContext: EngineTriggerContext;
  protected readonly assignerContext: AssignerContext;
  protected readonly keys = new Map<unknown, KeyWindows>();
  protected readonly held: ContentsStore;
  protected readonly eventTimers = new TimerQueue<WindowEntry>();
  protected readonly clockTimers = new TimerQueue<WindowEntry>();
  /** Of windows of keys; undefined where no checkpoints are taken. */
  #changes: Changes<unknown> | undefined;
  #eventTimes: TimesOf = { of: () => [] };
  #clockTimes: TimesOf = { of: () => [] };
  #forgetTimes: ((entry: WindowEntry) => void) | undefined;
  /** Whether a record may be in several windows, whose lists then share it. */
  protected readonly overlaps: boolean;
  /** What assigner and trigger see of a record. */
  protected readonly element: (value: unknown) => unknown;

  constructor(parts: EngineParts) {
    super(parts);
    const { operation, assigner, ctx } = parts;
    this.eventTime = assigner.isEventTime?.() ?? true;
    this.trigger = triggerOf(parts, this.eventTime);
    this.triggerContext = new EngineTriggerContext(
      ctx,
      this.triggerState,
      this.eventTimers,
      this.clockTimers,
    );
    this.assignerContext = assignerContext(ctx);
    this.element = operation.element ?? itself;
    this.overlaps = !ONE_WINDOW.some((known) => assigner instanceof known);
    this.held = contentsStore(stateStore(ctx), ctx.spec.name);
  }

  process(value: unknown): MaybePromise<void> {
    return run(this.add(value), this.ctx);
  }

  protected *add(value: unknown): Steps {
    const { cursor } = this.ctx;
    const { key, timestamp } = cursor;
    const id = keyIdentity(key);
    const element = this.element(value);
    let taken = false;
    for (const window of this.windowsOf(element, timestamp)) {
      if (this.isWindowLate(window)) continue;
      const given = this.overlaps ? this.contents.share(value) : value;
      taken = true;
      const entry = this.entryOf(id, key, window);
      yield* this.addTo(entry, given, element, timestamp);
      cursor.key = key;
      cursor.timestamp = timestamp;
    }
    if (taken || !this.eventTime || !this.isLate(timestamp)) return;
    const wait = this.dropLate(value);
    if (wait !== undefined) yield wait;
  }

  protected windowsOf(element: unknown, timestamp: number): Iterable<WindowLike> {
    return this.assigner.assignWindows(element, timestamp, this.assignerContext);
  }

  /** Takes a record into a window, and does what the trigger says of it. */
  protected *addTo(entry: WindowEntry, value: unknown, element: unknown, timestamp: number): Steps {
    let found = entry.filled
      ? this.contents.add(this.held.get(entry), value)
      : this.contents.first(value);
    if (isPromise(found)) found = yield found;
    this.held.set(entry, found);
    const { trigger } = this;
    this.triggerContext.at(entry);
    const result = checkedResult(
      trigger.onElement(element, timestamp, entry.window, this.triggerContext),
      'onElement',
      trigger,
    );
    if (result !== 'CONTINUE') yield* this.act(result, entry, timestamp);
    this.registerCleanup(entry);
  }

  /** Does what a trigger said (G3). */
  protected *act(result: TriggerResult, entry: WindowEntry, timestamp: number): Steps {
    if (isFire(result) && entry.filled) {
      const contents = this.held.get(entry);
      const wait = this.emission.emit(
        entry.key,
        entry.window,
        contents,
        timestamp,
        !isPurge(result) || (this.overlaps && this.contents.isList),
      );
      if (wait !== undefined) yield wait;
    }
    if (isPurge(result)) this.held.drop(entry);
  }

  protected entryOf(id: unknown, key: unknown, window: WindowLike): WindowEntry {
    let windows = this.keys.get(id);
    if (windows === undefined) {
      windows = new Map();
      this.keys.set(id, windows);
    }
    const windowKey = windowKeyOf(window);
    let entry = windows.get(windowKey);
    if (entry !== undefined) this.#touch(entry);
    if (entry === undefined) {
      entry = {
        key,
        window,
        windowKey,
        id,
        contents: undefined,
        filled: false,
        numbers: undefined,
      };
      this.#touch(entry);
      windows.set(windowKey, entry);
    }
    return entry;
  }

  protected forget(entry: WindowEntry): void {
    const windows = this.keys.get(entry.id);
    if (windows?.get(entry.windowKey) !== entry) return;
    this.#touch(entry);
    this.#forgetTimes?.(entry);
    windows.delete(entry.windowKey);
    if (windows.size === 0) this.keys.delete(entry.id);
  }

  override onWatermark(watermark: number): MaybePromise<void> {
    return run(this.#fire(this.eventTimers, watermark), this.ctx);
  }

  override onProcessingTime(now: number): MaybePromise<void> {
    return run(this.#fireByClock(overAt(now)), this.ctx);
  }

  *#fireByClock(now: number): Steps {
    yield* this.#fire(this.clockTimers, now);
    const next = this.clockTimers.nextTime();
    if (next !== Infinity) this.ctx.requestProcessingTime(onceOver(next));
  }

  *#fire(timers: TimerQueue<WindowEntry>, now: number): Steps {
    const { trigger, triggerContext } = this;
    const byEvent = timers === this.eventTimers;
    const pace = new Pace(this.ctx);
    for (const { time, owner: entry } of timers.due(now)) {
      const turn = pace.turn();
      if (turn !== undefined) yield turn;
      if (this.keys.get(entry.id)?.get(entry.windowKey) !== entry) continue; // G4
      this.ctx.cursor.key = entry.key;
      triggerContext.at(entry);
      const result = byEvent
        ? trigger.onEventTime?.(time, entry.window, triggerContext)
        : trigger.onProcessingTime?.(time, entry.window, triggerContext);
      if (result !== undefined && result !== 'CONTINUE') {
        const method = byEvent ? 'onEventTime' : 'onProcessingTime';
        yield* this.act(checkedResult(result, method, trigger), entry, time);
      }
      if (byEvent === this.eventTime && time === this.cleanupTime(entry.window)) {
        const wait = this.clear(entry);
        if (wait !== undefined) yield wait;
      }
    }
  }

  /** The window is over (G2). */
  protected clear(entry: WindowEntry): MaybePromise<void> {
    this.ctx.cursor.key = entry.key;
    this.triggerContext.at(entry);
    this.trigger.clear?.(entry.window, this.triggerContext);
    this.forget(entry);
    this.held.drop(entry);
    return this.emission.clear(entry.key, entry.window);
  }

  protected cleanupTime(window: WindowLike): number {
    const time = window.maxTimestamp();
    return this.eventTime ? Math.min(time + this.latenessMs, MAX_TIMESTAMP) : time;
  }

  protected registerCleanup(entry: WindowEntry): void {
    const time = this.cleanupTime(entry.window);
    if (time === MAX_TIMESTAMP) return;
    this.triggerContext.at(entry);
    if (this.eventTime) this.triggerContext.registerEventTimeTimer(time);
    else this.triggerContext.registerProcessingTimeTimer(time);
  }

  protected deleteCleanup(entry: WindowEntry): void {
    const time = this.cleanupTime(entry.window);
    if (time === MAX_TIMESTAMP) return;
    (this.eventTime ? this.eventTimers : this.clockTimers).delete(time, entry);
  }

  protected isWindowLate(window: WindowLike): boolean {
    return this.eventTime && this.cleanupTime(window) <= this.ctx.watermark; // G1
  }

  #touch(entry: WindowEntry): void {
    this.#changes?.touch(entry.id, entry, entry.windowKey);
  }

  #isThere(entry: WindowEntry): boolean {
    return this.keys.get(entry.id)?.get(entry.windowKey) === entry;
  }

  protected override declareState(): void {
    const { state } = this.ctx;
    const own = this.#own();
    const { restored, changes } = state.own<unknown, SavedEntry>('window contents', own);
    if (changes !== undefined) this.#tellOfTimers();
    for (const [key, windowData, saved] of restored) {
      const [filled, contents, numbers, events, clock] = saved;
      const entry = this.entryOf(keyIdentity(key), key, windowFromData(windowData));
      if (filled) this.held.set(entry, contents);
      entry.numbers = numbers;
      for (const time of events) this.eventTimers.register(time, entry);
      for (const time of clock) this.clockTimers.register(time, entry);
    }
    this.#changes = changes;
    const next = this.clockTimers.nextTime();
    if (next !== Infinity) this.ctx.requestProcessingTime(onceOver(next));
  }

  /** The timers of a window go with it. */
  #tellOfTimers(): void {
    const telling = (queue: TimerQueue<WindowEntry>) => {
      const times = new TimesByOwner(queue);
      queue.touch = (time, entry) => {
        if (!this.#isThere(entry)) return;
        this.#touch(entry);
        times.told(time, entry);
      };
      return times;
    };
    const events = telling(this.eventTimers);
    const clock = telling(this.clockTimers);
    this.#eventTimes = events;
    this.#clockTimes = clock;
    this.#forgetTimes = (entry) => {
      events.forget(entry);
      clock.forget(entry);
    };
  }

  /** Units are windows of keys. */
  #own(): Own<WindowEntry> {
    return {
      units: () => this.#units(),
      entriesOf: (id, windowKey) => this.#entriesOf(id, windowKey as string),
      addressOf: ({ key, window }) => [key, windowAsData(window)],
    };
  }

  *#units(): Generator<Unit<WindowEntry>> {
    if (this.#changes === undefined) {
      // Nobody tells of timers; all is listed at once.
      this.#eventTimes = timesByEntry(this.eventTimers);
      this.#clockTimes = timesByEntry(this.clockTimers);
    }
    for (const [id, windows] of this.keys) {
      for (const [windowKey, entry] of windows) yield [id, entry, windowKey];
    }
  }

  #entriesOf(id: unknown, windowKey: string): [key: unknown, window: unknown, saved: SavedEntry][] {
    const entry = this.keys.get(id)?.get(windowKey);
    if (entry === undefined) return [];
    const { key, window, filled, numbers } = entry;
    const contents = filled ? this.held.get(entry) : undefined;
    const saved: SavedEntry = [
      filled,
      contents,
      new Map(numbers),
      this.#eventTimes.of(entry),
      this.#clockTimes.of(entry),
    ];
    return [[key, windowAsData(window), saved]];
  }
}

interface TimesOf {
  of(entry: WindowEntry): number[];
}

type SavedEntry = [
  filled: boolean,
  contents: unknown,
  numbers: Map<string, number>,
  eventTimers: number[],
  clockTimers: number[],
];

function timesByEntry(timers: TimerQueue<WindowEntry>): TimesOf {
  const times = new Map<WindowEntry, number[]>();
  for (const [time, entry] of timers.entries()) {
    const of = times.get(entry);
    if (of === undefined) times.set(entry, [time]);
    else of.push(time);
  }
  return { of: (entry) => times.get(entry) ?? [] };
}

function triggerOf({ operation, assigner }: EngineParts, eventTime: boolean): Trigger<unknown> {
  if (operation.trigger !== undefined) return operation.trigger as Trigger<unknown>;
  const own = assigner.getDefaultTrigger?.();
  return own ?? (eventTime ? new EventTimeTrigger() : new ProcessingTimeTrigger());
}

/** Assigners of one window for each record; sessions merge, and so have each record once. */
const ONE_WINDOW = [
  GlobalWindows,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
  EventTimeSessionWindows,
  ProcessingTimeSessionWindows,
  DynamicEventTimeSessionWindows,
  DynamicProcessingTimeSessionWindows,
];

function itself(value: unknown): unknown {
  return value;
}
