// Drives one operator without a job: records, watermarks and processing time go in by hand; output, side outputs, state and
// timers can be looked at. Twin of python/isthmus/testing/harness.py.
//
//   H1. One thing at a time, as in a subtask: what enters waits until the operator is done with what came before.
//   H2. The clock is the test's. What the operator asks to be called for happens at its time, while the clock moves over it.
//   H4. As in a job the operator has records of its own, and what it emits is what it was then: neither the test nor the function
//       changes the other's by going on with an object. (Not so with `pipeline.object-reuse`.)
//   H3. What fails between two calls of a test (a result that came later) is thrown by the next one.

import { type ConfigValue, settingsOf } from '../config/resolve.ts';
import type { Parts } from '../api/transformation.ts';
import { PyFunction } from '../api/python-function.ts';
import type { BarrierKind } from '../bridge/frame.ts';
import { GraphError, InternalError } from '../errors.ts';
import type { OperatorSpec } from '../graph/job-graph.ts';
import { builtIn } from '../built-in.ts';
import { runtimeContext } from '../operators/runtime-context.ts';
import {
  MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  type MaybePromise,
  type Operator,
  type OperatorContext,
  type SplitWatcher,
  RESTORED,
} from '../runtime/operator.ts';
import type { StateDescriptor } from '../state/descriptors.ts';
import type { OperatorStateStore } from '../state/operator-state.ts';
import type { SavedSubtask } from '../state/chunks.ts';
import type { Frozen } from '../state/frozen.ts';
import { SubtaskStore } from '../state/store.ts';
import { type Timer, stateOf, timersOf } from './keyed.ts';
import { thrownWithin } from '../runtime/failure.ts';
import { type Isolate, recordIsolator } from '../runtime/isolate.ts';
import { SubtaskMetricGroup, type MetricReport } from '../runtime/metric-group.ts';
import { systemMachine } from '../machine/system-machine.ts';
import { restoreWatermark } from '../runtime/restored-watermark.ts';
import { kindOf as rowOf, named, nameOf, type OperatorName } from '../graph/kinds.ts';
import { kindOf } from './kinds.ts';
import { Functions } from './piece-of-program.ts';
import { ManualClock } from './manual-clock.ts';

/** How a harness runs a function: kind, keys, time and settings. */
export interface HarnessOptions {
  /** Operator kind, as 'map' or 'reduce'; found from the methods of an object where it is not said. */
  kind?: OperatorName;
  /** Key of a record, for keyed operators. */
  keyBy?: ((value: never) => unknown) | undefined;
  /** Parameters of the operator kind. */
  params?: OperatorSpec['params'];
  /** BATCH execution in place of STREAMING. */
  batch?: boolean;
  /** One of its own, at time 0, by default. */
  clock?: ManualClock;
  /** Options, as `{ 'pipeline.auto-watermark-interval': '50' }`. */
  config?: Readonly<Record<string, ConfigValue>>;
  /** The operator's name, in messages. */
  name?: string;
  /** What `snapshot()` of another harness gave, or an array of what several gave, which were its subtasks. */
  restore?: SavedSubtask | readonly SavedSubtask[];
  /** Whether the job takes checkpoints, so that sinks wait for them. By default it does not. */
  checkpointing?: boolean;
  /** Where the operator thinks it runs. */
  subtask?: number;
  /** As the function sees it; 1 by default. */
  parallelism?: number;
  /** As the function sees it; 128 by default. */
  maxParallelism?: number;
}

/** As for one input, with the key of the second. */
export interface TwoInputOptions extends HarnessOptions {
  /** Key of a record of the second input; a broadcast input has none. */
  keyBy2?: ((value: never) => unknown) | undefined;
}

/** A record that was emitted. */
export interface Emitted {
  /** The record. */
  value: unknown;
  /** Event time in milliseconds; `MIN_TIMESTAMP` where there is none. */
  timestamp: number;
}

export type KeyBy = ((value: unknown) => unknown) | undefined;

/** What both harnesses are. Use `OneInputHarness` or `TwoInputHarness`. */
export class OperatorHarness {
  readonly clock: ManualClock;
  /** What was emitted so far, with timestamps. */
  readonly records: Emitted[] = [];
  /** Watermarks and changes of idleness passed on, in order. */
  readonly watermarks: (number | boolean)[] = [];
  /** What the operator has printed for the program, in whole lines. */
  readonly printed: string[] = [];
  /** Copies what somebody may go on to change (H4). */
  protected readonly isolate: Isolate;
  readonly #operator: Operator;
  readonly #context: OperatorContext;
  /** @internal */
  readonly store: SubtaskStore;
  readonly #restored: boolean;
  readonly #keyBy: readonly [KeyBy, KeyBy];
  readonly #sides = new Map<string, Emitted[]>();
  #queue: Promise<void> = Promise.resolve();
  #requested = Infinity;
  #failure: { thrown: unknown } | undefined;
  #wake: () => void = () => {};
  #cancelCommit: () => void = () => {};
  #closed = false;
  readonly #closing: (() => void)[] = [];

  /** Who is told of the splits of a source directly before the operator; undefined: it makes no use of them. */
  get splits(): SplitWatcher | undefined {
    return this.#operator.splits;
  }

  protected constructor(fn: unknown, options: TwoInputOptions) {
    if (fn instanceof PyFunction) {
      throw new GraphError(
        `${fn.name} of ${fn.where} is Python; test it there, by isthmus.testing.`,
      );
    }
    const { kind = kindOf(fn), name = 'test', batch = false } = options;
    this.clock = options.clock ?? new ManualClock();
    const settings = settingsOf(options.config ?? {});
    this.isolate = recordIsolator(settings);
    this.#keyBy = [options.keyBy as KeyBy, options.keyBy2 as KeyBy];
    const keyed = options.keyBy !== undefined;
    const mode = batch ? 'BATCH' : 'STREAMING';
    const spec: OperatorSpec = {
      id: 0,
      ...named(kind),
      name,
      language: 'typescript',
      chaining: 'always',
      params: options.params ?? {},
    };
    const parts = fn instanceof Functions ? fn.parts : alone(kind, fn);
    spec.fns = Object.fromEntries(
      Object.keys(parts).map((part) => [
        part,
        { language: 'typescript', form: 'closure', id: 0, name },
      ]),
    );
    this.#operator = builtIn.createOperator(spec, { keyed, mode });
    const place = {
      subtask: options.subtask ?? 0,
      parallelism: options.parallelism ?? 1,
      maxParallelism: options.maxParallelism ?? 128,
    };
    const saved = savedOf(options.restore);
    this.#restored = saved.length > 0;
    this.store = new SubtaskStore(place, saved, true);
    this.#context = {
      spec,
      jobName: 'test',
      taskName: name,
      ...place,
      attempt: 0,
      mode,
      keyed,
      follows: true,
      cursor: { timestamp: MIN_TIMESTAMP, key: undefined },
      state: this.store.of('operator'),
      metrics: new SubtaskMetricGroup(() => this.clock.now()),
      clock: this.clock,
      random: systemMachine.random,
      files: systemMachine.files,
      processes: systemMachine.processes,
      settings,
      watermark: MIN_TIMESTAMP,
      load: (part) => Promise.resolve(parts[part]),
      emitSide: (tag, value) => this.emittedAside(tag, { value, timestamp: this.#time }),
      emitWatermark: (watermark) => this.passedOn(watermark),
      emitIdle: (idle) => this.passedOn(idle),
      requestProcessingTime: (at) => this.#request(at),
      checkpointing: options.checkpointing === true,
      print: (text) => void this.printed.push(...text.split('\n').slice(0, -1)),
      log: () => {},
      onClose: (close) => this.#closing.push(close),
    };
  }

  protected async start(): Promise<void> {
    const operator = this.#operator;
    restoreWatermark(this.#context);
    await operator.open?.(this.#context, (value) => this.emitted({ value, timestamp: this.#time }));
    if (this.#restored) await this.completeCheckpoint(RESTORED);
  }

  // In.

  /** Event time reaches `timestamp`. */
  watermark(timestamp: number): Promise<void> {
    return this.#run(async () => {
      if (timestamp <= this.#context.watermark) return;
      this.#context.watermark = timestamp;
      await this.#operator.onWatermark?.(timestamp);
      if (this.#operator.holdsWatermarks !== true || timestamp === MAX_TIMESTAMP) {
        await this.passedOn(timestamp);
      }
    });
  }

  /** The input becomes idle, or active again. */
  idle(idle: boolean): Promise<void> {
    return this.#run(() =>
      this.#operator.holdsWatermarks === true ? this.#operator.onIdle?.(idle) : this.passedOn(idle),
    );
  }

  /** The clock reaches `nowMs`; what is due in between happens at its time (H2). */
  processingTime(nowMs: number): Promise<void> {
    return moveClock(this.clock, [this], nowMs);
  }

  /**
   * Waits until no call of an asynchronous operator is under way.
   *
   * @throws InternalError when one still is after `timeoutMs` of the real clock; 5,000 by default
   */
  async wait(timeoutMs = 5_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    await this.#run(() => undefined);
    while (this.#operator.pending === true) {
      const left = deadline - performance.now();
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      if (left <= 0 || !(await within(woken, left))) {
        throw new InternalError(
          `Results were still on their way after ${timeoutMs} ms; do they wait for the clock, which a test moves ` +
            'by processingTime()?',
        );
      }
      await this.#run(() => undefined);
    }
  }

  /** The input ends: the final watermark, then what the operator has left. */
  async end(): Promise<void> {
    await this.watermark(MAX_TIMESTAMP);
    await this.#run(() => this.#operator.finish?.());
  }

  // For the clock, which may be that of several operators.

  /** When the operator asked to be called; Infinity where it did not. */
  get dueAt(): number {
    // A call is due in the millisecond that it was asked for, be that its end (`onceOver`).
    return Math.floor(this.#requested);
  }

  /** Calls the operator if its time has come, behind what goes on. */
  fire(): Promise<void> {
    return this.#run(() => this.#fire());
  }

  // Out.

  /** The values emitted so far. */
  get output(): unknown[] {
    return this.records.map(({ value }) => value);
  }

  /** As `output`, and forgets them. */
  take(): unknown[] {
    return this.records.splice(0).map(({ value }) => value);
  }

  /** The values emitted to a side output: an OutputTag, or its id. */
  sideOutput(tag: string | { readonly id: string }): unknown[] {
    return this.sideRecords(tag).map(({ value }) => value);
  }

  /** As `sideOutput`, with timestamps. */
  sideRecords(tag: string | { readonly id: string }): Emitted[] {
    return [...(this.#sides.get(typeof tag === 'string' ? tag : tag.id) ?? [])];
  }

  /** What a key has in a state: a value, an array, a Map, or the result of a reducing or aggregating state. */
  state(descriptor: StateDescriptor, key: unknown): unknown {
    return stateOf(this.#context, descriptor, key);
  }

  /** The state of the operator that belongs to no key, broadcast state included. */
  operatorState(): OperatorStateStore {
    return runtimeContext(this.#context).getOperatorStateStore();
  }

  /** The event-time timers that are registered, in order of time. */
  eventTimers(): Timer[] {
    return timersOf(this.#context, 'EVENT_TIME');
  }

  /** The processing-time timers that are registered, in order of time. */
  processingTimers(): Timer[] {
    return timersOf(this.#context, 'PROCESSING_TIME');
  }

  /** What the metrics that the function made show, by dotted name: numbers, and of distributions what they know. */
  metrics(): Record<string, number | Omit<Distributed, 'kind'>> {
    const reported = Object.entries(this.#context.metrics.reported() ?? {});
    return Object.fromEntries(reported.map(([name, report]) => [name, shownOf(report)]));
  }

  /** The operator's state, for `restore` of another harness, as a checkpoint or a savepoint takes it. */
  async snapshot(checkpoint = 1, of: BarrierKind = 'checkpoint'): Promise<SavedSubtask> {
    let state: SavedSubtask | undefined;
    await this.#barrier(checkpoint, of, (frozen) => {
      state = frozen.saved();
    });
    return state as SavedSubtask;
  }

  /** @internal As `snapshot`, to be encoded later. */
  async freeze(checkpoint = 1): Promise<Frozen> {
    let state: Frozen | undefined;
    await this.#barrier(checkpoint, 'checkpoint', (frozen) => {
      state = frozen;
    });
    return state as Frozen;
  }

  #barrier(checkpoint: number, of: BarrierKind, then: (frozen: Frozen) => void): Promise<void> {
    return this.#run(async () => {
      await this.#operator.beforeBarrier?.(checkpoint, of);
      then(this.store.freeze(checkpoint));
    });
  }

  /** A checkpoint is complete: sinks commit. A commit that fails is tried again as the clock goes on. */
  completeCheckpoint(checkpoint = 1): Promise<void> {
    return this.#run(async () => {
      this.#cancelCommit();
      const again = await this.#operator.notifyCheckpointComplete?.(checkpoint);
      if (again === undefined) return;
      this.#cancelCommit = this.clock.at(again, () => {
        this.completeCheckpoint(checkpoint).catch((thrown: unknown) => {
          this.#failure = { thrown }; // H3
        });
      });
    });
  }

  /** Closes the function. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#operator.close?.();
    for (const close of this.#closing) close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // What leaves the operator. A pipeline hands it on.

  protected emitted(record: Emitted): MaybePromise<void> {
    this.records.push(this.#own(record));
  }

  protected emittedAside(tag: string, record: Emitted): MaybePromise<void> {
    const side = this.#sides.get(tag);
    if (side === undefined) this.#sides.set(tag, [this.#own(record)]);
    else side.push(this.#own(record));
  }

  /** A watermark, or a change of idleness. */
  protected passedOn(control: number | boolean): MaybePromise<void> {
    this.watermarks.push(control);
  }

  /** H4 */
  #own({ value, timestamp }: Emitted): Emitted {
    return { value: this.isolate(value), timestamp };
  }

  /** Records of one input, one after the other. */
  protected feed(which: 0 | 1, records: readonly (readonly [unknown, number])[]): Promise<void> {
    const own = records.map(([value, timestamp]) => [this.isolate(value), timestamp] as const); // H4
    return this.feedOwn(which, own, this.#keyBy[which]);
  }

  /** Records that are the operator's own. */
  protected feedOwn(
    which: 0 | 1,
    records: readonly (readonly [unknown, number])[],
    keyBy: KeyBy,
  ): Promise<void> {
    const { cursor } = this.#context;
    return this.#run(async () => {
      for (const [value, timestamp] of records) {
        cursor.timestamp = timestamp;
        cursor.key = this.isolate(keyBy?.(value)); // H4: it may be part of its record.
        if (which === 0) await this.#operator.process(value);
        else await this.#second(value);
        await this.#fire();
      }
    });
  }

  #second(value: unknown): MaybePromise<void> {
    if (this.#operator.processSecond === undefined) {
      throw new InternalError(`Operators of kind ${nameOf(this.#context.spec)} have one input.`);
    }
    return this.#operator.processSecond(value);
  }

  get #time(): number {
    return this.#context.cursor.timestamp;
  }

  #request(at: number): void {
    if (at >= this.#requested) return;
    this.#requested = at;
    if (at > this.clock.now()) return;
    // A result that came while nothing else goes on: it leaves at once.
    this.#run(() => this.#fire()).catch((thrown: unknown) => {
      this.#failure = { thrown }; // H3
    });
  }

  #fire(): MaybePromise<void> {
    const requested = this.#requested;
    if (Math.floor(requested) > this.clock.now()) return undefined;
    this.#requested = Infinity;
    return this.#operator.onProcessingTime?.(Math.max(requested, this.clock.now()));
  }

  /** H1, H3 */
  #run(work: () => MaybePromise<void>): Promise<void> {
    const done = this.#queue
      .then(() => {
        const failure = this.#failure;
        this.#failure = undefined;
        if (failure !== undefined) throw failure.thrown;
        return work();
      })
      .catch((thrown: unknown) => {
        throw thrownWithin(thrown);
      });
    this.#queue = done.then(this.#ran, this.#ran);
    return done;
  }

  readonly #ran = (): void => this.#wake();
}

/** Moves a clock, and calls at its time whatever is due before (H2). Of operators one behind the other, the first comes first. */
export async function moveClock(
  clock: ManualClock,
  operators: readonly Pick<OperatorHarness, 'dueAt' | 'fire'>[],
  nowMs: number,
): Promise<void> {
  for (;;) {
    await settled();
    const due = Math.min(clock.nextAlarm, ...operators.map(({ dueAt }) => dueAt));
    if (due > nowMs) break;
    clock.set(Math.max(due, clock.now()));
    await settled();
    for (const operator of operators) await operator.fire();
  }
  clock.set(nowMs);
  for (const operator of operators) await operator.fire();
}

/** Lets promises that have what they wait for go on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function within(promise: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

function savedOf(
  restore: SavedSubtask | readonly SavedSubtask[] | undefined,
): readonly SavedSubtask[] {
  if (restore === undefined) return [];
  return 'chunks' in restore ? [restore] : restore;
}

type Distributed = Extract<MetricReport, { kind: 'distribution' }>;

function shownOf(report: MetricReport): number | Omit<Distributed, 'kind'> {
  if (report.kind === 'gauge') return report.value;
  if (report.kind !== 'distribution') return report.count;
  const { kind: _, ...known } = report;
  return known;
}

/** A function given by itself, as the part of an operator that comes first. */
function alone(kind: OperatorName, fn: unknown): Parts {
  const [part = 'function'] = Object.keys(rowOf(named(kind)).functions);
  return fn === undefined ? {} : { [part]: fn };
}
