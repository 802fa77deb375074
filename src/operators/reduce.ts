import type { OperatorSpec } from '../graph/job-graph.ts';
import { type UserFunction, userFunction } from '../runtime/functions.ts';
import type { Emit, MaybePromise, Operator, OperatorContext } from '../runtime/operator.ts';
import { KeyedFold } from './keyed-fold.ts';
import { requiredFunction } from '../runtime/required-function.ts';

/** `reduce`: the running result of each key; its first record passes as it is. */
export function reduceOperator(spec: OperatorSpec): Operator {
  return new ReduceOperator(spec);
}

type Reduce = (held: unknown, value: unknown) => unknown;

class ReduceOperator extends KeyedFold {
  readonly #spec: OperatorSpec;
  #function: UserFunction<Reduce> | undefined;

  constructor(spec: OperatorSpec) {
    super();
    this.#spec = spec;
  }

  async open(ctx: OperatorContext, emit: Emit): Promise<void> {
    const loaded = await requiredFunction(ctx);
    this.#function = userFunction<Reduce>(loaded, ['reduce'], this.#spec.name);
    await this.#function.open(this.begin(ctx, emit, this.#function.call));
  }

  close(): MaybePromise<void> {
    return this.#function?.close();
  }
}
