// Windows that merge (sessions).
//
//   M1. A record's window is merged with those it touches before the record is added. The trigger merges its state and
//       timers (`onMerge`), then is cleared for the windows that are gone.
//   M2. Contents of several windows are combined, the earlier first, by `reduce` or `merge`.
//   M3. A timer of a window that is gone does nothing.

import { GraphError, UserFunctionError } from '../../errors.ts';
import { inspectRecord } from '../../runtime/failure.ts';
import { isPromise } from '../../runtime/output.ts';
import { keyIdentity } from '../../state/key-identity.ts';
import { type WindowLike, windowKeyOf } from './assigner.ts';
import type { WindowEntry } from './contents-store.ts';
import type { EngineParts } from './engine.ts';
import { GeneralEngine } from './general.ts';
import { type Steps } from './waiting.ts';
import { TimeWindow } from './windows.ts';

type MergeWindows = (
  windows: WindowLike[],
  callback: (merged: WindowLike[], result: WindowLike) => void,
) => void;

export class MergingEngine extends GeneralEngine {
  readonly #mergeWindows: MergeWindows;

  constructor(parts: EngineParts) {
    super(parts);
    const { assigner, contents, ctx } = parts;
    const { trigger } = this;
    if (trigger.canMerge?.() !== true) {
      throw new GraphError(
        `Operator "${ctx.spec.name}": a merging window assigner cannot be used with ${trigger.constructor.name}, which ` +
          'does not support merging. Use a trigger whose canMerge() is true.',
      );
    }
    if (!contents.canMerge) {
      throw new GraphError(
        `Operator "${ctx.spec.name}" has windows that merge, and its aggregate function has no merge(); add ` +
          'merge(a, b), which gives the accumulator of both.',
      );
    }
    this.#mergeWindows = (windows, callback) => assigner.mergeWindows?.(windows, callback);
  }

  protected override *add(value: unknown): Steps {
    const { cursor } = this.ctx;
    const { key, timestamp } = cursor;
    const id = keyIdentity(key);
    const element = this.element(value);
    let taken = false;
    for (const assigned of this.windowsOf(element, timestamp)) {
      const entry = yield* this.#place(id, key, assigned);
      if (this.isWindowLate(entry.window)) {
        this.forget(entry);
        this.held.drop(entry);
        continue;
      }
      const given = this.overlaps ? this.contents.share(value) : value;
      taken = true;
      yield* this.addTo(entry, given, element, timestamp);
      cursor.key = key;
      cursor.timestamp = timestamp;
    }
    if (taken || !this.eventTime || !this.isLate(timestamp)) return;
    const wait = this.dropLate(value);
    if (wait !== undefined) yield wait;
  }

  /** Merges the assigned window with those of the key; the entry that the record goes into (M1). */
  *#place(id: unknown, key: unknown, assigned: WindowLike): Steps<WindowEntry> {
    const windows = this.keys.get(id);
    const assignedKey = windowKeyOf(assigned);
    const known = windows?.get(assignedKey);
    if (windows === undefined) return this.entryOf(id, key, assigned);
    const all = [...windows.values()].map(({ window }) => window);
    if (known === undefined) all.push(assigned);
    let actual = assigned;
    const groups: [merged: WindowLike[], result: WindowLike][] = [];
    this.#mergeWindows(all, (merged, result) => groups.push([[...merged], result]));
    for (const [merged, result] of groups) {
      const keys = new Set(merged.map(windowKeyOf));
      if (keys.has(assignedKey)) actual = result;
      const held = inOrder([...keys].map((windowKey) => windows.get(windowKey)));
      yield* this.#mergeInto(id, key, result, held);
    }
    return this.entryOf(id, key, actual);
  }

  *#mergeInto(id: unknown, key: unknown, result: WindowLike, held: WindowEntry[]): Steps {
    if (held.length === 0) return;
    const resultKey = windowKeyOf(result);
    if (held.length === 1 && (held[0] as WindowEntry).windowKey === resultKey) return;
    this.#checkTime(result);
    for (const entry of held) this.forget(entry); // M3
    const target = this.entryOf(id, key, result);
    const context = this.triggerContext;
    context.at(target);
    context.merged = held;
    this.trigger.onMerge?.(result, context);
    for (const entry of held) {
      context.at(entry);
      this.trigger.clear?.(entry.window, context);
      this.deleteCleanup(entry);
    }
    for (const entry of held) {
      if (!entry.filled) continue;
      const contents = this.held.get(entry);
      this.held.drop(entry);
      let merged = target.filled
        ? this.contents.merge(this.held.get(target), contents) // M2
        : contents;
      if (isPromise(merged)) merged = yield merged;
      this.held.set(target, merged);
    }
  }

  #checkTime(result: WindowLike): void {
    const end = result.maxTimestamp();
    if (this.eventTime) {
      if (end + this.latenessMs > this.ctx.watermark) return;
      throw new UserFunctionError(
        'The end timestamp of an event-time window cannot become earlier than the current watermark by merging. ' +
          `Current watermark: ${this.ctx.watermark} window: ${inspectRecord(result)}`,
      );
    }
    const now = this.ctx.clock.now();
    if (end > now) return;
    throw new UserFunctionError(
      'The end timestamp of a processing-time window cannot become earlier than the current processing time by ' +
        `merging. Current processing time: ${now} window: ${inspectRecord(result)}`,
    );
  }
}

/** Those there are; time windows in order of time. */
function inOrder(entries: (WindowEntry | undefined)[]): WindowEntry[] {
  const held = entries.filter((entry) => entry !== undefined);
  return held.sort(({ window: a }, { window: b }) =>
    a instanceof TimeWindow && b instanceof TimeWindow ? a.start - b.start || a.end - b.end : 0,
  );
}
