// What all operators have in common whose functions may have keyed state: it goes into snapshots, and comes back before `open`.

import type { MaybePromise, Operator, OperatorContext } from '../runtime/operator.ts';
import { type OperatorRuntime, runtimeContext } from './runtime-context.ts';

export abstract class StatefulOperator implements Operator {
  protected ctx!: OperatorContext;
  #runtime: OperatorRuntime | undefined;
  #restored: unknown[] = [];

  /** What the function's `open` is given, with the state of before. */
  protected openRuntime(ctx: OperatorContext): OperatorRuntime {
    this.ctx = ctx;
    this.#runtime = runtimeContext(ctx);
    if (this.#restored.length > 0) this.restoreNow(this.#restored, this.#runtime);
    this.#restored = [];
    return this.#runtime;
  }

  abstract process(value: unknown): MaybePromise<void>;

  snapshot(): unknown {
    return this.#runtime?.snapshot();
  }

  restore(states: unknown[]): void {
    this.#restored = states;
  }

  protected restoreNow(states: readonly unknown[], runtime: OperatorRuntime): void {
    runtime.restore(states);
  }
}
