// Workers of a simulation. A frame is under way for a while and arrives behind those sent before; a worker is busy for as long
// as it says, and takes what arrives meanwhile when it is done. What one that dies had sent may arrive yet, before it is known.

import { encodeControl } from '../../src/bridge/codec/control.ts';
import { type Frame, FrameType, frameTypeName } from '../../src/bridge/frame.ts';
import type {
  Borrowing,
  WorkerLink,
  WorkerRequest,
  WorkerTenant,
  Workers,
} from '../../src/bridge/worker-link.ts';
import type { WorkerExit } from '../../src/bridge/worker-exit.ts';
import type { Processes } from '../../src/machine/processes.ts';
import type { LockStep, PlainFrame } from './lock-step.ts';
import type { Simulation } from './simulation.ts';

/** Says which files it has imported, which depends on what the process did before. */
const UNSEEN_BODIES = new Set<number>([FrameType.RELEASED]);

export class SimulatedWorkers implements Workers {
  readonly #simulation: Simulation;
  readonly #lockStep: LockStep;
  readonly lent: SimulatedWorker[] = [];

  constructor(simulation: Simulation, lockStep: LockStep) {
    this.#simulation = simulation;
    this.#lockStep = lockStep;
  }

  requestFor(): Promise<WorkerRequest> {
    return Promise.resolve({
      executable: 'simulated',
      fingerprint: '',
      startTimeoutMs: 1_000,
      maxFrameBytes: 64 << 20,
      env: {},
      maxWorkers: 64,
      waitTimeoutMs: 1_000,
    });
  }

  borrow(_request: WorkerRequest, count: number): Borrowing {
    const workers = Array.from({ length: count }, () => this.#fresh());
    return { workers: Promise.resolve(workers), leave: () => {} };
  }

  release(worker: SimulatedWorker): void {
    worker.end({ kind: 'drained' });
  }

  releaseUnused(worker: SimulatedWorker): Promise<void> {
    return this.discard(worker);
  }

  async discard(worker: SimulatedWorker): Promise<void> {
    worker.end({ kind: 'discarded' });
    await worker.exited;
  }

  async replace(worker: SimulatedWorker): Promise<SimulatedWorker> {
    await this.discard(worker);
    return this.#fresh();
  }

  #fresh(): SimulatedWorker {
    const worker = new SimulatedWorker(this.#simulation, this.#lockStep, this.lent.length);
    this.lent.push(worker);
    return worker;
  }

  /** One that is at work is killed, if there is one. */
  killOne(): void {
    const alive = this.lent.filter(({ isGone }) => !isGone);
    const one = alive[Math.floor(this.#simulation.random() * alive.length)];
    one?.end({ kind: 'crashed', exitCode: undefined, signal: 'SIGKILL', stderrTail: '' });
  }

  /** Forgets them. */
  async close(): Promise<void> {
    for (const worker of this.lent) await this.#lockStep.end(worker.name);
  }
}

export class SimulatedWorker implements WorkerLink {
  readonly ready = Promise.resolve();
  readonly name: string;
  readonly pid: number;
  lastFrameAt = 0;
  isGone = false;
  readonly exited: Promise<void>;
  #resolveExited!: () => void;
  readonly #number: number;
  readonly #simulation: Simulation;
  readonly #lockStep: LockStep;
  readonly #process: Processes;
  #tenant: WorkerTenant | undefined;
  #exit: WorkerExit | undefined;
  /** Frames that have arrived and were not taken. */
  #inbox: PlainFrame[] = [];
  /** When the last of those sent arrives: at the worker, and here. */
  #lastIn = 0;
  #lastOut = 0;
  /** Where it is gone: what comes later had not left it. */
  #arrivesUntil = 0;
  /** When it is done with what it is at. */
  #freeAt = 0;
  #cancelTurn: (() => void) | undefined;
  #turnAt = Infinity;

  constructor(simulation: Simulation, lockStep: LockStep, number: number) {
    this.#simulation = simulation;
    this.#lockStep = lockStep;
    this.#number = number;
    this.pid = number;
    this.name = `${simulation.seed}/${number}`;
    this.#process = simulation.process(number);
    this.exited = new Promise((resolve) => {
      this.#resolveExited = resolve;
    });
  }

  lend(tenant: WorkerTenant): void {
    this.#tenant = tenant;
    if (this.#exit !== undefined) tenant.exited(this.#exit);
  }

  send(type: number, flags: number, channel: number, count: number, body: Uint8Array): void {
    if (this.isGone) return;
    this.#note('to', type, channel, count, body);
    const simulation = this.#simulation;
    this.#lastIn = behind(this.#lastIn, simulation.now + this.#delay());
    simulation.in(this.#lastIn - simulation.now, () => {
      this.#inbox.push([type, flags, channel, count, body]);
      this.#turnBy(Math.max(simulation.now, this.#freeAt));
    });
  }

  sendMap(type: number, value: object, channel = 0): void {
    this.send(type, 0, channel, 0, encodeControl(value));
  }

  forward({ type, flags, channel, count, body }: Frame): void {
    this.send(type, flags, channel, count, body);
  }

  takeOutput(): void {}

  residentBytes(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  discard(): Promise<void> {
    this.end({ kind: 'discarded' });
    return this.exited;
  }

  killHung(limitMs: number): void {
    this.end({ kind: 'hung', limitMs, stderrTail: '' });
  }

  killOutgrown(limitBytes: number, residentBytes: number): void {
    this.end({ kind: 'outgrew', limitBytes, residentBytes, stderrTail: '' });
  }

  /** It is no more; of what it had sent a begin arrives yet, before its end is told. */
  end(exit: WorkerExit): void {
    if (this.isGone) return;
    this.isGone = true;
    const left = this.#lastOut - this.#simulation.now;
    if (exit.kind === 'crashed' && left > 0) {
      this.#arrivesUntil = this.#simulation.now + left * this.#simulation.random();
    }
    this.#cancelTurn?.();
    this.#simulation.hasGone(this.#number);
    this.#simulation.note(`worker ${this.#number} ${exit.kind}`);
    const tenant = exit.kind === 'drained' ? undefined : this.#tenant;
    const toldAt = behind(this.#arrivesUntil, this.#simulation.now + this.#delay());
    this.#simulation.in(toldAt - this.#simulation.now, () => {
      this.#exit = exit;
      this.#resolveExited();
      tenant?.exited(exit);
    });
  }

  /** Has its next turn at `at`, or before. */
  #turnBy(at: number): void {
    if (this.isGone || at >= this.#turnAt) return;
    this.#cancelTurn?.();
    this.#turnAt = at;
    this.#cancelTurn = this.#simulation.in(at - this.#simulation.now, () => this.#turn());
  }

  async #turn(): Promise<void> {
    const simulation = this.#simulation;
    this.#turnAt = Infinity;
    const frames = this.#inbox;
    this.#inbox = [];
    const turn = await this.#lockStep.turn(
      this.name,
      simulation.nowMs,
      frames,
      simulation.disk.files.now,
      this.#process,
    );
    this.#freeAt = simulation.now + turn.tookMs;
    for (const frame of turn.frames) this.#arrive(frame);
    if (turn.more || this.#inbox.length > 0) this.#turnBy(this.#freeAt);
    else if (turn.waitMs !== null) this.#turnBy(this.#freeAt + turn.waitMs);
  }

  #arrive([type, flags, channel, count, body]: PlainFrame): void {
    const simulation = this.#simulation;
    this.#lastOut = behind(this.#lastOut, this.#freeAt + this.#delay());
    simulation.in(this.#lastOut - simulation.now, () => {
      if (this.isGone && simulation.now > this.#arrivesUntil) return;
      this.lastFrameAt = simulation.now;
      this.#note(
        this.isGone ? 'late from' : 'from',
        type,
        channel,
        count,
        UNSEEN_BODIES.has(type) ? undefined : body,
      );
      this.#tenant?.frame({ type, flags, channel, count, body } as Frame);
    });
  }

  #note(way: string, type: number, channel: number, count: number, body?: Uint8Array): void {
    const what = `${frameTypeName.get(type)} ${channel} ${count}`;
    this.#simulation.note(`worker ${this.#number} ${way} ${what}`, body);
  }

  /** Mostly little, at times much. */
  #delay(): number {
    return 0.05 + 20 * this.#simulation.random() ** 6;
  }
}

/** No earlier than `at`, and behind what comes at `last`. */
function behind(last: number, at: number): number {
  return Math.max(last + 1e-3, at);
}
