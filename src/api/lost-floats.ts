// Where Python's floats go through TypeScript untyped: JavaScript cannot tell 1.0 from 1, so what has no fraction comes back as int.

import type { FunctionFound } from '../bridge/inspect.ts';
import type { JobGraph, OperatorSpec } from '../graph/job-graph.ts';
import { operatorText } from '../graph/operator-text.ts';

/** Says it for an operator whose Python function is annotated to give floats, and names the operator whose type would help. */
export function lostFloats(
  graph: JobGraph,
  spec: OperatorSpec,
  found: FunctionFound,
): string | undefined {
  if (spec.kind !== 'map' || !givesFloat(found)) return undefined;
  const between = untypedOnTheWayBack(graph, spec.id);
  if (between === undefined) return undefined;
  return (
    `${operatorText(spec)} gives floats, which go through ${operatorText(between)} of TypeScript and back to Python: ` +
    'those without a fraction come back as int. Declare what it gives, as in map(fn, Types.DOUBLE()), where that matters.'
  );
}

function givesFloat(found: FunctionFound): boolean {
  if (found.kind === 'function') return found.annotations?.return === 'float';
  return (
    (found.kind === 'class' || found.kind === 'instance') &&
    found.methods.map?.annotations?.return === 'float'
  );
}

/** The first operator behind `from` that is TypeScript, says no type, and from which untyped records reach Python again. */
function untypedOnTheWayBack(graph: JobGraph, from: number): OperatorSpec | undefined {
  const byId = new Map(graph.operators.map((spec) => [spec.id, spec]));
  const next = (id: number) =>
    graph.edges.filter((edge) => edge.from === id).map(({ to }) => byId.get(to) as OperatorSpec);
  const untyped = (spec: OperatorSpec) =>
    spec.language === 'typescript' && spec.outputType === undefined;
  const reachesPython = (spec: OperatorSpec): boolean =>
    next(spec.id).some((one) => one.language === 'python' || (untyped(one) && reachesPython(one)));
  return next(from).find((spec) => untyped(spec) && reachesPython(spec));
}
