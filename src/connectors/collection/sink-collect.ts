import type { OperatorSpec } from '../../graph/job-graph.ts';
import type { Emit, MaybePromise, Operator, OperatorContext } from '../../runtime/operator.ts';

/** `sink.collect` and `sink.output`: hands records on to the exchange that leads to the client. */
export function sinkCollectOperator(_spec: OperatorSpec): Operator {
  return new SinkCollectOperator();
}

class SinkCollectOperator implements Operator {
  #emit!: Emit;

  open(_ctx: OperatorContext, emit: Emit): void {
    this.#emit = emit;
  }

  process(value: unknown): MaybePromise<void> {
    return this.#emit(value);
  }
}
