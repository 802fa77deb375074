import type { OperatorSpec } from '../graph/job-graph.ts';
import type { Emit, Operator, OperatorContext } from '../runtime/operator.ts';
import { KeyedFold } from './keyed-fold.ts';
import { type FieldAggregate, fieldAggregate } from './windowing/field-aggregates.ts';

/** `aggregate`: running sum, min, max, min_by and max_by of a field (params `op`, `field`). */
export function aggregateOperator(spec: OperatorSpec): Operator {
  return new AggregateOperator(spec);
}

const OPERATIONS: { [op: string]: FieldAggregate } = {
  sum: 'sum',
  min: 'min',
  max: 'max',
  min_by: 'minBy',
  max_by: 'maxBy',
};

class AggregateOperator extends KeyedFold {
  readonly #op: FieldAggregate;
  readonly #field: string | number;

  constructor({ params }: OperatorSpec) {
    super();
    this.#op = OPERATIONS[params.op as string] as FieldAggregate;
    this.#field = (params.field ?? 0) as string | number;
  }

  open(ctx: OperatorContext, emit: Emit): void {
    const { reduce } = fieldAggregate(this.#op, this.#field);
    this.begin(ctx, emit, reduce);
  }
}
