import type { EdgeSpec } from './job-graph.ts';

/** Edges by the operators at their ends, so that a look at an operator's neighbours does not cost a look at the whole graph. */
export class EdgeIndex<E extends EdgeSpec = EdgeSpec> {
  readonly #into = new Map<number, E[]>();
  readonly #outOf = new Map<number, E[]>();

  constructor(edges: readonly E[]) {
    for (const edge of edges) {
      add(this.#into, edge.to, edge);
      add(this.#outOf, edge.from, edge);
    }
  }

  /** The edges that lead into an operator, in their order. */
  into(operator: number): readonly E[] {
    return this.#into.get(operator) ?? [];
  }

  /** The edges that leave an operator, those of side outputs among them. */
  outOf(operator: number): readonly E[] {
    return this.#outOf.get(operator) ?? [];
  }
}

function add<E>(edges: Map<number, E[]>, end: number, edge: E): void {
  const there = edges.get(end);
  if (there === undefined) edges.set(end, [edge]);
  else there.push(edge);
}
