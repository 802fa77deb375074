import type { OperatorSpec } from '../graph/job-graph.ts';
import type { MaybePromise, Operator } from '../runtime/operator.ts';
import { isPromise } from '../runtime/output.ts';
import { settling } from '../runtime/settling.ts';
import { TwoMethods } from './two-methods.ts';

/** `co_map`: one result for each record, by a method for each input; null and undefined are dropped. */
export function coMapOperator(spec: OperatorSpec): Operator {
  return new CoMapOperator(spec, [['map1'], ['map2']]);
}

class CoMapOperator extends TwoMethods {
  protected take(result: unknown): MaybePromise<void> {
    if (isPromise(result)) return settling(result).then((settled) => this.take(settled));
    return result === null || result === undefined ? undefined : this.emit(result);
  }
}
