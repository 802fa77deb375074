import type { OperatorSpec } from '../graph/job-graph.ts';
import { type UserFunction, userFunction } from '../runtime/functions.ts';
import type { Emit, MaybePromise, Operator, OperatorContext } from '../runtime/operator.ts';
import { isPromise } from '../runtime/output.ts';
import { settling } from '../runtime/settling.ts';
import { emitEach } from './emit-each.ts';
import { requiredFunction } from '../runtime/required-function.ts';
import { StatefulOperator } from './stateful-operator.ts';

/**
 * `flat_map`: any number of results for each record, as an iterable or async iterable. It is pulled as results are
 * wanted, so it may be endless.
 */
export function flatMapOperator(spec: OperatorSpec): Operator {
  return new FlatMapOperator(spec);
}

class FlatMapOperator extends StatefulOperator {
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
    this.#function = userFunction(loaded, ['flatMap', 'flat_map'], this.#spec.name);
    this.#call = this.#function.call;
    await this.#function.open(this.openRuntime(ctx));
  }

  process(value: unknown): MaybePromise<void> {
    const results = this.#call(value);
    if (isPromise(results)) {
      return settling(results).then((settled) =>
        emitEach(settled, this.#emit, this.ctx, 'flatMap'),
      );
    }
    return emitEach(results, this.#emit, this.ctx, 'flatMap');
  }

  close(): MaybePromise<void> {
    return this.#function?.close();
  }
}
