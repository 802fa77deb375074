// Python workers of this process, kept warm between jobs.
//
//   P1. A worker that has run a job is lent again only to a job with the same fingerprint, and as long as the files of the
//       program's modules that it has imported are unchanged: what user code did to its process (imported modules, path,
//       working directory, environment) then fits.
//   P2. Only a worker that closed its job comes back, whether that ended by itself, was cancelled or failed elsewhere, or
//       (a warm one) that has not been told of it yet. One whose own functions failed in its last attempt, or that did not close
//       in time, is discarded.
//   P3. Workers in the pool do not keep this process alive.
//   P4. Their number is bounded; jobs take turns (worker-turns.ts).

import { availableParallelism } from 'node:os';
import { InternalError, JobCancelledError, WorkerError } from '../errors.ts';
import type { JobGraph } from '../graph/job-graph.ts';
import { areUnchanged, type ImportedFiles } from './imported-files.ts';
import { findInterpreter, resolveInterpreter } from './interpreter.ts';
import { programFingerprint } from './program-fingerprint.ts';
import { startVariables } from './worker-environment.ts';
import type { Borrowing, WorkerRequest, Workers } from './worker-link.ts';
import { WorkerProcess, type WorkerProcessOptions } from './worker-process.ts';
import { type JobPlace, WorkerTurns } from './worker-turns.ts';

export type WorkerPoolOptions = Omit<
  WorkerProcessOptions,
  'executable' | 'startTimeoutMs' | 'maxFrameBytes' | 'env'
>;

interface IdleWorker {
  worker: WorkerProcess;
  executable: string;
  maxFrameBytes: number;
  /** Of its environment what can only be said when a process starts. */
  startedWith: string;
  /** Undefined: it has not run a job yet, so it fits any. */
  fingerprint: string | undefined;
  imported: ImportedFiles;
}

const DEFAULT_FRAME_BYTES = 64 << 20;
const DEFAULT_START_TIMEOUT_MS = 30_000;
/** How long nothing moves before jobs that wait for their reader are taken for stalled (T5 of worker-turns.ts). */
const STALLED_MS = 1_000;
/** Workers that may wait in the pool; further ones end with their job. */
const MAX_IDLE = 32;

export class WorkerPool implements Workers {
  readonly #options: WorkerPoolOptions;
  readonly #lent = new Map<WorkerProcess, { job: JobPlace; was: IdleWorker }>();
  readonly #turns = new WorkerTurns();
  #saidToWait = false;
  #idle: IdleWorker[] = [];
  #closed = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** Starts workers before a job asks for them. */
  prewarm(count: number, executable: string): void {
    for (let i = 0; i < count; i++) {
      let idle: IdleWorker;
      try {
        idle = this.#fresh({
          executable,
          startTimeoutMs: DEFAULT_START_TIMEOUT_MS,
          maxFrameBytes: DEFAULT_FRAME_BYTES,
          env: {},
        });
      } catch {
        return; // The job that needs it is told.
      }
      this.#keep(idle);
    }
  }

  async requestFor(graph: JobGraph): Promise<WorkerRequest> {
    const { settings, python } = graph;
    // The option is the stronger one: a Python program names its own interpreter in any case.
    const explicit = settings.pythonExecutable ?? python.interpreter;
    const { executable } = await resolveInterpreter(
      findInterpreter(explicit, process.env, python.cwd),
    );
    return {
      executable,
      fingerprint: programFingerprint(graph),
      startTimeoutMs: settings.workerStartTimeoutMs,
      maxFrameBytes: settings.maxFrameBytes,
      env: python.env ?? {},
      maxWorkers: settings.maxWorkers ?? defaultMaxWorkers(),
      waitTimeoutMs: settings.workerWaitTimeoutMs,
    };
  }

  /**
   * The workers of one job; warm ones where they fit. The `ready` of each is to be awaited, and each is to be given back.
   *
   * @param onWait called with a sentence the first time that a job of this pool has to wait
   */
  borrow(
    request: WorkerRequest,
    count: number,
    job: JobPlace,
    onWait: (message: string) => void,
  ): Borrowing<WorkerProcess> {
    const { maxWorkers, waitTimeoutMs } = request;
    const turn = this.#turns.ask(job, count, maxWorkers);
    const take = () => this.#take(request, count, job);
    if (turn.hasCome) return { workers: take(), leave: () => {} };
    if (!this.#saidToWait) {
      this.#saidToWait = true;
      onWait(
        `${this.#turns.held} Python workers are at work, and python.worker.max-count is ${maxWorkers}: further jobs wait ` +
          'for their turn. This is said once.',
      );
    }
    const { promise, reject } = Promise.withResolvers<never>();
    let hasLeft = false;
    const giveUp = (error: Error) => {
      hasLeft = true;
      turn.leave();
      reject(error);
    };
    const timer = setTimeout(() => giveUp(noTurn(request, count, this.#turns.held)), waitTimeoutMs);
    const relief = setInterval(() => this.#turns.relieve(STALLED_MS), STALLED_MS);
    const taken = turn.comes.then(() => {
      if (!hasLeft) return take();
      // It left in the moment in which its turn came.
      this.#passOn(job, count);
      return promise;
    });
    const workers = Promise.race([taken, promise]).finally(() => {
      clearTimeout(timer);
      clearInterval(relief);
    });
    return { workers, leave: () => giveUp(new JobCancelledError()) };
  }

  /** Takes back a worker that has closed its job (P2). */
  release(worker: WorkerProcess, request: WorkerRequest, imported: ImportedFiles): void {
    this.#giveBack(worker);
    this.#keepOrEnd({ ...request, startedWith: startVariables(request.env), worker, imported });
  }

  /** Takes back a worker that has not been told of its job: a warm one is what it was. */
  async releaseUnused(worker: WorkerProcess): Promise<void> {
    const was = this.#lent.get(worker)?.was;
    // One that has run nothing is soon replaced; meanwhile it may hold what the next job is short of.
    if (was?.fingerprint === undefined) return this.discard(worker);
    this.#giveBack(worker);
    this.#keepOrEnd(was);
  }

  /** Kills a worker (P2). */
  async discard(worker: WorkerProcess): Promise<void> {
    await worker.discard();
    this.#giveBack(worker);
  }

  /** Ends a worker whose job goes on, and gives it another in its place (P4). */
  async replace(worker: WorkerProcess, request: WorkerRequest): Promise<WorkerProcess> {
    const lent = this.#lent.get(worker);
    await worker.discard();
    worker.lend(undefined);
    if (lent === undefined) throw new InternalError('A worker was replaced that no job has.');
    this.#lent.delete(worker);
    try {
      const was = this.#warm(request, new Map()) ?? this.#fresh(request);
      this.#lent.set(was.worker, { job: lent.job, was });
      return was.worker;
    } catch (error) {
      this.#passOn(lent.job, 1);
      throw error;
    }
  }

  /** Ends all idle workers; those of running jobs end with their job. */
  async close(): Promise<void> {
    this.#closed = true;
    const idle = this.#idle;
    this.#idle = [];
    await Promise.all(idle.map(({ worker }) => worker.shutDown()));
  }

  /** How many workers wait, and work. */
  get size(): { idle: number; lent: number } {
    return { idle: this.#idle.length, lent: this.#lent.size };
  }

  async #take(request: WorkerRequest, count: number, job: JobPlace): Promise<WorkerProcess[]> {
    // Files are looked at once for all workers of the job.
    const stamps = new Map<string, string>();
    const taken: WorkerProcess[] = [];
    try {
      while (taken.length < count) {
        const was = this.#warm(request, stamps) ?? this.#fresh(request);
        this.#lent.set(was.worker, { job, was });
        taken.push(was.worker);
      }
    } catch (error) {
      // Nobody gives back those that were there; who is told of the failure finds free what they held (descriptors).
      await Promise.all(taken.map((worker) => this.discard(worker)));
      this.#passOn(job, count - taken.length);
      throw error;
    }
    return taken;
  }

  /** An idle worker that fits (P1). */
  #warm(request: WorkerRequest, stamps: Map<string, string>): IdleWorker | undefined {
    const startedWith = startVariables(request.env);
    const fits = (idle: IdleWorker) =>
      !idle.worker.isGone &&
      idle.executable === request.executable &&
      idle.maxFrameBytes === request.maxFrameBytes &&
      idle.startedWith === startedWith &&
      (idle.fingerprint === undefined || idle.fingerprint === request.fingerprint);
    for (;;) {
      // One that knows this very program first: its modules are imported already.
      const known = this.#idle.find((idle) => fits(idle) && idle.fingerprint !== undefined);
      const found = known ?? this.#idle.find(fits);
      if (found === undefined) {
        this.#makeRoom(request.maxWorkers);
        return undefined;
      }
      this.#idle.splice(this.#idle.indexOf(found), 1);
      if (areUnchanged(found.imported, stamps)) return found;
      void found.worker.shutDown(); // What it has imported is of the past.
    }
  }

  /** A new worker is about to start: those that wait for a job that may never come go first (P4). */
  #makeRoom(maxWorkers: number): void {
    const lent = [...this.#lent.values()].filter(({ job }) => job.servesCalls !== true).length;
    while (this.#idle.length > 0 && this.#idle.length + lent >= maxWorkers) {
      void this.#idle.shift()?.worker.shutDown();
    }
  }

  #giveBack(worker: WorkerProcess): void {
    const lent = this.#lent.get(worker);
    worker.lend(undefined);
    if (lent === undefined) return;
    this.#lent.delete(worker);
    // Whose turn is next may take this very worker, which is in the pool by then.
    queueMicrotask(() => this.#turns.giveBack(lent.job));
  }

  #fresh(
    request: Pick<WorkerRequest, 'executable' | 'startTimeoutMs' | 'maxFrameBytes' | 'env'>,
  ): IdleWorker {
    const { executable, maxFrameBytes, env } = request;
    const worker = this.#start(request);
    const startedWith = startVariables(env);
    return { worker, executable, maxFrameBytes, startedWith, fingerprint: undefined, imported: [] };
  }

  /** The turn of a job comes to nothing for so many workers. */
  #passOn(job: JobPlace, count: number): void {
    queueMicrotask(() => {
      for (let i = 0; i < count; i++) this.#turns.giveBack(job);
    });
  }

  #start(
    request: Pick<WorkerRequest, 'executable' | 'startTimeoutMs' | 'maxFrameBytes' | 'env'>,
  ): WorkerProcess {
    const { executable, startTimeoutMs, maxFrameBytes, env } = request;
    const worker = new WorkerProcess({
      ...this.#options,
      executable,
      startTimeoutMs,
      maxFrameBytes,
      env,
    });
    // Once for each worker, however many jobs it has.
    void worker.exited.then(() => {
      this.#idle = this.#idle.filter((idle) => idle.worker !== worker);
    });
    return worker;
  }

  #keepOrEnd(idle: IdleWorker): void {
    const { worker } = idle;
    if (worker.isGone) return;
    if (this.#closed || this.#idle.length >= MAX_IDLE) void worker.shutDown();
    else this.#keep(idle);
  }

  #keep(idle: IdleWorker): void {
    idle.worker.lend(undefined); // P3
    this.#idle.push(idle);
  }
}

/** Enough for several jobs of as many subtasks as there are cores. */
function defaultMaxWorkers(): number {
  return Math.max(64, 8 * availableParallelism());
}

function noTurn(request: WorkerRequest, count: number, held: number): WorkerError {
  const { maxWorkers, waitTimeoutMs } = request;
  const message =
    `The job has waited ${waitTimeoutMs / 1000} s for ${count} Python worker${count === 1 ? '' : 's'}: ${held} are at work for ` +
    `other jobs, and python.worker.max-count is ${maxWorkers}. Raise it, run fewer jobs at a time, or let jobs wait longer ` +
    '(python.worker.wait-timeout).';
  return new WorkerError('ISTHMUS_WORKER_START', message, {
    report: { code: 'ISTHMUS_WORKER_START', message },
  });
}
