// What all operators have in common whose functions may have state: it goes into snapshots, and comes back before `open`.

import type { MaybePromise, Operator, OperatorContext } from '../runtime/operator.ts';
import { type OperatorRuntime, runtimeContext } from './runtime-context.ts';

/** Undefined where there is nothing. */
interface Snapshot {
  /** What the operator keeps itself. */
  own: unknown;
  /** What its functions keep. */
  runtime: unknown;
}

export abstract class StatefulOperator implements Operator {
  protected ctx!: OperatorContext;
  #runtime: OperatorRuntime | undefined;
  #restored: Snapshot[] = [];

  /** What the function's `open` is given, with the state of before. */
  protected openRuntime(ctx: OperatorContext): OperatorRuntime {
    this.ctx = ctx;
    this.#runtime = runtimeContext(ctx);
    const part = (name: keyof Snapshot) =>
      this.#restored.map((state) => state[name]).filter((state) => state !== undefined);
    this.#runtime.restore(part('runtime'));
    this.restoreOwn(part('own'));
    this.#restored = [];
    return this.#runtime;
  }

  abstract process(value: unknown): MaybePromise<void>;

  snapshot(): MaybePromise<unknown> {
    const own = this.snapshotOwn();
    const runtime = this.#runtime?.snapshot();
    return own === undefined && runtime === undefined ? undefined : { own, runtime };
  }

  restore(states: unknown[]): void {
    this.#restored = states.filter((state) => state !== undefined) as Snapshot[];
  }

  /** What the operator keeps besides the state of its functions. */
  protected snapshotOwn(): unknown {
    return undefined;
  }

  /** Gives back what `snapshotOwn` gave, of one subtask or several; called by `openRuntime`. */
  protected restoreOwn(_states: readonly unknown[]): void {}
}
