import { GraphError } from '../errors.ts';
import type { JobGraph, OperatorSpec } from './job-graph.ts';
import { operatorText } from './operator-text.ts';

/**
 * The operators upstream first; those that do not depend on each other stay in the order the program made them.
 *
 * @throws GraphError when the graph has a cycle
 */
export function upstreamFirst(graph: Pick<JobGraph, 'operators' | 'edges'>): OperatorSpec[] {
  const sorted: OperatorSpec[] = [];
  const placed = new Set<number>();
  let rest = graph.operators;
  while (rest.length > 0) {
    const left: OperatorSpec[] = [];
    for (const spec of rest) {
      const ready = graph.edges.every((edge) => edge.to !== spec.id || placed.has(edge.from));
      if (ready) {
        placed.add(spec.id);
        sorted.push(spec);
      } else left.push(spec);
    }
    // Nothing was ready: what is left lies on a cycle, or behind one.
    if (left.length === rest.length) {
      throw new GraphError(
        `${operatorText(left[0] as OperatorSpec)} reads, over others, from its own output; a job graph must have no cycle.`,
      );
    }
    rest = left;
  }
  return sorted;
}
