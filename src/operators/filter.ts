import type { OperatorSpec } from '../graph/job-graph.ts';
import { type UserFunction, userFunction } from '../runtime/functions.ts';
import type { Emit, MaybePromise, Operator, OperatorContext } from '../runtime/operator.ts';
import { isPromise } from '../runtime/output.ts';
import { settling } from '../runtime/settling.ts';
import { requiredFunction } from '../runtime/required-function.ts';
import { StatefulOperator } from './stateful-operator.ts';

/** `filter`: keeps the records for which the function is true-ish. */
export function filterOperator(spec: OperatorSpec): Operator {
  return new FilterOperator(spec);
}

class FilterOperator extends StatefulOperator {
  readonly #spec: OperatorSpec;
  #function: UserFunction | undefined;
  #call!: (value: unknown) => unknown;
  #emit!: Emit;

  constructor(spec: OperatorSpec) {
    super();
    this.#spec = spec;
  }

  async open(ctx: OperatorContext, emit: Emit): Promise<void> {
    this.#emit = emit;
    const loaded = await requiredFunction(ctx);
    this.#function = userFunction(loaded, ['filter'], this.#spec.name);
    this.#call = this.#function.call;
    await this.#function.open(this.openRuntime(ctx));
  }

  process(value: unknown): MaybePromise<void> {
    const keep = this.#call(value);
    if (isPromise(keep)) {
      return settling(keep).then((settled) => (settled ? this.#emit(value) : undefined));
    }
    return keep ? this.#emit(value) : undefined;
  }

  close(): MaybePromise<void> {
    return this.#function?.close();
  }
}
