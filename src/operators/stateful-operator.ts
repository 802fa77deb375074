// What all operators have in common whose functions may have state.

import type { MaybePromise, Operator, OperatorContext } from '../runtime/operator.ts';
import { type OperatorRuntime, runtimeContext } from './runtime-context.ts';

export abstract class StatefulOperator implements Operator {
  protected ctx!: OperatorContext;

  /** What the function's `open` is given. */
  protected openRuntime(ctx: OperatorContext): OperatorRuntime {
    this.ctx = ctx;
    return runtimeContext(ctx);
  }

  abstract process(value: unknown): MaybePromise<void>;
}
