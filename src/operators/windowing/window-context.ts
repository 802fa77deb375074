import type { OperatorContext } from '../../runtime/operator.ts';
import { runtimeContext } from '../runtime-context.ts';
import type { WindowLike } from './assigner.ts';
import { type KeyedStateStore, type WindowState, noWindowState } from './window-state.ts';

/** What a window function is told of its window. */
export class WindowFunctionContext {
  readonly #ctx: OperatorContext;
  readonly #state: WindowState;
  readonly #merging: boolean;
  #window!: WindowLike;
  #waiting: Promise<void> | undefined;

  constructor(ctx: OperatorContext, state: WindowState, merging: boolean) {
    this.#ctx = ctx;
    this.#state = state;
    this.#merging = merging;
  }

  /** The window that it is about from now on. */
  at(window: WindowLike): void {
    this.#window = window;
    this.#state.at(window);
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

  /** State of this key and window; windows that merge have none. */
  windowState(): KeyedStateStore {
    return this.#merging ? noWindowState() : this.#state;
  }

  /** State of this key, whatever the window. */
  globalState(): KeyedStateStore {
    return runtimeContext(this.#ctx);
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
