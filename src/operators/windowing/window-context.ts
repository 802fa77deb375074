import type { OperatorContext } from '../../runtime/operator.ts';
import type { WindowLike } from './assigner.ts';

/** What a window function is told of its window. */
export class WindowFunctionContext {
  readonly #ctx: OperatorContext;
  #window!: WindowLike;
  #waiting: Promise<void> | undefined;

  constructor(ctx: OperatorContext, _merging: boolean) {
    this.#ctx = ctx;
  }

  /** The window that it is about from now on. */
  at(window: WindowLike): void {
    this.#window = window;
  }

  /** Settles when the side outputs have room for what `output` was given. */
  takeWaiting(): Promise<void> | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }

  window(): WindowLike {
    return this.#window;
  }

  currentProcessingTime(): number {
    return this.#ctx.clock.now();
  }

  currentWatermark(): number {
    return this.#ctx.watermark;
  }

  /** Emits to a side output. */
  output(tag: { id: string }, value: unknown): void {
    const wait = this.#ctx.emitSide(tag.id, value);
    if (wait === undefined) return;
    this.#waiting =
      this.#waiting === undefined ? wait : Promise.all([this.#waiting, wait]).then(nothing);
    // Whoever takes it hears of a rejection; nobody may, where the function throws first.
    this.#waiting.catch(nothing);
  }
}

function nothing(): void {}
