import { GraphError } from '../errors.ts';
import { EdgeIndex } from './edge-index.ts';
import type { JobGraph, OperatorSpec } from './job-graph.ts';
import { operatorText } from './operator-text.ts';

/**
 * The operators upstream first; those that do not depend on each other stay in the order the program made them.
 *
 * It is the order that going over the list again and again gives, where each time those are taken whose inputs all have been:
 * an operator is taken one time later than an input that the program made after it.
 *
 * @throws GraphError when the graph has a cycle
 */
export function upstreamFirst(graph: Pick<JobGraph, 'operators' | 'edges'>): OperatorSpec[] {
  const { operators } = graph;
  const edges = new EdgeIndex(graph.edges);
  const places = new Map(operators.map((spec, place) => [spec.id, place]));
  const unread = new Map(operators.map(({ id }) => [id, edges.into(id).length]));
  const rounds = new Map<number, number>();
  const ready = operators.map(({ id }) => id).filter((id) => unread.get(id) === 0);
  for (const id of ready) {
    rounds.set(id, rounds.get(id) ?? 0);
    for (const { to } of edges.outOf(id)) {
      const isMadeBefore = (places.get(to) as number) < (places.get(id) as number);
      const round = (rounds.get(id) as number) + (isMadeBefore ? 1 : 0);
      rounds.set(to, Math.max(rounds.get(to) ?? 0, round));
      const left = (unread.get(to) as number) - 1;
      unread.set(to, left);
      if (left === 0) ready.push(to); // The loop goes on to it.
    }
  }
  if (ready.length < operators.length) {
    // What is left lies on a cycle, or behind one.
    const left = operators.find(({ id }) => unread.get(id) !== 0) as OperatorSpec;
    throw new GraphError(
      `${operatorText(left)} reads, over others, from its own output; a job graph must have no cycle.`,
    );
  }
  const round = ({ id }: OperatorSpec) => rounds.get(id) as number;
  return operators.toSorted((a, b) => round(a) - round(b));
}
