// Python workers of this process, kept warm between jobs.
//
//   P1. A worker that has run a job is lent again only to a job with the same fingerprint: what user code did to its process
//       (imported modules, path, working directory, environment) then fits.
//   P2. Only a worker that ended its job cleanly comes back; after a failure or a cancellation it is discarded.
//   P3. Workers in the pool do not keep this process alive.

import { WorkerProcess, type WorkerProcessOptions } from './worker-process.ts';

export type WorkerPoolOptions = Omit<
  WorkerProcessOptions,
  'executable' | 'startTimeoutMs' | 'maxFrameBytes'
>;

/** What a job needs of a worker. */
export interface WorkerRequest {
  executable: string;
  fingerprint: string;
  startTimeoutMs: number;
  maxFrameBytes: number;
}

interface IdleWorker {
  worker: WorkerProcess;
  executable: string;
  maxFrameBytes: number;
  /** Undefined: it has not run a job yet, so it fits any. */
  fingerprint: string | undefined;
}

const DEFAULT_FRAME_BYTES = 64 << 20;
const DEFAULT_START_TIMEOUT_MS = 30_000;
/** Workers that may wait in the pool; further ones end with their job. */
const MAX_IDLE = 32;

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #lent = new Set<WorkerProcess>();
  #idle: IdleWorker[] = [];
  #closed = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** Starts workers before a job asks for them. */
  prewarm(count: number, executable: string): void {
    for (let i = 0; i < count; i++) {
      const worker = this.#start({
        executable,
        startTimeoutMs: DEFAULT_START_TIMEOUT_MS,
        maxFrameBytes: DEFAULT_FRAME_BYTES,
      });
      this.#keep({
        worker,
        executable,
        maxFrameBytes: DEFAULT_FRAME_BYTES,
        fingerprint: undefined,
      });
    }
  }

  /** A worker for one job; a warm one where one fits. Its `ready` is to be awaited, and it is to be given back. */
  acquire(request: WorkerRequest): WorkerProcess {
    const fits = (idle: IdleWorker) =>
      !idle.worker.isGone &&
      idle.executable === request.executable &&
      idle.maxFrameBytes === request.maxFrameBytes &&
      (idle.fingerprint === undefined || idle.fingerprint === request.fingerprint); // P1
    // One that knows this very program first: its modules are imported already.
    const known = this.#idle.find((idle) => fits(idle) && idle.fingerprint !== undefined);
    const found = known ?? this.#idle.find(fits);
    const worker = found?.worker ?? this.#start(request);
    if (found !== undefined) this.#idle.splice(this.#idle.indexOf(found), 1);
    this.#lent.add(worker);
    return worker;
  }

  /** Takes back a worker that has ended its job cleanly (P2). */
  release(worker: WorkerProcess, request: WorkerRequest): void {
    this.#lent.delete(worker);
    worker.lend(undefined);
    if (worker.isGone) return;
    if (this.#closed || this.#idle.length >= MAX_IDLE) void worker.shutDown();
    else this.#keep({ ...request, worker });
  }

  /** Kills a worker of a failed or cancelled job (P2). */
  async discard(worker: WorkerProcess): Promise<void> {
    await worker.discard();
    this.#lent.delete(worker);
    worker.lend(undefined);
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

  #start(request: Omit<WorkerRequest, 'fingerprint'>): WorkerProcess {
    return new WorkerProcess({
      ...this.#options,
      executable: request.executable,
      startTimeoutMs: request.startTimeoutMs,
      maxFrameBytes: request.maxFrameBytes,
    });
  }

  #keep(idle: IdleWorker): void {
    idle.worker.lend(undefined); // P3
    this.#idle.push(idle);
    void idle.worker.exited.then(() => {
      this.#idle = this.#idle.filter((other) => other !== idle);
    });
  }
}
