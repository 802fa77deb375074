// One Python worker: its process, its pipes, its end.
//
//   W1. Its frames are always read, whatever else waits: no pipe of ours can deadlock it. Its output is read while there is
//       room for it (worker-streams.ts).
//   W2. It leads a process group of its own; killing means the group, so that what user code started goes with it
//       (worker-child.ts). The group also goes when this process ends in a way it cannot see coming (group-guard.ts).
//   W3. `exited` resolves once, after what it wrote before its end has been handed over.
//   W4. What it wrote before a frame is taken before the frame is, by `takeOutput`: it is in its pipes by then.
//   W6. A tenant hears of its end also when that came first.
//   W5. Idle in the pool it does not keep this process alive; at work it does.

import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { WorkerError } from '../errors.ts';
import { forget, remember } from './living-workers.ts';
import { PROTOCOL_VERSION, VERSION } from '../version.ts';
import { type Frame, FrameType } from './frame.ts';
import { FrameConnection, mapOf } from './frame-connection.ts';
import { forgetGroup, guardGroup } from './group-guard.ts';
import { type ChildOptions, startChild } from './worker-child.ts';
import { needDescriptors } from './spare-descriptors.ts';
import { type WorkerExit, workerExitError } from './worker-exit.ts';
import { type WorkerOutput, WorkerStreams } from './worker-streams.ts';
import type { WorkerLink, WorkerTenant } from './worker-link.ts';

export interface WorkerProcessOptions extends ChildOptions {
  output: WorkerOutput;
  startTimeoutMs: number;
  maxFrameBytes: number;
}

/** What a worker says of itself. */
export interface WorkerHello {
  protocol: number;
  isthmus: string;
  python: string;
  pid: number;
  executable: string;
}

/** Exit code of a worker that says on stderr why it cannot start. */
const EXIT_CANNOT_START = 78;
/** How long the pipes of a dead worker may take to come to their end. */
const DRAIN_MS = 250;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const SHUTDOWN_GRACE_MS = 300;
/** How long a hung worker may take over its faulthandler dump. */
const DUMP_MS = 300;

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
  readonly #streams: WorkerStreams;
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
    this.#streams = new WorkerStreams(
      { stderr, printed: printed as Readable, said: said as Readable },
      {
        ...output,
        // The dump that killHung asks for is told in the error, as far as it concerns the user.
        stderr: (chunk, from) =>
          this.#cause?.kind === 'hung' ? undefined : output.stderr(chunk, from),
      },
      () => ({ pid: this.pid, ...this.#place?.() }),
    );
    this.#watchStart();
    void this.#watchExit();
    remember(this);
    if (this.pid !== 0) guardGroup(this.pid);
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
    this.#streams.take();
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
    this.#streams.end();
    if (ended.failure === undefined) await Promise.race([closed, delay(DRAIN_MS)]);
    forget(this);
    if (this.pid !== 0) forgetGroup(this.pid);
    this.#connection.close();
    const exit = this.#exitOf(ended);
    this.#exit = exit;
    if (this.#hello === undefined) this.#rejectReady(workerExitError(exit));
    this.#resolveExited(exit);
    this.#tenant?.exited(exit);
  }

  #exitOf(ended: { code: number | null; signal: string | null; failure?: Error }): WorkerExit {
    const { stderrTail } = this.#streams;
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

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

function ignore(): void {}
