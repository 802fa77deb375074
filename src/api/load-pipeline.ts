// A Python program as a pipeline of a TypeScript program: it runs up to its `execute`, which gives its graph; TypeScript feeds its
// named inputs and reads its named outputs.

import { statSync } from 'node:fs';
import { recordPipeline } from '../bridge/inspect.ts';
import { findInterpreter, resolveInterpreter } from '../bridge/interpreter.ts';
import { configurationInForce } from '../config/in-force.ts';
import { GraphError } from '../errors.ts';
import { cancelledBy, unlessAborted } from '../abort.ts';
import type { FunctionRef, JobGraph, OperatorSpec, SubmittedGraph } from '../graph/job-graph.ts';
import { submittedGraphShape } from '../graph/job-graph-shape.ts';
import { PYTHON_JOB, settledGraph } from '../graph/settle.ts';
import { checkShape } from '../graph/shape.ts';
import { closestWord } from '../graph/operator-text.ts';
import { byDefault, fedBy, isInput, isOutput } from '../graph/ports.ts';
import { checkFolder, checkWhere } from './arguments.ts';
import { callerFile } from './caller.ts';
import type { Source } from '../runtime/source.ts';
import type { SourceFunction, SourceIterable } from './sources.ts';
import { keptForTheJob } from '../connectors/function/given-stream.ts';
import type { BuiltGraph } from './graph-builder.ts';
import { JobHandle, type OutputTypes } from './job-handle.ts';
import { PipelineGraph } from './pipeline-graph.ts';
import { placeOf } from './python-function.ts';
import { type Logger, Session } from './session.ts';

/** How a Python program is read as a pipeline. */
export interface LoadPipelineOptions {
  /** The program's arguments, as in `sys.argv[1:]`. */
  args?: readonly string[];
  /** Found otherwise: VIRTUAL_ENV, `.venv` here or above, python3. */
  interpreter?: string;
  /** The program's working directory; ours by default. */
  cwd?: string;
  /** Variables set for the program, beside those it inherits. */
  env?: Readonly<Record<string, string>>;
  /** Where lines go that the program prints, and that its jobs have to say; stderr by default. */
  logger?: Logger;
  /** Gives the reading up. */
  signal?: AbortSignal;
}

/** What an input may be fed with. */
export type PipelineInput =
  | SourceIterable<unknown>
  | SourceFunction<unknown>
  | Source<unknown>
  | (new () => Source<unknown>);

/** What a pipeline is fed with, and how it runs. */
export interface StartPipelineOptions {
  /** By name; an input that is not named here reads its default. */
  inputs?: Readonly<Record<string, PipelineInput>>;
  /** Cancels the job. */
  signal?: AbortSignal;
}

/**
 * Loads a Python program as a pipeline.
 *
 * `O` is what its outputs give, by the caller's word: `loadPipeline<{ alerts: Alert }>(…)`.
 *
 * @param where URL or path; a relative one is relative to the file that says it
 * @throws GraphError when there is no such file, the program fails, or it runs no job or several
 */
export async function loadPipeline<O extends OutputTypes = OutputTypes>(
  where: URL | string,
  options: LoadPipelineOptions = {},
): Promise<Pipeline<O>> {
  checkWhere('The first argument of loadPipeline()', where);
  const place = placeOf(where, callerFile());
  if (!('file' in place) || statSync(place.file, { throwIfNoEntry: false })?.isFile() !== true) {
    const path = 'file' in place ? place.file : place.module;
    throw new GraphError(`There is no Python program ${path}.`);
  }
  const { args = [], interpreter, cwd, env, logger, signal } = options;
  checkFolder('cwd', cwd);
  const session = new Session(logger);
  const wanted = interpreter ?? configurationInForce({}).settings.pythonExecutable;
  const recorded = await unlessAborted(signal, async () => {
    const { executable } = await resolveInterpreter(findInterpreter(wanted, process.env, cwd));
    return recordPipeline(
      place.file,
      args,
      session.inspectOptions(executable, { cwd, env, signal }),
    );
  });
  const { error, graph, blobs = [], later } = recorded;
  if (later !== undefined) {
    throw new GraphError(
      `${place.file} runs several jobs (line ${later} executes again); a pipeline is one. Split the program, or let an argument choose.`,
    );
  }
  if (error !== undefined || graph === undefined) {
    const { message = 'it has no graph', traceback } = error ?? {};
    throw new GraphError(
      `The pipeline ${place.file} cannot be loaded: ${message}${traceback === undefined ? '' : `\n${traceback}`}`,
    );
  }
  checkShape(graph, submittedGraphShape, `The graph of ${place.file}`);
  const submitted = graph as unknown as SubmittedGraph;
  const { settings, warnings } = configurationInForce(submitted.config);
  for (const message of warnings) session.log({ level: 'warning', message });
  const jobGraph = settledGraph(submitted, settings, PYTHON_JOB);
  return new Pipeline<O>(
    {
      graph: {
        ...jobGraph,
        client: 'typescript',
        python: { ...jobGraph.python, ...(env === undefined ? {} : { env: { ...env } }) },
      },
      functions: [],
      blobs: blobs.map((text) => Buffer.from(text, 'base64')),
    },
    session,
  );
}

/** A Python pipeline, ready to be started any number of times. */
export class Pipeline<O extends OutputTypes = OutputTypes> implements AsyncDisposable {
  /** Names of its inputs and outputs, in the program's order. */
  readonly inputs: readonly string[];
  /** The names that `to_output` was given. */
  readonly outputs: readonly string[];
  /** The job graph, to be looked at. */
  readonly graph: PipelineGraph;
  readonly #built: BuiltGraph;
  readonly #session: Session;

  /** Made by `loadPipeline`. */
  constructor(built: BuiltGraph, session: Session) {
    this.#built = built;
    this.#session = session;
    this.graph = new PipelineGraph(built.graph);
    this.inputs = namesOf(built.graph, isInput);
    this.outputs = namesOf(built.graph, isOutput);
  }

  /**
   * Starts it.
   *
   * @throws GraphError when an input is not fed and has no default, or there is no input of that name
   */
  async start({ inputs = {}, signal }: StartPipelineOptions = {}): Promise<JobHandle<O>> {
    this.#checkNames(inputs);
    for (const input of Object.values(inputs)) keptForTheJob(input);
    if (signal?.aborted === true) throw cancelledBy(signal);
    const functions: unknown[] = [];
    const unfed: string[] = [];
    const operators = this.#built.graph.operators.map((spec) => {
      if (!isInput(spec)) return spec;
      const name = spec.params.name as string;
      const input = inputs[name];
      const fed =
        input === undefined
          ? byDefault(spec)
          : fedBy(spec, closure(functions.push(input) - 1, name));
      if (fed === undefined) unfed.push(name);
      return fed ?? spec;
    });
    if (unfed.length > 0) {
      throw new GraphError(
        `The pipeline's input ${unfed.map((name) => `"${name}"`).join(', ')} has no default and is not fed; ` +
          `feed it: start({ inputs: { ${unfed.join(', ')} } }). Its inputs: ${this.inputs.join(', ')}.`,
      );
    }
    const built = { ...this.#built, functions, graph: { ...this.#built.graph, operators } };
    return new JobHandle<O>(built, this.#session, { signal });
  }

  /** Cancels its jobs that still run, and ends the Python workers. */
  async close(): Promise<void> {
    await this.#session.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkNames(inputs: Readonly<Record<string, PipelineInput>>): void {
    const unknown = Object.keys(inputs).find((name) => !this.inputs.includes(name));
    if (unknown === undefined) return;
    const near = closestWord(unknown, this.inputs);
    const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
    throw new GraphError(
      `The pipeline has no input "${unknown}".${hint} Its inputs: ${this.inputs.join(', ') || 'none'}.`,
    );
  }
}

function namesOf(graph: JobGraph, which: (spec: OperatorSpec) => boolean): string[] {
  return graph.operators.filter(which).map(({ params }) => params.name as string);
}

function closure(id: number, name: string): FunctionRef {
  return { language: 'typescript', form: 'closure', id, name };
}
