// A job from submission to its end, over as many attempts as its restart strategy allows.
//
//   J1. `result` settles exactly once: with the counts, or with the one error that ended the job.
//   J2. When it has settled, no subtask runs and no worker is the job's any more.
//   J3. A program is given no result twice: where it has one that no checkpoint covers, the job fails rather than start again.
//       Restarts are told.

import { type ProgramOutput, processOutput } from '../bridge/output-stream.ts';
import { withImportPath } from '../bridge/import-path.ts';
import type { Workers } from '../bridge/worker-link.ts';
import type { JobPlace } from '../bridge/worker-turns.ts';
import {
  ConfigurationError,
  type IsthmusError,
  JobCancelledError,
  type OutputError,
} from '../errors.ts';
import { cancelledBy } from '../abort.ts';
import { SETTINGS } from '../config/table.ts';
import type { ExecutionPlan } from '../graph/execution-plan.ts';
import type { JobGraph } from '../graph/job-graph.ts';
import { planJob } from '../graph/planner.ts';
import { loadFunction } from './function-loader.ts';
import { JobAttempt, type ResultFrame } from './job-attempt.ts';
import { newPlace } from './job-place.ts';
import { watchPrints } from './lost-prints.ts';
import {
  type EventError,
  type JobEvent,
  type JobEventListener,
  JobEvents,
  type JobStatus,
} from './job-events.ts';
import { JobCheckpoints } from './job-checkpoints.ts';
import { JobMetrics, type JobOperatorMetrics } from './job-metrics.ts';
import { JobWorkers } from './job-workers.ts';
import type { Makers } from './makers.ts';
import { every, resolvedWithin } from '../machine/clock.ts';
import type { Machine } from '../machine/machine.ts';
import type { MaybePromise } from './operator.ts';
import { notAgain, restartNotice } from './restart-notice.ts';
import { restartStrategy } from './restart-strategy.ts';

export interface JobSubmission {
  graph: JobGraph;
  /** By the index that function references name. */
  blobs: readonly Uint8Array[];
  /** Closures by `FunctionRef.id`. */
  functions: readonly unknown[];
}

export interface JobResult {
  jobId: string;
  status: 'FINISHED';
  runtimeMs: number;
  /** Over all attempts. */
  metrics: JobOperatorMetrics[];
  restarts: number;
}

export interface JobOptions {
  /** 32 hex digits. */
  jobId?: string;
  /** Cancels the job when aborted. */
  signal?: AbortSignal;
  pool: Workers;
  machine: Machine;
  /** Loaded where a job has tasks in this process. */
  makers: () => MaybePromise<Makers>;
  /** Whether it serves calls, as long as its environment lives (T6 of worker-turns.ts). */
  servesCalls?: boolean;
  /** Whether the program waits for the next result. */
  readerWaits?: () => boolean;
  /** Where print sinks write; the process's own stdout and stderr where absent. */
  output?: ProgramOutput;
  /** Records for a TypeScript client; the job goes on as they are taken. */
  onResults?: (operator: number, subtask: number, values: unknown[]) => MaybePromise<void>;
  /** Records for a client in another process, undecoded. */
  onResultFrame?: (frame: ResultFrame) => MaybePromise<void>;
  /** Before a restart: takes results back that nobody has seen yet; false where somebody has. Absent: they cannot be taken back. */
  takeBackResults?: () => boolean;
  /** Who hears what happens; of a log line, a promise holds up its worker until it settles. */
  listeners?: readonly JobEventListener[];
  /** Called before print sinks of this process print. */
  makeWay?: (() => void) | undefined;
  /** How often counts are told while the job runs. */
  metricsEveryMs?: number;
}

/** Errors that another attempt cannot mend. */
const FINAL_CODES = new Set([
  'ISTHMUS_CANCELLED',
  'ISTHMUS_GRAPH',
  'ISTHMUS_CONFIGURATION',
  'ISTHMUS_UNSUPPORTED',
  'ISTHMUS_WORKER_START',
  'ISTHMUS_STATE',
  'ISTHMUS_OUTPUT_CLOSED',
]);
const CANNOT_BEGIN = `${SETTINGS.recoveryPath.key} is set, and the job takes no checkpoints: set ${SETTINGS.checkpointIntervalMs.key}, too, and run it in STREAMING mode.`;
/** Records that came too late for their window, and were dropped. */
const LATE = 'numLateRecordsDropped';
/** How often counts are told, unless an option says otherwise. */
const METRICS_EVERY_MS = 1_000;
/** How long a failure waits for the output of its job to leave. */
const LAST_OUTPUT_MS = 500;

export class JobExecution {
  readonly jobId: string;
  readonly result: Promise<JobResult>;
  readonly #submission: JobSubmission;
  readonly #options: JobOptions;
  readonly #place: JobPlace;
  readonly #machine: Machine;
  #status: JobStatus = 'CREATED';
  #metrics: JobMetrics | undefined;
  #checkpoints: JobCheckpoints | undefined;
  #attempt: JobAttempt | undefined;
  #cancelled: JobCancelledError | undefined;
  #lostPrints: OutputError | undefined;
  readonly #events: JobEvents;
  #restarts = 0;
  /** Late records by operator, as last told. */
  readonly #late = new Map<string, number>();
  #hasGivenResults = false;
  #isStopping = false;
  #wakeFromPause: (() => void) | undefined;
  readonly #askedToEnd = Promise.withResolvers<void>();

  /** Starts a job. Whatever is wrong with it is told by `result`. */
  static start(submission: JobSubmission, options: JobOptions): JobExecution {
    return new JobExecution(submission, options);
  }

  private constructor(submission: JobSubmission, options: JobOptions) {
    this.#submission = submission;
    this.#options = options;
    this.#place = { ...newPlace(), readerWaits: options.readerWaits };
    if (options.servesCalls === true) {
      // Nobody waits for its end, wherever it was started.
      this.#place.parent = undefined;
      this.#place.servesCalls = true;
    }
    this.#machine = options.machine;
    this.#events = new JobEvents(() => this.#machine.clock.now(), options.listeners ?? []);
    this.jobId = options.jobId ?? newJobId(options.machine);
    this.result = this.#run();
    // The error may reach the user by another road first (an iterator of results).
    this.result.catch(() => {});
  }

  get #output(): ProgramOutput {
    return this.#options.output ?? processOutput();
  }

  get status(): JobStatus {
    return this.#status;
  }

  /** Whether it was asked to `stop`. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Whether the code at that place is this job's. */
  isAt(place: JobPlace | undefined): boolean {
    return this.#place === place;
  }

  /** Fails the job as a failure of its functions does. */
  fail(error: IsthmusError): void {
    this.#attempt?.fail(error);
  }

  /** What happens to the job, from its beginning; ends with it. */
  events(): AsyncIterableIterator<JobEvent> {
    return this.#events.read();
  }

  /** Counts by operator, as of now. */
  metrics(): JobOperatorMetrics[] {
    this.#attempt?.sampleMetrics();
    return this.#metrics?.totals() ?? [];
  }

  /** Ends the job; `result` rejects with a `JobCancelledError`. Resolves when everything has ended (J2). */
  async cancel(reason = 'The job was cancelled.'): Promise<void> {
    if (this.#cancelled === undefined && !this.#isOver()) {
      this.#cancelled = new JobCancelledError(reason);
      this.#setStatus('CANCELLING');
      this.#attempt?.fail(this.#cancelled);
      this.#wakeFromPause?.();
      this.#askedToEnd.resolve();
    }
    await this.result.catch(() => {});
  }

  /**
   * Ends the job in order: sources come to their end, what they have given is worked off, sinks finish. `result` resolves then;
   * a failure meanwhile is the job's, which does not start again. Resolves when everything has ended (J2).
   */
  async stop(): Promise<void> {
    if (!this.#isStopping) {
      this.#isStopping = true;
      this.#attempt?.finish();
      this.#wakeFromPause?.();
    }
    await this.result.catch(() => {});
  }

  async #run(): Promise<JobResult> {
    const { signal } = this.#options;
    const onAbort = () => void this.cancel(cancelledBy(signal).message);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) this.#cancelled = cancelledBy(signal);
    const startedAt = this.#machine.clock.monotonic();
    const stopWatch = watchPrints(this.#submission.graph, this.#output, (error) => {
      this.#lostPrints ??= error;
      this.#attempt?.fail(error);
    });
    const everyMs = this.#options.metricsEveryMs ?? METRICS_EVERY_MS;
    const stopMetrics = every(this.#machine.clock, everyMs, () => this.#tellMetrics(), 'idle');
    try {
      await this.#runAttempts();
      await this.#output.stdout.settled();
      await this.#output.stderr.settled();
      if (this.#lostPrints !== undefined) throw this.#lostPrints;
      this.#end('FINISHED');
      return {
        jobId: this.jobId,
        status: 'FINISHED',
        runtimeMs: Math.round(this.#machine.clock.monotonic() - startedAt),
        metrics: this.metrics(),
        restarts: this.#restarts,
      };
    } catch (error) {
      // What was printed before comes before what is said of the failure; a reader that is slow is not waited for.
      if (this.#output.stdout.isBusy) {
        await resolvedWithin(this.#machine.clock, this.#output.stdout.settled(), LAST_OUTPUT_MS);
      }
      this.#end(this.#cancelled === undefined ? 'FAILED' : 'CANCELED');
      throw this.#cancelled ?? error; // J1
    } finally {
      this.#place.isOver = true;
      stopWatch();
      stopMetrics();
      this.#events.end();
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async #runAttempts(): Promise<void> {
    if (this.#cancelled !== undefined) throw this.#cancelled;
    const graph = withImportPath(this.#submission.graph);
    const plan = planJob(graph);
    const worker =
      plan.slots === 0
        ? undefined
        : await this.#unlessCancelled(this.#options.pool.requestFor(graph));
    this.#metrics = new JobMetrics(plan);
    const workers =
      worker === undefined
        ? undefined
        : new JobWorkers(this.#options.pool, worker, plan.slots, this.#place, this.#events);
    this.#checkpoints = this.#newCheckpoints(plan);
    try {
      await this.#attempts(plan, workers);
      await this.#checkpoints?.end(false);
    } catch (error) {
      await this.#checkpoints?.end(true);
      throw error;
    } finally {
      await workers?.giveBack(); // J2
    }
  }

  #newCheckpoints(plan: ExecutionPlan): JobCheckpoints | undefined {
    if (!JobCheckpoints.areOn(plan)) {
      if (plan.graph.settings.recoveryPath !== undefined)
        throw new ConfigurationError(CANNOT_BEGIN);
      if (plan.graph.settings.checkpointIntervalMs !== undefined) {
        const message = `Job "${plan.graph.name}" takes no checkpoints, as it runs in BATCH mode: a restart begins from the beginning.`;
        void this.#events.log({ level: 'info', logger: 'isthmus', message });
      }
      return undefined;
    }
    return new JobCheckpoints({
      plan,
      job: this.jobId,
      machine: this.#machine,
      tell: (news) => this.#events.tell(news),
      log: (level, message) => void this.#events.log({ level, logger: 'isthmus', message }),
    });
  }

  async #attempts(plan: ExecutionPlan, workers: JobWorkers | undefined): Promise<void> {
    const strategy = restartStrategy(plan.graph.settings, this.#machine.random);
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#runAttempt(plan, attempt, workers);
        return;
      } catch (thrown) {
        const error = thrown as IsthmusError;
        if (this.#cancelled !== undefined || FINAL_CODES.has(error.code)) throw error;
        if (this.#isStopping) throw error;
        const pauseMs = strategy.next(this.#machine.clock.now(), {
          of: JSON.stringify([
            error.code,
            error.report?.operator,
            error.report?.record,
            error.message,
          ]),
          checkpoints: this.#checkpoints?.completed ?? 0,
        });
        if (pauseMs === undefined) throw error;
        if (this.#checkpoints === undefined && !this.#resultsAreBack()) throw notAgain(error); // J3
        this.#tellRestart(attempt, pauseMs, error);
        this.#setStatus('RESTARTING');
        await this.#pause(pauseMs);
        if (this.#isStopping) throw error;
      }
    }
  }

  async #runAttempt(
    plan: ExecutionPlan,
    attempt: number,
    workers: JobWorkers | undefined,
  ): Promise<void> {
    if (this.#cancelled !== undefined) throw this.#cancelled;
    const { makers } = this.#options;
    const onResults = this.#noting(this.#options.onResults);
    const onResultFrame = this.#noting(this.#options.onResultFrame);
    const { blobs, functions } = this.#submission;
    const { settings } = plan.graph;
    this.#metrics?.beginAttempt(attempt);
    this.#events.beginAttempt(attempt);
    this.#attempt = new JobAttempt({
      plan,
      job: this.jobId,
      attempt,
      blobs,
      workers,
      events: this.#events,
      place: this.#place,
      limits: {
        timeoutMs: settings.pythonRecordTimeoutMs,
        memoryBytes: settings.workerMemoryLimitBytes,
      },
      metrics: this.#metrics as JobMetrics,
      makers,
      machine: this.#machine,
      loadFunction: (ref) => loadFunction(ref, functions),
      print: (text, stderr) => {
        this.#options.makeWay?.();
        return this.#output[stderr === true ? 'stderr' : 'stdout'].write(text);
      },
      roomToSay: () => this.#output.stdout.room() ?? this.#output.stderr.room(),
      resultsBefore: this.#attempt?.resultsTaken ?? Promise.resolve(),
      ...(this.#checkpoints === undefined ? {} : { checkpoints: this.#checkpoints }),
      ...(onResults === undefined ? {} : { onResults }),
      ...(onResultFrame === undefined ? {} : { onResultFrame }),
    });
    if (this.#isStopping) this.#attempt.finish();
    this.#events.tell({ kind: 'attempt-started' });
    this.#setStatus('RUNNING');
    try {
      await this.#attempt.run();
      this.#events.tell({ kind: 'attempt-ended', outcome: 'finished' });
    } catch (error) {
      const isCancelled = this.#cancelled !== undefined;
      if (!isCancelled) this.#events.tell({ kind: 'failure', error: eventError(error) });
      const outcome = isCancelled ? 'cancelled' : 'failed';
      this.#events.tell({ kind: 'attempt-ended', outcome });
      throw error;
    }
  }

  /** J3 */
  #noting<Given extends unknown[]>(
    give: ((...given: Given) => MaybePromise<void>) | undefined,
  ): ((...given: Given) => MaybePromise<void>) | undefined {
    if (give === undefined) return undefined;
    return (...given) => {
      this.#hasGivenResults = true;
      return give(...given);
    };
  }

  #resultsAreBack(): boolean {
    if (!this.#hasGivenResults) return true;
    const back = this.#options.takeBackResults?.() ?? false;
    this.#hasGivenResults = !back;
    return back;
  }

  #tellRestart(attempt: number, pauseMs: number, error: IsthmusError): void {
    this.#restarts++;
    const { name } = this.#submission.graph;
    this.#events.tell({ kind: 'restart', pauseMs, error: eventError(error) });
    const message = restartNotice(name, {
      failed: attempt + 1,
      pauseMs,
      error,
      goesOn: this.#checkpoints !== undefined,
    });
    void this.#events.log({ level: 'warn', logger: 'isthmus', message });
  }

  #tellMetrics(): void {
    const operators = this.metrics();
    for (const { name, userMetrics } of operators) {
      const late = userMetrics?.[LATE];
      if (late?.kind !== 'counter' || late.count === (this.#late.get(name) ?? 0)) continue;
      this.#late.set(name, late.count);
      this.#events.tell({ kind: 'late-records', operator: name, count: late.count });
    }
    this.#events.tell({ kind: 'metrics', operators });
  }

  /** The last counts, and what has become of the job. */
  #end(status: JobStatus): void {
    this.#tellMetrics();
    this.#setStatus(status);
  }

  /** What comes of an interpreter that is slow to say what it is does not matter any more. */
  async #unlessCancelled<T>(promise: Promise<T>): Promise<T> {
    const ended = this.#askedToEnd.promise.then((): never => {
      throw this.#cancelled;
    });
    ended.catch(() => {});
    return Promise.race([promise, ended]);
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#machine.clock.at(this.#machine.clock.now() + ms, resolve);
      this.#wakeFromPause = () => {
        cancel();
        resolve();
      };
    });
    this.#wakeFromPause = undefined;
  }

  #isOver(): boolean {
    return this.#status === 'FINISHED' || this.#status === 'FAILED' || this.#status === 'CANCELED';
  }

  #setStatus(status: JobStatus): void {
    if (this.#status === status) return;
    // A job that is being cancelled does not go back to running.
    if (this.#status === 'CANCELLING' && (status === 'RUNNING' || status === 'RESTARTING')) return;
    this.#status = status;
    this.#events.tell({ kind: 'status', status });
  }
}

export function newJobId(machine: Machine): string {
  return machine.uuid().replaceAll('-', '');
}

function eventError(thrown: unknown): EventError {
  const { code, message, report } = thrown as IsthmusError;
  const { operator, subtask } = report ?? {};
  return {
    code,
    message,
    ...(operator === undefined ? {} : { operator }),
    ...(subtask === undefined ? {} : { subtask }),
  };
}
