// The runtime that a Python program starts: jobs come in and results go out as frames, on descriptors of their own.
//
//   D1. When the program's pipe ends, for whatever reason, jobs end in order, within bounds, and this process exits; where it
//       cannot see that because a function keeps the event loop, it is killed (group-guard.ts).
//   D2. The program owns Ctrl-C: it cancels over the pipe, or closes it.
//   D3. `process.exit()` in a function of the user's is that function's failure, as `sys.exit()` is in a worker.
//   D4. Results wait here for at most one window of bytes; their job waits for RESULTS_CREDIT.

import { withPrintedOutputs } from '../graph/ports.ts';
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import {
  type BridgeProtocolError,
  CodecError,
  type ErrorReport,
  InternalError,
  IsthmusError,
} from '../errors.ts';
import { configurationInForce } from '../config/in-force.ts';
import { stopSignals } from '../config/stop-signals.ts';
import { systemMachine } from '../machine/system-machine.ts';
import type { JobEvent, JobEventKind, JobEventListener } from '../runtime/job-events.ts';
import { JobExecution, newJobId } from '../runtime/job-execution.ts';
import type { ResultFrame } from '../runtime/job-attempt.ts';
import { currentPlace } from '../runtime/job-place.ts';
import { uncaughtError } from '../runtime/uncaught.ts';
import type { JobGraph, SubmittedGraph } from '../graph/job-graph.ts';
import { submittedGraphShape } from '../graph/job-graph-shape.ts';
import { PYTHON_JOB, settledGraph } from '../graph/settle.ts';
import { checkShape } from '../graph/shape.ts';
import { eventLines } from '../terminal/event-lines.ts';
import { progressDisplay } from '../terminal/progress-display.ts';
import { PROTOCOL_VERSION, VERSION } from '../version.ts';
import {
  DEFAULT_MAX_FRAME_BYTES,
  FLAG_LAST,
  FLAG_MSGPACK,
  FLAG_PICKLE,
  type Frame,
  FrameType,
  decodeCredit,
} from '../bridge/frame.ts';
import { FrameConnection, mapOf } from '../bridge/frame-connection.ts';
import { type CallFrame, DriverCalls } from './driver-calls.ts';
import { driverOutput } from './driver-output.ts';
import { endWithProgram, inOrderWithin } from '../bridge/group-guard.ts';
import { rememberInterpreter } from '../bridge/interpreter.ts';
import { workerOutput } from '../bridge/worker-output.ts';
import { WorkerPool } from '../bridge/worker-pool.ts';
import { killAllNow } from '../bridge/living-workers.ts';

/** By number, what `RuntimeProcess` in python/isthmus/_driver/runtime.py hands over; 0 to 2 are user code's. */
const FRAMES_IN = 3;
const FRAMES_OUT = 4;
const PROGRAM_STDOUT = 5;
const PROGRAM_STDERR = 6;
const PROGRAM_LIFE = 7;
const RESULTS_WINDOW_BYTES = 1 << 20;
const LEAVE_TO_PROGRAM_MS = 200;
/** How long jobs may take to end when their program has gone; what functions may take to close comes on top. */
const LEAVE_MS = 500;
/** Exit code for a program and a runtime that do not fit; stderr says why. */
const EXIT_CANNOT_START = 78;

/** Events that say what the next of their kind says again, or more. */
const SAMPLES: ReadonlySet<JobEventKind> = new Set(['metrics', 'results', 'watermark']);

const exitProcess: (code: number) => never = process.exit.bind(process);

function refuseExit(code: number | string | null = process.exitCode ?? 0): never {
  throw new Error(
    `process.exit(${code}) was called in the process that runs all of the program's TypeScript functions; throw an error to end ` +
      'the job.',
  );
}

/** What a program says of itself. */
interface DriverHello {
  protocol: number;
  isthmus: string;
  python: string;
  pid: number;
  executable: string;
  /** The folder that holds the program's package `isthmus`; its workers use the same. */
  packageDir: string;
  /** How many workers the program expects to need. */
  slots?: number;
}

interface Job {
  execution: JobExecution;
  closeTimeoutMs: number;
  maxFrameBytes: number;
  /** Bytes of results that the program has not taken (D4). */
  unreadBytes: number;
  roomAgain: (() => void) | undefined;
}

/** How long output may take to leave at the end. */
const LAST_OUTPUT_MS = 200;

/** Serves the program until it goes. */
export function serveDriver(): void {
  new DriverSession();
}

class DriverSession {
  readonly #connection: FrameConnection;
  readonly #blobs = new Map<number, Uint8Array[]>();
  readonly #jobs = new Map<number, Job>();
  /** What the program has been told of its options; once is enough for all its jobs. */
  readonly #warned = new Set<string>();
  #pool: WorkerPool | undefined;

  readonly #output = driverOutput(PROGRAM_STDOUT, PROGRAM_STDERR);
  readonly #calls = new DriverCalls((call, answer) =>
    this.#connection.sendMap(FrameType.ANSWER, answer, call),
  );

  constructor() {
    endWithProgram(PROGRAM_LIFE); // D1
    const input = new Socket({ fd: FRAMES_IN, readable: true, writable: false });
    const output = new Socket({ fd: FRAMES_OUT, readable: false, writable: true });
    this.#connection = new FrameConnection(input, output, {
      frame: (frame) => this.#onFrame(frame),
      violation: (error) => this.#violation(error),
      end: () => void this.#leave(0, () => false), // D1
    });
    process.on('SIGINT', () => {}); // D2
    // Whoever ends a service signals all its processes: the program, told at the same time, may want more of its jobs.
    const told = (exitCode: number) => () =>
      setTimeout(() => {
        void this.#leave(exitCode, ({ execution }) => execution.isStopping);
      }, LEAVE_TO_PROGRAM_MS);
    process.on('SIGTERM', told(143));
    process.on('SIGHUP', told(129));
    process.on('uncaughtException', (error) => this.#uncaught(error));
    process.exit = refuseExit; // D3
  }

  #onFrame(frame: Frame): void {
    switch (frame.type) {
      case FrameType.HELLO:
        this.#welcome(mapOf<DriverHello>(frame));
        return;
      case FrameType.BLOB:
        this.#keepBlob(frame);
        return;
      case FrameType.SUBMIT:
        this.#submit(frame.channel, mapOf<{ graph: SubmittedGraph; blobs: number[] }>(frame));
        return;
      case FrameType.JOB_CANCEL:
        void this.#jobs
          .get(frame.channel)
          ?.execution.cancel(mapOf<{ reason?: string }>(frame).reason);
        return;
      case FrameType.JOB_STOP:
        void this.#jobs.get(frame.channel)?.execution.stop();
        return;
      case FrameType.RESULTS_CREDIT:
        this.#credit(frame.channel, decodeCredit(frame.body));
        return;
      case FrameType.CALL:
        this.#calls.take(frame.channel, mapOf<CallFrame>(frame));
        return;
      default:
        this.#exit(
          `The program sent a frame of type ${frame.type}, which a program does not send.`,
        );
    }
  }

  #welcome(hello: DriverHello): void {
    if (hello.protocol !== PROTOCOL_VERSION || hello.isthmus !== VERSION) {
      this.#exit(
        `The program runs Isthmus ${hello.isthmus} (protocol ${hello.protocol}) from ${hello.packageDir}, and this runtime ` +
          `is ${VERSION} (protocol ${PROTOCOL_VERSION}); build or install the same version of both.`,
      );
    }
    this.#pool = new WorkerPool({
      packageDir: hello.packageDir,
      output: workerOutput(this.#output),
    });
    rememberInterpreter(hello.executable, hello.python);
    // Workers start while the program still builds its graph.
    this.#pool.prewarm(hello.slots ?? 1, hello.executable);
    this.#connection.sendMap(FrameType.WELCOME, {
      protocol: PROTOCOL_VERSION,
      isthmus: VERSION,
      parentPid: process.pid,
      maxFrameBytes: DEFAULT_MAX_FRAME_BYTES,
      node: process.versions.node,
      heapLimitMb: getHeapStatistics().heap_size_limit >> 20,
    });
  }

  #keepBlob(frame: Frame): void {
    const pieces = this.#blobs.get(frame.channel);
    if (pieces === undefined) this.#blobs.set(frame.channel, [frame.body]);
    else pieces.push(frame.body);
    if ((frame.flags & FLAG_LAST) !== 0) {
      const whole = this.#blobs.get(frame.channel) as Uint8Array[];
      if (whole.length > 1) this.#blobs.set(frame.channel, [Buffer.concat(whole)]);
    }
  }

  #submit(request: number, { graph, blobs }: { graph: SubmittedGraph; blobs: number[] }): void {
    if (this.#pool === undefined) this.#exit('The program submitted a job before it said HELLO.');
    const taken = blobs.map((id) => {
      const blob = this.#blobs.get(id)?.[0];
      this.#blobs.delete(id);
      return blob ?? new Uint8Array(0);
    });
    const jobId = newJobId(systemMachine);
    let inForce: JobGraph;
    let lines: JobEventListener | undefined;
    try {
      checkShape(graph, submittedGraphShape, 'SUBMIT');
      inForce = withPrintedOutputs(this.#inForce(request, graph));
      lines = eventLines({ job: inForce.name, jobId }, inForce.settings.events);
    } catch (thrown) {
      const error = reportOf(thrown);
      const end = { job: '', status: 'FAILED', runtimeMs: 0, error, metrics: [] };
      this.#connection.sendMap(FrameType.JOB_FINISHED, end, request);
      return;
    }
    const display = progressDisplay(inForce.name, inForce.settings.progress);
    const execution = JobExecution.start(
      { graph: inForce, blobs: taken, functions: [] },
      {
        jobId,
        pool: this.#pool as WorkerPool,
        machine: systemMachine,
        makers: async () => (await import('../built-in.ts')).builtIn,
        makeWay: () => display?.hide(),
        output: this.#output,
        onResultFrame: (results) => this.#sendResults(request, results),
        listeners: [
          ...(display === undefined ? [] : [display.listen]),
          ...(lines === undefined ? [] : [lines]),
          (event) => this.#sendEvent(request, event),
        ],
      },
    );
    const { closeTimeoutMs, maxFrameBytes } = inForce.settings;
    this.#jobs.set(request, {
      execution,
      closeTimeoutMs,
      maxFrameBytes,
      unreadBytes: 0,
      roomAgain: undefined,
    });
    const submitted = {
      job: execution.jobId,
      stopOn: stopSignals(inForce.settings),
      closeTimeoutMs,
    };
    this.#connection.sendMap(FrameType.SUBMITTED, submitted, request);
    void this.#reportEnd(request, execution);
  }

  /** What file, environment and command line say is stronger than what the program's code says. */
  #inForce(request: number, submitted: SubmittedGraph): JobGraph {
    const { settings, warnings } = configurationInForce(submitted.config);
    for (const message of warnings) {
      if (this.#warned.has(message)) continue;
      this.#warned.add(message);
      this.#connection.sendMap(FrameType.DRIVER_LOG, { level: 'warn', message }, request);
    }
    return settledGraph(submitted, settings, PYTHON_JOB);
  }

  /** Of what comes again and again the program is told as much as it reads; for log lines their worker waits. */
  #sendEvent(request: number, event: JobEvent): Promise<void> | undefined {
    const { kind } = event;
    if (SAMPLES.has(kind) && this.#connection.room() !== undefined) return undefined;
    this.#connection.sendMap(FrameType.JOB_EVENT, event, request);
    return kind === 'log' ? this.#connection.room() : undefined;
  }

  /** Resolves when the program has room for more (D4). */
  #sendResults(request: number, results: ResultFrame): Promise<void> | undefined {
    const job = this.#jobs.get(request);
    if (job === undefined) return undefined;
    const { codec, flags, count, body } = results;
    if (body.byteLength > job.maxFrameBytes) {
      throw new CodecError(
        `Results of ${body.byteLength} bytes are larger than a frame may be (${job.maxFrameBytes} bytes). ` +
          'Raise isthmus.bridge.max-frame-bytes or split the record.',
      );
    }
    const codecFlag = codec === 'pickle' ? FLAG_PICKLE : FLAG_MSGPACK;
    this.#connection.send(FrameType.RESULTS, flags | codecFlag, request, count, body);
    job.unreadBytes += body.byteLength;
    if (job.unreadBytes <= RESULTS_WINDOW_BYTES) return undefined;
    return new Promise((resolve) => {
      const before = job.roomAgain;
      job.roomAgain = () => {
        before?.();
        resolve();
      };
    });
  }

  #credit(request: number, bytes: number): void {
    const job = this.#jobs.get(request);
    if (job === undefined) return;
    job.unreadBytes -= bytes;
    if (job.unreadBytes <= RESULTS_WINDOW_BYTES) {
      const { roomAgain } = job;
      job.roomAgain = undefined;
      roomAgain?.();
    }
  }

  async #reportEnd(request: number, execution: JobExecution): Promise<void> {
    const startedAt = performance.now();
    let end: object;
    try {
      const { jobId, status, runtimeMs, metrics, restarts } = await execution.result;
      end = { job: jobId, status, runtimeMs, metrics, restarts };
    } catch (thrown) {
      end = {
        job: execution.jobId,
        status: execution.status,
        runtimeMs: Math.round(performance.now() - startedAt),
        error: reportOf(thrown),
        metrics: execution.metrics(),
      };
    }
    if (this.#jobs.delete(request)) {
      this.#connection.sendMap(FrameType.JOB_FINISHED, end, request);
    }
  }

  /**
   * TypeScript functions run in this process; what they raise outside of their call ends the job that they are of. An error
   * of ours that no job is known for leaves nothing to rely on: all jobs are told, and this process ends.
   */
  #uncaught(thrown: unknown): void {
    const place = currentPlace();
    const error = uncaughtError(thrown);
    const isOurs = error instanceof InternalError;
    const jobs = [...this.#jobs.values()].map(({ execution }) => execution);
    const own = jobs.filter((job) => job.isAt(place));
    const concerned = own.length > 0 ? own : isOurs || place === undefined ? jobs : [];
    for (const job of concerned) job.fail(error);
    if (concerned.length === 0) void this.#output.stderr.write(`isthmus: ${error.message}\n`);
    if (own.length > 0 || !isOurs) return;
    void Promise.allSettled(jobs.map((job) => job.result)).then(() => this.#end(1));
  }

  /**
   * Ends all jobs, as far as that takes no longer than functions may take to close; workers that are left are killed at
   * exit. Jobs that come to an end by themselves are waited for.
   */
  async #leave(exitCode: number, finishes: (job: Job) => boolean): Promise<void> {
    const jobs = [...this.#jobs.values()];
    const ends = jobs
      .filter((job) => !finishes(job))
      .map(({ execution }) => execution.cancel('The program has ended.'));
    const longest = Math.max(0, ...jobs.map(({ closeTimeoutMs }) => closeTimeoutMs));
    inOrderWithin(longest + LEAVE_MS);
    await Promise.race([Promise.all(ends), sleep(longest + LEAVE_MS)]);
    await Promise.all(jobs.filter(finishes).map(({ execution }) => execution.stop()));
    await this.#end(exitCode);
  }

  #violation(error: BridgeProtocolError): void {
    this.#exit(`The program broke the bridge protocol: ${error.message}`);
  }

  #exit(message: string): never {
    writeSync(PROGRAM_STDERR, `isthmus: ${message}\n`);
    exitProcess(EXIT_CANNOT_START);
  }

  /** Workers are killed at exit (D1). */
  async #end(code: number): Promise<void> {
    const { stdout, stderr } = this.#output;
    if (stdout.isBusy || stderr.isBusy) {
      await Promise.race([
        Promise.all([stdout.settled(), stderr.settled()]),
        sleep(LAST_OUTPUT_MS),
      ]);
    }
    // Exit would wait for a thread that waits for the reader.
    if (stdout.isBusy || stderr.isBusy) killAllNow();
    exitProcess(code);
  }
}

function reportOf(thrown: unknown): ErrorReport {
  if (thrown instanceof IsthmusError) {
    const { code, message, report } = thrown;
    return { ...report, code, message };
  }
  const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return { code: 'ISTHMUS_INTERNAL', message };
}
