// Which neighbours become one task (P1 of execution-plan.ts).

import type { Settings } from '../config/table.ts';
import { EdgeIndex } from './edge-index.ts';
import type { EdgeSpec, PartitionerSpec } from './job-graph.ts';
import type { PlacedOperator } from './languages.ts';

/** An operator with everything settled that the plan depends on. */
export type SizedOperator = PlacedOperator & {
  uid: string;
  parallelism: number;
  maxParallelism: number;
};

export interface ResolvedEdge extends EdgeSpec {
  partitioner: Exclude<PartitionerSpec, { kind: 'auto' }>;
}

/** Said nothing, records go forward between equals and round robin otherwise, as in Flink. */
export function resolvePartitioners(
  edges: readonly EdgeSpec[],
  byId: ReadonlyMap<number, SizedOperator>,
): ResolvedEdge[] {
  return edges.map((edge) => {
    if (edge.partitioner.kind !== 'auto') return edge as ResolvedEdge;
    const equal = byId.get(edge.from)?.parallelism === byId.get(edge.to)?.parallelism;
    return { ...edge, partitioner: { kind: equal ? 'forward' : 'rebalance' } };
  });
}

/**
 * Cuts the graph into chains, in the order of their heads.
 *
 * An operator joins the chain of its producer when that is its one input and it is the producer's one consumer (side
 * outputs aside: they leave in mid-chain), both run in one language with one parallelism, the edge is forward, and neither
 * of them asks to be apart.
 */
export function chainOperators(
  operators: readonly SizedOperator[],
  edges: readonly ResolvedEdge[],
  settings: Settings,
): SizedOperator[][] {
  const chainOf = new Map<number, SizedOperator[]>();
  const chains: SizedOperator[][] = [];
  const byId = new Map(operators.map((operator) => [operator.id, operator]));
  const index = new EdgeIndex(edges);
  for (const operator of operators) {
    const producer = chainableProducer(operator, byId, index, settings);
    const chain = producer === undefined ? undefined : chainOf.get(producer.id);
    if (chain === undefined) {
      const started = [operator];
      chains.push(started);
      chainOf.set(operator.id, started);
    } else {
      chain.push(operator);
      chainOf.set(operator.id, chain);
    }
  }
  return chains;
}

function chainableProducer(
  operator: SizedOperator,
  byId: ReadonlyMap<number, SizedOperator>,
  edges: EdgeIndex<ResolvedEdge>,
  settings: Settings,
): SizedOperator | undefined {
  const inputs = edges.into(operator.id);
  const [edge] = inputs;
  if (edge === undefined || inputs.length > 1 || edge.input !== 0) return undefined;
  if (edge.sideTag !== undefined || edge.partitioner.kind !== 'forward') return undefined;
  if (operator.chaining !== 'always' || !chainingEnabled(operator, settings)) return undefined;
  const producer = byId.get(edge.from) as SizedOperator;
  const mainOutputs = edges.outOf(producer.id).filter((other) => other.sideTag === undefined);
  const together =
    mainOutputs.length === 1 &&
    producer.chaining !== 'never' &&
    producer.language === operator.language &&
    producer.parallelism === operator.parallelism &&
    producer.maxParallelism === operator.maxParallelism;
  return together ? producer : undefined;
}

function chainingEnabled(operator: SizedOperator, settings: Settings): boolean {
  if (!settings.operatorChaining) return false;
  return operator.language !== 'python' || settings.pythonOperatorChaining;
}
