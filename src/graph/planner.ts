// From job graph to execution plan. Pure: the same graph gives the same plan, and nothing is started or read.

import {
  type ResolvedEdge,
  type SizedOperator,
  chainOperators,
  resolvePartitioners,
} from './chaining.ts';
import { EdgeIndex } from './edge-index.ts';
import { ChannelNumbers, connect, connectToClient } from './exchanges.ts';
import { CLIENT, type ExchangePlan, type ExecutionPlan, type TaskPlan } from './execution-plan.ts';
import type { JobGraph, OperatorSpec, TypeSpec } from './job-graph.ts';
import { isSink, isSource, kindOf } from './kinds.ts';
import { type PlacedOperator, placeKeySelectors, resolveLanguages } from './languages.ts';
import { upstreamFirst } from './order.ts';
import { assignUids } from './uids.ts';
import { MAX_KEY_GROUPS, parallelismOf, validateGraph } from './validate.ts';

/**
 * Validates `graph` and plans it.
 *
 * @throws GraphError naming the operator and the cure
 */
export function planJob(graph: JobGraph): ExecutionPlan {
  validateGraph(graph);
  const sorted = { ...graph, operators: upstreamFirst(graph) };
  const placed = placeKeySelectors(resolveLanguages(sorted), graph.edges);
  const operators = sizeOperators(placed.operators, placed.edges, graph);
  const byId = new Map(operators.map((operator) => [operator.id, operator]));
  const edges = resolvePartitioners(placed.edges, byId);
  const chains = chainOperators(operators, edges, graph.settings);
  const index = new EdgeIndex(edges);
  const tasks = chains.map((chain, id) => planTask(chain, id, index));
  return {
    graph,
    tasks,
    exchanges: planExchanges(tasks, edges, index, byId, graph),
    slots: Math.max(
      0,
      ...tasks.filter((task) => task.language === 'python').map((task) => task.parallelism),
    ),
    mode: resolveMode(graph),
  };
}

/** Flink's default: room to grow by half, a power of two, at least 128. */
export function defaultMaxParallelism(parallelism: number): number {
  const wanted = parallelism + Math.floor(parallelism / 2);
  const power = 2 ** Math.ceil(Math.log2(wanted));
  return Math.min(Math.max(power, 128), MAX_KEY_GROUPS);
}

/** AUTOMATIC means BATCH where every source is known to end, as in Flink. */
export function resolveMode(graph: JobGraph): 'STREAMING' | 'BATCH' {
  if (graph.runtimeMode !== 'AUTOMATIC') return graph.runtimeMode;
  const sources = graph.operators.filter(isSource);
  return sources.every(isBounded) ? 'BATCH' : 'STREAMING';
}

function isBounded(source: OperatorSpec): boolean {
  const { bounded, monitorMs } = source.params;
  if (typeof bounded === 'boolean') return bounded;
  if (kindOf(source).endless === true) return false;
  return monitorMs === undefined || monitorMs === null || monitorMs === 0;
}

function sizeOperators(
  operators: readonly PlacedOperator[],
  edges: JobGraph['edges'],
  graph: JobGraph,
): SizedOperator[] {
  const uids = assignUids(operators, edges);
  return operators.map((spec) => {
    const parallelism = parallelismOf(spec, graph);
    return {
      ...spec,
      uid: uids.get(spec.id) as string,
      parallelism,
      maxParallelism:
        spec.maxParallelism ?? graph.maxParallelism ?? defaultMaxParallelism(parallelism),
    };
  });
}

function planTask(chain: SizedOperator[], id: number, edges: EdgeIndex<ResolvedEdge>): TaskPlan {
  const head = chain[0] as SizedOperator;
  const isKeyed = (input: number) =>
    edges.into(head.id).some((edge) => edge.input === input && edge.partitioner.kind === 'hash');
  return {
    id,
    name: chain.map(displayName).join(' -> '),
    language: head.language,
    parallelism: head.parallelism,
    // Nothing behind a source that has one subtask for good can ever have more, and nothing there is keyed.
    maxParallelism: head.nonParallel === true && isSource(head) ? 1 : head.maxParallelism,
    chain,
    inputs: [],
    outputs: [],
    keyedInputs: [isKeyed(0), isKeyed(1)],
  };
}

/** As Flink shows operators: sources and sinks say that they are. */
export function displayName(spec: OperatorSpec): string {
  if (isSource(spec) && !spec.name.startsWith('Source: ')) return `Source: ${spec.name}`;
  if (isSink(spec) && !spec.name.startsWith('Sink: ')) return `Sink: ${spec.name}`;
  return spec.name;
}

/** One exchange for each edge that is not inside a chain, and one to the client behind each collecting sink. */
function planExchanges(
  tasks: readonly TaskPlan[],
  edges: readonly ResolvedEdge[],
  index: EdgeIndex<ResolvedEdge>,
  byId: ReadonlyMap<number, SizedOperator>,
  graph: JobGraph,
): ExchangePlan[] {
  const placeInChain = new Map(
    tasks.flatMap((task) => task.chain.map((spec, place) => [spec.id, place])),
  );
  const taskOf = new Map(tasks.flatMap((task) => task.chain.map((spec) => [spec.id, task])));
  const numbers = new ChannelNumbers();
  const always = graph.settings.channels === 'always';
  const exchanges: ExchangePlan[] = [];
  for (const edge of edges) {
    const from = taskOf.get(edge.from) as TaskPlan;
    const to = taskOf.get(edge.to) as TaskPlan;
    if (from === to) continue;
    const exchange: ExchangePlan = {
      id: exchanges.length,
      fromTask: from.id,
      fromOperator: placeInChain.get(edge.from) as number,
      toTask: to.id,
      input: edge.input,
      partitioner: edge.partitioner,
      channels: [],
    };
    if (edge.sideTag !== undefined) exchange.sideTag = edge.sideTag;
    const type = declaredType(byId.get(edge.from) as OperatorSpec, edge.sideTag);
    if (type !== undefined) exchange.type = type;
    exchange.channels = connect(exchange, from, to, numbers, always);
    exchanges.push(exchange);
    from.outputs.push(exchange.id);
    to.inputs.push(exchange.id);
  }
  for (const task of tasks) {
    for (const [place, spec] of task.chain.entries()) {
      if (kindOf(spec).toClient !== true) continue;
      const exchange: ExchangePlan = {
        id: exchanges.length,
        fromTask: task.id,
        fromOperator: place,
        toTask: CLIENT,
        input: 0,
        partitioner: { kind: 'forward' },
        channels: [],
      };
      const type = spec.outputType ?? typeBefore(spec, index, byId);
      if (type !== undefined) exchange.type = type;
      exchange.channels = connectToClient(exchange, task, graph.client, numbers);
      exchanges.push(exchange);
      task.outputs.push(exchange.id);
    }
  }
  return exchanges;
}

function declaredType(spec: OperatorSpec, sideTag: string | undefined): TypeSpec | undefined {
  return sideTag === undefined ? spec.outputType : spec.sideTypes?.[sideTag];
}

/** What a collecting sink gets is what it gives. */
function typeBefore(
  spec: OperatorSpec,
  edges: EdgeIndex<ResolvedEdge>,
  byId: ReadonlyMap<number, SizedOperator>,
): TypeSpec | undefined {
  const [edge] = edges.into(spec.id);
  return edge && declaredType(byId.get(edge.from) as OperatorSpec, edge.sideTag);
}
