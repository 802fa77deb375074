import type { OperatorSpec } from '../graph/job-graph.ts';
import type { Emit, MaybePromise, Operator, OperatorContext } from '../runtime/operator.ts';
import { TimerOperator } from './timer-operator.ts';

/** `process`: calls `processElement` with each record; on a keyed stream with state and timers, else with the time alone. */
export function processOperator(spec: OperatorSpec): Operator {
  return new ProcessOperator(spec);
}

class ProcessOperator extends TimerOperator {
  open(ctx: OperatorContext, emit: Emit): Promise<void> {
    return this.openFunction(ctx, emit, ['processElement', 'process_element']);
  }

  process(value: unknown): MaybePromise<void> {
    return this.callAndEmit(this.function.call, value, this.context, 'processElement');
  }
}
