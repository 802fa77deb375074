import type { OperatorContext } from '../../runtime/operator.ts';
import { EmittingContext } from '../emitting-context.ts';
import { runtimeContext } from '../runtime-context.ts';
import type { WindowLike } from './assigner.ts';
import { type KeyedStateStore, type WindowState, noWindowState } from './window-state.ts';

/** What a window function is told of its window. */
export class WindowFunctionContext extends EmittingContext {
  readonly #state: WindowState;
  readonly #merging: boolean;
  #window!: WindowLike;

  constructor(ctx: OperatorContext, state: WindowState, merging: boolean) {
    super(ctx);
    this.#state = state;
    this.#merging = merging;
  }

  /** The window that it is about from now on. */
  at(window: WindowLike): void {
    this.#window = window;
    this.#state.at(window);
  }

  window(): WindowLike {
    return this.#window;
  }

  /** State of this key and window; windows that merge have none. */
  windowState(): KeyedStateStore {
    return this.#merging ? noWindowState() : this.#state;
  }

  /** State of this key, whatever the window. */
  globalState(): KeyedStateStore {
    return runtimeContext(this.ctx);
  }
}
