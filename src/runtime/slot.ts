// One Python slot of a running job: the conversation with its worker from DEPLOY to RELEASED.
//
//   S1. What becomes of the worker is for the job to decide (job-workers.ts), by how it parted: it is lost when it does not close
//       in time, and when something of the job goes on in it (a source that does not return).
//   S2. `deployed`, `closing` and `released` settle in any case: a worker that dies settles all of them.
//   S3. It parts with its worker once, however its end comes and however often (a job may be cancelled while it is released).
//       Once it has asked for the end it sends nothing: the worker may be another job's already.
//   S4. Nothing of one attempt is taken for another's. RELEASED is the last that a worker says of one, and DEPLOY, which comes
//       behind it, the first that it hears of the next; what it answers carries the number of the attempt all the same.

import type { SnapshotAnswer } from '../checkpoint/coordinator.ts';
import { decodeControl } from '../bridge/codec/control.ts';
import { FLAG_LAST, type Frame, FrameType, LOG_CHANNEL, encodeCredit } from '../bridge/frame.ts';
import { type SlotWork, type WorkerExit, workerExitError } from '../bridge/worker-exit.ts';
import type { ImportedFiles } from '../bridge/imported-files.ts';
import type { WorkerLink } from '../bridge/worker-link.ts';
import { type Clock, resolvedWithin } from '../machine/clock.ts';
import {
  BridgeProtocolError,
  type ErrorReport,
  type IsthmusError,
  errorFromReport,
} from '../errors.ts';
import { referredBlobs } from '../graph/deploy.ts';
import type { SlotDeployment } from '../graph/deployment.ts';
import type { Parting } from './job-workers.ts';
import type { MaybePromise } from './operator.ts';
import { stateOfData } from '../state/storage/subtask-state.ts';
import type { SubtaskMetrics } from './services.ts';
import { type SlotLimits, watchSlot } from './slot-watch.ts';

/** A line of Python's logging, or of what user code printed. */
export interface WorkerLog {
  level: string;
  logger: string;
  message: string;
  operator?: string;
  subtask?: number;
  stream?: string;
}

export interface SlotEvents {
  /** An element or a credit of a channel: BATCH, WATERMARK, BARRIER, IDLE, END, CREDIT. */
  channelFrame: (frame: Frame) => void;
  /** Subtasks of a source speak with each other: SPLITS. */
  splits: (frame: Frame) => void;
  deployed: () => void;
  taskDrained: (task: number, subtask: number) => void;
  /** A subtask's part of a checkpoint. */
  snapshot: (checkpoint: number, task: number, subtask: number, answer: SnapshotAnswer) => void;
  taskFinished: (metrics: SubtaskMetrics) => void;
  metrics: (tasks: SubtaskMetrics[]) => void;
  /** A promise: the worker is held up until it settles. */
  log: (log: WorkerLog) => MaybePromise<void>;
  failed: (error: IsthmusError, task?: number) => void;
  died: (exit: WorkerExit) => void;
  /** The worker is this slot's no more; called once. */
  parted: (parting: Parting) => Promise<void>;
}

const NOTHING = new Uint8Array(0);
const BLOB_PIECE_BYTES = 8 << 20;
/** How long a worker may be at the record it has before it hears that the job is over. */
const NOTICE_MS = 300;
/** How long functions may take to close at the end of a job. */
const RELEASE_MS = 10_000;

export class Slot {
  readonly worker: WorkerLink;
  readonly deployed: Promise<void>;
  readonly #deployment: SlotDeployment;
  readonly #slots: number;
  readonly #maxFrameBytes: number;
  readonly #events: SlotEvents;
  readonly #finished = new Set<number>();
  /** Its part of the plan is on its way, or there: it answers CANCEL. */
  #isTold = false;
  /** The end has begun (S3). */
  #isOver = false;
  #parting: Promise<void> | undefined;
  #isReleased = false;
  #hasFailed = false;
  /** Something of the job goes on in the worker. */
  #isLingering = false;
  /** Threads that functions have begun, and that go on. */
  #threads: readonly string[] = [];
  #imported: ImportedFiles = [];
  #stopWatch: (() => void) | undefined;
  #resolveDeployed!: () => void;
  #resolveReleased!: () => void;
  readonly #released: Promise<void>;
  /** Resolves when functions are called only to be closed. */
  readonly #closing: Promise<void>;
  #resolveClosing!: () => void;
  readonly #clock: Clock;
  readonly #closeTimeoutMs: number;

  constructor(options: {
    deployment: SlotDeployment;
    slots: number;
    worker: WorkerLink;
    maxFrameBytes: number;
    clock: Clock;
    /** Whether its worker keeps no process alive. */
    inBackground?: boolean | undefined;
    events: SlotEvents;
    /** `isthmus.close-timeout`. */
    closeTimeoutMs: number;
  }) {
    this.#clock = options.clock;
    this.#closeTimeoutMs = options.closeTimeoutMs;
    this.#deployment = options.deployment;
    this.#slots = options.slots;
    this.#maxFrameBytes = options.maxFrameBytes;
    this.#events = options.events;
    this.deployed = new Promise((resolve) => {
      this.#resolveDeployed = resolve;
    });
    this.#released = new Promise((resolve) => {
      this.#resolveReleased = resolve;
    });
    this.#closing = new Promise((resolve) => {
      this.#resolveClosing = resolve;
    });
    this.worker = options.worker;
    this.worker.lend({
      inBackground: options.inBackground === true,
      frame: (frame) => this.#onFrame(frame),
      exited: (exit) => this.#onExit(exit),
      place: () => this.#place(),
    });
  }

  /** Sends its part of the plan as soon as the worker is up; `deployed` tells when it is ready. */
  async deploy(blobs: readonly Uint8Array[]): Promise<void> {
    await this.worker.ready;
    if (this.#isOver) return;
    this.#isTold = true;
    const pieceBytes = Math.min(BLOB_PIECE_BYTES, this.#maxFrameBytes);
    for (const id of referredBlobs(this.#deployment)) {
      this.#sendBlob(id, blobs[id] ?? NOTHING, pieceBytes);
    }
    this.worker.sendMap(FrameType.DEPLOY, withoutUndefined(this.#deployment) as object);
  }

  start(limits: SlotLimits): void {
    this.#stopWatch = watchSlot(this.worker, this.#clock, limits);
    this.worker.send(FrameType.START, 0, 0, 0, NOTHING);
  }

  /** Sources end, and with them the job. */
  finishSources(): void {
    if (this.#isOver) return;
    this.worker.send(FrameType.STOP, 0, 0, 0, NOTHING);
  }

  /** Its sources send the barrier of a checkpoint, behind the record in flight; what is drained answers. */
  triggerCheckpoint(checkpoint: number, timestamp: number): void {
    if (this.#isOver) return;
    const tasks = this.#deployment.tasks.map(({ task }) => task);
    this.worker.sendMap(FrameType.TRIGGER_CHECKPOINT, { checkpoint, timestamp, kind: 0, tasks });
  }

  /** A checkpoint is complete, or will never be. */
  notify(
    what: typeof FrameType.CHECKPOINT_COMPLETE | typeof FrameType.CHECKPOINT_ABORTED,
    checkpoint: number,
  ): void {
    if (!this.#isOver) this.worker.sendMap(what, { checkpoint });
  }

  /** Ends a job that has finished (S1). */
  async release(): Promise<void> {
    this.#isOver = true;
    this.#stopWatch?.();
    this.worker.send(FrameType.RELEASE, 0, 0, 0, NOTHING);
    await resolvedWithin(this.#clock, this.#released, RELEASE_MS);
    await this.#part(true);
  }

  /** Ends a job that failed or was cancelled (S1): functions may close, for a while. */
  async cancel(reason: string): Promise<void> {
    const closes = this.#isOver;
    this.#isOver = true;
    this.#stopWatch?.();
    if (this.#isTold && this.#parting === undefined && !this.worker.isGone) {
      const timeoutMs = this.#closeTimeoutMs;
      if (!closes) this.worker.sendMap(FrameType.CANCEL, { reason });
      const heard = await resolvedWithin(
        this.#clock,
        this.#closing,
        Math.min(NOTICE_MS, timeoutMs),
      );
      if (heard && !(await resolvedWithin(this.#clock, this.#released, timeoutMs)))
        this.#tellSlowClose(timeoutMs);
    }
    await this.#part(false);
  }

  #part(orderly: boolean): Promise<void> {
    this.#parting ??= this.#events.parted(this.#howItParts(orderly)); // S3
    return this.#parting;
  }

  #howItParts(orderly: boolean): Parting {
    if (!this.#isTold) return { kind: 'unused' };
    if (!this.#isReleased || this.#isLingering || this.worker.isGone) return { kind: 'lost' };
    const [imported, threads] = [this.#imported, this.#threads];
    return { kind: 'closed', orderly, failed: this.#hasFailed, imported, threads };
  }

  #tellSlowClose(timeoutMs: number): void {
    const { operators, slot } = this.#work();
    const names = operators.map(({ name }) => `"${name}"`).join(', ');
    void this.#events.log({
      level: 'warn',
      logger: 'isthmus',
      message:
        `Functions of slot ${slot + 1}/${this.#slots} (${names}) had not closed after ${timeoutMs} ms and were killed; ` +
        'the limit is isthmus.close-timeout.',
      subtask: slot,
    });
  }

  #onFrame(frame: Frame): void {
    switch (frame.type) {
      case FrameType.BATCH:
      case FrameType.WATERMARK:
      case FrameType.BARRIER:
      case FrameType.IDLE:
      case FrameType.END:
      case FrameType.CREDIT:
        this.#events.channelFrame(frame);
        return;
      case FrameType.SPLITS:
        this.#events.splits(frame);
        return;
      case FrameType.DEPLOYED:
        if (!this.#isOurs(frame)) return;
        this.#events.deployed();
        this.#resolveDeployed();
        return;
      case FrameType.TASK_FINISHED: {
        if (!this.#isOurs(frame)) return;
        const { task, subtask, metrics } = body<{
          task: number;
          subtask: number;
          metrics?: SubtaskMetrics;
        }>(frame);
        this.#finished.add(task);
        this.#events.taskFinished({ operators: [], busyMs: 0, ...metrics, task, subtask });
        return;
      }
      case FrameType.METRICS:
        if (this.#isOurs(frame)) {
          this.#events.metrics(body<{ tasks: SubtaskMetrics[] }>(frame).tasks);
        }
        return;
      case FrameType.RELEASED: {
        if (!this.#isOurs(frame)) return;
        this.worker.takeOutput();
        const { metrics, imported, lingering, threads } = body<{
          metrics?: SubtaskMetrics[];
          imported?: ImportedFiles;
          lingering?: boolean;
          threads?: string[];
        }>(frame);
        if (Array.isArray(metrics)) this.#events.metrics(metrics);
        this.#imported = imported ?? [];
        this.#isLingering = lingering === true;
        this.#threads = threads ?? [];
        this.#isReleased = true;
        this.#resolveReleased();
        return;
      }
      case FrameType.FAILED:
        this.worker.takeOutput();
        this.#hasFailed = true;
        this.#resolveClosing();
        {
          const report = body<ErrorReport>(frame);
          this.#events.failed(errorFromReport(report), report.task);
        }
        return;
      case FrameType.CLOSING:
        this.#resolveClosing();
        return;
      case FrameType.LOG:
        void this.#log(body<WorkerLog>(frame), frame.body.byteLength);
        return;
      case FrameType.TASK_DRAINED: {
        const { task, subtask } = body<{ task: number; subtask: number }>(frame);
        if (this.#isOurs(frame)) this.#events.taskDrained(task, subtask);
        return;
      }
      case FrameType.SNAPSHOT: {
        if (!this.#isOurs(frame)) return;
        const { checkpoint, task, subtask, ...answer } = body<{
          checkpoint: number;
          task: number;
          subtask: number;
          state?: unknown;
          failed?: string;
        }>(frame);
        this.#events.snapshot(checkpoint, task, subtask, snapshotAnswer(answer));
        return;
      }
      case FrameType.PONG:
        return;
      default:
        this.#events.failed(
          new BridgeProtocolError(`type: a worker does not send frames of type ${frame.type}`),
        );
    }
  }

  /** S4 */
  #isOurs(frame: Frame): boolean {
    return body<{ attempt?: number }>(frame).attempt === this.#deployment.attempt;
  }

  /** Hands a log record over, then gives its credit back. */
  async #log(log: WorkerLog, bytes: number): Promise<void> {
    const taken = this.#events.log(log);
    if (taken !== undefined) await taken;
    // At its end the worker owes nothing any more.
    if (this.#isReleased) return;
    this.worker.send(FrameType.CREDIT, 0, LOG_CHANNEL, 0, encodeCredit(bytes));
  }

  #onExit(exit: WorkerExit): void {
    this.#stopWatch?.();
    const isOurs = exit.kind === 'drained' || exit.kind === 'discarded';
    // Whoever else has ended it: the job goes on nowhere.
    if (!isOurs || this.#parting === undefined) {
      // One that never started was at no operator.
      const work = exit.kind === 'unusable' ? undefined : this.#work();
      this.#events.died(exit);
      this.#events.failed(workerExitError(exit, work));
    }
    this.#resolveDeployed(); // S2
    this.#resolveClosing();
    this.#resolveReleased();
  }

  #sendBlob(id: number, blob: Uint8Array, pieceBytes: number): void {
    for (let at = 0; at === 0 || at < blob.byteLength; at += pieceBytes) {
      const last = at + pieceBytes >= blob.byteLength;
      const piece = blob.subarray(at, at + pieceBytes);
      this.worker.send(FrameType.BLOB, last ? FLAG_LAST : 0, id, 0, piece);
    }
  }

  #place(): { subtask: number; operator?: string } {
    const { slot } = this.#deployment;
    const [only, ...others] = this.#work().operators;
    return only === undefined || others.length > 0
      ? { subtask: slot }
      : { subtask: slot, operator: only.name };
  }

  #work(): SlotWork {
    const running = this.#deployment.tasks.filter(({ task }) => !this.#finished.has(task));
    return {
      operators: running.flatMap(({ chain, parallelism }) =>
        chain
          .filter(({ fns }) => fns !== undefined)
          .map(({ id, name, fns }) => ({
            id,
            name,
            functions: Object.values(fns ?? {}).map((ref) => ref.name),
            parallelism,
          })),
      ),
      slot: this.#deployment.slot,
      slots: this.#slots,
    };
  }
}

function snapshotAnswer(said: { state?: unknown; failed?: string }): SnapshotAnswer {
  if (said.failed !== undefined) return { kind: 'failed', message: said.failed };
  if (said.state === undefined) return { kind: 'finished' };
  try {
    return { kind: 'saved', state: stateOfData(said.state) };
  } catch (error) {
    return { kind: 'failed', message: (error as Error).message };
  }
}

function body<T>(frame: Frame): T {
  return decodeControl(frame.body) as T;
}

/** msgpack has no `undefined`; a graph made in TypeScript may have it for what is absent. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.map(([key, field]) => [key, withoutUndefined(field)]));
}
