// One parallel instance of a TypeScript task: what the job tells it, and how it ends. Its work is in subtask-work.ts. Twin of
// python/isthmus/_worker/runtime/subtask.py.
//
//   T4. Whenever the subtask has nothing to do, or waits, what it emitted before is on its way (as credit allows).
//   T5. `done` settles once, after every operator has been closed, and the source's iterator told to return.

import { kindOf } from '../graph/kinds.ts';
import { Answers } from './answers.ts';
import { Chain } from './chain.ts';
import { type ChainLink, ChainTimer } from './chain-links.ts';
import { openChain } from './chain-opening.ts';
import { Checkpoints } from './checkpoints.ts';
import { Closing } from './closing.ts';
import { Commits } from './commits.ts';
import { Flusher } from './flusher.ts';
import { Phase } from './phase.ts';
import { SubtaskWork } from './subtask-work.ts';
import { TaskLoop } from './task-loop.ts';
import { type Barrier, FrameType } from '../bridge/frame.ts';
import { nextTurn } from '../machine/clock.ts';
import { InternalError, IsthmusError, JobCancelledError } from '../errors.ts';
import type { SubtaskDeployment } from '../graph/deployment.ts';
import { controlElement } from './element-frames.ts';
import type { Element } from './element.ts';
import { blame } from './failure.ts';
import { type FrameElement, InputGate } from './input-gate.ts';
import { recordIsolator } from './isolate.ts';
import type { Makers } from './makers.ts';
import { type Cursor, MIN_TIMESTAMP, type MaybePromise, RESTORED } from './operator.ts';
import type { OutputChannel } from './output-channel.ts';
import { ProcessingTimers } from './processing-timers.ts';
import { RecordRun } from './record-run.ts';
import { RoomWaiters } from './room-waiters.ts';
import { isOf, thrownText } from './shown.ts';
import type { SubtaskMetrics, SubtaskResult, SubtaskServices } from './services.ts';
import type { SubtaskState } from '../state/storage/subtask-state.ts';
import { SourceHead } from './source-head.ts';
import type { SplitMessage } from './split-dealer.ts';
import { metricsOf } from './subtask-metrics.ts';
import { openStore } from './subtask-store.ts';
import { wireChain } from './subtask-wiring.ts';

const SLOW_RECORD_MS = 100;
export class Subtask {
  /** Settles when the subtask has ended: with its metrics, or rejected with the `IsthmusError` to fail the job with. */
  readonly done: Promise<SubtaskResult>;
  readonly #deployment: SubtaskDeployment;
  readonly #mode: 'STREAMING' | 'BATCH';
  readonly #services: SubtaskServices;
  readonly #makers: Makers;
  readonly #cursor: Cursor = { timestamp: MIN_TIMESTAMP, key: undefined };
  readonly #gate: InputGate;
  readonly #timers: ProcessingTimers;
  readonly #abort = new AbortController();
  readonly #channels = new Map<number, OutputChannel>();
  readonly #room = new RoomWaiters();
  readonly #closing: Closing;
  readonly #loop: TaskLoop;
  readonly #flusher: Flusher;
  readonly #answers = new Answers();
  readonly #commits: Commits;
  #links: ChainLink[] = [];
  #chain: Chain | undefined;
  #run: RecordRun | undefined;
  #source: SourceHead | undefined;
  #checkpoints: Checkpoints | undefined;
  #work: SubtaskWork | undefined;
  readonly #phase = new Phase();
  #resolve!: (result: SubtaskResult) => void;
  #reject!: (error: IsthmusError) => void;

  constructor(
    deployment: SubtaskDeployment,
    mode: 'STREAMING' | 'BATCH',
    services: SubtaskServices,
    makers: Makers,
  ) {
    this.#makers = makers;
    this.#deployment = deployment;
    this.#mode = mode;
    this.#services = services;
    this.#closing = new Closing(services.machine.clock, services.settings.closeTimeoutMs);
    this.#commits = new Commits(services.machine.clock);
    this.#gate = new InputGate(deployment.inputs, (channel, bytes) =>
      services.returnCredit(channel, bytes),
    );
    this.#timers = new ProcessingTimers(services.machine.clock, deployment.chain.length, () =>
      this.#loop.wake(),
    );
    this.#loop = new TaskLoop(services.machine.clock, {
      // T1 of subtask-work.ts
      step: () => (this.#work as SubtaskWork).step(),
      rest: () => this.#flusher.flush(), // T4
      fail: (thrown) => this.#fail(thrown),
    });
    this.#flusher = new Flusher(
      services.machine.clock,
      () => this.#loop.pending !== undefined,
      (thrown) => this.#fail(thrown),
    );
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever runs the subtask awaits `done`; a failure before they do must not end the process.
    this.done.catch(() => {});
  }

  /** Loads and opens all functions, with the state of the old subtasks whose key groups are now this one's. */
  async open(restored: readonly SubtaskState[] = []): Promise<void> {
    try {
      await this.#open(restored);
    } catch (thrown) {
      this.#fail(thrown);
      await this.done;
    }
  }

  async #open(restored: readonly SubtaskState[]): Promise<void> {
    const isolate = recordIsolator(this.#services.settings);
    const deployment = this.#deployment;
    const services = this.#services;
    const opened = await openStore(deployment, services, restored);
    this.#links = await wireChain({
      deployment,
      mode: this.#mode,
      makers: this.#makers,
      services,
      cursor: this.#cursor,
      isolate,
      store: opened.store,
      hooks: {
        dirty: (channel) => this.#flusher.add(channel),
        roomAgain: () => this.#room.wake(),
        waitForRoom: (channel) => this.#room.wait(channel), // T2 of subtask-work.ts
        requestProcessingTime: (operator, at) => {
          if (!this.#phase.isStill) this.#timers.request(operator, at);
        },
        generated: (operator, made) => this.#chain?.generated(operator, made),
        pause: () => this.#pause(),
      },
    });
    for (const link of this.#links) {
      for (const output of [...link.outputs, ...[...link.sideOutputs.values()].flat()]) {
        for (const channel of output.channels) this.#channels.set(channel.id, channel);
      }
    }
    const monotonic = () => services.machine.clock.monotonic();
    const timer = new ChainTimer(monotonic, SLOW_RECORD_MS, (link, ms) => this.#warnSlow(link, ms));
    const keyed = deployment.keyedInputs.includes(true);
    const chain = new Chain(this.#links, this.#cursor, keyed, timer, this.#collector());
    this.#chain = chain;
    const run = new RecordRun(this.#cursor, timer, monotonic);
    this.#run = run;
    const [head, behind] = this.#links;
    if (head?.source !== undefined) {
      const resume = () => this.#loop.resume();
      this.#source = new SourceHead(head.source, behind?.operator, this.#abort.signal, resume);
    }
    const source = this.#source;
    const answers = this.#answers;
    const common = { deployment, services, answers, chain, source, run };
    const checkpoints = new Checkpoints({ ...common, opened });
    this.#checkpoints = checkpoints;
    this.#work = new SubtaskWork({
      ...common,
      checkpoints,
      phase: this.#phase,
      gate: this.#gate,
      timers: this.#timers,
      loop: this.#loop,
      flusher: this.#flusher,
      closing: this.#closing,
      commits: this.#commits,
      channels: this.#channels,
      settle: () => this.#settle(),
    });
    await openChain(chain, source, (subtask, message) =>
      services.toSource?.(deployment.task, subtask, message),
    );
    this.#commits.isHeld = restored.length > 0;
    this.#phase.now = 'opened';
  }

  /** Lets the source begin, and inputs be processed. */
  start(): void {
    if (this.#phase.now !== 'opened') return;
    this.#phase.now = 'running';
    this.#source?.start();
    if (this.#commits.isHeld) this.notifyCheckpointComplete(RESTORED);
    this.#loop.start();
  }

  /** An element of a channel from another process. `body` must stay as it is: it is decoded when its turn comes. */
  receiveFrame(
    channel: number,
    type: number,
    flags: number,
    count: number,
    body: Uint8Array,
  ): void {
    if (type === FrameType.BATCH) {
      this.#receive(channel, { kind: 'frame', flags, count, body, bytes: body.byteLength });
    } else {
      this.#receive(channel, controlElement(type, body));
    }
  }

  /** An element from a subtask of this process. */
  receive(channel: number, element: Element): void {
    this.#receive(channel, element);
  }

  #receive(channel: number, element: Element | FrameElement): void {
    if (this.#phase.isOver) return;
    this.#gate.receive(channel, element);
    this.#loop.wake();
  }

  /** The consumer has taken `bytes` off output `channel`. */
  credit(channel: number, bytes: number): void {
    if (this.#phase.isOver) return;
    try {
      this.#channels.get(channel)?.credit(bytes);
      this.#work?.finishIfDrained();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** What another subtask of the source says. */
  receiveSplits(message: SplitMessage): void {
    if (!this.#phase.isOver) this.#source?.receive(message);
  }

  /** Sources: come to an end, as if there were nothing more. */
  finishSource(): void {
    if (!this.#phase.isOver) this.#source?.finish();
  }

  /** Sources emit a barrier, behind the record in flight; a drained subtask only answers (T9 of subtask-work.ts). */
  triggerCheckpoint(barrier: Barrier): void {
    if (this.#answers.knows(barrier.checkpoint) || this.#phase.now === 'suspended') return;
    this.#answers.wanted = { kind: 'barrier', ...barrier };
    if (this.#phase.now === 'finished') {
      this.#answers.answer(barrier.checkpoint);
      return this.#checkpoints?.tell(barrier.checkpoint, { kind: 'finished' });
    }
    if (barrier.of === 'drain') this.finishSource();
    this.#loop.wake();
  }

  /** A checkpoint will never be complete: what it has of this subtask goes, and its changes are the next one's. */
  async notifyCheckpointAborted(checkpoint: number): Promise<void> {
    await this.#checkpoints?.abort(checkpoint);
  }

  notifyCheckpointComplete(checkpoint: number): void {
    if (checkpoint !== RESTORED) this.#source?.checkpointComplete(checkpoint);
    this.#checkpoints?.complete(checkpoint);
    this.#work?.requestCommit(checkpoint);
  }

  /** Stops the subtask and closes its functions; resolves when that is done. `done` rejects, unless it had settled. */
  async cancel(): Promise<void> {
    if (!this.#phase.isOver) {
      this.#phase.now = 'cancelled';
      const error = new JobCancelledError();
      this.#stop(error);
      await this.#checkpoints?.end();
      await this.#close();
      this.#reject(error);
    }
    await this.done.catch(() => {});
  }

  metrics(): SubtaskMetrics {
    const busyMs = this.#run?.busyMs ?? 0;
    return metricsOf(this.#deployment, this.#chain, busyMs, this.#room.isWaitedFor);
  }

  /** A loop of results that nobody wants any more ends here. */
  async #pause(): Promise<void> {
    this.#flusher.flush();
    await nextTurn(this.#services.machine.clock);
    this.#abort.signal.throwIfAborted();
  }

  #collector(): ((value: unknown) => MaybePromise<void>) | undefined {
    const last = this.#links.at(-1);
    if (last === undefined || last.outputs.length > 0) return undefined;
    if (kindOf(last.spec).toClient !== true) return undefined;
    return (value) => this.#services.collect(last.spec.id, this.#deployment.subtask, [value]);
  }

  #warnSlow(link: ChainLink, ms: number): void {
    const { operator, subtask } = link.place;
    this.#services.log(
      'warn',
      `Operator "${operator}" held the event loop for ${Math.round(ms)} ms with one record; nothing else of this ` +
        'process ran meanwhile. Make the function asynchronous, split its work, or move it to Python workers.',
      { operator, subtask },
    );
  }

  // The end.

  #settle(): void {
    this.#phase.now = 'finished';
    this.#resolve(this.metrics()); // T5
  }

  #fail(thrown: unknown): void {
    if (this.#phase.isOver) return;
    this.#phase.now = 'failed';
    const place = this.#links.at(-1)?.place;
    const inFlight = { hasRecord: false, hasKey: false };
    const error = place === undefined ? asError(thrown) : blame(thrown, place, inFlight);
    this.#stop(error);
    void Promise.all([this.#checkpoints?.end(), this.#close()]).then(() => this.#reject(error));
  }

  /** Nothing enters the chain from here on; what waits in it for room is told to give up. */
  #stop(error: IsthmusError): void {
    this.#abort.abort(error);
    this.#commits.stop();
    this.#timers.stop();
    this.#loop.stop();
    this.#flusher.stop();
    this.#room.rejectAll(error);
  }

  #close(): Promise<void> {
    return this.#closing.closeAll(this.#links, this.#loop.pending, ({ place }, thrown) => {
      const { operator, subtask } = place;
      this.#services.log(
        'warn',
        `Closing operator "${operator}" failed: ${thrownText(thrown).message}`,
        {
          operator,
          subtask,
        },
      );
    });
  }
}

function asError(thrown: unknown): IsthmusError {
  if (isOf(thrown, IsthmusError)) return thrown;
  return new InternalError(`A subtask could not be put together: ${thrownText(thrown).message}`, {
    cause: thrown,
  });
}
