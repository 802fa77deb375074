// Tumbling and sliding count windows with their default trigger: a window fires when it is full, and is over. A window that
// never fills never fires. Windows of a key are counted from 0.
//
// A key without an open window leaves its count, and nothing else: of the REMEMBERED keys at least that were left so last.
// There are more keys in the life of a stream than can be remembered; the windows of a key that is not count from 0 again.

import type { MaybePromise } from '../../runtime/operator.ts';
import { isPromise } from '../../runtime/output.ts';
import type { Changes } from '../../state/changes.ts';
import { KeyOriginals, keyIdentity } from '../../state/key-identity.ts';
import type { KeyedTable } from '../../state/table.ts';
import type { Own } from '../../state/tables.ts';
import type { Unit } from '../../state/views.ts';
import { keyedTable } from '../state-store.ts';
import { Engine, type EngineParts } from './engine.ts';
import { type Steps, run } from './waiting.ts';
import { CountWindow } from './windows.ts';

interface KeyCount {
  /** Records so far. */
  count: number;
  /** Contents by number of the window. */
  windows: Map<number, unknown>;
}

/** Keys of which at least the count is known when they come again. */
const REMEMBERED = 1 << 15;

class Generation {
  readonly counts = new Map<unknown, number>();
  readonly originals = new KeyOriginals();

  take(identity: unknown): number | undefined {
    const count = this.counts.get(identity);
    if (this.counts.delete(identity)) this.originals.drop(identity);
    return count;
  }
}

/** Counts of keys that have no open window, in two generations: the older one goes as a whole. */
class Counts implements Own<unknown> {
  #recent = new Generation();
  #older = new Generation();
  /** Undefined where no checkpoints are taken. */
  changes: Changes<unknown> | undefined;

  leave(key: unknown, count: number): void {
    if (this.#recent.counts.size >= REMEMBERED) this.#turn();
    this.changes?.touch(keyIdentity(key), key);
    this.#recent.counts.set(this.#recent.originals.keep(key), count);
  }

  take(key: unknown): number {
    const identity = keyIdentity(key);
    if (this.changes !== undefined && this.entriesOf(identity).length > 0)
      this.changes.touch(identity, key);
    return this.#recent.take(identity) ?? this.#older.take(identity) ?? 0;
  }

  #turn(): void {
    for (const [identity, key] of keysOf(this.#older)) this.changes?.touch(identity, key);
    this.#older = this.#recent;
    this.#recent = new Generation();
  }

  /** The older ones first. */
  *units(): Generator<Unit<unknown>> {
    for (const generation of [this.#older, this.#recent]) {
      for (const [identity, key] of keysOf(generation)) yield [identity, key, undefined];
    }
  }

  entriesOf(identity: unknown): [key: unknown, count: number][] {
    for (const { counts, originals } of [this.#recent, this.#older]) {
      const count = counts.get(identity);
      if (count !== undefined) return [[originals.key(identity), count]];
    }
    return [];
  }

  addressOf(key: unknown): unknown[] {
    return [key];
  }
}

function* keysOf({ counts, originals }: Generation): Generator<[identity: unknown, key: unknown]> {
  for (const identity of counts.keys()) yield [identity, originals.key(identity)];
}

export class CountedEngine extends Engine {
  readonly #size: number;
  readonly #slide: number;
  readonly #keys: KeyedTable<KeyCount>;
  readonly #counts = new Counts();

  constructor(parts: EngineParts) {
    super(parts);
    const { size, slide } = parts.operation.assigner as { size: number; slide?: number };
    this.#size = size;
    this.#slide = slide ?? size;
    this.#keys = keyedTable(parts.ctx, 'counts', {
      entry: (key, { count, windows }) => [key, [count, windows]],
      keyOf: ([key]) => key,
      address: (key) => [key],
      read([key, entry]) {
        const [count, windows] = entry as [number, Map<number, unknown>];
        return [key, { count, windows }];
      },
    });
  }

  process(value: unknown): MaybePromise<void> {
    return run(this.#add(value), this.ctx);
  }

  *#add(value: unknown): Steps {
    const { cursor } = this.ctx;
    const { key, timestamp } = cursor;
    const { contents, emission } = this;
    const size = this.#size;
    const slide = this.#slide;
    const entry = this.#changing();
    const { windows } = entry;
    const count = entry.count++;
    const last = Math.floor(count / slide);
    const overlaps = slide < size;
    // Oldest window first: it is the one that fills.
    for (let id = Math.max(0, Math.floor((count - size) / slide) + 1); id <= last; id++) {
      const held = windows.get(id);
      const given = overlaps ? contents.share(value) : value;
      let found =
        held === undefined && !windows.has(id) ? contents.first(given) : contents.add(held, given);
      if (isPromise(found)) found = yield found;
      if (count - id * slide + 1 < size) {
        windows.set(id, found);
        continue;
      }
      windows.delete(id);
      const window = new CountWindow(id);
      // Lists share their records with those of other windows.
      const livesOn = overlaps && contents.isList;
      const wait = emission.emit(key, window, found, timestamp, livesOn);
      if (wait !== undefined) yield wait;
      const cleared = emission.clear(key, window);
      if (cleared !== undefined) yield cleared;
      cursor.key = key;
      cursor.timestamp = timestamp;
    }
    if (windows.size === 0 && entry.count % slide === 0) {
      this.#keys.delete();
      this.#counts.leave(key, entry.count);
    }
  }

  /** What the key at hand has, about to be changed. */
  #changing(): KeyCount {
    const known = this.#keys.get();
    if (known !== undefined) {
      this.#keys.changed();
      return known;
    }
    const entry: KeyCount = { count: this.#counts.take(this.ctx.cursor.key), windows: new Map() };
    this.#keys.set(entry);
    return entry;
  }

  protected override declareState(): void {
    const { restored, changes } = this.ctx.state.ownByKey<number>(
      'counts of closed keys',
      this.#counts,
    );
    for (const [key, count] of restored) this.#counts.leave(key, count);
    this.#counts.changes = changes;
  }
}
