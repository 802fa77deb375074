// Tumbling and sliding count windows with their default trigger: a window fires when it is full, and is over. A window that
// never fills never fires. Windows of a key are counted from 0.

import type { MaybePromise } from '../../runtime/operator.ts';
import { isPromise } from '../../runtime/output.ts';
import { keyIdentity } from '../../state/key-identity.ts';
import { Engine, type EngineParts } from './engine.ts';
import { fromGroups, toGroups } from './partition.ts';
import { type Steps, run } from './waiting.ts';
import { CountWindow } from './windows.ts';

interface KeyCount {
  key: unknown;
  /** Records so far. */
  count: number;
  /** Contents by number of the window. */
  windows: Map<number, unknown>;
}

export class CountedEngine extends Engine {
  readonly #size: number;
  readonly #slide: number;
  readonly #keys = new Map<unknown, KeyCount>();

  constructor(parts: EngineParts) {
    super(parts);
    const { size, slide } = parts.operation.assigner as { size: number; slide?: number };
    this.#size = size;
    this.#slide = slide ?? size;
  }

  process(value: unknown): MaybePromise<void> {
    return run(this.#add(value), this.ctx.cursor);
  }

  *#add(value: unknown): Steps {
    const { cursor } = this.ctx;
    const { key, timestamp } = cursor;
    const { contents, emission } = this;
    const size = this.#size;
    const slide = this.#slide;
    const entry = this.#entryOf(key);
    const { windows } = entry;
    const count = entry.count++;
    const last = Math.floor(count / slide);
    let taken = false;
    // Oldest window first: it is the one that fills.
    for (let id = Math.max(0, Math.floor((count - size) / slide) + 1); id <= last; id++) {
      const held = windows.get(id);
      const given = taken ? contents.again(value) : value;
      taken = true;
      let found =
        held === undefined && !windows.has(id) ? contents.first(given) : contents.add(held, given);
      if (isPromise(found)) found = yield found;
      if (count - id * slide + 1 < size) {
        windows.set(id, found);
        continue;
      }
      windows.delete(id);
      const window = new CountWindow(id);
      const wait = emission.emit(key, window, found, false);
      if (wait !== undefined) yield wait;
      const cleared = emission.clear(key, window);
      if (cleared !== undefined) yield cleared;
      cursor.key = key;
      cursor.timestamp = timestamp;
    }
  }

  #entryOf(key: unknown): KeyCount {
    const id = keyIdentity(key);
    let entry = this.#keys.get(id);
    if (entry === undefined) {
      entry = { key, count: 0, windows: new Map() };
      this.#keys.set(id, entry);
    }
    return entry;
  }

  override snapshot(): unknown {
    return toGroups(
      this.ctx,
      [...this.#keys.values()].map(({ key, count, windows }): [unknown, unknown] => [
        key,
        [count, windows],
      ]),
    );
  }

  override restore(states: readonly unknown[]): void {
    for (const [key, entry] of fromGroups(this.ctx, states)) {
      const [count, windows] = entry as [number, Map<number, unknown>];
      this.#keys.set(keyIdentity(key), { key, count, windows });
    }
  }
}
