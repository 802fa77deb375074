// What a job sees of its Python workers: frames in and out, and their end. `WorkerProcess` and `WorkerPool` are the real ones.

import type { JobGraph } from '../graph/job-graph.ts';
import type { Frame } from './frame.ts';
import type { ImportedFiles } from './imported-files.ts';
import type { WorkerEnvironment } from './worker-environment.ts';
import type { WorkerExit } from './worker-exit.ts';
import type { JobPlace } from './worker-turns.ts';

/** Who works with the worker at the moment. */
export interface WorkerTenant {
  frame: (frame: Frame) => void;
  exited: (exit: WorkerExit) => void;
  /** Whether it keeps this process alive no more than an idle one does. */
  inBackground?: boolean;
  /** What it is at, for its output. */
  place?: () => { subtask: number; operator?: string };
}

export interface WorkerLink {
  readonly pid: number;
  /** Resolves when frames may be sent; rejects with a `WorkerError` when it could not start. */
  readonly ready: Promise<unknown>;
  readonly isGone: boolean;
  /** When a frame last came from it, by the monotonic clock. */
  readonly lastFrameAt: number;
  /** It belongs to `tenant` from now on, who hears of its end also when that came first. */
  lend(tenant: WorkerTenant): void;
  send(type: number, flags: number, channel: number, count: number, body: Uint8Array): void;
  sendMap(type: number, value: object, channel?: number): void;
  forward(frame: Frame): void;
  /** Hands over what it has printed so far. */
  takeOutput(): void;
  /** Memory that it holds; undefined where that is not known. */
  residentBytes(): Promise<number | undefined>;
  killHung(limitMs: number): void;
  killOutgrown(limitBytes: number, residentBytes: number): void;
  /** Kills it with everything it started; resolves when it has ended. */
  discard(): Promise<void>;
}

/** What a job needs of a worker. */
export interface WorkerRequest {
  executable: string;
  fingerprint: string;
  startTimeoutMs: number;
  maxFrameBytes: number;
  /** Variables that are other for the workers than for this process. */
  env: WorkerEnvironment;
  /** Workers that may be at work at a time (T3 of worker-turns.ts). */
  maxWorkers: number;
  /** How long the job waits for its turn. */
  waitTimeoutMs: number;
}

/** A job's workers to be. */
export interface Borrowing<Worker extends WorkerLink = WorkerLink> {
  /** Rejects with a WorkerError when their turn does not come in time, and when the job leaves before. */
  readonly workers: Promise<Worker[]>;
  /** The job wants them no longer; those it has are to be given back all the same. */
  leave(): void;
}

/** Where a job has its workers from. Each one lent is given back once, in one of three ways, or replaced. */
export interface Workers {
  requestFor(graph: JobGraph): Promise<WorkerRequest>;
  borrow(
    request: WorkerRequest,
    count: number,
    job: JobPlace,
    onWait: (message: string) => void,
  ): Borrowing;
  /** It has closed the job. */
  release(worker: WorkerLink, request: WorkerRequest, imported: ImportedFiles): void;
  /** It has not been told of the job. */
  releaseUnused(worker: WorkerLink): Promise<void>;
  /** It is of no use any more. */
  discard(worker: WorkerLink): Promise<void>;
  /**
   * Ends a worker whose job goes on, and gives it another; the job keeps its turn.
   *
   * @throws WorkerError where there can be no other: the job has one less then
   */
  replace(worker: WorkerLink, request: WorkerRequest): Promise<WorkerLink>;
}
