// Finds what is wrong with the Python functions of a job before anything of it starts.

import {
  describeFunctions,
  type FunctionFound,
  type InspectOptions,
  type PythonSignature,
} from '../bridge/inspect.ts';
import { GraphError } from '../errors.ts';
import type { ImportRef } from '../graph/function-refs.ts';
import type { FunctionRef, JobGraph, OperatorSpec } from '../graph/job-graph.ts';
import { callOf, inWords } from '../graph/function-parts.ts';
import type { FunctionPart } from '../graph/kind.ts';
import { closestWord, operatorText } from '../graph/operator-text.ts';
import { LostFloats } from './lost-floats.ts';

interface Use {
  ref: ImportRef;
  spec: OperatorSpec;
  as: string;
  calls: FunctionPart;
}

const SELECTOR: FunctionPart = { methods: ['get_key'], args: 1, plain: [1] };
const PARTITIONER: FunctionPart = { methods: ['partition'], args: 2, plain: [2] };

/**
 * Looks up every Python function that a graph names.
 *
 * @returns what may surprise, though it is not wrong
 * @throws GraphError that says all that is wrong
 */
export async function checkPythonFunctions(
  graph: JobGraph,
  options: () => Promise<InspectOptions>,
): Promise<string[]> {
  const uses = pythonUses(graph);
  if (uses.length === 0) return [];
  const requests = uses.map(({ ref, calls }) => ({
    ...(ref.file === undefined ? {} : { file: ref.file }),
    ...(ref.module === undefined ? {} : { module: ref.module }),
    name: ref.name,
    methods: [...calls.methods, ...(calls.or?.methods ?? [])],
  }));
  const found = await describeFunctions(requests, await options());
  const problems = uses.flatMap((use, index) => {
    const at = found[index] as FunctionFound;
    const problem = problemOf(use, at) ?? batchProblem(use, at);
    return problem === undefined ? [] : [`${operatorText(use.spec)}: ${problem}`];
  });
  if (problems.length > 0) throw new GraphError([...new Set(problems)].join('\n'));
  const floats = new LostFloats(graph);
  return uses.flatMap(({ ref, spec }, index) => {
    const warning =
      ref === spec.fns?.function ? floats.warning(spec, found[index] as FunctionFound) : undefined;
    return warning ?? [];
  });
}

/** What an object is called by, the first that it has; `_worker/operators/calls.py` has the same. */
const CALLED: FunctionPart = { methods: ['call', '__call__', 'map'] };

/**
 * Looks up a function that is to be called, with whatever arguments.
 *
 * @throws GraphError that says what is wrong
 */
export async function checkCalled(ref: ImportRef, options: InspectOptions): Promise<void> {
  const { file, module, name } = ref;
  const request = {
    ...(file === undefined ? {} : { file }),
    ...(module === undefined ? {} : { module }),
    name,
    methods: CALLED.methods,
  };
  const [found] = (await describeFunctions([request], options)) as [FunctionFound];
  const problem = calledProblem(ref, found);
  if (problem !== undefined) throw new GraphError(problem);
}

function calledProblem(ref: ImportRef, found: FunctionFound): string | undefined {
  const name = `the Python function ${ref.name} of ${ref.file ?? ref.module ?? ''}`;
  switch (found.kind) {
    case undefined:
      return missingText(ref, found);
    case 'value':
      return `${name} is a value of type ${found.type}, which cannot be called.`;
    case 'function':
      return argumentsOfFunction(name, ref);
    case 'class':
      return constructorProblem(name, ref, found.constructor) ?? calledMethod(name, found.methods);
    case 'instance':
      return calledMethod(name, found.methods);
  }
}

function calledMethod(
  name: string,
  methods: Readonly<Record<string, PythonSignature>>,
): string | undefined {
  if (CALLED.methods.some((method) => methods[method] !== undefined)) return undefined;
  return `${name} cannot be called: it has no method ${listed(CALLED.methods, 'or')}.`;
}

function argumentsOfFunction(name: string, { args, kwargs }: ImportRef): string | undefined {
  if (args === undefined && kwargs === undefined) return undefined;
  return `${name} is a function and takes no args; they are for the constructor of a class.`;
}

function pythonUses(graph: JobGraph): Use[] {
  const uses: Use[] = [];
  const add = (ref: FunctionRef, spec: OperatorSpec, as: string, calls: FunctionPart) => {
    if (ref.language !== 'python' || ref.form !== 'import') return;
    // What Isthmus itself brings needs no look.
    if (ref.module?.startsWith('isthmus.') !== true) uses.push({ ref, spec, as, calls });
  };
  for (const spec of graph.operators) {
    for (const [part, ref] of Object.entries(spec.fns ?? {})) {
      const calls = callOf(spec, part);
      add(ref, spec, calls.as ?? inWords(part), calls);
    }
  }
  const byId = new Map(graph.operators.map((spec) => [spec.id, spec]));
  for (const { to, partitioner } of graph.edges) {
    const spec = byId.get(to) as OperatorSpec;
    if (partitioner.kind !== 'hash' && partitioner.kind !== 'custom') continue;
    add(partitioner.key, spec, 'key selector', SELECTOR);
    if (partitioner.kind === 'custom') add(partitioner.partition, spec, 'partitioner', PARTITIONER);
  }
  return uses;
}

function problemOf({ ref, spec, as, calls: usual }: Use, found: FunctionFound): string | undefined {
  const isSource = isOther(usual, found);
  const calls = isSource ? (usual.or as FunctionPart) : usual;
  const where = ref.file ?? ref.module ?? '';
  const name = `the Python ${as} ${ref.name} of ${where}`;
  const { parallelism = 1 } = spec;
  if (usual.or !== undefined && !isSource && parallelism > 1 && !takesAny(found)) {
    return (
      `${name} takes no context, so each of its ${parallelism} subtasks would give the same records; let it take one ` +
      '(ctx.subtask, ctx.parallelism), or leave its parallelism at 1.'
    );
  }
  switch (found.kind) {
    case undefined:
      return missingText(ref, found);
    case 'value':
      if (calls.value === true) return undefined;
      return `${name} is a value of type ${found.type}, which cannot be called and has no method ${listed(calls.methods, 'or')}.`;
    case 'function':
      if (ref.args !== undefined || ref.kwargs !== undefined) return argumentsOfFunction(name, ref);
      if (calls.methods.length > 0 && calls.plain === undefined) {
        return `${name} is a function, and this operator needs a class with ${listed(calls.methods, 'and')}.`;
      }
      return (
        asyncProblem(name, found, calls) ??
        (calls.plain === undefined ? undefined : arityProblem(name, found, calls.plain))
      );
    case 'class':
      return (
        constructorProblem(name, ref, found.constructor) ??
        methodProblem(name, calls, found.methods)
      );
    case 'instance':
      return methodProblem(name, calls, found.methods);
  }
}

/** Whether it is a function that takes an argument, or something that is told of elsewhere. */
function takesAny(found: FunctionFound): boolean {
  return found.kind === undefined || (found.kind === 'function' && found.most !== 0);
}

/** Whether it is what the part may be instead. */
function isOther({ or }: FunctionPart, found: FunctionFound): boolean {
  if (or === undefined || (found.kind !== 'class' && found.kind !== 'instance')) return false;
  return or.methods.every((method) => found.methods[method] !== undefined);
}

/** What is wrong with the declared type of a vectorised function's batches, where nobody says their format. */
function batchProblem({ spec }: Use, found: FunctionFound): string | undefined {
  if (found.kind === undefined || found.kind === 'value') return undefined;
  if (spec.params.format !== undefined) return undefined;
  return found.batchProblem;
}

function missingText(ref: ImportRef, found: FunctionFound & { kind?: never }): string {
  const wanted =
    found.problem === 'file'
      ? (ref.file as string).slice((ref.file as string).lastIndexOf('/') + 1)
      : (ref.name.split('.').at(-1) as string);
  const near = closestWord(wanted, found.names);
  if (found.problem === 'import') {
    return found.traceback === undefined ? found.message : `${found.message}\n${found.traceback}`;
  }
  if (near !== undefined) return `${found.message} Did you mean ${JSON.stringify(near)}?`;
  if (found.problem === 'name')
    return `${found.message} It has ${listed(found.names, 'and') || 'no names'}.`;
  return found.message;
}

function asyncProblem(
  name: string,
  { isAsync }: PythonSignature,
  calls: FunctionPart,
): string | undefined {
  if (isAsync !== true || calls.mayBeAsync === true) return undefined;
  return `${name} is an async function, and this operator takes what its function returns; use AsyncDataStream.`;
}

function arityProblem(
  name: string,
  signature: PythonSignature,
  allowed: readonly number[],
): string | undefined {
  const { required, most, keywordOnly } = signature;
  if (keywordOnly.length > 0) {
    return `${name} needs the keyword ${listed(keywordOnly, 'and')}, which nobody gives it; give it a default.`;
  }
  if (allowed.some((count) => required <= count && (most === null || count <= most)))
    return undefined;
  const takes =
    most === null
      ? `at least ${required}`
      : most === required
        ? `${required}`
        : `${required} to ${most}`;
  return `${name} takes ${takes} parameter${takes === '1' ? '' : 's'}, and is called with ${allowed.join(' or ')}.`;
}

function constructorProblem(
  name: string,
  { args = [], kwargs = {} }: ImportRef,
  { required, most, names, keywordOnly }: PythonSignature,
): string | undefined {
  const unknown = Object.keys(kwargs).find((key) => names !== null && !names.includes(key));
  if (unknown !== undefined) {
    const near = closestWord(unknown, names ?? []);
    const hint = near === undefined ? '' : ` Did you mean ${JSON.stringify(near)}?`;
    return `The constructor of ${name} has no parameter ${JSON.stringify(unknown)}.${hint}`;
  }
  if (most !== null && args.length > most) {
    return `The constructor of ${name} takes at most ${most} argument${most === 1 ? '' : 's'}, and args has ${args.length}.`;
  }
  // Parameters by name fill those that args leave; without names nobody can tell which.
  const needed = names === null ? [] : [...names.slice(args.length, required), ...keywordOnly];
  const missing = needed.filter((parameter) => !Object.hasOwn(kwargs, parameter));
  if (missing.length === 0) return undefined;
  return (
    `The constructor of ${name} needs ${listed(missing, 'and')}; ` +
    'give them in py(…, { args: […] }) or { kwargs: {…} }.'
  );
}

function methodProblem(
  name: string,
  calls: FunctionPart,
  methods: Readonly<Record<string, PythonSignature>>,
): string | undefined {
  if (calls.methods.length === 0) return undefined;
  const has = calls.methods.filter((method) => methods[method] !== undefined);
  const callable = methods.__call__;
  if (has.length === 0 && callable !== undefined && calls.plain !== undefined) {
    return arityProblem(name, callable, calls.plain);
  }
  if (has.length === 0 || (calls.all === true && has.length < calls.methods.length)) {
    const wanted = calls.methods.filter((method) => !has.includes(method));
    const near = closestWord(wanted[0] as string, Object.keys(methods));
    const hint = near === undefined ? '' : ` Did you mean ${JSON.stringify(near)}?`;
    return `${name} has no method ${listed(wanted, calls.all === true ? 'and' : 'or')}.${hint}`;
  }
  for (const method of has) {
    const signature = methods[method] as PythonSignature;
    const waits = asyncProblem(`${name}, its method ${method}`, signature, calls);
    if (waits !== undefined) return waits;
    if (calls.args === undefined) continue;
    const problem = arityProblem(`${name}, its method ${method}`, signature, [calls.args]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function listed(words: readonly string[], last: 'and' | 'or'): string {
  const quoted = words.map((word) => JSON.stringify(word));
  if (quoted.length < 2) return quoted.join('');
  return `${quoted.slice(0, -1).join(', ')} ${last} ${quoted.at(-1)}`;
}
