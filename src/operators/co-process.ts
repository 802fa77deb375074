import type { OperatorSpec } from '../graph/job-graph.ts';
import type { Emit, MaybePromise, Operator, OperatorContext } from '../runtime/operator.ts';
import { type ProcessCall, TimerOperator } from './timer-operator.ts';

/** `co_process`: a method for each input; where both are keyed they share state and timers of a key. */
export function coProcessOperator(spec: OperatorSpec): Operator {
  return new CoProcessOperator(spec);
}

class CoProcessOperator extends TimerOperator {
  #second!: ProcessCall;

  async open(ctx: OperatorContext, emit: Emit): Promise<void> {
    await this.openFunction(ctx, emit, ['processElement1', 'process_element1']);
    this.#second = this.method(['processElement2', 'process_element2']);
  }

  process(value: unknown): MaybePromise<void> {
    return this.callAndEmit(this.function.call, value, this.context, 'processElement1');
  }

  processSecond(value: unknown): MaybePromise<void> {
    return this.callAndEmit(this.#second, value, this.context, 'processElement2');
  }
}
