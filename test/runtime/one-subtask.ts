// A subtask by itself: elements go in by hand, and what it sends and says can be looked at.

import type { BarrierKind } from '../../src/bridge/frame.ts';
import { settingsOf } from '../../src/config/resolve.ts';
import { builtIn } from '../../src/built-in.ts';
import type { SubtaskDeployment } from '../../src/graph/deployment.ts';
import type { OperatorSpec } from '../../src/graph/job-graph.ts';
import type { Element } from '../../src/runtime/element.ts';
import type { SplitMessage } from '../../src/runtime/split-dealer.ts';
import { MAX_TIMESTAMP } from '../../src/runtime/operator.ts';
import type { StateStorage } from '../../src/state/storage/storage.ts';
import type { SubtaskState } from '../../src/state/storage/subtask-state.ts';
import { Subtask } from '../../src/runtime/subtask.ts';
import { systemMachine } from '../../src/machine/system-machine.ts';
import { functionOf } from './local-job.ts';
import { loopedStorage } from './looped-storage.ts';

export interface OneSubtaskOptions {
  /** Channels in; none where the chain has a source. */
  inputs?: number;
  restore?: SubtaskState[];
  subtask?: number;
  parallelism?: number;
  /** The other subtasks of a source, itself among them; they begin by `start`. */
  beside?: OneSubtask[];
  attempt?: number;
  /** Whether what comes in is keyed. */
  keyed?: boolean;
  storage?: StateStorage;
  /** Whether credit is given back by hand. */
  holdsCredit?: boolean;
}

const OUT = 99;

export class OneSubtask {
  /** Records, and elements between them as texts. */
  readonly sent: unknown[] = [];
  readonly marks: string[] = [];
  readonly records: unknown[] = [];
  /** What it says of itself, in order. */
  readonly told: string[] = [];
  readonly #saved = new Map<number, SubtaskState>();
  #subtask!: Subtask;
  #owed = 0;
  #changed: (() => void)[] = [];

  /** Opened and started, in a job that takes checkpoints. */
  static async open(chain: OperatorSpec[], options: OneSubtaskOptions = {}): Promise<OneSubtask> {
    const one = new OneSubtask();
    const { subtask = 0, parallelism = 1, inputs = 0, attempt = 0, keyed = false } = options;
    const deployment: SubtaskDeployment = {
      task: 0,
      name: 'task',
      subtask,
      parallelism,
      maxParallelism: 128,
      chain,
      keyedInputs: [keyed, false],
      inputs: Array.from({ length: inputs }, (_, channel) => ({
        channel,
        input: 0,
        codec: 'local',
        keyed,
        local: true,
      })),
      outputs: [
        {
          fromOperator: chain.length - 1,
          partitioner: { kind: 'forward' },
          channels: [{ channel: OUT, receiver: 0, codec: 'local', local: true }],
          receivers: 1,
          maxParallelism: 128,
        },
      ],
    };
    one.#subtask = new Subtask(
      deployment,
      'STREAMING',
      {
        machine: systemMachine,
        settings: settingsOf({}),
        limits: { windowBytes: 1, maxBatchRecords: 64 },
        jobName: 'test',
        attempt,
        loadFunction: functionOf,
        sendFrame: () => {},
        deliverLocal: (_, element) => one.#take(element, options.holdsCredit === true),
        returnCredit: () => {},
        collect: () => {},
        print: () => {},
        toSource: (_, to, message) => options.beside?.[to]?.hear(message),
        log: () => {},
        storage: options.storage ?? loopedStorage,
        snapshot: (checkpoint, _task, _subtask, answer) => {
          if (answer.kind === 'saved') one.#saved.set(checkpoint, answer.state);
          one.#tell(`${answer.kind === 'finished' ? 'finished at' : answer.kind} ${checkpoint}`);
        },
        drained: () => one.#tell('drained'),
      },
      builtIn,
    );
    await one.#subtask.open(options.restore ?? []);
    if (options.beside === undefined) one.start();
    one.#subtask.done.then(
      () => one.#tell('closed'),
      () => {},
    );
    return one;
  }

  hear(message: SplitMessage): void {
    this.#subtask.receiveSplits(message);
  }

  start(): void {
    this.#subtask.start();
  }

  arrive(channel: number, element: Element): void {
    this.#subtask.receive(channel, element);
  }

  feed(channel: number, ...values: unknown[]): void {
    this.arrive(channel, { kind: 'batch', values, bytes: values.length });
  }

  feedKeyed(channel: number, keys: unknown[], values: unknown[]): void {
    this.arrive(channel, { kind: 'batch', values, keys, bytes: values.length });
  }

  trigger(checkpoint: number, of: BarrierKind = 'checkpoint'): void {
    this.#subtask.triggerCheckpoint({ checkpoint, timestamp: 0, of });
  }

  complete(checkpoint: number): void {
    this.#subtask.notifyCheckpointComplete(checkpoint);
  }

  abort(checkpoint: number): Promise<void> {
    return this.#subtask.notifyCheckpointAborted(checkpoint);
  }

  giveCredit(): void {
    const owed = this.#owed;
    this.#owed = 0;
    this.#subtask.credit(OUT, owed);
  }

  async saved(checkpoint: number): Promise<SubtaskState> {
    await this.untilTold(`saved ${checkpoint}`);
    return this.#saved.get(checkpoint) as SubtaskState;
  }

  /** The records that were sent before an element. */
  recordsBefore(mark: string): unknown[] {
    const before = this.sent.slice(0, this.sent.indexOf(mark));
    return before.filter((each) => !this.marks.includes(each as string));
  }

  async untilRecords(count: number): Promise<void> {
    await this.#until(() => this.records.length >= count || this.marks.includes('end'));
  }

  untilMark(mark: string): Promise<void> {
    return this.#until(() => this.marks.includes(mark));
  }

  untilTold(what: string): Promise<void> {
    return this.#until(() => this.told.includes(what));
  }

  /** Lets everything that can go on do so. */
  async quiet(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  async close(): Promise<void> {
    await this.#subtask.cancel();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await Promise.race([
        new Promise<void>((resolve) => this.#changed.push(resolve)),
        this.#subtask.done,
      ]);
    }
  }

  #take(element: Element, holdsCredit: boolean): void {
    if (element.kind === 'batch') {
      this.records.push(...element.values);
      this.sent.push(...element.values);
      this.#owed += element.bytes;
      if (!holdsCredit) setImmediate(() => this.giveCredit());
    } else {
      const mark = textOf(element);
      this.marks.push(mark);
      this.sent.push(mark);
    }
    this.#wake();
  }

  #tell(what: string): void {
    this.told.push(what);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#changed.splice(0)) resolve();
  }
}

function textOf(element: Exclude<Element, { kind: 'batch' }>): string {
  switch (element.kind) {
    case 'watermark':
      return element.timestamp === MAX_TIMESTAMP ? 'final' : `w${element.timestamp}`;
    case 'barrier':
      return `${element.of} ${element.checkpoint}`;
    case 'idle':
      return element.idle ? 'idle' : 'active';
    case 'end':
      return 'end';
  }
}
