// From transformations to a job graph: plain data, plus the table of this process's functions that it refers to.

import { hasOwner, ownCopies } from '../runtime/own-instance.ts';
import { GraphError } from '../errors.ts';
import type {
  EdgeSpec,
  FunctionRef,
  JobGraph,
  OperatorSpec,
  PartitionerSpec,
} from '../graph/job-graph.ts';
import { inWords } from '../graph/function-parts.ts';
import { callerLocation } from './caller.ts';
import { PyFunction } from './python-function.ts';
import type { Partitioning, Parts, Transformation, TransformationInit } from './transformation.ts';

/** A graph with what it refers to. */
export interface BuiltGraph {
  graph: JobGraph;
  /** By `id` of closure references. */
  functions: readonly unknown[];
  /** By index, as `blob` of pickled references says. */
  blobs: readonly Uint8Array[];
}

export type GraphSettings = Omit<JobGraph, 'version' | 'operators' | 'edges'>;

export const NO_OPERATORS = 'No operators defined in streaming topology. Cannot execute.';

export class GraphBuilder {
  #nextId = 1;
  /** Everything but sources: a source that nothing reads is no job (as in Flink). */
  #roots: Transformation[] = [];
  readonly #made = new WeakSet<Transformation>();

  add(init: TransformationInit): Transformation {
    const location = callerLocation();
    const { kind, name, params = {}, inputs = [] } = init;
    const given = Object.entries(init.fns ?? {}).filter(([, fn]) => fn !== undefined);
    const fns = Object.fromEntries(given);
    const transformation: Transformation = {
      id: this.#nextId++,
      kind,
      ...(init.connector === undefined ? {} : { connector: init.connector }),
      name,
      language: init.language ?? languageOf(fns, name),
      fns,
      chaining: 'always',
      params,
      sideTypes: new Map(),
      inputs,
      ...(init.outputType === undefined ? {} : { outputType: init.outputType }),
      ...(init.nonParallel === true ? { nonParallel: true } : {}),
      ...(location === undefined ? {} : { location }),
    };
    if (inputs.length > 0) this.#roots.push(transformation);
    this.#made.add(transformation);
    return transformation;
  }

  /** Whether it was added here. */
  made(transformation: Transformation): boolean {
    return this.#made.has(transformation);
  }

  /** Forgets what leads to `ends`, or everything: who builds another job meanwhile keeps what is theirs. */
  clear(ends?: readonly Transformation[]): void {
    if (ends === undefined) {
      this.#roots = [];
      return;
    }
    const taken = new Set(reachedFrom(ends));
    this.#roots = this.#roots.filter((root) => !taken.has(root));
  }

  /**
   * The job of what leads to `ends`, or of everything.
   *
   * @throws GraphError when there is nothing to run
   */
  build(settings: GraphSettings, ends: readonly Transformation[] = this.#roots): BuiltGraph {
    if (ends.length === 0) throw new GraphError(NO_OPERATORS);
    const functions = new FunctionTable();
    const reached = reachedFrom(ends);
    const operators = reached.map((transformation) => operatorSpec(transformation, functions));
    const edges = reached.flatMap((to) =>
      to.inputs.map((leg): EdgeSpec => {
        const edge: EdgeSpec = {
          from: leg.from.id,
          to: to.id,
          input: leg.input,
          partitioner: partitionerSpec(leg.partitioning, functions),
        };
        if (leg.sideTag !== undefined) edge.sideTag = leg.sideTag;
        return edge;
      }),
    );
    return {
      graph: { version: 1, ...settings, operators, edges },
      functions: functions.values,
      blobs: [],
    };
  }
}

/** Functions of this process by index, each once; of an object with an owner a copy for each operator but the first. */
class FunctionTable {
  readonly values: unknown[] = [];
  readonly #ids = new Map<unknown, number>();
  readonly #owned = new Set<unknown>();

  /** The functions of an operator, which owns those that have an owner. */
  ownedBy({ fns, name }: Transformation): { [part: string]: FunctionRef } {
    const own = ownCopies(name);
    const taken = new Set(this.#owned);
    return Object.fromEntries(
      Object.entries(fns).map(([part, fn]) => {
        if (hasOwner(fn)) this.#owned.add(fn);
        return [part, this.refTo(taken.has(fn) ? own(fn) : fn, name)];
      }),
    );
  }

  refTo(fn: unknown, fallbackName: string): FunctionRef {
    if (fn instanceof PyFunction) return fn.ref;
    refuseWithin(fn, fallbackName);
    let id = this.#ids.get(fn);
    if (id === undefined) {
      id = this.values.push(fn) - 1;
      this.#ids.set(fn, id);
    }
    return { language: 'typescript', form: 'closure', id, name: functionName(fn) || fallbackName };
  }
}

/** A TypeScript function would be called with what only Python can call. */
function refuseWithin(fn: unknown, operator: string): void {
  if (typeof fn !== 'object' || fn === null || Array.isArray(fn)) return;
  const found = Object.entries(fn).find(([, value]) => value instanceof PyFunction);
  if (found === undefined) return;
  const [name, given] = found as [string, PyFunction<unknown, unknown>];
  throw new GraphError(
    `The ${name} of operator "${operator}" is ${given.name} of ${given.where}, in Python, and its other functions are ` +
      'TypeScript; write all of them in one language, or give the Python function to an operator of its own, such as a map ' +
      'before this one.',
  );
}

function reachedFrom(roots: readonly Transformation[]): Transformation[] {
  const reached = new Set<Transformation>();
  const waiting = [...roots];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    for (const { from } of next.inputs) waiting.push(from);
  }
  return [...reached].sort((a, b) => a.id - b.id); // Upstream first: see transformation.ts.
}

function operatorSpec(from: Transformation, functions: FunctionTable): OperatorSpec {
  const spec: OperatorSpec = {
    id: from.id,
    kind: from.kind,
    ...(from.connector === undefined ? {} : { connector: from.connector }),
    name: from.name,
    language: from.language,
    chaining: from.chaining,
    params: from.params,
  };
  if (from.uid !== undefined) spec.uid = from.uid;
  if (from.parallelism !== undefined) spec.parallelism = from.parallelism;
  if (from.maxParallelism !== undefined) spec.maxParallelism = from.maxParallelism;
  if (from.nonParallel === true) spec.nonParallel = true;
  if (Object.keys(from.fns).length > 0) spec.fns = functions.ownedBy(from);
  if (from.outputType !== undefined) spec.outputType = from.outputType;
  if (from.sideTypes.size > 0) spec.sideTypes = Object.fromEntries(from.sideTypes);
  if (from.description !== undefined) spec.description = from.description;
  if (from.location !== undefined) spec.location = from.location;
  return spec;
}

function partitionerSpec(from: Partitioning, functions: FunctionTable): PartitionerSpec {
  switch (from.kind) {
    case 'hash':
      return {
        kind: 'hash',
        key: functions.refTo(from.key, 'key selector'),
        ...(from.keyType === undefined ? {} : { keyType: from.keyType }),
      };
    case 'custom':
      return {
        kind: 'custom',
        key: functions.refTo(from.key, 'key selector'),
        partition: functions.refTo(from.partition, 'partitioner'),
      };
    default:
      return { kind: from.kind };
  }
}

/** @throws GraphError when some functions are Python and some TypeScript */
function languageOf(fns: Parts, operator: string): 'python' | 'typescript' | 'any' {
  const parts = Object.keys(fns);
  const ofPython = parts.filter((part) => fns[part] instanceof PyFunction);
  if (ofPython.length === 0) return parts.length === 0 ? 'any' : 'typescript';
  if (ofPython.length === parts.length) return 'python';
  const others = parts.filter((part) => !ofPython.includes(part));
  throw new GraphError(
    `The functions of operator "${operator}" must be of one language; write all of them in Python or all in TypeScript. ` +
      `Python: its ${ofPython.map(inWords).join(' and ')}; TypeScript: its ${others.map(inWords).join(' and ')}.`,
  );
}

function functionName(fn: unknown): string {
  if (typeof fn === 'function') return fn.name.replace(/^(bound )+/, '');
  if (typeof fn === 'object' && fn !== null) {
    const made = (fn.constructor as { name?: string } | undefined)?.name ?? '';
    return made === 'Object' || made === 'Array' ? '' : made;
  }
  return '';
}
