import { GraphError } from '../errors.ts';
import type { FunctionRef, OperatorSpec } from './job-graph.ts';

/** The function of an operator that makes no sense without one. */
export function requiredFunction(spec: OperatorSpec): FunctionRef {
  if (spec.fn === undefined) {
    throw new GraphError(`Operator "${spec.name}" (${spec.kind}) has no function.`);
  }
  return spec.fn;
}
