// What must hold of a job graph before anything is planned. Each violation is one sentence that names the operator and the cure.

import { GraphError } from '../errors.ts';
import { EdgeIndex } from './edge-index.ts';
import type { EdgeSpec, JobGraph, OperatorKind, OperatorSpec } from './job-graph.ts';
import { closestWord, operatorText } from './operator-text.ts';
import { upstreamFirst } from './order.ts';

/** Flink's upper bound of max parallelism: key groups are 15 bits. */
export const MAX_KEY_GROUPS = 32768;

interface KindTraits {
  inputs: 0 | 1 | 2;
  /** Every input must be partitioned by key. */
  keyed?: boolean;
  /** The inputs are both keyed, or both not. */
  sameKeying?: boolean;
}

const KINDS: Record<OperatorKind, KindTraits> = {
  'source.collection': { inputs: 0 },
  'source.sequence': { inputs: 0 },
  'source.lines': { inputs: 0 },
  'source.csv': { inputs: 0 },
  'source.function': { inputs: 0 },
  'source.input': { inputs: 0 },
  map: { inputs: 1 },
  filter: { inputs: 1 },
  flat_map: { inputs: 1 },
  map_batch: { inputs: 1 },
  flat_map_batch: { inputs: 1 },
  project: { inputs: 1 },
  reduce: { inputs: 1, keyed: true },
  aggregate: { inputs: 1, keyed: true },
  process: { inputs: 1 },
  co_map: { inputs: 2, sameKeying: true },
  co_flat_map: { inputs: 2, sameKeying: true },
  co_process: { inputs: 2, sameKeying: true },
  broadcast_process: { inputs: 2 },
  timestamps: { inputs: 1 },
  window: { inputs: 1, keyed: true },
  async: { inputs: 1 },
  interval_join: { inputs: 2, keyed: true },
  window_join: { inputs: 2, keyed: true },
  asof_join: { inputs: 2, keyed: true },
  lookup_join: { inputs: 1 },
  'sink.print': { inputs: 1 },
  'sink.collect': { inputs: 1 },
  'sink.file': { inputs: 1 },
  'sink.function': { inputs: 1 },
  'sink.output': { inputs: 1 },
};

/** @throws GraphError on the first violation found. */
export function validateGraph(graph: JobGraph): void {
  if (graph.operators.length === 0) {
    throw new GraphError('No operators defined in streaming topology. Cannot execute.');
  }
  const byId = new Map<number, OperatorSpec>();
  for (const spec of graph.operators) {
    if (byId.has(spec.id)) {
      throw new GraphError(`${operatorText(spec)} has the id ${spec.id} of another operator.`);
    }
    byId.set(spec.id, spec);
    checkOperator(spec, graph);
  }
  checkUids(graph.operators);
  for (const edge of graph.edges) checkEdge(edge, byId);
  const edges = new EdgeIndex(graph.edges);
  for (const spec of graph.operators) checkInputs(spec, edges.into(spec.id));
  for (const edge of graph.edges) checkForward(edge, byId, graph);
  upstreamFirst(graph); // Refuses cycles.
}

/** What `set_parallelism` and the job's default come to for an operator. */
export function parallelismOf(spec: OperatorSpec, graph: JobGraph): number {
  return spec.nonParallel === true ? 1 : (spec.parallelism ?? graph.parallelism);
}

function checkOperator(spec: OperatorSpec, graph: JobGraph): void {
  if (!Object.hasOwn(KINDS, spec.kind)) {
    const meant = closestWord(spec.kind, Object.keys(KINDS));
    const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`;
    throw new GraphError(`${operatorText(spec)} is of the unknown kind "${spec.kind}".${hint}`);
  }
  const parallelism = spec.parallelism ?? graph.parallelism;
  if (!Number.isInteger(parallelism) || parallelism < 1 || parallelism > MAX_KEY_GROUPS) {
    throw new GraphError(
      `${operatorText(spec)} has parallelism ${parallelism}; set it to a whole number from 1 to ${MAX_KEY_GROUPS}.`,
    );
  }
  if (spec.nonParallel === true && (spec.parallelism ?? 1) !== 1) {
    throw new GraphError(
      `${operatorText(spec)} cannot run in parallel, but has parallelism ${parallelism}; set it to 1, ` +
        'and rebalance() what follows.',
    );
  }
  const maximum = spec.maxParallelism ?? graph.maxParallelism;
  if (maximum !== undefined) {
    if (!Number.isInteger(maximum) || maximum < 1 || maximum > MAX_KEY_GROUPS) {
      throw new GraphError(
        `${operatorText(spec)} has max parallelism ${maximum}; set it to a whole number from 1 to ${MAX_KEY_GROUPS}.`,
      );
    }
    const actual = parallelismOf(spec, graph);
    if (actual > maximum) {
      throw new GraphError(
        `${operatorText(spec)} has parallelism ${actual}, more than its max parallelism of ${maximum}; ` +
          'lower the one or raise the other.',
      );
    }
  }
  if (spec.language !== 'any' && spec.fn !== undefined && spec.fn.language !== spec.language) {
    throw new GraphError(
      `${operatorText(spec)} runs in ${spec.language}, but its function "${functionName(spec)}" is ${spec.fn.language}; ` +
        'give the operator the language of its function.',
    );
  }
  if (spec.kind === 'source.csv' && spec.language === 'typescript') {
    throw new GraphError(
      `${operatorText(spec)} reads CSV, which only Python sources do; read lines and parse them in a map instead.`,
    );
  }
}

function functionName(spec: OperatorSpec): string {
  return spec.fn?.name ?? '';
}

function checkUids(operators: readonly OperatorSpec[]): void {
  const seen = new Map<string, OperatorSpec>();
  for (const spec of operators) {
    if (spec.uid === undefined) continue;
    const other = seen.get(spec.uid);
    if (other !== undefined) {
      throw new GraphError(
        `${operatorText(spec)} has the uid "${spec.uid}" of operator "${other.name}"; a uid must be unique in the job.`,
      );
    }
    seen.set(spec.uid, spec);
  }
}

function checkEdge(edge: EdgeSpec, byId: ReadonlyMap<number, OperatorSpec>): void {
  const to = byId.get(edge.to);
  const from = byId.get(edge.from);
  if (to === undefined || from === undefined) {
    const known = to ?? from;
    const missing = to === undefined ? edge.to : edge.from;
    const where = known === undefined ? 'An edge' : operatorText(known);
    throw new GraphError(
      `${where} is connected to operator ${missing}, which is not in the job; build streams that are joined ` +
        'from one environment, within one job.',
    );
  }
  const { inputs } = KINDS[to.kind];
  if (edge.input >= inputs) {
    throw new GraphError(
      inputs === 0
        ? `${operatorText(to)} is a source and takes no input, but operator "${from.name}" leads into it.`
        : `${operatorText(to)} has one input, but operator "${from.name}" leads into a second; connect() the streams ` +
            'and use a function of two inputs.',
    );
  }
  if (from.kind.startsWith('sink.')) {
    throw new GraphError(
      `${operatorText(to)} reads from the sink "${from.name}", which gives nothing on; read from the stream before it.`,
    );
  }
  const { partitioner } = edge;
  if (
    partitioner.kind === 'custom' &&
    partitioner.key.language !== partitioner.partition.language
  ) {
    throw new GraphError(
      `${operatorText(to)} is fed by a custom partitioner in ${partitioner.partition.language} with a key selector in ` +
        `${partitioner.key.language}; write both in one language.`,
    );
  }
}

function checkInputs(spec: OperatorSpec, edges: readonly EdgeSpec[]): void {
  const traits = KINDS[spec.kind];
  const keyed: boolean[] = [];
  for (let input = 0; input < traits.inputs; input++) {
    const into = edges.filter((edge) => edge.input === input);
    if (into.length === 0) {
      const which = traits.inputs === 2 ? (input === 0 ? 'first input' : 'second input') : 'input';
      throw new GraphError(`${operatorText(spec)} has no ${which}; apply it to a stream.`);
    }
    const hashed = into.filter((edge) => edge.partitioner.kind === 'hash').length;
    if (hashed > 0 && hashed < into.length) {
      throw new GraphError(
        `${operatorText(spec)} unites keyed and other streams in one input; union() them first, then key_by().`,
      );
    }
    keyed.push(hashed > 0);
  }
  if (traits.keyed === true && keyed.includes(false)) {
    const which = traits.inputs === 2 ? 'both streams with key_by()' : 'the stream with key_by()';
    throw new GraphError(`${operatorText(spec)} works on keyed streams; key ${which} before it.`);
  }
  if (traits.sameKeying === true && keyed[0] !== keyed[1]) {
    throw new GraphError(
      `${operatorText(spec)} has one keyed input and one that is not; key both streams with key_by(), or neither.`,
    );
  }
  if (spec.kind === 'broadcast_process') {
    const plain = edges.some((edge) => edge.input === 1 && edge.partitioner.kind !== 'broadcast');
    if (plain) {
      throw new GraphError(
        `${operatorText(spec)} needs a broadcast stream as its second input; connect it to stream.broadcast(descriptor).`,
      );
    }
  }
}

function checkForward(
  edge: EdgeSpec,
  byId: ReadonlyMap<number, OperatorSpec>,
  graph: JobGraph,
): void {
  if (edge.partitioner.kind !== 'forward') return;
  const from = byId.get(edge.from) as OperatorSpec;
  const to = byId.get(edge.to) as OperatorSpec;
  const [before, after] = [parallelismOf(from, graph), parallelismOf(to, graph)];
  if (before !== after) {
    throw new GraphError(
      `${operatorText(to)} has parallelism ${after} and is fed by forward() from operator "${from.name}" with parallelism ` +
        `${before}; forward partitioning does not allow a change of parallelism: use rebalance(), rescale(), shuffle(), ` +
        'broadcast() or global_().',
    );
  }
}
