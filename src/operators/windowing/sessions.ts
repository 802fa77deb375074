// Session windows with their default trigger and no lateness, kept as intervals instead of as windows that merge.
//
// A record mostly falls into the one session its key has, or begins one; neither makes a window, a timer or a merge. What
// comes out, and in which order, is what `MergingEngine` gives.
//
//   S1. The sessions of a key neither overlap nor touch, and are kept in order of time: a key may have many, all those of a file
//       that is read faster than watermarks come.
//   S2. Sessions fire in order of their end; those of one end in the order in which they got their bounds.
//   S3. The heap has one entry for each session, at an end it once had: where it has grown since, the entry moves when it
//       comes up.
//   S4. A record that touches several sessions makes one of them, their contents combined in order of time.

import type { MaybePromise } from '../../runtime/operator.ts';
import { isPromise } from '../../runtime/output.ts';
import { settling } from '../../runtime/settling.ts';
import type { Changes } from '../../state/changes.ts';
import { keyIdentity } from '../../state/key-identity.ts';
import type { Unit } from '../../state/views.ts';
import { onceOver, overAt } from '../processing-time.ts';
import { Pace } from '../pace.ts';
import { Engine, type EngineParts } from './engine.ts';
import { TimeHeap } from './heap.ts';
import { type DynamicGap, type FixedGap, sessionEnd } from './session-assigners.ts';
import { type Steps, run } from './waiting.ts';
import { TimeWindow } from './windows.ts';

interface Session {
  readonly key: unknown;
  /** Of the key. */
  readonly id: unknown;
  start: number;
  end: number;
  contents: unknown;
  /** When it got its bounds (S2). */
  order: number;
  /** Where its entry in the heap stands (S3). */
  entry: number;
  /** Became part of another. */
  gone: boolean;
}

export class SessionEngine extends Engine {
  readonly #eventTime: boolean;
  /** NaN: every record says its own. */
  readonly #gapMs: number;
  /** By key: its session, or several in order of time (S1). */
  readonly #sessions = new Map<unknown, Session | Session[]>();
  readonly #heap = new TimeHeap<Session>();
  #order = 0;
  /** Of the sessions of keys; undefined where no checkpoints are taken. */
  #changes: Changes<unknown> | undefined;

  constructor(parts: EngineParts) {
    super(parts);
    this.#eventTime = parts.assigner.isEventTime?.() ?? true;
    this.#gapMs = 'gapMs' in parts.assigner ? (parts.assigner as FixedGap<unknown>).gapMs : NaN;
  }

  process(value: unknown): MaybePromise<void> {
    const { cursor, clock } = this.ctx;
    const start = this.#eventTime ? cursor.timestamp : clock.now();
    const gapMs = Number.isNaN(this.#gapMs)
      ? (this.assigner as unknown as DynamicGap<unknown>).gapOf(value)
      : this.#gapMs;
    const end = sessionEnd(start, gapMs);
    const id = keyIdentity(cursor.key);
    this.#changes?.touch(id, cursor.key);
    const known = this.#sessions.get(id);
    if (known === undefined) return this.#begin(id, start, end, value);
    if (!Array.isArray(known)) {
      return known.start <= end && start <= known.end
        ? this.#addTo(known, start, end, value)
        : this.#begin(id, start, end, value);
    }
    const touched = touchedBy(known, start, end);
    if (touched.length === 0) return this.#begin(id, start, end, value);
    if (touched.length === 1) return this.#addTo(touched[0] as Session, start, end, value);
    return run(this.#bridge(touched, start, end, value), this.ctx);
  }

  #addTo(session: Session, start: number, end: number, value: unknown): MaybePromise<void> {
    if (end > session.end || start < session.start) {
      if (start < session.start) session.start = start;
      if (end > session.end) session.end = end;
      session.order = ++this.#order;
    }
    const contents = this.contents.add(session.contents, value);
    if (isPromise(contents)) return this.#settle(session, contents);
    session.contents = contents;
    return undefined;
  }

  #settle(session: Session, contents: Promise<unknown>): Promise<void> {
    return settling(contents).then((settled) => {
      session.contents = settled;
    });
  }

  /** A record that touches no session of its key. */
  #begin(id: unknown, start: number, end: number, value: unknown): MaybePromise<void> {
    if (this.#eventTime && end - 1 <= this.ctx.watermark) {
      return this.isLate(start) ? this.dropLate(value) : undefined;
    }
    const session = this.#open(id, this.ctx.cursor.key, start, end);
    const contents = this.contents.first(value);
    if (isPromise(contents)) return this.#settle(session, contents);
    session.contents = contents;
    return undefined;
  }

  #open(id: unknown, key: unknown, start: number, end: number): Session {
    const order = ++this.#order;
    const session: Session = {
      key,
      id,
      start,
      end,
      contents: undefined,
      order,
      entry: end,
      gone: false,
    };
    const known = this.#sessions.get(id);
    if (known === undefined) this.#sessions.set(id, session);
    else if (Array.isArray(known)) known.splice(firstEndingFrom(known, start), 0, session);
    else this.#sessions.set(id, known.start < start ? [known, session] : [session, known]);
    if (!this.#eventTime && end <= this.#heap.earliest)
      this.ctx.requestProcessingTime(onceOver(end - 1));
    this.#heap.push(end, session);
    return session;
  }

  /** S4 */
  *#bridge(touched: Session[], start: number, end: number, value: unknown): Steps {
    const { contents } = this;
    const { id, key } = touched[0] as Session;
    let found = (touched[0] as Session).contents;
    for (const session of touched.slice(1)) {
      found = contents.merge(found, session.contents);
      if (isPromise(found)) found = yield found;
    }
    found = contents.add(found, value);
    if (isPromise(found)) found = yield found;
    for (const session of touched) this.#remove(session);
    const bridged = this.#open(
      id,
      key,
      Math.min(start, ...touched.map((session) => session.start)),
      Math.max(end, ...touched.map((session) => session.end)),
    );
    bridged.contents = found;
  }

  #remove(session: Session): void {
    session.gone = true;
    const known = this.#sessions.get(session.id);
    if (Array.isArray(known)) this.#cut(session.id, known, firstEndingFrom(known, session.end), 1);
    else this.#sessions.delete(session.id);
  }

  #cut(id: unknown, known: Session[], at: number, count: number): void {
    known.splice(at, count);
    if (known.length === 0) this.#sessions.delete(id);
    else if (known.length === 1) this.#sessions.set(id, known[0] as Session);
  }

  override onWatermark(watermark: number): MaybePromise<void> {
    return this.#eventTime ? run(this.#fire(watermark), this.ctx) : undefined;
  }

  override onProcessingTime(now: number): MaybePromise<void> {
    return this.#eventTime ? undefined : run(this.#fireByClock(overAt(now)), this.ctx);
  }

  *#fireByClock(now: number): Steps {
    yield* this.#fire(now);
    if (this.#heap.size > 0) this.ctx.requestProcessingTime(onceOver(this.#heap.earliest - 1));
  }

  *#fire(time: number): Steps {
    if (this.#heap.earliest - 1 > time) return;
    const { emission } = this;
    const ended = this.#takeEnded(time).sort((a, b) => a.end - b.end || a.order - b.order); // S2
    const pace = new Pace(this.ctx);
    for (const { key, start, end, contents } of ended) {
      const window = new TimeWindow(start, end);
      const wait = pace.after(emission.emit(key, window, contents, end - 1, false));
      if (wait !== undefined) yield wait;
      if (!emission.clears) continue;
      const cleared = emission.clear(key, window);
      if (cleared !== undefined) yield cleared;
    }
  }

  #takeEnded(time: number): Session[] {
    const heap = this.#heap;
    const ended: Session[] = [];
    while (heap.earliest - 1 <= time) {
      const session = heap.pop();
      if (session.gone) continue;
      if (session.end > session.entry) {
        session.entry = session.end;
        heap.push(session.end, session); // S3
        continue;
      }
      session.gone = true;
      ended.push(session);
    }
    const changes = this.#changes;
    if (changes !== undefined) for (const { id, key } of ended) changes.touch(id, key);
    for (const id of new Set(ended.map((session) => session.id))) {
      const known = this.#sessions.get(id);
      if (Array.isArray(known)) {
        const left = known.findIndex(({ gone }) => !gone); // S1: those that are gone were the first of their key.
        this.#cut(id, known, 0, left === -1 ? known.length : left);
      } else {
        this.#sessions.delete(id);
      }
    }
    return ended;
  }

  protected override declareState(): void {
    const { restored, changes } = this.ctx.state.ownByKey<Saved>('sessions', {
      units: () => this.#units(),
      entriesOf: (id) => [this.#sessions.get(id) ?? []].flat().map(entryOf),
      addressOf: (key) => [key],
      many: true,
    });
    this.#changes = changes;
    restored.sort(([, a], [, b]) => a[3] - b[3]);
    for (const [key, [start, end, contents]] of restored) {
      this.#open(keyIdentity(key), key, start, end).contents = contents;
    }
  }

  /** Keys. */
  *#units(): Generator<Unit<unknown>> {
    for (const [id, known] of this.#sessions) {
      const { key } = Array.isArray(known) ? (known[0] as Session) : known;
      yield [id, key, undefined];
    }
  }
}

type Saved = [start: number, end: number, contents: unknown, order: number];

function entryOf({ key, start, end, contents, order }: Session): [key: unknown, saved: Saved] {
  return [key, [start, end, contents, order]];
}

/** Those that an interval touches. */
function touchedBy(known: readonly Session[], start: number, end: number): Session[] {
  const first = firstEndingFrom(known, start);
  let last = first;
  while (last < known.length && (known[last] as Session).start <= end) last++;
  return known.slice(first, last);
}

/** Where the first session is that ends at `time` or later; the number of them where none does. */
function firstEndingFrom(known: readonly Session[], time: number): number {
  let [low, high] = [0, known.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((known[middle] as Session).end < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
