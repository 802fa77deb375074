// One attempt to run a job: workers borrowed, subtasks opened, elements routed, everything ended again.
//
//   A1. Nothing starts before every subtask is open.
//   A2. Frames between workers pass unopened; memory is bounded by the credits of their channels.
//   A3. The first failure decides; what fails afterwards is its echo.
//   A4. `run` settles after every subtask is closed and every worker is parted with.
//   A5. Results are out before `run` resolves: credit for them goes back when their reader has taken them.
//   A6. A checkpoint that was being sealed when the attempt failed is sealed, and its results given, before `run` rejects: the
//       next attempt goes on from it.

import type { WorkerLink } from '../bridge/worker-link.ts';
import type { WorkerExit } from '../bridge/worker-exit.ts';
import type { JobPlace } from '../bridge/worker-turns.ts';
import {
  type Frame,
  FrameType,
  decodeBarrier,
  decodeCredit,
  encodeCredit,
} from '../bridge/frame.ts';
import { InternalError, IsthmusError, JobCancelledError } from '../errors.ts';
import { type Kept, runtimeDeployments, slotDeployment } from '../graph/deploy.ts';
import type { EdgeCodec, ExecutionPlan } from '../graph/execution-plan.ts';
import type { FunctionRef } from '../graph/job-graph.ts';
import { AttemptParticipants } from './attempt-participants.ts';
import { AttemptResults } from './attempt-results.ts';
import type { Element } from './element.ts';
import type { AttemptCheckpoints, JobCheckpoints } from './job-checkpoints.ts';
import type { JobEvents } from './job-events.ts';
import type { JobMetrics } from './job-metrics.ts';
import { type ChannelRoute, type Endpoint, routeChannels } from './job-routing.ts';
import { withinJob } from './job-place.ts';
import type { JobWorkers } from './job-workers.ts';
import type { Makers } from './makers.ts';
import type { Machine } from '../machine/machine.ts';
import type { MaybePromise } from './operator.ts';
import type { LogLevel, SubtaskMetrics, SubtaskServices } from './services.ts';
import { Slot } from './slot.ts';
import { SubtaskNews } from './subtask-news.ts';
import { isOf, thrownText } from './shown.ts';
import type { SlotLimits } from './slot-watch.ts';
import type { Subtask } from './subtask.ts';
import { stateToData } from '../state/storage/subtask-state.ts';
import { wireCodec } from './wire-batch.ts';

/** Records on their way to a client in another process, as they came (docs/protocol.md §5). */
export interface ResultFrame {
  operator: number;
  subtask: number;
  codec: EdgeCodec;
  flags: number;
  count: number;
  body: Uint8Array;
}

export interface AttemptOptions {
  plan: ExecutionPlan;
  job: string;
  attempt: number;
  blobs: readonly Uint8Array[];
  /** Absent for jobs without Python tasks. */
  workers: JobWorkers | undefined;
  events: JobEvents;
  place: JobPlace;
  limits: SlotLimits;
  metrics: JobMetrics;
  makers: () => MaybePromise<Makers>;
  machine: Machine;
  /** Absent: the job takes none. */
  checkpoints?: JobCheckpoints;
  /** Resolves when the results of the attempts before have been taken. */
  resultsBefore: Promise<void>;
  loadFunction: (ref: FunctionRef) => MaybePromise<unknown>;
  print: (text: string, stderr?: boolean) => MaybePromise<void>;
  roomToSay: () => Promise<void> | undefined;
  onResults?: (operator: number, subtask: number, values: unknown[]) => MaybePromise<void>;
  onResultFrame?: (frame: ResultFrame) => MaybePromise<void>;
}

const NOTHING = new Uint8Array(0);

export class JobAttempt {
  readonly #options: AttemptOptions;
  readonly #routes: (ChannelRoute | undefined)[];
  readonly #slots: Slot[] = [];
  /** Resolves when it has all of its workers; rejects when it gets none. */
  #borrowed: Promise<unknown> = Promise.resolve();
  readonly #subtasks = new Map<string, Subtask>();
  readonly #news: SubtaskNews;
  /** Rejects with the first failure (A3); never resolves. */
  readonly #failed: Promise<never>;
  #reject!: (error: IsthmusError) => void;
  #isOver = false;
  #hasStarted = false;
  #isFinishing = false;
  /** Python subtasks that have not finished. */
  #running = 0;
  #resolveAllFinished!: () => void;
  readonly #allFinished: Promise<void>;
  readonly #results: AttemptResults;
  #checkpoints: AttemptCheckpoints | undefined;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#routes = routeChannels(options.plan);
    this.#news = new SubtaskNews(options.plan, options.events);
    this.#results = new AttemptResults({
      place: options.place,
      events: options.events,
      fail: (thrown) => this.fail(asIsthmusError(thrown)),
      holds: options.checkpoints !== undefined,
      before: options.resultsBefore,
    });
    this.#failed = new Promise((_, reject) => {
      this.#reject = reject;
    });
    this.#failed.catch(() => {}); // `run` awaits it in every phase; between phases nobody does.
    this.#allFinished = new Promise((resolve) => {
      this.#resolveAllFinished = resolve;
    });
  }

  run(): Promise<void> {
    return withinJob(this.#options.place, () => this.#run());
  }

  async #run(): Promise<void> {
    try {
      await this.#open(); // A1
      for (const slot of this.#slots) slot.start(this.#options.limits);
      for (const subtask of this.#subtasks.values()) subtask.start();
      this.#news.allStarted();
      this.#hasStarted = true;
      this.#checkpoints?.coordinator.start();
      if (this.#isFinishing) this.finish();
      const ends = [...this.#subtasks.values()].map(async (subtask) => {
        const counts = await subtask.done;
        this.#report(counts);
        this.#news.of(counts, 'finished');
      });
      await this.#unlessFailed(Promise.all([this.#allFinished, ...ends]));
      await this.#checkpoints?.coordinator.stop();
      await this.#unlessFailed(this.#results.finish()); // A5
      await this.#unlessFailed(Promise.all(this.#slots.map((slot) => slot.release()))); // A4
      this.#isOver = true;
    } catch (thrown) {
      this.#isOver = true;
      const error = asIsthmusError(thrown);
      if (error instanceof JobCancelledError) this.#results.drop();
      const stopped = this.#checkpoints?.coordinator.stop();
      await this.#end(error.message); // A4
      await stopped; // A6
      this.#results.drop();
      this.sampleMetrics(); // What it has done counts, although it failed.
      throw error;
    }
  }

  /** Resolves when the results that have been given so far are taken; never rejects. */
  get resultsTaken(): Promise<void> {
    return this.#results.taken;
  }

  /** Lets all sources come to their end; what they have given is worked off, and `run` resolves. */
  finish(): void {
    this.#isFinishing = true;
    if (!this.#hasStarted || this.#isOver) return;
    for (const slot of this.#slots) slot.finishSources();
    for (const subtask of this.#subtasks.values()) subtask.finishSource();
  }

  /** Ends the attempt with `error`, as if it had failed with it. */
  fail(error: IsthmusError): void {
    if (!this.#isOver) this.#reject(error);
  }

  /** Takes what the TypeScript subtasks have counted so far; workers report by themselves. */
  sampleMetrics(): void {
    for (const subtask of this.#subtasks.values()) this.#report(subtask.metrics());
  }

  #report(counts: SubtaskMetrics): void {
    const { metrics, attempt } = this.#options;
    metrics.report(attempt, counts);
    if (!this.#isOver) this.#news.sampled(counts);
  }

  async #open(): Promise<void> {
    const { plan, blobs, checkpoints, attempt } = this.#options;
    const fail = (thrown: unknown) => this.fail(asIsthmusError(thrown));
    const participants = new AttemptParticipants({
      slots: this.#slots,
      subtasks: this.#subtasks,
      results: this.#results,
      isOver: () => this.#isOver,
      fail,
    });
    this.#checkpoints = await checkpoints?.begin(attempt, participants, fail);
    // Workers come up while the subtasks of this process are made.
    const borrowed = this.#borrowSlots();
    this.#borrowed = borrowed;
    const deployed = borrowed.then((slots) =>
      Promise.all(
        slots.map(async (slot) => {
          await slot.deploy(blobs);
          await slot.deployed;
        }),
      ),
    );
    deployed.catch(() => {}); // It is awaited below, after the host has been loaded.
    const deployments = runtimeDeployments(plan);
    const opened: Promise<void>[] = [];
    if (deployments.length > 0) {
      // A job of Python tasks alone does not pay for loading the TypeScript host.
      const { Subtask } = await import('./subtask.ts');
      const makers = await this.#options.makers();
      for (const deployment of deployments) {
        const subtask = new Subtask(deployment, plan.mode, this.#services(), makers);
        this.#subtasks.set(subtaskKey(deployment.task, deployment.subtask), subtask);
        subtask.done.catch((error: unknown) => {
          if (!this.#isOver) this.#news.of(deployment, 'failed');
          this.fail(asIsthmusError(error));
        });
        const restored = this.#checkpoints?.restore?.get(deployment.task);
        opened.push(subtask.open(restored).then(() => this.#news.of(deployment, 'opened')));
      }
    }
    await this.#unlessFailed(Promise.all([deployed, ...opened]));
  }

  async #borrowSlots(): Promise<Slot[]> {
    const { plan, job, attempt, workers: borrowed, machine, events, place } = this.#options;
    if (plan.slots === 0) this.#resolveAllFinished();
    if (borrowed === undefined) return [];
    const kept = this.#kept();
    const deployments = Array.from({ length: plan.slots }, (_, slot) =>
      slotDeployment(plan, slot, { job, attempt }, kept),
    );
    this.#running = deployments.reduce((sum, { tasks }) => sum + tasks.length, 0);
    const workers = await borrowed.take();
    for (const [index, deployment] of deployments.entries()) {
      const slot = new Slot({
        deployment,
        slots: plan.slots,
        worker: workers[index] as WorkerLink,
        maxFrameBytes: plan.graph.settings.maxFrameBytes,
        clock: machine.clock,
        inBackground: place.servesCalls,
        closeTimeoutMs: plan.graph.settings.closeTimeoutMs,
        events: {
          channelFrame: (frame) => this.#onChannelFrame(frame),
          // Its channel is the subtask that it is for, and a subtask's slot has the same number.
          splits: (frame) => {
            if (!this.#isOver) this.#slots[frame.channel]?.worker.forward(frame);
          },
          deployed: () => this.#news.ofSlot(deployment, 'opened'),
          taskDrained: (task, subtask) => this.#drained(task, subtask),
          snapshot: (checkpoint, task, subtask, answer) =>
            this.#checkpoints?.coordinator.answer(checkpoint, task, subtask, answer),
          taskFinished: (counts) => {
            this.#report(counts);
            this.#news.of(counts, 'finished');
            if (--this.#running === 0) this.#resolveAllFinished();
          },
          metrics: (tasks) => tasks.forEach((counts) => this.#report(counts)),
          log: (log) => events.log(log),
          failed: (error, task) => {
            if (task !== undefined) this.#news.of({ task, subtask: index }, 'failed');
            this.fail(error);
          },
          died: (exit) => {
            const { pid } = workers[index] as WorkerLink;
            events.tell({ kind: 'worker-died', slot: index, pid, ...whyDead(exit) });
          },
          parted: (parting) => borrowed.part(index, parting),
        },
      });
      this.#slots.push(slot);
    }
    return this.#slots;
  }

  /** `promise`, or the first failure. A late rejection of `promise` is an echo (A3) and dropped. */
  #unlessFailed<T>(promise: Promise<T>): Promise<T> {
    promise.catch(() => {});
    return Promise.race([promise, this.#failed]);
  }

  async #end(reason: string): Promise<void> {
    this.#options.workers?.leave();
    await this.#borrowed.catch(() => {});
    await Promise.all([
      ...this.#slots.map((slot) => slot.cancel(reason)),
      ...[...this.#subtasks.values()].map((subtask) => subtask.cancel()),
    ]);
  }

  // Checkpoints.

  /** What workers are told of it. */
  #kept(): Kept | undefined {
    const checkpoints = this.#checkpoints;
    if (checkpoints === undefined) return undefined;
    const { folder, restore } = checkpoints;
    const states =
      restore && [...restore].map(([task, of]) => [task, of.map(stateToData)] as const);
    return { folder, restore: states && new Map(states) };
  }

  /** What TypeScript subtasks need of it. */
  #keeping({ coordinator, storage }: AttemptCheckpoints): Partial<SubtaskServices> {
    return {
      storage,
      snapshot: (checkpoint, task, subtask, answer) =>
        coordinator.answer(checkpoint, task, subtask, answer),
      cut: (operator, subtask, checkpoint) => this.#results.cut(operator, subtask, checkpoint),
    };
  }

  #drained(task: number, subtask: number): void {
    this.#news.of({ task, subtask }, 'drained');
    this.#checkpoints?.coordinator.drained(task, subtask);
  }

  // Routing.

  /** Frames come from outside of the job; what they lead to is within it. */
  #onChannelFrame(frame: Frame): void {
    if (this.#isOver) return;
    if (this.#subtasks.size === 0) this.#route(frame);
    else withinJob(this.#options.place, () => this.#route(frame));
  }

  #route(frame: Frame): void {
    const route = this.#routes[frame.channel];
    if (route === undefined) {
      this.fail(
        new InternalError(`A worker used channel ${frame.channel}, which the plan has not.`),
      );
    } else if (frame.type === FrameType.CREDIT) {
      this.#credit(route.sender, frame);
    } else {
      this.#deliver(route.receiver, frame);
    }
  }

  #deliver(to: Endpoint, frame: Frame): void {
    switch (to.kind) {
      case 'slot':
        this.#slots[to.slot]?.worker.forward(frame); // A2
        return;
      case 'subtask':
        this.#subtask(to)?.receiveFrame(
          frame.channel,
          frame.type,
          frame.flags,
          frame.count,
          frame.body,
        );
        return;
      case 'client':
        if (frame.type === FrameType.BATCH) this.#frameToClient(to, frame);
        else if (frame.type === FrameType.BARRIER) {
          this.#results.cut(to.operator, to.subtask, decodeBarrier(frame.body).checkpoint);
        } else if (frame.type === FrameType.END) this.#results.end(to.operator, to.subtask);
    }
  }

  #credit(to: Endpoint, frame: Frame): void {
    if (to.kind === 'slot') this.#slots[to.slot]?.worker.forward(frame);
    else if (to.kind === 'subtask') {
      this.#subtask(to)?.credit(frame.channel, decodeCredit(frame.body));
    }
  }

  #returnCredit(channel: number, bytes: number): void {
    const sender = this.#routes[channel]?.sender;
    if (this.#isOver || sender === undefined) return;
    if (sender.kind === 'slot') {
      const { worker } = this.#slots[sender.slot] as Slot;
      worker.send(FrameType.CREDIT, 0, channel, 0, encodeCredit(bytes));
    } else if (sender.kind === 'subtask') {
      this.#subtask(sender)?.credit(channel, bytes);
    }
  }

  #deliverLocal(channel: number, element: Element): void {
    const to = this.#routes[channel]?.receiver;
    if (this.#isOver || to === undefined) return;
    if (to.kind === 'subtask') this.#subtask(to)?.receive(channel, element);
    else if (to.kind === 'client' && element.kind === 'batch') {
      const { values, bytes } = element;
      this.#toClient(channel, to, values.length, bytes, () =>
        this.#options.onResults?.(to.operator, to.subtask, values),
      );
    } else if (to.kind === 'client' && element.kind === 'barrier') {
      this.#results.cut(to.operator, to.subtask, element.checkpoint);
    } else if (to.kind === 'client' && element.kind === 'end') {
      this.#results.end(to.operator, to.subtask);
    }
  }

  #frameToClient(to: Extract<Endpoint, { kind: 'client' }>, frame: Frame): void {
    const { channel, flags, count, body } = frame;
    const { operator, subtask, exchange } = to;
    const { plan, onResults, onResultFrame } = this.#options;
    const codec = exchange.channels[subtask]?.[0]?.codec as EdgeCodec;
    this.#toClient(channel, to, count, body.byteLength, () => {
      if (plan.graph.client === 'python') {
        return onResultFrame?.({ operator, subtask, codec, flags, count, body });
      }
      const { values } = wireCodec(codec, exchange.type).decode(flags, count, body);
      return onResults?.(operator, subtask, values);
    });
  }

  /** Hands results over; their bytes are credit again when they have been taken (A5). */
  #toClient(
    channel: number,
    { operator, subtask }: { operator: number; subtask: number },
    count: number,
    bytes: number,
    hand: () => MaybePromise<void> | undefined,
  ): void {
    void this.#results.give(operator, subtask, count, hand, () =>
      this.#returnCredit(channel, bytes),
    );
  }

  #subtask(at: { task: number; subtask: number }): Subtask | undefined {
    return this.#subtasks.get(subtaskKey(at.task, at.subtask));
  }

  #services(): SubtaskServices {
    const { plan, attempt, machine, loadFunction, print, roomToSay, onResults, events } =
      this.#options;
    return {
      machine,
      settings: plan.graph.settings,
      jobName: plan.graph.name,
      attempt,
      loadFunction,
      sendFrame: (channel, type, flags, count, body) => {
        const to = this.#routes[channel]?.receiver;
        if (this.#isOver || to === undefined) return;
        this.#deliver(to, { type, flags, channel, count, body: body ?? NOTHING });
      },
      deliverLocal: (channel, element) => this.#deliverLocal(channel, element),
      returnCredit: (channel, bytes) => this.#returnCredit(channel, bytes),
      toSource: (task, subtask, message) =>
        this.#subtask({ task, subtask })?.receiveSplits(message),
      collect: (operator, subtask, values) => {
        if (this.#isOver) return;
        const hand = () => onResults?.(operator, subtask, values);
        return this.#results.give(operator, subtask, values.length, hand, () => {});
      },
      print,
      roomToSay,
      log: (level: LogLevel, message, { operator, subtask }) =>
        void events.log({ level, logger: 'isthmus', message, operator, subtask }),
      drained: (task, subtask) => this.#drained(task, subtask),
      ...(this.#checkpoints === undefined ? {} : this.#keeping(this.#checkpoints)),
    };
  }
}

function whyDead(exit: WorkerExit): { cause: string; exitCode?: number; signal?: string } {
  if (exit.kind !== 'crashed') return { cause: exit.kind };
  const { exitCode, signal } = exit;
  return {
    cause: exit.kind,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
  };
}

function subtaskKey(task: number, subtask: number): string {
  return `${task}/${subtask}`;
}

function asIsthmusError(thrown: unknown): IsthmusError {
  if (isOf(thrown, IsthmusError)) return thrown;
  return new InternalError(`The job failed: ${thrownText(thrown).message}`, { cause: thrown });
}
