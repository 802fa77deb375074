import type { OperatorSpec } from '../graph/job-graph.ts';
import type { Emit, Operator, OperatorContext } from '../runtime/operator.ts';
import { KeyedFold } from './keyed-fold.ts';
import { fieldFold } from './windowing/field-aggregates.ts';

/** `aggregate`: running sum, min, max, min_by and max_by of a field (params `op`, `field`). */
export function aggregateOperator(_spec: OperatorSpec): Operator {
  return new AggregateOperator();
}

class AggregateOperator extends KeyedFold {
  open(ctx: OperatorContext, emit: Emit): void {
    this.begin(ctx, emit, fieldFold(ctx.spec.params).reduce);
  }
}
