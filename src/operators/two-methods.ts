// Operators of two inputs with a method for each.

import { GraphError } from '../errors.ts';
import type { OperatorSpec } from '../graph/job-graph.ts';
import { type UserFunction, userFunction } from '../runtime/functions.ts';
import type { Emit, MaybePromise, OperatorContext } from '../runtime/operator.ts';
import { requiredFunction } from '../runtime/required-function.ts';
import { StatefulOperator } from './stateful-operator.ts';

type Call = (value: unknown) => unknown;

export abstract class TwoMethods extends StatefulOperator {
  protected emit!: Emit;
  readonly #spec: OperatorSpec;
  readonly #names: readonly [first: readonly string[], second: readonly string[]];
  #function: UserFunction | undefined;
  #first!: Call;
  #second!: Call;

  constructor(
    spec: OperatorSpec,
    names: readonly [first: readonly string[], second: readonly string[]],
  ) {
    super();
    this.#spec = spec;
    this.#names = names;
  }

  async open(ctx: OperatorContext, emit: Emit): Promise<void> {
    this.emit = emit;
    const [first, second] = this.#names;
    const loaded = await requiredFunction(ctx);
    this.#function = userFunction(loaded, first, this.#spec.name);
    this.#first = this.#function.call;
    const instance = this.#function.instance ?? {};
    const name = second.find((candidate) => typeof instance[candidate] === 'function');
    if (name === undefined) {
      throw new GraphError(
        `Operator "${this.#spec.name}" needs an object or class with the methods ${first[0]} and ${second[0]}.`,
      );
    }
    const call = instance[name] as Call;
    this.#second = (value) => call.call(instance, value);
    await this.#function.open(this.openRuntime(ctx));
  }

  process(value: unknown): MaybePromise<void> {
    return this.take(this.#first(value), this.#names[0][0] as string);
  }

  processSecond(value: unknown): MaybePromise<void> {
    return this.take(this.#second(value), this.#names[1][0] as string);
  }

  /** What a method gave. */
  protected abstract take(result: unknown, method: string): MaybePromise<void>;

  close(): MaybePromise<void> {
    return this.#function?.close();
  }
}
