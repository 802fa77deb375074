// Count windows with a trigger that was said: records of a key are counted, the rest is as with any assigner.

import type { KeyedTable } from '../../state/table.ts';
import { keyedTable } from '../state-store.ts';
import type { WindowLike } from './assigner.ts';
import { CountTrigger } from './count-trigger.ts';
import type { EngineParts } from './engine.ts';
import { GeneralEngine } from './general.ts';
import { CountWindow } from './windows.ts';

export class CountingEngine extends GeneralEngine {
  readonly #size: number;
  readonly #slide: number;
  readonly #counts: KeyedTable<number>;

  constructor(parts: EngineParts) {
    const { size, slide } = parts.operation.assigner as { size: number; slide?: number };
    const trigger = parts.operation.trigger ?? new CountTrigger(size);
    super({ ...parts, operation: { ...parts.operation, trigger } });
    this.#size = size;
    this.#slide = slide ?? size;
    this.#counts = keyedTable(parts.ctx, 'counts');
  }

  /** The latest first. */
  protected override *windowsOf(): Generator<WindowLike> {
    const count = this.#next();
    const first = Math.max(0, Math.floor((count - this.#size) / this.#slide) + 1);
    for (let id = Math.floor(count / this.#slide); id >= first; id--) yield new CountWindow(id);
  }

  /** Records of the key before this one. */
  #next(): number {
    const count = this.#counts.get() ?? 0;
    this.#counts.set(count + 1);
    return count;
  }
}
