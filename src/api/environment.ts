import { withPrintedOutputs, withPythonDefaults } from '../graph/ports.ts';
import { resolve } from 'node:path';
import { configurationInForce } from '../config/in-force.ts';
import { type ConfigValue, textsOf } from '../config/resolve.ts';
import { SETTINGS } from '../config/table.ts';
import { GraphError } from '../errors.ts';
import { unlessAborted } from '../abort.ts';
import { checkChoice, checkFields, checkMs, checkParallelism, checkText } from './arguments.ts';
import { DataStream } from './data-stream.ts';
import { DataStreamSink } from './data-stream-sink.ts';
import {
  type ArgumentsOf,
  type CalledFunction,
  type CallOptions,
  calledFunction,
  checkedCall,
} from './called-function.ts';
import { Calls } from './calls.ts';
import type { ImportRef } from '../graph/function-refs.ts';
import { type BuiltGraph, GraphBuilder, type GraphSettings } from './graph-builder.ts';
import {
  type JobExecutionResult,
  JobHandle,
  type OutputTypes,
  type StartOptions,
} from './job-handle.ts';
import { PipelineGraph } from './pipeline-graph.ts';
import type { PyFunction } from './python-function.ts';
import { recordInstead } from './recording.ts';
import { type Logger, Session } from './session.ts';
import { Sources } from './sources.ts';
import { type StreamFactory, streamFactory } from './stream-factory.ts';
import type { Transformation, TransformationInit } from './transformation.ts';

const MODES = ['STREAMING', 'BATCH', 'AUTOMATIC'] as const;

/** STREAMING emits running results, BATCH final ones by key; AUTOMATIC is BATCH where all sources end. */
export type RuntimeExecutionMode = (typeof MODES)[number];

/** Which Python the workers are, and what it finds. */
export interface PythonOptions {
  /** Found otherwise: VIRTUAL_ENV, `.venv` here or above, python3. A relative path is relative to the working directory. */
  interpreter?: string;
  /** Folders put before the import path of the workers. */
  path?: readonly string[];
  /** The working directory of the workers; by default that of the program. */
  cwd?: string;
  /** Variables set for the workers, beside those they inherit. */
  env?: Readonly<Record<string, string>>;
}

/** What `getExecutionEnvironment` takes. */
export interface EnvironmentOptions {
  /** Of operators that say nothing else; 1 by default. */
  parallelism?: number;
  /** The number of key groups: the most that keyed operators can be scaled to. */
  maxParallelism?: number;
  /** STREAMING by default. */
  runtimeMode?: RuntimeExecutionMode;
  /** Which Python runs Python functions. */
  python?: PythonOptions;
  /** Options by key of `docs/configuration.md`. */
  config?: Readonly<Record<string, ConfigValue>>;
  /** Where lines go that jobs have to say; stderr by default. */
  logger?: Logger;
}

const PYTHON_FIELDS: readonly (keyof PythonOptions)[] = ['interpreter', 'path', 'cwd', 'env'];
const ENVIRONMENT_FIELDS: readonly (keyof EnvironmentOptions)[] = [
  'parallelism',
  'maxParallelism',
  'runtimeMode',
  'python',
  'config',
  'logger',
];

/** How one job runs. */
export interface ExecuteOptions {
  /** Cancels the job. */
  signal?: AbortSignal;
  /**
   * The sinks that the job is of, as `print()`, `addSink()` and their like return them: what leads to other ends stays for
   * another job. By default the job is of everything that was built since the last one, whoever built it.
   */
  sinks?: readonly DataStreamSink[];
}

/** Of which job `prepare` takes the graph. */
export interface Preparation {
  name?: string | undefined;
  /** Its ends; everything that has been built where absent. */
  ends?: readonly Transformation[] | undefined;
  change?: (built: BuiltGraph) => BuiltGraph;
}

const DEFAULT_JOB_NAME = 'Isthmus Streaming Job';

/** Where programs begin: makes sources, runs jobs. An environment runs any number of jobs, one after another or at once. */
export class StreamExecutionEnvironment extends Sources implements AsyncDisposable {
  /** For streams: makes those that lead on from them. */
  readonly streams: StreamFactory = streamFactory;
  readonly #options: EnvironmentOptions;
  readonly #builder = new GraphBuilder();
  readonly #session: Session;
  /** Of functions that are called: they share their workers. */
  #calls: Calls | undefined;
  /** What code says, by whatever setter: the last one counts. */
  readonly #config: Record<string, string>;

  /** A new environment: what is built on it is run by `execute`. */
  static getExecutionEnvironment(options: EnvironmentOptions = {}): StreamExecutionEnvironment {
    return new StreamExecutionEnvironment(options);
  }

  private constructor(options: EnvironmentOptions) {
    super();
    checkFields('An environment', options, ENVIRONMENT_FIELDS);
    checkFields('The option python of an environment', options.python ?? {}, PYTHON_FIELDS);
    this.#options = options;
    this.#session = new Session(options.logger);
    this.#config = textsOf(options.config ?? {});
    const { interpreter } = options.python ?? {};
    if (interpreter !== undefined) this.#config[SETTINGS.pythonExecutable.key] = interpreter;
    if (options.runtimeMode !== undefined) this.setRuntimeMode(options.runtimeMode);
    if (options.parallelism !== undefined) this.setParallelism(options.parallelism);
    if (options.maxParallelism !== undefined) this.setMaxParallelism(options.maxParallelism);
  }

  // Settings.

  /** The parallelism of operators that say none. */
  setParallelism(parallelism: number): this {
    checkParallelism('parallelism', parallelism);
    this.#config[SETTINGS.parallelism.key] = String(parallelism);
    return this;
  }

  /** Of operators that say nothing else. */
  getParallelism(): number {
    return configurationInForce(this.#config).settings.parallelism ?? 1;
  }

  /** The number of key groups: the most that keyed operators can be scaled to. */
  setMaxParallelism(maxParallelism: number): this {
    checkParallelism('max parallelism', maxParallelism);
    this.#config[SETTINGS.maxParallelism.key] = String(maxParallelism);
    return this;
  }

  /** The number of key groups; undefined: Flink's rule, at least 128. */
  getMaxParallelism(): number | undefined {
    return configurationInForce(this.#config).settings.maxParallelism;
  }

  /** STREAMING (the default), BATCH or AUTOMATIC. */
  setRuntimeMode(mode: RuntimeExecutionMode): this {
    checkChoice('runtime mode', mode, MODES);
    this.#config[SETTINGS.runtimeMode.key] = mode;
    return this;
  }

  /**
   * Takes a checkpoint every `intervalMs` milliseconds: after a failure the job goes on from the last one. `dir`: the folder
   * they are kept in; without one in a temporary folder, as long as the job.
   */
  enableCheckpointing(intervalMs: number, options: { dir?: string } = {}): this {
    checkMs('checkpoint interval', intervalMs, 10);
    checkFields('enableCheckpointing()', options, ['dir']);
    this.#config[SETTINGS.checkpointIntervalMs.key] = `${intervalMs} ms`;
    if (options.dir !== undefined) {
      checkText('folder of checkpoints', options.dir);
      this.#config[SETTINGS.checkpointDir.key] = options.dir;
    }
    return this;
  }

  /** Sets options by key of `docs/configuration.md`. */
  configure(options: Readonly<Record<string, ConfigValue>>): this {
    Object.assign(this.#config, textsOf(options));
    return this;
  }

  // Jobs.

  /** Runs the job to its end. */
  async execute(name?: string, options: ExecuteOptions = {}): Promise<JobExecutionResult> {
    const ends = this.#endsOf(options);
    const submit = this.prepare({ name, ends, change: printed });
    return (await submit(options)).result;
  }

  /** Starts the job. `O` is what its named outputs give: `executeAsync<{ alerts: Alert }>()`. */
  async executeAsync<O extends OutputTypes = OutputTypes>(
    name?: string,
    options: ExecuteOptions = {},
  ): Promise<JobHandle<O>> {
    const submit = this.prepare({ name, ends: this.#endsOf(options) });
    return (await submit(options)) as JobHandle<O>;
  }

  /** Takes the graph of a job as it is, out of what has been built; the function it returns starts the job. */
  prepare({
    name,
    ends,
    change = (built) => built,
  }: Preparation = {}): (options: StartOptions) => Promise<JobHandle> {
    let built: BuiltGraph;
    try {
      if (name !== undefined) checkText('name of a job', name);
      built = change(this.build(name, ends));
      recordInstead(built.graph);
      built = { ...built, graph: withPythonDefaults(built.graph) };
    } finally {
      this.#builder.clear(ends);
    }
    return async (options) => {
      const { signal } = options;
      await unlessAborted(signal, () => this.#session.check(built, signal));
      return new JobHandle(built, this.#session, options);
    };
  }

  /**
   * Finds what is wrong with the job built so far, before anything starts: the graph itself, missing Python files, functions
   * and methods, wrong numbers of parameters. Every execute does so too.
   *
   * @throws GraphError that says all that is wrong with Python functions
   */
  async check(): Promise<void> {
    await this.#session.check(this.build());
  }

  /** The job built so far. */
  graph(): PipelineGraph {
    return new PipelineGraph(this.build().graph);
  }

  /** The job built so far as JSON, in the form that Flink's plan visualizer reads. */
  getExecutionPlan(): string {
    return this.graph().toPlanJson();
  }

  // Calls.

  /**
   * A Python function as an asynchronous function of this program: for services, where a request wants one answer. All functions
   * of an environment share its workers, as many as its parallelism says; they are started, and the function is loaded, before
   * this resolves. A class, with a method `call` or `__call__`, is made once in each of them, and may have `open` and `close`.
   *
   * @example const score = await env.call(py<Review, number>('./model.py', 'score')); const stars = await score(review);
   * @example const add = await env.call<(a: number, b: number) => number>(py('./sums.py', 'add'));
   * @throws GraphError when there is no such function, UserFunctionError when it cannot be made or opened
   */
  call<In, Out>(
    fn: PyFunction<In, Out>,
    options?: CallOptions,
  ): Promise<CalledFunction<ArgumentsOf<In>, Awaited<Out>>>;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the function takes.
  call<F extends (...args: any[]) => unknown>(
    // biome-ignore lint/suspicious/noExplicitAny: the types are those of F.
    fn: PyFunction<any, any>,
    options?: CallOptions,
  ): Promise<CalledFunction<Parameters<F>, Awaited<ReturnType<F>>>>;
  async call(
    fn: PyFunction<unknown, unknown>,
    options: CallOptions = {},
  ): Promise<CalledFunction<never[], unknown>> {
    const checked = checkedCall(fn, options);
    const settings = this.#graphSettings();
    const ref = fn.ref as ImportRef;
    await this.#session.checkCalled({ ...settings, version: 1, operators: [], edges: [] }, ref);
    this.#calls ??= new Calls(
      (built, onResults) => this.#session.start(built, { servesCalls: true, onResults }),
      settings,
    );
    const calls = this.#calls;
    return calledFunction(calls, await calls.add(ref, checked.maxCalls), checked);
  }

  /** Cancels jobs that still run, ends calls, and ends the Python workers. */
  async close(): Promise<void> {
    this.#calls?.close();
    this.#calls = undefined;
    await this.#session.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // For streams.

  /** The stream that an operator, or a source, makes. */
  operator<T>(init: TransformationInit): DataStream<T> {
    const from = this.#builder.add(init);
    return new DataStream<T>(this, [{ from, partitioning: { kind: 'auto' } }]);
  }

  /** The transformations of the sinks that options name. */
  #endsOf({ sinks }: ExecuteOptions): readonly Transformation[] | undefined {
    if (sinks === undefined) return undefined;
    if (!Array.isArray(sinks) || !sinks.every((sink) => sink instanceof DataStreamSink)) {
      throw new GraphError(
        'The option sinks is an array of sinks, as print(), addSink(), sinkTo() and toOutput() return them.',
      );
    }
    const ends = sinks.map(({ transformation }) => transformation);
    if (!ends.every((end) => this.#builder.made(end))) {
      throw new GraphError(
        'The option sinks names a sink of another environment; a job is of one environment.',
      );
    }
    return ends;
  }

  /** The job of `ends`, or everything built so far, with the functions it refers to. */
  build(name?: string, ends?: readonly Transformation[]): BuiltGraph {
    return this.#builder.build(this.#graphSettings(name), ends);
  }

  #graphSettings(name?: string): GraphSettings {
    const { settings, warnings } = configurationInForce(this.#config);
    for (const message of warnings) this.#session.log({ level: 'warning', message });
    const { path = [], cwd, env } = this.#options.python ?? {};
    const { maxParallelism } = settings;
    return {
      name: name ?? settings.jobName ?? DEFAULT_JOB_NAME,
      client: 'typescript',
      parallelism: settings.parallelism ?? 1,
      ...(maxParallelism === undefined ? {} : { maxParallelism }),
      runtimeMode: settings.runtimeMode,
      settings,
      python: {
        mainBundles: [],
        ...(path.length === 0 ? {} : { sysPath: path.map((folder) => resolve(folder)) }),
        ...(cwd === undefined ? {} : { cwd }),
        ...(env === undefined ? {} : { env: { ...env } }),
      },
    };
  }
}

/** `execute` gives nobody a chance to iterate: named outputs are printed. */
function printed(built: BuiltGraph): BuiltGraph {
  return { ...built, graph: withPrintedOutputs(built.graph) };
}
