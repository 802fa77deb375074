// Where Python's floats go through TypeScript untyped: JavaScript cannot tell 1.0 from 1, so what has no fraction comes back as int.

import type { FunctionFound } from '../bridge/inspect.ts';
import { EdgeIndex } from '../graph/edge-index.ts';
import type { JobGraph, OperatorSpec } from '../graph/job-graph.ts';
import { kindOf } from '../graph/kinds.ts';
import { operatorText } from '../graph/operator-text.ts';

export class LostFloats {
  readonly #byId: ReadonlyMap<number, OperatorSpec>;
  readonly #edges: EdgeIndex;
  /** Found out before: whether untyped records of an operator reach Python. */
  readonly #reaching = new Map<OperatorSpec, boolean>();

  constructor(graph: JobGraph) {
    this.#byId = new Map(graph.operators.map((spec) => [spec.id, spec]));
    this.#edges = new EdgeIndex(graph.edges);
  }

  /** Says it for an operator whose Python function is annotated to give floats, and names the operator whose type would help. */
  warning(spec: OperatorSpec, found: FunctionFound): string | undefined {
    if (kindOf(spec).oneToOne !== true || !givesFloat(found)) return undefined;
    const between = this.#next(spec).find((one) => isUntyped(one) && this.#reachesPython(one));
    if (between === undefined) return undefined;
    return (
      `${operatorText(spec)} gives floats, which go through ${operatorText(between)} of TypeScript and back to Python: ` +
      'those without a fraction come back as int. Declare what it gives, as in map(fn, Types.DOUBLE()), where that matters.'
    );
  }

  #reachesPython(spec: OperatorSpec): boolean {
    const known = this.#reaching.get(spec);
    if (known !== undefined) return known;
    const reaches = this.#next(spec).some(
      (one) => one.language === 'python' || (isUntyped(one) && this.#reachesPython(one)),
    );
    this.#reaching.set(spec, reaches);
    return reaches;
  }

  #next({ id }: OperatorSpec): OperatorSpec[] {
    return this.#edges.outOf(id).map(({ to }) => this.#byId.get(to) as OperatorSpec);
  }
}

function givesFloat(found: FunctionFound): boolean {
  if (found.kind === 'function') return found.annotations?.return === 'float';
  return (
    (found.kind === 'class' || found.kind === 'instance') &&
    found.methods.map?.annotations?.return === 'float'
  );
}

function isUntyped(spec: OperatorSpec): boolean {
  return spec.language === 'typescript' && spec.outputType === undefined;
}
