import type { OperatorSpec } from '../graph/job-graph.ts';
import type { Operator, OperatorContext, OperatorFactory } from '../runtime/operator.ts';
import { batchKeyed } from './batch-keyed.ts';
import { operatorFactory } from './index.ts';

/** Makes the operator of a spec, wrapped for BATCH execution where its input has to wait. */
export function createOperator(
  spec: OperatorSpec,
  { keyed, mode }: Pick<OperatorContext, 'keyed' | 'mode'>,
  make: OperatorFactory = (each) => operatorFactory(each)(each),
): Operator {
  const operator = make(spec);
  // A broadcast stream is read first, so its other stream waits, too.
  const waits = keyed || spec.kind === 'broadcast_process';
  return waits && mode === 'BATCH' ? batchKeyed(operator, spec) : operator;
}
