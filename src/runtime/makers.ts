import type { OperatorSpec } from '../graph/job-graph.ts';
import type { Operator, OperatorContext } from './operator.ts';
import type { OpenSource } from './split-driver.ts';

/** What makes operators and sources of their specs: handed to the runtime, which knows none of them (`src/built-in.ts`). */
export interface Makers {
  createOperator(spec: OperatorSpec, how: Pick<OperatorContext, 'keyed' | 'mode'>): Operator;
  /** What makes the source when it is opened. */
  createSource(spec: OperatorSpec): OpenSource;
}
