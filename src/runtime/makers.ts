import type { OperatorSpec } from '../graph/job-graph.ts';
import type { Operator, OperatorContext, Source } from './operator.ts';

/** What makes operators and sources of their specs: handed to the runtime, which knows none of them (`src/built-in.ts`). */
export interface Makers {
  createOperator(spec: OperatorSpec, how: Pick<OperatorContext, 'keyed' | 'mode'>): Operator;
  createSource(spec: OperatorSpec): Source;
}
