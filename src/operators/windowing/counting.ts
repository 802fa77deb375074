// Count windows with a trigger that was said: records of a key are counted, the rest is as with any assigner.

import { keyIdentity } from '../../state/key-identity.ts';
import type { WindowLike } from './assigner.ts';
import { CountTrigger } from './count-trigger.ts';
import type { EngineParts } from './engine.ts';
import { GeneralEngine } from './general.ts';
import { type GroupedEntries, fromGroups, toGroups } from './partition.ts';
import { CountWindow } from './windows.ts';

interface CountingState {
  counts: GroupedEntries | undefined;
  windows: unknown;
}

export class CountingEngine extends GeneralEngine {
  readonly #size: number;
  readonly #slide: number;
  readonly #counts = new Map<unknown, { key: unknown; count: number }>();

  constructor(parts: EngineParts) {
    const { size, slide } = parts.operation.assigner as { size: number; slide?: number };
    const trigger = parts.operation.trigger ?? new CountTrigger(size);
    super({ ...parts, operation: { ...parts.operation, trigger } });
    this.#size = size;
    this.#slide = slide ?? size;
  }

  /** The latest first. */
  protected override *windowsOf(): Generator<WindowLike> {
    const count = this.#next();
    const first = Math.max(0, Math.floor((count - this.#size) / this.#slide) + 1);
    for (let id = Math.floor(count / this.#slide); id >= first; id--) yield new CountWindow(id);
  }

  /** Records of the key before this one. */
  #next(): number {
    const { key } = this.ctx.cursor;
    const id = keyIdentity(key);
    const known = this.#counts.get(id);
    if (known !== undefined) return known.count++;
    this.#counts.set(id, { key, count: 1 });
    return 0;
  }

  override snapshot(): unknown {
    const counts = [...this.#counts.values()].map(({ key, count }): [unknown, unknown] => [
      key,
      count,
    ]);
    return {
      counts: toGroups(this.ctx, counts),
      windows: super.snapshot(),
    } satisfies CountingState;
  }

  override restore(states: readonly unknown[]): void {
    const all = states as readonly CountingState[];
    for (const [key, count] of fromGroups(
      this.ctx,
      all.map(({ counts }) => counts),
    )) {
      this.#counts.set(keyIdentity(key), { key, count: count as number });
    }
    super.restore(all.map(({ windows }) => windows));
  }
}
