import type { OperatorSpec } from '../graph/job-graph.ts';
import { type UserFunction, userFunction } from '../runtime/functions.ts';
import type { Emit, MaybePromise, Operator, OperatorContext } from '../runtime/operator.ts';
import { isPromise } from '../runtime/output.ts';
import { settling } from '../runtime/settling.ts';
import { StatefulOperator } from './stateful-operator.ts';

/** `map`: one result for each record; without a function the record itself. */
export function mapOperator(spec: OperatorSpec): Operator {
  return new MapOperator(spec);
}

class MapOperator extends StatefulOperator {
  readonly #spec: OperatorSpec;
  #function: UserFunction | undefined;
  #call: (value: unknown) => unknown = identity;
  #emit!: Emit;

  constructor(spec: OperatorSpec) {
    super();
    this.#spec = spec;
  }

  async open(ctx: OperatorContext, emit: Emit): Promise<void> {
    this.#emit = emit;
    const runtime = this.openRuntime(ctx);
    const loaded = await ctx.load('function');
    if (loaded === undefined) return;
    this.#function = userFunction(loaded, ['map'], this.#spec.name);
    this.#call = this.#function.call;
    await this.#function.open(runtime);
  }

  process(value: unknown): MaybePromise<void> {
    const result = this.#call(value);
    return isPromise(result) ? settling(result).then(this.#emit) : this.#emit(result);
  }

  close(): MaybePromise<void> {
    return this.#function?.close();
  }
}

function identity(value: unknown): unknown {
  return value;
}
