// What a subtask does, one step after the other: elements off its inputs or batches of its source go through the chain, and
// in between what is due by the clock and what it is asked for.
//
//   T1. One thing at a time: while a promise of the chain is unsettled nothing else enters the chain (subtask.ts).
//   T2. Nothing is processed on an output without credit: `emit` gives a promise then, and T1 holds the rest back. A source
//       is not pulled meanwhile (subtask.ts).
//   T3. Timers that came due go before the next record, also in the middle of a batch. (The event loop turns every few
//       milliseconds: task-loop.ts.)
//   T6. Before a record that may be slow, what was made before it has left: for other processes always, for tasks of this one
//       as far as NEIGHBOURS goes.
//   T7. A barrier cuts the stream at one record: before it goes what operators had gathered, then all is saved, then it is
//       sent. A source sends it behind the record in flight, and its position is behind that record, too.
//   T8. Behind a barrier that suspends nothing happens any more. One that drains comes behind all that the end of input
//       brings about.
//   T9. A checkpoint is answered once: with the state, also when the subtask is drained, or with the news that it has
//       finished. Where the job takes checkpoints a drained subtask waits for the last one, with which its sinks commit.
//   T10. Nothing is processed before all is committed that the restored checkpoint holds. A commit that fails is asked for again
//       when its sink says, and the subtask does not close before it has succeeded.

import type { SubtaskDeployment } from '../graph/deployment.ts';
import { nextTurn } from '../machine/clock.ts';
import type { Answers } from './answers.ts';
import type { RecordBatch } from './batch-codec.ts';
import type { Chain } from './chain.ts';
import { type ChainLink, guarded } from './chain-links.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { Closing } from './closing.ts';
import type { Commits } from './commits.ts';
import type { BarrierElement, BatchElement } from './element.ts';
import { blame } from './failure.ts';
import type { Flusher } from './flusher.ts';
import type { FrameElement, InputGate } from './input-gate.ts';
import type { MaybePromise } from './operator.ts';
import type { OutputChannel } from './output-channel.ts';
import type { Phase } from './phase.ts';
import type { ProcessingTimers } from './processing-timers.ts';
import type { RecordRun } from './record-run.ts';
import type { SubtaskServices } from './services.ts';
import type { SourceHead } from './source-head.ts';
import { IDLE, type TaskLoop } from './task-loop.ts';
import { wireCodec } from './wire-batch.ts';

/** Tasks of this process behind each other that a record passes before the next one begins (T6). */
const NEIGHBOURS = 4;

export interface WorkParts {
  readonly deployment: SubtaskDeployment;
  readonly services: SubtaskServices;
  readonly phase: Phase;
  readonly gate: InputGate;
  readonly timers: ProcessingTimers;
  readonly loop: TaskLoop;
  readonly flusher: Flusher;
  readonly closing: Closing;
  readonly answers: Answers;
  readonly commits: Commits;
  readonly chain: Chain;
  readonly run: RecordRun;
  /** Where a source stands at the head of the chain. */
  readonly source: SourceHead | undefined;
  readonly checkpoints: Checkpoints;
  /** Those that leave the chain. */
  readonly channels: ReadonlyMap<number, OutputChannel>;
  /** All is done. */
  readonly settle: () => void;
}

export class SubtaskWork {
  readonly #deployment: SubtaskDeployment;
  readonly #services: SubtaskServices;
  readonly #phase: Phase;
  readonly #gate: InputGate;
  readonly #timers: ProcessingTimers;
  readonly #loop: TaskLoop;
  readonly #flusher: Flusher;
  readonly #closing: Closing;
  readonly #answers: Answers;
  readonly #commits: Commits;
  readonly #chain: Chain;
  readonly #run: RecordRun;
  readonly #source: SourceHead | undefined;
  readonly #checkpoints: Checkpoints;
  readonly #channels: ReadonlyMap<number, OutputChannel>;
  readonly #settle: () => void;
  readonly #requests: (() => MaybePromise<void>)[] = [];
  /** The operators have finished, before the end of input (T8). */
  #finishedEarly = false;
  #mayClose = false;

  constructor(parts: WorkParts) {
    this.#deployment = parts.deployment;
    this.#services = parts.services;
    this.#phase = parts.phase;
    this.#gate = parts.gate;
    this.#timers = parts.timers;
    this.#loop = parts.loop;
    this.#flusher = parts.flusher;
    this.#closing = parts.closing;
    this.#answers = parts.answers;
    this.#commits = parts.commits;
    this.#chain = parts.chain;
    this.#run = parts.run;
    this.#source = parts.source;
    this.#checkpoints = parts.checkpoints;
    this.#channels = parts.channels;
    this.#settle = parts.settle;
  }

  /** Does the next thing there is to do. */
  step(): MaybePromise<void> | typeof IDLE {
    if (this.#commits.isHeld) return this.#requests.shift()?.() ?? IDLE; // T10
    if (this.#phase.isStill) return this.#stepStill();
    if (this.#timers.due) return this.#fireTimers(); // T3
    if (this.#source !== undefined && this.#answers.isToCut)
      return this.#barrier(this.#answers.wanted as BarrierElement);
    const run = this.#run;
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
    return this.#source === undefined ? this.#takeInput() : this.#takeSource(this.#source);
  }

  /** Behind the last record: what is asked for is done, and nothing else. */
  #stepStill(): MaybePromise<void> | typeof IDLE {
    const request = this.#requests.shift();
    if (request !== undefined) return request();
    const answers = this.#answers;
    if (answers.wanted === undefined || this.#phase.now === 'suspended') return IDLE;
    return this.#checkpoints.save(answers.wanted).then(() => {
      answers.last ??= answers.answered;
    });
  }

  #takeSource(source: SourceHead): MaybePromise<void> | typeof IDLE {
    const run = this.#run;
    const head = this.#chain.links[0] as ChainLink;
    let batch: RecordBatch | 'later' | 'end';
    try {
      batch = this.#chain.timer.alone(head, () => source.take(run));
    } catch (thrown) {
      throw blame(thrown, head.place, { hasRecord: false, hasKey: false });
    }
    if (batch === 'later') return IDLE;
    if (batch === 'end') return this.#finish();
    if (batch.values.length === 0) {
      this.#loop.wake();
      return IDLE;
    }
    run.begin(batch, this.#chain.first);
    return undefined;
  }

  #takeInput(): MaybePromise<void> | typeof IDLE {
    const event = this.#gate.next();
    if (event === undefined) return IDLE;
    switch (event.kind) {
      case 'records': {
        const { deployment } = event.channel;
        const chain = this.#chain;
        const batch = this.#decoded(event.batch, deployment);
        this.#run.begin(batch, deployment.input === 1 ? chain.second : chain.first);
        return undefined;
      }
      case 'watermark':
        return this.#chain.watermark(0, event.timestamp);
      case 'idle':
        return this.#chain.idleness(0, event.idle);
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
    return this.#chain.processingTime(now, this.#timers.takeDue(now));
  }

  /** T7, T8 */
  async #barrier(barrier: BarrierElement): Promise<void> {
    if (barrier.of === 'drain') {
      await this.#chain.finish();
      this.#finishedEarly = true;
    }
    await this.#checkpoints.save(barrier);
    this.#chain.control(barrier);
    if (barrier.of !== 'suspend') return;
    this.#phase.now = 'suspended';
    this.#timers.stop();
  }

  /** What was made leaves, and who reads it in this process has its turn, before the next record (T6). */
  async #letGo(): Promise<void> {
    this.#flusher.flush(true);
    for (let turn = 0; turn < NEIGHBOURS; turn++) await nextTurn(this.#services.machine.clock);
  }

  /** Sinks are to commit what a checkpoint covers that is complete. */
  requestCommit(checkpoint: number): void {
    this.#requests.push(() => this.#commit(checkpoint));
    this.#loop.wake();
  }

  async #commit(checkpoint: number): Promise<void> {
    const again = () => this.requestCommit(checkpoint);
    const isDone = await this.#commits.commit(this.#chain, checkpoint, again); // T10
    if (!isDone || this.#phase.isOver) return;
    this.#mayClose ||= this.#answers.isOverWith(checkpoint);
    await this.#closeIfDone();
  }

  // The end.

  async #finish(): Promise<void> {
    if (!this.#finishedEarly) await this.#chain.finish();
    const wanted = this.#source === undefined ? undefined : this.#answers.wanted;
    if (wanted?.of === 'drain') {
      await this.#checkpoints.save(wanted);
      this.#chain.control(wanted);
      this.#finishedEarly = true;
    }
    if (this.#finishedEarly) this.#answers.last = this.#answers.answered;
    this.#timers.stop();
    const waits = this.#services.snapshot !== undefined; // T9
    if (!waits) {
      this.#mayClose = true;
      for (const link of this.#chain.links) await guarded(link, () => this.#closing.close(link));
    }
    if (this.#phase.isOver) return;
    this.#phase.now = 'draining';
    if (!waits) this.#loop.stop();
    this.#chain.control({ kind: 'end' });
    this.finishIfDrained();
  }

  /** After credit has come, too. */
  finishIfDrained(): void {
    if (this.#phase.now !== 'draining') return;
    for (const channel of this.#channels.values()) if (!channel.empty) return;
    this.#phase.now = 'drained';
    const { task, subtask } = this.#deployment;
    this.#services.drained?.(task, subtask);
    if (this.#services.snapshot === undefined) this.#settle();
    else this.#loop.wake();
  }

  /** The last checkpoint is complete, and all has been sent. */
  async #closeIfDone(): Promise<void> {
    if (!this.#mayClose || this.#phase.now !== 'drained') return;
    for (const link of this.#chain.links) await guarded(link, () => this.#closing.close(link));
    if (this.#phase.isOver) return;
    this.#loop.stop();
    this.#settle();
  }
}
