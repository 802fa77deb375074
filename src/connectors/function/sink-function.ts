import type { OperatorSpec } from '../../graph/job-graph.ts';
import { type UserFunction, userFunction } from '../../runtime/functions.ts';
import type { Emit, MaybePromise, Operator, OperatorContext } from '../../runtime/operator.ts';
import { type Isolate, inputIsolator } from '../../runtime/isolate.ts';
import { isPromise } from '../../runtime/output.ts';
import { settling } from '../../runtime/settling.ts';
import { requiredFunction } from '../../runtime/required-function.ts';
import { StatefulOperator } from '../../operators/stateful-operator.ts';

/**
 * `sink.function`: a function called with each record, or an object {open, write or invoke, flush, close}. A promise
 * holds the stream back until it settles; `flush` is called at the end of input and at every barrier. A sink may keep what it
 * is given: the functions before it change other objects.
 */
export function sinkFunctionOperator(spec: OperatorSpec): Operator {
  return new SinkFunctionOperator(spec);
}

class SinkFunctionOperator extends StatefulOperator {
  readonly #spec: OperatorSpec;
  #function!: UserFunction;
  #call!: (value: unknown) => unknown;
  #isolate!: Isolate;

  constructor(spec: OperatorSpec) {
    super();
    this.#spec = spec;
  }

  async open(ctx: OperatorContext, _emit: Emit): Promise<void> {
    const loaded = await requiredFunction(ctx);
    this.#function = userFunction(loaded, ['write', 'invoke'], this.#spec.name);
    this.#call = this.#function.call;
    this.#isolate = inputIsolator(ctx);
    await this.#function.open(this.openRuntime(ctx));
  }

  process(value: unknown): MaybePromise<void> {
    const result = this.#call(this.#isolate(value));
    return isPromise(result) ? settling(result).then(nothing) : undefined;
  }

  async finish(): Promise<void> {
    await this.#flush();
  }

  beforeBarrier(): Promise<void> {
    return this.#flush();
  }

  close(): MaybePromise<void> {
    return this.#function?.close();
  }

  async #flush(): Promise<void> {
    const { instance } = this.#function;
    if (typeof instance?.flush === 'function') await instance.flush();
  }
}

function nothing(): void {}
