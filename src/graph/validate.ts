// What must hold of a job graph before anything is planned. Each violation is one sentence that names the operator and the cure.

import { GraphError } from '../errors.ts';
import { EdgeIndex } from './edge-index.ts';
import type { EdgeSpec, JobGraph, OperatorSpec } from './job-graph.ts';
import type { Kind } from './kind.ts';
import { isConnector, isKind, isSink, KINDS, kindOf, nameOf } from './kinds.ts';
import { closestWord, operatorText } from './operator-text.ts';
import { upstreamFirst } from './order.ts';

/** Flink's upper bound of max parallelism: key groups are 15 bits. */
export const MAX_KEY_GROUPS = 32768;

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
  if (!isKind(spec.kind)) {
    const meant = closestWord(spec.kind as string, Object.keys(KINDS));
    const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`;
    throw new GraphError(
      `${operatorText(spec)} is of the unknown kind "${spec.kind as string}".${hint}`,
    );
  }
  checkConnector(spec);
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
  checkFunctions(spec);
}

/** A source or a sink has one connector, and nothing else has any. */
function checkConnector(spec: OperatorSpec): void {
  const { kind, connector } = spec;
  const { connectors } = KINDS[kind] as Kind;
  if (connectors === undefined) {
    if (connector === undefined) return;
    throw new GraphError(`${operatorText(spec)} is no source and no sink; it has no connector.`);
  }
  if (connector !== undefined && !isConnector(spec)) {
    const meant = closestWord(connector, Object.keys(connectors));
    const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`;
    throw new GraphError(
      `${operatorText(spec)} is a ${kind} of the unknown connector "${connector as string}".${hint}`,
    );
  }
  if (connector === undefined && spec.fns?.connector === undefined) {
    throw new GraphError(
      `${operatorText(spec)} is a ${kind} without a connector; name one of Isthmus (${Object.keys(connectors).join(', ')}) ` +
        'or give it one of your own.',
    );
  }
}

function checkFunctions(spec: OperatorSpec): void {
  const { functions, languages, named } = kindOf(spec);
  for (const [part, ref] of Object.entries(spec.fns ?? {})) {
    if (!Object.hasOwn(functions, part)) {
      const known = Object.keys(functions).join(', ') || 'none';
      throw new GraphError(
        `${operatorText(spec)} is given a function as its "${part}", and ${nameOf(spec)} has no such part; it has: ${known}.`,
      );
    }
    if (spec.language !== 'any' && ref.language !== spec.language) {
      throw new GraphError(
        `${operatorText(spec)} runs in ${spec.language}, but its ${part} "${ref.name}" is ${ref.language}; ` +
          'give the operator the language of its function.',
      );
    }
  }
  // The default of a named input is in the language of its program, until who runs the pipeline makes a source of it.
  if (spec.language === 'any' || named === true || languages.includes(spec.language)) return;
  const [only] = languages;
  throw new GraphError(
    `${operatorText(spec)} is of kind ${nameOf(spec)}, which there is in ${only} only, and is to run in ${spec.language}.`,
  );
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
  const { inputs } = kindOf(to);
  if (edge.input >= inputs) {
    throw new GraphError(
      inputs === 0
        ? `${operatorText(to)} is a source and takes no input, but operator "${from.name}" leads into it.`
        : `${operatorText(to)} has one input, but operator "${from.name}" leads into a second; connect() the streams ` +
            'and use a function of two inputs.',
    );
  }
  if (isSink(from)) {
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
  const { inputs, keyed: wanted, broadcast } = kindOf(spec);
  const keyed: boolean[] = [];
  for (let input = 0; input < inputs; input++) {
    const into = edges.filter((edge) => edge.input === input);
    if (into.length === 0) {
      const which = inputs === 2 ? (input === 0 ? 'first input' : 'second input') : 'input';
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
  if (wanted === 'all' && keyed.includes(false)) {
    const which = inputs === 2 ? 'both streams with key_by()' : 'the stream with key_by()';
    throw new GraphError(`${operatorText(spec)} works on keyed streams; key ${which} before it.`);
  }
  if (wanted === 'same' && keyed[0] !== keyed[1]) {
    throw new GraphError(
      `${operatorText(spec)} has one keyed input and one that is not; key both streams with key_by(), or neither.`,
    );
  }
  if (broadcast === true) {
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
