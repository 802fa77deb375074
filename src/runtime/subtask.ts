// One parallel instance of a TypeScript task: takes elements off its inputs (or pulls its source), pushes records through
// the chain, and sends what comes out, one thing at a time.
//
//   T1. One thing at a time: while a promise of the chain is unsettled nothing else enters the chain.
//   T2. Nothing is processed on an output without credit: `emit` gives a promise then, and T1 holds the rest back. A source
//       is not pulled meanwhile.
//   T3. Timers that came due go before the next record, also in the middle of a batch. (The event loop turns every few
//       milliseconds: task-loop.ts.)
//   T4. Whenever the subtask has nothing to do, or waits, what it emitted before is on its way (as credit allows).
//   T6. Before a record that may be slow, what was made before it has left: for other processes always, for tasks of this one
//       as far as NEIGHBOURS goes.
//   T5. `done` settles once, after every operator has been closed, and the source's iterator told to return.
//   T7. A barrier cuts the stream at one record: before it goes what operators had gathered, then all is saved, then it is
//       sent. A source sends it behind the record in flight, and its position is behind that record, too.
//   T8. Behind a barrier that suspends nothing happens any more. One that drains comes behind all that the end of input
//       brings about.
//   T9. A checkpoint is answered once: with the state, also when the subtask is drained, or with the news that it has
//       finished. Where the job takes checkpoints a drained subtask waits for the last one, with which its sinks commit.
//   T10. Nothing is processed before all is committed that the restored checkpoint holds. A commit that fails is asked for again
//       when its sink says, and the subtask does not close before it has succeeded.

import { kindOf } from '../graph/kinds.ts';
import { Closing } from './closing.ts';
import { Flusher } from './flusher.ts';
import { IDLE, TaskLoop } from './task-loop.ts';
import { type Barrier, FrameType } from '../bridge/frame.ts';
import { nextTurn } from '../machine/clock.ts';
import { InternalError, IsthmusError, JobCancelledError } from '../errors.ts';
import type { SubtaskDeployment } from '../graph/deployment.ts';
import { type Chain, ChainTimer, buildChain, controlToAll, guarded } from './chain.ts';
import type { ChainLink } from './chain.ts';
import { beforeBarrier, commitChain, passBarrier } from './barrier-driver.ts';
import { controlElement } from './element-frames.ts';
import type { BarrierElement, BatchElement, Element } from './element.ts';
import { blame } from './failure.ts';
import { type FrameElement, InputGate } from './input-gate.ts';
import { recordIsolator } from './isolate.ts';
import type { Makers } from './makers.ts';
import {
  type Cursor,
  MIN_TIMESTAMP,
  type MaybePromise,
  type OperatorContext,
  RESTORED,
  type SplitWatcher,
} from './operator.ts';
import type { OutputChannel } from './output-channel.ts';
import { ProcessingTimers } from './processing-timers.ts';
import type { RecordBatch } from './batch-codec.ts';
import { RecordRun } from './record-run.ts';
import { restoreWatermark } from './restored-watermark.ts';
import { RoomWaiters } from './room-waiters.ts';
import { isOf, thrownText } from './shown.ts';
import type { SnapshotAnswer, SubtaskMetrics, SubtaskResult, SubtaskServices } from './services.ts';
import { Snapshots } from './snapshots.ts';
import { checkIdentity, type Identity } from '../state/identity.ts';
import { KeyGroups } from '../state/keys.ts';
import { readStates } from '../state/storage/restoring.ts';
import type { StateStorage } from '../state/storage/storage.ts';
import type { SubtaskState } from '../state/storage/subtask-state.ts';
import { SubtaskStore } from '../state/store.ts';
import type { SourceBatch } from './source.ts';
import { SourcePull } from './source-pull.ts';
import type { SplitMessage } from './split-dealer.ts';
import type { SplitDriver } from './split-driver.ts';
import { identitiesOf, wireChain } from './subtask-wiring.ts';
import { advanceWatermark, finishChain } from './watermark-driver.ts';
import { wireCodec } from './wire-batch.ts';

const SLOW_RECORD_MS = 100;
/** Tasks of this process behind each other that a record passes before the next one begins (T6). */
const NEIGHBOURS = 4;

type Phase =
  | 'created'
  | 'opened'
  | 'running'
  | 'suspended' // T8
  | 'draining' // all input processed; what was made has not all been sent
  | 'drained' // T9
  | 'finished'
  | 'failed'
  | 'cancelled';

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
  readonly #requests: (() => MaybePromise<void>)[] = [];
  readonly #closing: Closing;
  readonly #loop: TaskLoop;
  readonly #flusher: Flusher;
  #links: ChainLink[] = [];
  #store!: SubtaskStore;
  /** Of which is state that was restored and is nobody's here. */
  #others: Identity[] = [];
  #snapshots: Snapshots | undefined;
  /** Checkpoints that were given up before their barriers came. */
  readonly #aborted = new Set<number>();
  #chain: Chain | undefined;
  #timer!: ChainTimer;
  #run: RecordRun | undefined;
  #pull: SourcePull | undefined;
  #driver: SplitDriver | undefined;
  #watcher: SplitWatcher | undefined;
  /** The split whose records went into the chain last. */
  #split: string | undefined;
  /** What the source gave last, and is not known to be emitted whole. */
  #batch: SourceBatch | undefined;
  /** A checkpoint that is to be answered (T9). */
  #wanted: BarrierElement | undefined;
  /** The newest checkpoint that was answered, and the first one that was since the subtask is drained. */
  #answered = -1;
  #last: number | undefined;
  /** The operators have finished, before the end of input (T8). */
  #finishedEarly = false;
  #mayClose = false;
  /** What was restored is not committed yet (T10). */
  #held = false;
  #commitAgain: (() => void) | undefined;
  /** For who watches the job. */
  #watermark: number | undefined;
  #idle = false;
  #phase: Phase = 'created';
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
    this.#gate = new InputGate(deployment.inputs, (channel, bytes) =>
      services.returnCredit(channel, bytes),
    );
    this.#timers = new ProcessingTimers(services.machine.clock, deployment.chain.length, () =>
      this.#loop.wake(),
    );
    this.#loop = new TaskLoop(services.machine.clock, {
      // T1
      step: () => this.#step(),
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
    this.#store = await this.#restored(restored);
    if (this.#services.snapshot !== undefined) this.#snapshots = this.#newSnapshots();
    this.#links = await wireChain({
      deployment: this.#deployment,
      mode: this.#mode,
      makers: this.#makers,
      services: this.#services,
      cursor: this.#cursor,
      isolate,
      store: this.#store,
      hooks: {
        dirty: (channel) => this.#flusher.add(channel),
        roomAgain: () => this.#room.wake(),
        waitForRoom: (channel) => this.#room.wait(channel), // T2
        requestProcessingTime: (operator, at) => {
          if (!this.#isStill()) this.#timers.request(operator, at);
        },
        emitWatermark: (operator, watermark) => this.#emitWatermark(operator, watermark),
        pause: () => this.#pause(),
      },
    });
    for (const link of this.#links) {
      for (const output of [...link.outputs, ...[...link.sideOutputs.values()].flat()]) {
        for (const channel of output.channels) this.#channels.set(channel.id, channel);
      }
    }
    const monotonic = () => this.#services.machine.clock.monotonic();
    const timer = new ChainTimer(monotonic, SLOW_RECORD_MS, (link, ms) => this.#warnSlow(link, ms));
    this.#timer = timer;
    const keyed = this.#deployment.keyedInputs.includes(true);
    this.#chain = buildChain(this.#links, this.#cursor, keyed, timer, this.#collector());
    this.#run = new RecordRun(this.#cursor, timer, monotonic);
    // From the last to the first, so that an operator that emits while it opens finds the next one open.
    for (let i = this.#links.length - 1; i >= 0; i--) await this.#openLink(i);
    this.#held = restored.length > 0;
    this.#phase = 'opened';
  }

  async #restored(given: readonly SubtaskState[]): Promise<SubtaskStore> {
    const deployment = this.#deployment;
    const { subtask, parallelism, maxParallelism } = deployment;
    const tracks = this.#services.snapshot !== undefined;
    if (given.length === 0) return new SubtaskStore(deployment, [], tracks);
    const chain = identitiesOf(deployment);
    const states = checkIdentity(given, chain, maxParallelism);
    const here = new Set(chain.map(({ uid }) => uid));
    const others = states.flatMap(({ operators }) => operators.filter(({ uid }) => !here.has(uid)));
    this.#others = [...new Map(others.map((operator) => [operator.uid, operator])).values()];
    const groups = new KeyGroups(maxParallelism, parallelism);
    const isMine = (group: number) => groups.owner(group) === subtask;
    return new SubtaskStore(deployment, await readStates(this.#storage(), states, isMine), tracks);
  }

  #newSnapshots(): Snapshots {
    const { machine, attempt } = this.#services;
    return new Snapshots({
      place: this.#deployment,
      operators: [...identitiesOf(this.#deployment), ...this.#others],
      attempt,
      storage: this.#storage(),
      answer: (checkpoint, answer) => this.#tell(checkpoint, answer),
      monotonic: () => machine.clock.monotonic(),
      turn: () => nextTurn(machine.clock),
    });
  }

  #storage(): StateStorage {
    const { storage } = this.#services;
    if (storage === undefined)
      throw new InternalError('A subtask is to keep state, and has no storage.');
    return storage;
  }

  async #openLink(index: number): Promise<void> {
    const link = this.#links[index] as ChainLink;
    const { context } = link;
    if (context === undefined)
      throw new InternalError(`Operator "${link.spec.name}" has no context.`);
    restoreWatermark(context);
    await guarded(link, async () => {
      if (link.operator === undefined) await this.#openSource(link, context);
      else await link.operator.open?.(context, (this.#chain as Chain).emits[index] as never);
    });
    if (link.source !== undefined) {
      this.#pull = new SourcePull(link.source, this.#abort.signal, () => this.#loop.resume());
    }
  }

  async #openSource({ source }: ChainLink, context: OperatorContext): Promise<void> {
    const { task } = this.#deployment;
    this.#driver = source;
    this.#watcher = this.#links[1]?.operator?.splits;
    await source?.open(
      context,
      (subtask, message) => this.#services.toSource?.(task, subtask, message),
      this.#watcher,
    );
  }

  /** Lets the source begin, and inputs be processed. */
  start(): void {
    if (this.#phase !== 'opened') return;
    this.#phase = 'running';
    this.#driver?.start();
    if (this.#held) this.notifyCheckpointComplete(RESTORED);
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
    if (this.#isOver()) return;
    this.#gate.receive(channel, element);
    this.#loop.wake();
  }

  /** The consumer has taken `bytes` off output `channel`. */
  credit(channel: number, bytes: number): void {
    if (this.#isOver()) return;
    try {
      this.#channels.get(channel)?.credit(bytes);
      this.#finishIfDrained();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** What another subtask of the source says. */
  receiveSplits(message: SplitMessage): void {
    if (!this.#isOver()) this.#driver?.receive(message);
  }

  /** Sources: come to an end, as if there were nothing more. */
  finishSource(): void {
    if (!this.#isOver()) this.#pull?.finish();
  }

  /** Sources emit a barrier, behind the record in flight; a drained subtask only answers (T9). */
  triggerCheckpoint(barrier: Barrier): void {
    if (barrier.checkpoint <= this.#answered || this.#phase === 'suspended') return;
    this.#wanted = { kind: 'barrier', ...barrier };
    if (this.#phase === 'finished') {
      this.#answer(barrier.checkpoint);
      return this.#tell(barrier.checkpoint, { kind: 'finished' });
    }
    if (barrier.of === 'drain') this.finishSource();
    this.#loop.wake();
  }

  /** A checkpoint will never be complete: what it has of this subtask goes, and its changes are the next one's. */
  async notifyCheckpointAborted(checkpoint: number): Promise<void> {
    if (checkpoint > this.#answered) this.#aborted.add(checkpoint);
    await this.#snapshots?.abort(checkpoint);
    this.#store.aborted(checkpoint);
  }

  notifyCheckpointComplete(checkpoint: number): void {
    if (checkpoint !== RESTORED) this.#driver?.checkpointComplete(checkpoint);
    this.#store.completed(checkpoint);
    this.#requests.push(() => this.#commit(checkpoint));
    this.#loop.wake();
  }

  async #commit(checkpoint: number): Promise<void> {
    this.#commitAgain?.();
    this.#commitAgain = undefined;
    const again = await commitChain(this.#links, checkpoint);
    if (this.#isOver()) return;
    if (again !== undefined) {
      const tell = () => this.notifyCheckpointComplete(checkpoint);
      this.#commitAgain = this.#services.machine.clock.at(again, tell); // T10
      return;
    }
    this.#held = false;
    this.#mayClose ||= this.#last !== undefined && checkpoint >= this.#last;
    await this.#closeIfDone();
  }

  /** Stops the subtask and closes its functions; resolves when that is done. `done` rejects, unless it had settled. */
  async cancel(): Promise<void> {
    if (!this.#isOver()) {
      this.#phase = 'cancelled';
      const error = new JobCancelledError();
      this.#stop(error);
      await this.#snapshots?.end();
      await this.#close();
      this.#reject(error);
    }
    await this.done.catch(() => {});
  }

  metrics(): SubtaskMetrics {
    const runMs = this.#run?.busyMs ?? 0;
    const timed = this.#links.reduce((sum, link) => sum + link.timedMs, 0);
    return {
      task: this.#deployment.task,
      subtask: this.#deployment.subtask,
      busyMs: this.#links.reduce((sum, { firedMs }) => sum + firedMs, runMs),
      blocked: this.#room.isWaitedFor,
      watermark: isTold(this.#watermark) ? this.#watermark : undefined,
      idle: this.#idle,
      operators: this.#links.map((link) => {
        const userMetrics = link.context?.metrics.reported();
        return {
          id: link.spec.id,
          in: link.in,
          out: link.out,
          busyMs: link.firedMs + (timed === 0 ? 0 : (runMs * link.timedMs) / timed),
          ...(userMetrics === undefined ? {} : { userMetrics }),
        };
      }),
    };
  }

  /** Does the next thing there is to do. */
  #step(): MaybePromise<void> | typeof IDLE {
    if (this.#held) return this.#requests.shift()?.() ?? IDLE; // T10
    if (this.#isStill()) return this.#stepStill();
    if (this.#timers.due) return this.#fireTimers(); // T3
    if (this.#isToCut()) return this.#barrier(this.#wanted as BarrierElement);
    const run = this.#run as RecordRun;
    if (run.active) {
      const careful = run.careful;
      const step = run.advance();
      // One has turned out to be slow: the next may be, too.
      if (careful || run.careful)
        return step === undefined ? this.#letGo() : step.then(() => this.#letGo());
      if (!run.active) this.#flusher.flush();
      return step;
    }
    const request = this.#requests.shift();
    if (request !== undefined) return request();
    return this.#services.roomToSay?.() ?? this.#takeNext();
  }

  #takeNext(): MaybePromise<void> | typeof IDLE {
    return this.#pull === undefined ? this.#takeInput() : this.#takeSource(this.#pull);
  }

  /** Behind the last record: what is asked for is done, and nothing else. */
  #stepStill(): MaybePromise<void> | typeof IDLE {
    const request = this.#requests.shift();
    if (request !== undefined) return request();
    if (this.#wanted === undefined || this.#phase === 'suspended') return IDLE;
    return this.#save(this.#wanted).then(() => {
      this.#last ??= this.#answered;
    });
  }

  /** Whether a barrier is to come from the source before its next record; one that drains comes behind its last (T8). */
  #isToCut(): boolean {
    return this.#wanted !== undefined && this.#pull !== undefined && this.#wanted.of !== 'drain';
  }

  #takeSource(pull: SourcePull): MaybePromise<void> | typeof IDLE {
    this.#countTaken();
    let batch: SourceBatch | 'later' | 'end';
    try {
      batch = this.#timer.alone(this.#links[0] as ChainLink, () => pull.take());
    } catch (thrown) {
      throw blame(thrown, (this.#links[0] as ChainLink).place, { hasRecord: false, hasKey: false });
    }
    if (batch === 'later') return IDLE;
    if (batch === 'end') return this.#finish();
    const chain = this.#chain as Chain;
    const { splits } = this.#driver as SplitDriver;
    batch = splits.unread(batch);
    if (batch.values.length === 0) {
      splits.took(batch, 0);
      this.#loop.wake();
      return IDLE;
    }
    this.#batch = batch;
    if (batch.split !== this.#split) {
      this.#split = batch.split;
      this.#watcher?.current(batch.split);
    }
    (this.#run as RecordRun).begin(batch, chain.first);
    return undefined;
  }

  /** The position is behind what the chain has taken, whatever the source has read ahead (T7). */
  #countTaken(): void {
    if (this.#batch === undefined) return;
    const run = this.#run as RecordRun;
    this.#driver?.splits.took(this.#batch, run.active ? run.taken : this.#batch.values.length);
    if (!run.active) this.#batch = undefined;
  }

  #takeInput(): MaybePromise<void> | typeof IDLE {
    const event = this.#gate.next();
    if (event === undefined) return IDLE;
    switch (event.kind) {
      case 'records': {
        const { deployment } = event.channel;
        const chain = this.#chain as Chain;
        const batch = this.#decoded(event.batch, deployment);
        (this.#run as RecordRun).begin(batch, deployment.input === 1 ? chain.second : chain.first);
        return undefined;
      }
      case 'watermark':
        this.#watermark = event.timestamp;
        return advanceWatermark(this.#links, this.#timer, 0, event.timestamp);
      case 'idle':
        this.#passIdle(event.idle);
        return undefined;
      case 'barrier':
        return this.#barrier(event);
      case 'end':
        return this.#finish();
    }
  }

  #decoded(
    batch: BatchElement | FrameElement,
    channel: SubtaskDeployment['inputs'][number],
  ): RecordBatch {
    if (batch.kind === 'batch') return batch;
    const codec = wireCodec(channel.codec, channel.type);
    return codec.decode(batch.flags, batch.count, batch.body);
  }

  #fireTimers(): MaybePromise<void> {
    const now = this.#services.machine.clock.now();
    const due = this.#timers.takeDue(now);
    const fire = (from: number): MaybePromise<void> => {
      for (let i = from; i < due.length; i++) {
        const link = this.#links[due[i] as number] as ChainLink;
        const fired = this.#timer.fire(link, () =>
          guarded(link, () => link.operator?.onProcessingTime?.(now), true),
        );
        if (fired !== undefined) return fired.then(() => fire(i + 1));
      }
      return undefined;
    };
    return fire(0);
  }

  #emitWatermark(operator: number, watermark: number): MaybePromise<void> {
    this.#watermark = watermark;
    controlToAll(this.#links[operator] as ChainLink, { kind: 'watermark', timestamp: watermark });
    return advanceWatermark(this.#links, this.#timer, operator + 1, watermark);
  }

  /** An operator that makes watermarks of its own says itself when it is idle. */
  #passIdle(idle: boolean): void {
    this.#idle = idle;
    for (const link of this.#links) {
      if (link.operator?.holdsWatermarks === true) return link.operator.onIdle?.(idle);
      controlToAll(link, { kind: 'idle', idle });
    }
  }

  /** T7, T8 */
  async #barrier(barrier: BarrierElement): Promise<void> {
    if (barrier.of === 'drain') {
      await finishChain(this.#links, this.#timer);
      this.#finishedEarly = true;
    }
    await this.#save(barrier);
    passBarrier(this.#links, barrier);
    if (barrier.of !== 'suspend') return;
    this.#phase = 'suspended';
    this.#timers.stop();
  }

  async #save(barrier: BarrierElement): Promise<void> {
    const { checkpoint, of } = barrier;
    await beforeBarrier(this.#links, barrier);
    this.#countTaken();
    // A savepoint is whole by itself.
    const frozen = this.#store.freeze(checkpoint, of !== 'checkpoint');
    this.#driver?.saved(checkpoint);
    this.#answer(checkpoint);
    if (this.#aborted.has(checkpoint)) this.#store.aborted(checkpoint);
    else this.#snapshots?.begin(frozen);
    for (const one of this.#aborted) if (one <= checkpoint) this.#aborted.delete(one);
  }

  #answer(checkpoint: number): void {
    const wanted = this.#wanted;
    if (wanted !== undefined && wanted.checkpoint <= checkpoint) this.#wanted = undefined;
    this.#answered = checkpoint;
  }

  #tell(checkpoint: number, answer: SnapshotAnswer): void {
    const { task, subtask } = this.#deployment;
    this.#services.snapshot?.(checkpoint, task, subtask, answer);
  }

  /** A loop of results that nobody wants any more ends here. */
  async #pause(): Promise<void> {
    this.#flusher.flush();
    await nextTurn(this.#services.machine.clock);
    this.#abort.signal.throwIfAborted();
  }

  /** What was made leaves, and who reads it in this process has its turn, before the next record (T6). */
  async #letGo(): Promise<void> {
    this.#flusher.flush(true);
    for (let turn = 0; turn < NEIGHBOURS; turn++) await nextTurn(this.#services.machine.clock);
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

  async #finish(): Promise<void> {
    if (!this.#finishedEarly) await finishChain(this.#links, this.#timer);
    const wanted = this.#pull === undefined ? undefined : this.#wanted;
    if (wanted?.of === 'drain') {
      await this.#save(wanted);
      passBarrier(this.#links, wanted);
      this.#finishedEarly = true;
    }
    if (this.#finishedEarly) this.#last = this.#answered;
    this.#timers.stop();
    const waits = this.#services.snapshot !== undefined; // T9
    if (!waits) {
      this.#mayClose = true;
      for (const link of this.#links) await guarded(link, () => this.#closing.close(link));
    }
    if (this.#isOver()) return;
    this.#phase = 'draining';
    if (!waits) this.#loop.stop();
    for (const link of this.#links) controlToAll(link, { kind: 'end' });
    this.#finishIfDrained();
  }

  #finishIfDrained(): void {
    if (this.#phase !== 'draining') return;
    for (const channel of this.#channels.values()) if (!channel.empty) return;
    this.#phase = 'drained';
    const { task, subtask } = this.#deployment;
    this.#services.drained?.(task, subtask);
    if (this.#services.snapshot === undefined) this.#settle();
    else this.#loop.wake();
  }

  /** The last checkpoint is complete, and all has been sent. */
  async #closeIfDone(): Promise<void> {
    if (!this.#mayClose || this.#phase !== 'drained') return;
    for (const link of this.#links) await guarded(link, () => this.#closing.close(link));
    if (this.#isOver()) return;
    this.#loop.stop();
    this.#settle();
  }

  #settle(): void {
    this.#phase = 'finished';
    this.#resolve(this.metrics()); // T5
  }

  #fail(thrown: unknown): void {
    if (this.#isOver()) return;
    this.#phase = 'failed';
    const place = this.#links.at(-1)?.place;
    const inFlight = { hasRecord: false, hasKey: false };
    const error = place === undefined ? asError(thrown) : blame(thrown, place, inFlight);
    this.#stop(error);
    void Promise.all([this.#snapshots?.end(), this.#close()]).then(() => this.#reject(error)); // T5
  }

  /** Whether no record, timer or watermark is processed any more. */
  #isStill(): boolean {
    return this.#phase === 'suspended' || this.#phase === 'draining' || this.#phase === 'drained';
  }

  #isOver(): boolean {
    return this.#phase === 'finished' || this.#phase === 'failed' || this.#phase === 'cancelled';
  }

  /** Nothing enters the chain from here on; what waits in it for room is told to give up. */
  #stop(error: IsthmusError): void {
    this.#abort.abort(error);
    this.#commitAgain?.();
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

/** Not the final one: that the subtask is drained says more. */
function isTold(watermark: number | undefined): boolean {
  return watermark !== undefined && Math.abs(watermark) <= Number.MAX_SAFE_INTEGER;
}
