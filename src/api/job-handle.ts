// A job that was started, as its program sees it.
//
//   H1. A failure is told once where somebody looks: by `result`, or by an output that is being iterated. `result` crashes nobody
//       when an output has told it.
//   H2. A job without outputs whose `result` nobody ever asked for fails like any promise that nobody handles.
//   H3. A failure of a job with outputs that neither was asked for nor reached anybody who iterates is told to the logger, once.

import { isSink, isSource, kindOf } from '../graph/kinds.ts';
import { isOutput } from '../graph/ports.ts';
import { GraphError, JobCancelledError } from '../errors.ts';
import type { JobEvent, JobStatus } from '../runtime/job-events.ts';
import type { JobExecution } from '../runtime/job-execution.ts';
import type { JobOperatorMetrics } from '../runtime/job-metrics.ts';
import type { MaybePromise } from '../runtime/operator.ts';
import type { BuiltGraph } from './graph-builder.ts';
import { OutputQueue } from './output-queue.ts';
import type { Session } from './session.ts';
import { tellUnlessObserved } from './unobserved.ts';

/** How a job ended that did not fail. */
export interface JobExecutionResult {
  /** 32 hexadecimal digits. */
  readonly jobId: string;
  /** As it was given, or that of the settings. */
  readonly jobName: string;
  /** Milliseconds from start to end. */
  readonly runtimeMs: number;
  /** Records that sources made, and that sinks took. */
  readonly recordsIn: number;
  /** Records that have reached sinks. */
  readonly recordsOut: number;
  /** How often it was started again after a failure. */
  readonly restarts: number;
  /** Counts by operator over all attempts, upstream first. */
  readonly operators: readonly JobOperatorMetrics[];
}

export interface StartOptions {
  signal?: AbortSignal | undefined;
}

/** Records of named outputs by name. */
// biome-ignore lint/suspicious/noExplicitAny: what they are, only the program knows.
export type OutputTypes = Record<string, any>;

export type Outputs<O extends OutputTypes> = { readonly [Name in keyof O]: AsyncIterable<O[Name]> };

/** A job that runs. */
export class JobHandle<O extends OutputTypes = OutputTypes> implements AsyncDisposable {
  /** As it was given, or that of the settings. */
  readonly jobName: string;
  /** What `toOutput(name)` names, by name. An output that nobody iterates is discarded once 4,096 records have come. */
  readonly outputs: Outputs<O>;
  readonly #execution: JobExecution;
  readonly #queues = new Map<number, OutputQueue<unknown>>();
  readonly #settled: Promise<JobExecutionResult>;
  #asked: Promise<JobExecutionResult> | undefined;
  #isObserved = false;
  /** Once a failure waits to be told (H3). */
  #forgetFailure: (() => void) | undefined;

  constructor(built: BuiltGraph, session: Session, options: StartOptions = {}) {
    this.jobName = built.graph.name;
    const outputs: Record<string, AsyncIterable<unknown>> = Object.create(null);
    for (const spec of built.graph.operators) {
      if (kindOf(spec).toClient !== true) continue;
      const { id, params } = spec;
      const name = isOutput(spec) ? (params.name as string) : `collect ${id}`;
      const queue = new OutputQueue<unknown>(name, () => this.#onLeft());
      this.#queues.set(id, queue);
      if (name in outputs) {
        throw new GraphError(
          `Two outputs of the job are named "${name}"; give them different names, or union() the streams.`,
        );
      }
      if (isOutput(spec)) outputs[name] = queue;
    }
    this.outputs = outputs as Outputs<O>;
    const { signal } = options;
    this.#execution = session.start(built, {
      onResults: (operator, _subtask, values) => this.#onResults(operator, values),
      takeBackResults: () => this.#takeBackResults(),
      readerWaits: () => [...this.#queues.values()].some((queue) => queue.isWaitedFor),
      ...(signal === undefined ? {} : { signal }),
    });
    this.#settled = this.#run();
    this.#settled.catch(() => {}); // H1
    if (this.#queues.size === 0) this.#failLoudly();
    else this.#tellUnobserved((message) => session.log({ level: 'error', message }));
  }

  /** 32 hexadecimal digits. */
  get jobId(): string {
    return this.#execution.jobId;
  }

  /** Where the job is in its life. */
  get status(): JobStatus {
    return this.#execution.status;
  }

  /** Resolves when the job has finished; rejects with what ended it otherwise. */
  get result(): Promise<JobExecutionResult> {
    this.#observed();
    this.#asked ??= this.#settled.then((result) => result);
    return this.#asked;
  }

  /** Counts by operator, as of now. */
  metrics(): JobOperatorMetrics[] {
    return this.#execution.metrics();
  }

  /**
   * What happens to the job: attempts, workers, subtasks, failures, restarts, counts (docs/events.md). Each call gives a stream of
   * its own that begins with the job and ends with it. Nobody waits for who reads: of what is not read in time the oldest is
   * dropped, and an event says how many.
   */
  events(): AsyncIterableIterator<JobEvent> {
    return this.#execution.events();
  }

  /** Ends the job; resolves when nothing of it runs any more. `result` rejects with a `JobCancelledError`. */
  async cancel(reason?: string): Promise<void> {
    this.#observed();
    this.#asked?.catch(() => {});
    this.#asked ??= this.#settled;
    await this.#execution.cancel(reason);
  }

  /**
   * Ends the job in order: its sources end, what they have given is worked off, windows fire, sinks finish their files, and the
   * job is FINISHED, as if its input had come to an end there. Outputs that are being iterated must be read for that.
   *
   * Resolves with the result when the job has ended; rejects when it failed meanwhile.
   */
  async stop(): Promise<JobExecutionResult> {
    const { result } = this;
    await this.#execution.stop();
    return result;
  }

  /** Cancels the job if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.cancel();
  }

  /** Records of a `sink.collect`, by the id of its operator. */
  collected(operator: number): OutputQueue<unknown> | undefined {
    return this.#queues.get(operator);
  }

  #onResults(operator: number, values: unknown[]): MaybePromise<void> {
    return this.#queues.get(operator)?.put(values);
  }

  #takeBackResults(): boolean {
    const queues = [...this.#queues.values()];
    if (queues.some((queue) => queue.hasGiven)) return false;
    for (const queue of queues) queue.takeBack();
    return true;
  }

  async #run(): Promise<JobExecutionResult> {
    try {
      const { jobId, runtimeMs, metrics, restarts } = await this.#execution.result;
      for (const queue of this.#queues.values()) queue.end();
      return {
        jobId,
        jobName: this.jobName,
        runtimeMs,
        recordsIn: countOf(metrics.filter(isSource), 'out'),
        recordsOut: countOf(metrics.filter(isSink), 'in'),
        restarts,
        operators: metrics,
      };
    } catch (error) {
      const told = [...this.#queues.values()].some((queue) => queue.isIterated);
      if (told) this.#asked?.catch(() => {}); // H1
      for (const queue of this.#queues.values()) queue.fail(error);
      if (told) this.#asked ??= this.#settled;
      throw error;
    }
  }

  #onLeft(): Promise<void> {
    const read = [...this.#queues.values()].some((queue) => queue.isIterated);
    return read ? Promise.resolve() : this.cancel('The iteration of its results was left.');
  }

  #observed(): void {
    this.#isObserved = true;
    this.#forgetFailure?.();
  }

  /** H3 */
  #tellUnobserved(log: (message: string) => void): void {
    for (const queue of this.#queues.values()) queue.onToldFailure(() => this.#observed());
    this.#settled.catch((error: unknown) => {
      if (this.#isObserved || error instanceof JobCancelledError) return;
      const text = error instanceof Error ? error.message : String(error);
      this.#forgetFailure = tellUnlessObserved(() =>
        log(`The job "${this.jobName}" has failed, and nobody has asked for its result: ${text}`),
      );
    });
  }

  #failLoudly(): void {
    this.#settled.catch((error: unknown) => {
      // Whoever cancelled it knows.
      const cancelled = error instanceof JobCancelledError;
      if (this.#asked === undefined && !cancelled) void this.result; // H2
    });
  }
}

function countOf(operators: readonly JobOperatorMetrics[], side: 'in' | 'out'): number {
  return operators.reduce((sum, operator) => sum + operator[side], 0);
}
