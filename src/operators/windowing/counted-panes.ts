// Sliding count windows put together from panes, for functions that declare themselves mergeable: a record costs the same
// however many windows it is in. What comes out is what `CountedEngine` gives.
//
//   - A pane has as many records of a key as the greatest common divisor of size and slide says; windows begin and end with
//     panes.
//   - The panes of a key that windows to come still hold are in its stacks, each under the number of its first record.

import type { MaybePromise } from '../../runtime/operator.ts';
import type { Changes } from '../../state/changes.ts';
import { keyIdentity } from '../../state/key-identity.ts';
import type { Unit } from '../../state/views.ts';
import { Engine, type EngineParts } from './engine.ts';
import { type Merge, SliceStacks, greatestCommonDivisor, synchronous } from './slice-stacks.ts';
import { type Steps, run } from './waiting.ts';
import { CountWindow } from './windows.ts';

interface Panes {
  /** Records so far. */
  count: number;
  /** The pane that is not full; undefined where it has no record yet. */
  open: { contents: unknown } | undefined;
  stacks: SliceStacks;
}

type Saved = [count: number, open: Panes['open'], slices: [start: number, own: unknown][]];

export class CountedPanesEngine extends Engine {
  readonly #size: number;
  readonly #slide: number;
  readonly #width: number;
  readonly #merge: Merge;
  readonly #keys = new Map<unknown, Panes>();
  /** By key; undefined where no checkpoints are taken. */
  #changes: Changes<unknown> | undefined;

  constructor(parts: EngineParts) {
    super(parts);
    const { size, slide } = parts.operation.assigner as { size: number; slide: number };
    this.#size = size;
    this.#slide = slide;
    this.#width = greatestCommonDivisor(size, slide);
    const { merge } = this.contents;
    this.#merge = (older, younger) => synchronous(merge(older, younger));
  }

  process(value: unknown): MaybePromise<void> {
    const panes = this.#panesOf(this.ctx.cursor.key);
    const { open } = panes;
    if (open === undefined) {
      panes.open = { contents: synchronous(this.contents.first(value)) };
    } else {
      open.contents = synchronous(this.contents.add(open.contents, value));
    }
    panes.count++;
    if (panes.count % this.#width !== 0) return undefined;
    panes.stacks.push(panes.count - this.#width, panes.open?.contents, this.#merge);
    panes.open = undefined;
    const start = panes.count - this.#size;
    if (start < 0 || start % this.#slide !== 0) return undefined;
    return run(this.#fire(panes.stacks, start), this.ctx);
  }

  *#fire(stacks: SliceStacks, start: number): Steps {
    const { emission } = this;
    const window = new CountWindow(start / this.#slide);
    const { timestamp } = this.ctx.cursor;
    const wait = emission.emit(stacks.key, window, stacks.value(this.#merge), timestamp, true);
    if (wait !== undefined) yield wait;
    const cleared = emission.clear(stacks.key, window);
    if (cleared !== undefined) yield cleared;
    stacks.dropBefore(start + this.#slide, this.#merge);
  }

  #panesOf(key: unknown): Panes {
    const id = keyIdentity(key);
    this.#changes?.touch(id, key);
    let panes = this.#keys.get(id);
    if (panes === undefined) {
      panes = { count: 0, open: undefined, stacks: new SliceStacks(key) };
      this.#keys.set(id, panes);
    }
    return panes;
  }

  protected override declareState(): void {
    const { restored, changes } = this.ctx.state.ownByKey<Saved>('panes', {
      units: () => this.#units(),
      entriesOf: (id) => this.#entriesOf(id),
      addressOf: (key) => [key],
    });
    for (const [key, [count, open, slices]] of restored) {
      const panes = this.#panesOf(key);
      panes.count = count;
      panes.open = open;
      for (const [start, own] of slices) panes.stacks.push(start, own, this.#merge);
    }
    this.#changes = changes;
  }

  *#units(): Generator<Unit<unknown>> {
    for (const [id, { stacks }] of this.#keys) yield [id, stacks.key, undefined];
  }

  #entriesOf(id: unknown): [key: unknown, panes: Saved][] {
    const panes = this.#keys.get(id);
    if (panes === undefined) return [];
    const { count, open, stacks } = panes;
    return [[stacks.key, [count, open && { ...open }, [...stacks.entries()]]]];
  }
}
