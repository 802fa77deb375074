// What jobs of one environment share: the pool of warm workers, and where their output goes.

import { fileURLToPath } from 'node:url';
import { withImportPath } from '../bridge/import-path.ts';
import type { InspectOptions } from '../bridge/inspect.ts';
import { findInterpreter, resolveInterpreter } from '../bridge/interpreter.ts';
import { processOutput, writeQuietly } from '../bridge/output-stream.ts';
import { workerOutput } from '../bridge/worker-output.ts';
import { WorkerPool } from '../bridge/worker-pool.ts';
import type { OutputOrigin } from '../bridge/worker-streams.ts';
import { hostProblem } from '../config/host.ts';
import { ConfigurationError, OutputError } from '../errors.ts';
import type { ImportRef } from '../graph/function-refs.ts';
import type { JobGraph } from '../graph/job-graph.ts';
import { planJob } from '../graph/planner.ts';
import { systemMachine } from '../machine/system-machine.ts';
import {
  JobExecution,
  type JobOptions,
  type JobSubmission,
  newJobId,
} from '../runtime/job-execution.ts';
import { eventLines } from '../terminal/event-lines.ts';
import { progressDisplay } from '../terminal/progress-display.ts';
import { endQuietlyIfUnhandled } from './closed-output.ts';
import { checkFolder } from './arguments.ts';
import { checkCalled, checkPythonFunctions } from './check.ts';
import type { BuiltGraph } from './graph-builder.ts';
import { heedSignals } from './signals.ts';

/** A line that a job has to say: of Python's logging, of what user code prints, or a remark of the runtime. */
export interface LogEntry {
  /** `debug`, `info`, `warn` or `error`; of Python's logging its own, in small letters (`warning`). */
  level: string;
  /** What is said. */
  message: string;
  /** Its name in Python's logging. */
  logger?: string;
  /** Whose function says it, where that is known. */
  operator?: string;
  /** From 0. */
  subtask?: number;
  /** Where it came from: `logging`, `stdout` or `stderr`. */
  stream?: string;
  /** The worker that printed it. */
  pid?: number;
}

/** Takes what functions log and print, and what the runtime remarks. */
export type Logger = (entry: LogEntry) => void;

/** The folder of the Python package `isthmus`: beside `src` in a checkout, beside `dist` in the npm package. */
export const PYTHON_PACKAGE_FOLDER = fileURLToPath(new URL('../../python', import.meta.url));

export class Session {
  readonly log: Logger;
  readonly #running = new Set<JobExecution>();
  #pool: WorkerPool | undefined;

  /** @throws ConfigurationError where this Node or this system is none for us */
  constructor(log: Logger = logToStderr) {
    const problem = hostProblem();
    if (problem !== undefined) throw new ConfigurationError(problem);
    this.log = log;
  }

  start(
    submission: JobSubmission,
    options: Omit<JobOptions, 'pool' | 'machine' | 'makers' | 'listeners' | 'makeWay'>,
  ): JobExecution {
    this.#pool ??= new WorkerPool({
      packageDir: PYTHON_PACKAGE_FOLDER,
      output: {
        printed: workerOutput(processOutput()).printed,
        said: this.#lines('info', 'stdout'),
        stderr: this.#lines('error', 'stderr'),
      },
    });
    const { name, settings } = submission.graph;
    const jobId = options.jobId ?? newJobId(systemMachine);
    const lines = eventLines({ job: name, jobId }, settings.events);
    const display =
      options.servesCalls === true ? undefined : progressDisplay(name, settings.progress);
    const execution = JobExecution.start(submission, {
      ...options,
      jobId,
      pool: this.#pool,
      machine: systemMachine,
      makers: async () => (await import('../built-in.ts')).builtIn,
      makeWay: () => display?.hide(),
      listeners: [
        ...(display === undefined ? [] : [display.listen]),
        ...(lines === undefined ? [] : [lines]),
        (event) => {
          if (event.kind !== 'log') return;
          const { kind: _kind, at: _at, attempt: _attempt, ...entry } = event;
          this.log(entry);
        },
      ],
    });
    this.#running.add(execution);
    // A service has handlers of its own; its requests under way are to be answered first.
    if (options.servesCalls !== true) heedSignals(execution, submission.graph.settings);
    const over = () => this.#running.delete(execution);
    execution.result.then(over, (error: unknown) => {
      if (error instanceof OutputError && error.code === 'ISTHMUS_OUTPUT_CLOSED') {
        endQuietlyIfUnhandled();
      }
      over();
    });
    return execution;
  }

  /** @throws GraphError when the graph or a Python function of it is wrong */
  async check({ graph }: BuiltGraph, signal?: AbortSignal): Promise<void> {
    planJob(graph);
    checkFolder('python.cwd', graph.python.cwd);
    const warnings = await checkPythonFunctions(graph, () => this.#inspector(graph, signal));
    for (const message of warnings) this.log({ level: 'warning', message });
  }

  /** @throws GraphError when a Python function cannot be called */
  async checkCalled(graph: JobGraph, ref: ImportRef): Promise<void> {
    checkFolder('python.cwd', graph.python.cwd);
    await checkCalled(ref, await this.#inspector(graph));
  }

  async #inspector(graph: JobGraph, signal?: AbortSignal): Promise<InspectOptions> {
    const { cwd } = graph.python;
    const interpreter = graph.settings.pythonExecutable ?? graph.python.interpreter;
    const { executable } = await resolveInterpreter(findInterpreter(interpreter, process.env, cwd));
    const { sysPath: path, sysPathEnd: pathEnd, env } = withImportPath(graph).python;
    return this.inspectOptions(executable, { path, pathEnd, cwd, env, signal });
  }

  inspectOptions(
    executable: string,
    options: Omit<InspectOptions, 'executable' | 'packageFolder' | 'onLine'>,
  ): InspectOptions {
    return {
      ...options,
      executable,
      packageFolder: PYTHON_PACKAGE_FOLDER,
      onLine: (message, stream) =>
        this.log({ level: stream === 'stderr' ? 'error' : 'info', message, stream }),
    };
  }

  /** Cancels what runs and ends the workers. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.#running].map((job) => job.cancel('The environment of the job was closed.')),
    );
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.close();
  }

  /** Whole lines out of chunks of bytes, of each worker apart. At its end, an empty chunk, the last needs no line feed. */
  #lines(level: string, stream: string): (chunk: Uint8Array, from: OutputOrigin) => void {
    const unfinished = new Map<number, Unfinished>();
    return (chunk, from) => {
      const { pid } = from;
      const { decoder, ...last } = unfinished.get(pid) ?? {
        decoder: new TextDecoder(),
        rest: '',
        from,
      };
      if (chunk.length === 0) {
        unfinished.delete(pid);
        if (last.rest !== '') this.log({ level, message: last.rest, stream, ...last.from });
        return;
      }
      const lines = (last.rest + decoder.decode(chunk, { stream: true })).split('\n');
      unfinished.set(pid, { decoder, rest: lines.pop() ?? '', from });
      for (const message of lines) this.log({ level, message, stream, ...from });
    };
  }
}

/** The begin of a line whose end is yet to come. */
interface Unfinished {
  decoder: InstanceType<typeof TextDecoder>;
  rest: string;
  from: OutputOrigin;
}

/** One line on stderr for each entry; the default. */
export function logToStderr(entry: LogEntry): void {
  const { operator, subtask, logger, stream, level, message } = entry;
  const where =
    operator === undefined ? '' : `[${operator}${subtask === undefined ? '' : ` ${subtask + 1}`}] `;
  const what = stream === 'logging' ? `${level.toUpperCase()} ${logger ?? ''}: ` : '';
  writeQuietly(process.stderr, `${where}${what}${message}\n`);
}
