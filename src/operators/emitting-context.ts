// What contexts of functions have in common: the time, and side outputs that may have to wait.

import type { OperatorContext } from '../runtime/operator.ts';

export class EmittingContext {
  protected readonly ctx: OperatorContext;
  #waiting: Promise<void> | undefined;

  constructor(ctx: OperatorContext) {
    this.ctx = ctx;
  }

  currentProcessingTime(): number {
    return this.ctx.clock.now();
  }

  currentWatermark(): number {
    return this.ctx.watermark;
  }

  /**
   * Emits to a side output. A function that gives it many for one record awaits what this returns, or is a generator, which
   * is suspended where it yields: of what is held for a slow reader nobody else can make less.
   */
  output(tag: { id: string }, value: unknown): Promise<void> | undefined {
    const wait = this.ctx.emitSide(tag.id, value);
    if (wait === undefined) return undefined;
    if (this.#waiting === wait) return wait;
    this.#waiting =
      this.#waiting === undefined ? wait : Promise.all([this.#waiting, wait]).then(nothing);
    // Whoever takes it hears of a rejection; nobody may, where the function throws first.
    this.#waiting.catch(nothing);
    return wait;
  }

  /** Settles when the side outputs have room for what `output` was given. */
  takeWaiting(): Promise<void> | undefined {
    const waiting = this.#waiting;
    if (waiting !== undefined) this.#waiting = undefined;
    return waiting;
  }
}

function nothing(): void {}
