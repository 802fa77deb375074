import type { OperatorSpec } from '../graph/job-graph.ts';
import { inspectRecord } from '../runtime/failure.ts';
import type { Emit, MaybePromise, Operator, OperatorContext } from '../runtime/operator.ts';
import { markTuple } from '../bridge/codec/index.ts';

/** `project`: a tuple of the fields at the given positions. */
export function projectOperator(spec: OperatorSpec): Operator {
  return new ProjectOperator(spec.params.fields as number[]);
}

class ProjectOperator implements Operator {
  readonly #fields: number[];
  #emit!: Emit;

  constructor(fields: number[]) {
    this.#fields = fields;
  }

  open(_ctx: OperatorContext, emit: Emit): void {
    this.#emit = emit;
  }

  process(value: unknown): MaybePromise<void> {
    if (!Array.isArray(value)) {
      throw new TypeError(`project needs tuples; it was given ${inspectRecord(value)}`);
    }
    const result: unknown[] = [];
    for (const field of this.#fields) {
      if (field >= value.length) {
        throw new RangeError(`project: the record has ${value.length} fields, none at ${field}`);
      }
      result.push(value[field]);
    }
    return this.#emit(markTuple(result));
  }
}
