import type { OperatorSpec } from '../graph/job-graph.ts';
import type { MaybePromise, Operator } from '../runtime/operator.ts';
import { isPromise } from '../runtime/output.ts';
import { settling } from '../runtime/settling.ts';
import { emitEach } from './emit-each.ts';
import { TwoMethods } from './two-methods.ts';

/** `co_flat_map`: any number of results for each record, by a method for each input. */
export function coFlatMapOperator(spec: OperatorSpec): Operator {
  return new CoFlatMapOperator(spec, [
    ['flatMap1', 'flat_map1'],
    ['flatMap2', 'flat_map2'],
  ]);
}

class CoFlatMapOperator extends TwoMethods {
  protected take(results: unknown, method: string): MaybePromise<void> {
    if (isPromise(results)) return settling(results).then((settled) => this.take(settled, method));
    if (results === null || results === undefined) return undefined;
    return emitEach(results, this.emit, this.ctx, method);
  }
}
