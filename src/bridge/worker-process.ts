// One Python worker: its process, its pipes, its end.
//
//   W1. Its frames are always read, whatever else waits: no pipe of ours can deadlock it. Its output is read while there is
//       room for it.
//   W2. It leads a process group of its own; killing means the group, so that what user code started goes with it. The
//       group also goes when this process ends in a way it cannot see coming (group-guard.ts).
//   W3. `exited` resolves once, after what it wrote before its end has been handed over.
//   W4. What it wrote before a frame is taken before the frame is, by `takeOutput`: it is in its pipes by then.
//   W6. A tenant hears of its end also when that came first.
//   W5. Idle in the pool it does not keep this process alive; at work it does.

import { readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import type { WorkerError } from '../errors.ts';
import { PROTOCOL_VERSION, VERSION } from '../version.ts';
import { type Frame, FrameType } from './frame.ts';
import { FrameConnection, mapOf } from './frame-connection.ts';
import { forgetGroup, guardGroup } from './group-guard.ts';
import { type WorkerEnvironment, environmentOf } from './worker-environment.ts';
import { needDescriptors } from './spare-descriptors.ts';
import { type WorkerExit, workerExitError } from './worker-exit.ts';
import type { WorkerLink, WorkerTenant } from './worker-link.ts';

export interface WorkerProcessOptions {
  executable: string;
  /** The folder that holds the Python package `isthmus` of this very version. */
  packageDir: string;
  output: WorkerOutput;
  startTimeoutMs: number;
  maxFrameBytes: number;
  /** Variables that are other for it than for this process. */
  env?: WorkerEnvironment;
  /** Code the interpreter runs instead of the worker's own; for tests. */
  bootstrap?: string;
}

/**
 * Takes what a worker writes, chunk by chunk; an empty one at the end of a job and of the worker. A promise holds the worker
 * back until it settles.
 */
export type OutputReceiver = (
  chunk: Uint8Array,
  from: OutputOrigin,
) => Promise<void> | undefined | void;

export interface WorkerOutput {
  /** Whole lines of print sinks. */
  printed: OutputReceiver;
  /** What functions print. */
  said: OutputReceiver;
  stderr: OutputReceiver;
}

/** Where output of a worker comes from: the subtask its job gave it, and the operator where there is but one. */
export interface OutputOrigin {
  pid: number;
  subtask?: number;
  operator?: string;
}

/** What a worker says of itself. */
export interface WorkerHello {
  protocol: number;
  isthmus: string;
  python: string;
  pid: number;
  executable: string;
}

// The package of our version is found first and the folder then goes to the end of the path, where it shadows nothing.
const BOOTSTRAP = `
import sys
if sys.version_info < (3, 10):
    sys.stderr.write("Isthmus needs Python 3.10 or newer; %s is %s.\\n" % (sys.executable, sys.version.split()[0]))
    sys.exit(78)
folder = sys.argv.pop(1)
sys.path[:] = [folder] + [entry for entry in sys.path if entry not in ("", folder)]
import isthmus
sys.path.append(sys.path.pop(0))
from isthmus._worker.main import main
main()
`;

/** Exit code of a worker that says on stderr why it cannot start. */
const EXIT_CANNOT_START = 78;
const STDERR_TAIL_BYTES = 16 << 10;
/** How long the pipes of a dead worker may take to come to their end. */
const DRAIN_MS = 250;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const SHUTDOWN_GRACE_MS = 300;
/** How long a hung worker may take over its faulthandler dump. */
const DUMP_MS = 300;

/** All workers that live, so that none is left when this process ends. */
const alive = new Set<WorkerProcess>();
let exitHookInstalled = false;

export class WorkerProcess implements WorkerLink {
  readonly pid: number;
  /** Resolves when the worker has said HELLO; rejects with a `WorkerError` when it could not start. */
  readonly ready: Promise<WorkerHello>;
  readonly exited: Promise<WorkerExit>;
  /** When a frame last came from it, by `performance.now()`. */
  lastFrameAt = performance.now();
  readonly #options: WorkerProcessOptions;
  readonly #child: ReturnType<typeof startChild>;
  readonly #connection: FrameConnection;
  #tenant: WorkerTenant | undefined;
  /** Where it was last at work: what was printed there may come after the job has ended. */
  #place: WorkerTenant['place'];
  readonly #outputs = new Map<Readable, OutputReceiver>();
  #stderrTail = Buffer.alloc(0);
  /** Decided before the process is seen to end, when it is us who end it. */
  #cause: WorkerExit | undefined;
  /** Why it is gone, when all is told. */
  #exit: WorkerExit | undefined;
  #hello: WorkerHello | undefined;
  #gone = false;
  #startTimer: NodeJS.Timeout | undefined;
  #resolveReady!: (hello: WorkerHello) => void;
  #rejectReady!: (error: WorkerError) => void;
  #resolveExited!: (exit: WorkerExit) => void;

  /** @throws WorkerError where this process may not open what a child needs */
  constructor(options: WorkerProcessOptions) {
    this.#options = options;
    this.ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve;
      this.#rejectReady = reject;
    });
    // A prewarmed worker that nobody waits for yet must not end the process when it cannot start.
    this.ready.catch(() => {});
    this.exited = new Promise((resolve) => {
      this.#resolveExited = resolve;
    });
    needDescriptors(options.executable);
    this.#child = startChild(options);
    this.pid = this.#child.pid ?? 0;
    const { stdin, stdout, stderr } = this.#child;
    const [, , , printed, said] = this.#child.stdio as readonly unknown[] as readonly Readable[];
    this.#connection = new FrameConnection(
      stdout,
      stdin,
      {
        frame: (frame) => this.#onFrame(frame),
        violation: (error) =>
          this.#kill({ kind: 'violated', message: error.message, stderrTail: '' }),
        end: () => {},
      },
      options.maxFrameBytes,
    );
    const { output } = options;
    this.#listen(stderr, (chunk, from) => {
      this.#keepTail(chunk);
      // The dump that killHung asks for is told in the error, as far as it concerns the user.
      return this.#cause?.kind === 'hung' ? undefined : output.stderr(chunk, from);
    });
    this.#listen(printed as Readable, output.printed);
    this.#listen(said as Readable, output.said);
    this.#watchStart();
    void this.#watchExit();
    alive.add(this);
    if (this.pid !== 0) guardGroup(this.pid);
    killAllAtExit();
  }

  /** The worker belongs to `tenant` from now on, or to nobody. */
  lend(tenant: WorkerTenant | undefined): void {
    this.#tenant = tenant;
    if (tenant !== undefined) this.#place = tenant.place;
    if (tenant === undefined || tenant.inBackground === true)
      this.#unref(); // W5
    else this.#ref();
    if (this.#exit !== undefined) tenant?.exited(this.#exit); // W6
  }

  get isGone(): boolean {
    return this.#gone || this.#cause !== undefined;
  }

  get hello(): WorkerHello | undefined {
    return this.#hello;
  }

  send(type: number, flags: number, channel: number, count: number, body: Uint8Array): void {
    this.#connection.send(type, flags, channel, count, body);
  }

  sendMap(type: number, value: object, channel = 0): void {
    this.#connection.sendMap(type, value, channel);
  }

  forward(frame: Frame): void {
    this.#connection.forward(frame);
  }

  /** Hands over what it has written so far (W4), also what is no whole line. */
  takeOutput(): void {
    for (const [stream, receive] of this.#outputs) {
      // What is read already, then what is in the pipe.
      while (stream.read() !== null);
      const descriptor = (stream as DescriptorStream)._handle?.fd ?? -1;
      for (let chunk = readNow(descriptor); chunk !== undefined; chunk = readNow(descriptor)) {
        this.#receive(stream, receive, chunk);
      }
      void receive(NOTHING, this.#origin());
    }
  }

  /** Lets it end by itself, for a moment; then kills it. */
  async shutDown(): Promise<void> {
    if (!this.isGone) {
      this.#cause = { kind: 'drained' };
      this.#connection.send(FrameType.SHUTDOWN, 0, 0, 0, NOTHING);
      this.#child.stdin.end();
      const timer = setTimeout(() => this.#signalGroup('SIGKILL'), SHUTDOWN_GRACE_MS);
      this.#ref();
      await this.exited;
      clearTimeout(timer);
    }
    await this.exited;
  }

  /** Kills it with everything it started (W2). */
  async discard(): Promise<void> {
    this.#kill({ kind: 'discarded' });
    await this.exited;
  }

  /** It has run for too long: lets faulthandler say where it is, then kills it. */
  killHung(limitMs: number): void {
    if (this.isGone) return;
    this.#cause = { kind: 'hung', limitMs, stderrTail: '' };
    try {
      process.kill(this.pid, 'SIGABRT');
    } catch {
      // It is gone already.
    }
    setTimeout(() => this.#signalGroup('SIGKILL'), DUMP_MS).unref();
  }

  killOutgrown(limitBytes: number, residentBytes: number): void {
    this.#kill({ kind: 'outgrew', limitBytes, residentBytes, stderrTail: '' });
  }

  /** Of Linux only. */
  async residentBytes(): Promise<number | undefined> {
    try {
      const status = await readFile(`/proc/${this.pid}/status`, 'utf8');
      const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
      return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
    } catch {
      return undefined; // It is gone.
    }
  }

  /** At exit of this process, where nothing can be awaited any more. */
  killNow(): void {
    this.#signalGroup('SIGKILL');
  }

  #watchStart(): void {
    const { startTimeoutMs } = this.#options;
    this.#startTimer = setTimeout(
      () => {
        this.#kill({
          kind: 'unusable',
          message:
            `Python worker (${this.#options.executable}) did not come up within ${startTimeoutMs} ms; ` +
            'raise python.worker.start-timeout if this machine is slow',
          stderrTail: '',
        });
      },
      Math.min(startTimeoutMs, LONGEST_TIMER_MS),
    );
    this.#startTimer.unref();
  }

  #onFrame(frame: Frame): void {
    this.lastFrameAt = performance.now();
    if (this.#hello !== undefined) {
      this.#tenant?.frame(frame);
      return;
    }
    // More frames may have come in one read with the one it is killed for.
    if (this.isGone) return;
    const problem = this.#welcome(frame);
    if (problem !== undefined) {
      this.#kill({ kind: 'unusable', message: problem, stderrTail: '' });
    }
  }

  #welcome(frame: Frame): string | undefined {
    const { executable, packageDir, maxFrameBytes } = this.#options;
    if (frame.type !== FrameType.HELLO) {
      return `Python worker (${executable}) began with frame type ${frame.type} instead of HELLO`;
    }
    const hello = mapOf<WorkerHello>(frame);
    if (hello.protocol !== PROTOCOL_VERSION || hello.isthmus !== VERSION) {
      return (
        `Python worker (${executable}) runs Isthmus ${hello.isthmus} (protocol ${hello.protocol}) from ${packageDir}, ` +
        `and this runtime is ${VERSION} (protocol ${PROTOCOL_VERSION}); install the same version on both sides`
      );
    }
    clearTimeout(this.#startTimer);
    this.#hello = hello;
    this.sendMap(FrameType.WELCOME, {
      protocol: PROTOCOL_VERSION,
      isthmus: VERSION,
      parentPid: process.pid,
      maxFrameBytes,
      node: process.versions.node,
    });
    this.#resolveReady(hello);
    return undefined;
  }

  async #watchExit(): Promise<void> {
    const child = this.#child;
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const ended = await new Promise<{
      code: number | null;
      signal: string | null;
      failure?: Error;
    }>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
      child.once('error', (failure) => resolve({ code: null, signal: null, failure }));
      // What no process can be given at all (a variable that is too long) is told by execa alone.
      void child.then(({ cause }) => {
        const failure = cause instanceof Error ? cause : new Error('it could not be run');
        if (child.pid === undefined) resolve({ code: null, signal: null, failure });
      }, ignore);
    });
    this.#gone = true;
    clearTimeout(this.#startTimer);
    // Children of user code may hold the pipes open (W2); then what is in the pipes is read to its end (W3).
    this.#signalGroup('SIGKILL');
    for (const [stream] of this.#outputs) stream.resume();
    if (ended.failure === undefined) await Promise.race([closed, delay(DRAIN_MS)]);
    alive.delete(this);
    if (this.pid !== 0) forgetGroup(this.pid);
    this.#connection.close();
    const exit = this.#exitOf(ended);
    this.#exit = exit;
    if (this.#hello === undefined) this.#rejectReady(workerExitError(exit));
    this.#resolveExited(exit);
    this.#tenant?.exited(exit);
  }

  #exitOf(ended: { code: number | null; signal: string | null; failure?: Error }): WorkerExit {
    const stderrTail = this.#stderrTail.toString('utf8');
    if (this.#cause !== undefined) {
      return 'stderrTail' in this.#cause ? { ...this.#cause, stderrTail } : this.#cause;
    }
    const { code, signal, failure } = ended;
    if (this.#hello === undefined) {
      const { executable } = this.#options;
      const said = stderrTail.trim().replace(/\.$/, '');
      if (code === EXIT_CANNOT_START && said !== '') {
        // The worker says itself what it lacks, in a sentence.
        const message = `Python worker (${executable}) could not start: ${said}`;
        return { kind: 'unusable', message, stderrTail: '' };
      }
      const how =
        failure?.message ??
        (signal === null ? `it exited with code ${code}` : `it was killed by ${signal}`);
      return {
        kind: 'unusable',
        message: `Python worker (${executable}) could not start: ${how}`,
        stderrTail,
      };
    }
    return {
      kind: 'crashed',
      exitCode: code ?? undefined,
      signal: signal ?? undefined,
      stderrTail,
    };
  }

  #kill(cause: WorkerExit): void {
    if (this.isGone) return;
    this.#cause = cause;
    this.#ref();
    this.#signalGroup('SIGKILL');
  }

  #signalGroup(signal: NodeJS.Signals): void {
    if (this.pid === 0) return;
    try {
      process.kill(-this.pid, signal);
    } catch {
      // Nobody of the group is left.
    }
  }

  #origin(): OutputOrigin {
    return { pid: this.pid, ...this.#place?.() };
  }

  #listen(stream: Readable, receive: OutputReceiver): void {
    this.#outputs.set(stream, receive);
    stream.on('data', (chunk: Uint8Array) => this.#receive(stream, receive, chunk));
    stream.on('end', () => void receive(NOTHING, this.#origin()));
    stream.on('error', ignore);
  }

  #receive(stream: Readable, receive: OutputReceiver, chunk: Uint8Array): void {
    const room = receive(chunk, this.#origin());
    // Of a worker that has ended there is no more than its pipes hold.
    if (room === undefined || this.#gone) return;
    stream.pause(); // W1
    void room.then(() => stream.resume());
  }

  #keepTail(chunk: Uint8Array): void {
    const kept = Buffer.concat([this.#stderrTail, chunk]);
    this.#stderrTail = Buffer.from(kept.subarray(Math.max(0, kept.length - STDERR_TAIL_BYTES)));
  }

  #ref(): void {
    this.#child.ref();
    for (const stream of this.#child.stdio) (stream as Socket | null)?.ref?.();
  }

  #unref(): void {
    this.#child.unref();
    for (const stream of this.#child.stdio) (stream as Socket | null)?.unref?.();
  }
}

const NOTHING = new Uint8Array(0);

function startChild(options: WorkerProcessOptions) {
  const { executable, packageDir } = options;
  const args = [
    '-X',
    'utf8',
    '-X',
    'faulthandler',
    '-c',
    options.bootstrap ?? BOOTSTRAP,
    packageDir,
  ];
  const child = execa(executable, args, {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    detached: true, // W2
    buffer: false,
    reject: false,
    cleanup: false,
    env: environmentOf(options.env ?? {}),
    extendEnv: false,
    encoding: 'buffer',
  });
  return child;
}

/** A stream over a descriptor; Node has no public way to ask which. */
interface DescriptorStream extends Readable {
  readonly _handle?: { readonly fd: number };
}

const scratch = Buffer.alloc(64 << 10);

/** What can be read without waiting, if anything. */
function readNow(descriptor: number): Uint8Array | undefined {
  if (descriptor < 0) return undefined;
  try {
    const bytes = readSync(descriptor, scratch);
    return bytes === 0 ? undefined : Buffer.from(scratch.subarray(0, bytes));
  } catch {
    return undefined; // There is nothing (EAGAIN), or nobody left to write.
  }
}

function killAllAtExit(): void {
  if (exitHookInstalled) return;
  exitHookInstalled = true;
  process.on('exit', killWorkers);
}

function killWorkers(): void {
  for (const worker of alive) worker.killNow();
}

/** Ends this process and all its workers without waiting for anything. */
export function killAllNow(): never {
  killWorkers();
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable');
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

function ignore(): void {}
