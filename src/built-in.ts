// The operators, sources and sinks that Isthmus brings, as whoever starts a job hands them to the runtime.

import type { OperatorSpec } from './graph/job-graph.ts';
import { kindOf } from './graph/kinds.ts';
import { createSource, sinkFactory } from './connectors/index.ts';
import { batchKeyed } from './operators/batch-keyed.ts';
import { operatorFactory } from './operators/index.ts';
import type { Makers } from './runtime/makers.ts';
import type { Operator, OperatorFactory } from './runtime/operator.ts';

export const builtIn: Makers = {
  createSource,
  createOperator: (spec, how) => inMode(factoryOf(spec)(spec), spec, how),
};

function factoryOf(spec: OperatorSpec): OperatorFactory {
  return sinkFactory(spec) ?? operatorFactory(spec);
}

/** Wrapped for BATCH execution where its input has to wait. */
function inMode(
  operator: Operator,
  spec: OperatorSpec,
  { keyed, mode }: Parameters<Makers['createOperator']>[1],
): Operator {
  // A broadcast stream is read first, so its other stream waits, too.
  const waits = keyed || kindOf(spec).broadcast === true;
  return waits && mode === 'BATCH' ? batchKeyed(operator, spec) : operator;
}
