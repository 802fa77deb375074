// Drives one operator without a job: records, watermarks and processing time go in by hand; output, side outputs, state and
// timers can be looked at. Twin of python/isthmus/testing/harness.py.
//
//   H1. One thing at a time, as in a subtask: what enters waits until the operator is done with what came before.
//   H2. The clock is the test's. What the operator asks to be called for happens at its time, while the clock moves over it.
//   H4. As in a job the operator has records of its own, and what it emits is what it was then: neither the test nor the function
//       changes the other's by going on with an object. (Not so with `pipeline.object-reuse`.)
//   H3. What fails between two calls of a test (a result that came later) is thrown by the next one.

import type { BarrierKind } from '../bridge/frame.ts';
import { settingsOf } from '../config/resolve.ts';
import { InternalError } from '../errors.ts';
import { nameOf } from '../graph/kinds.ts';
import { runtimeContext } from '../operators/runtime-context.ts';
import { Chain } from '../runtime/chain.ts';
import { ChainTimer, type Exchange } from '../runtime/chain-links.ts';
import { Closing } from '../runtime/closing.ts';
import { thrownWithin } from '../runtime/failure.ts';
import { type Isolate, recordIsolator } from '../runtime/isolate.ts';
import {
  type Emit,
  MAX_TIMESTAMP,
  type MaybePromise,
  RESTORED,
  type SplitWatcher,
} from '../runtime/operator.ts';
import { RecordRun } from '../runtime/record-run.ts';
import { restoreWatermark } from '../runtime/restored-watermark.ts';
import type { SavedSubtask } from '../state/chunks.ts';
import type { StateDescriptor } from '../state/descriptors.ts';
import type { Frozen } from '../state/frozen.ts';
import type { OperatorStateStore } from '../state/operator-state.ts';
import type { SubtaskStore } from '../state/store.ts';
import type { Emitted, KeyBy, TwoInputOptions } from './harness-options.ts';
import { type Timer, stateOf, timersOf } from './keyed.ts';
import { ManualClock } from './manual-clock.ts';
import { moveClock } from './move-clock.ts';
import { type UnderTest, operatorUnderTest } from './operator-under-test.ts';
import { type ShownMetric, shownOf } from './shown-metrics.ts';

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
  readonly #test: UnderTest;
  readonly #chain: Chain;
  readonly #records: RecordRun;
  readonly #closing: Closing;
  readonly #keyBy: readonly [KeyBy, KeyBy];
  readonly #sides = new Map<string, Emitted[]>();
  #queue: Promise<void> = Promise.resolve();
  #requested = Infinity;
  #failure: { thrown: unknown } | undefined;
  #wake: () => void = () => {};
  #cancelCommit: () => void = () => {};

  /** Who is told of the splits of a source directly before the operator; undefined: it makes no use of them. */
  get splits(): SplitWatcher | undefined {
    return this.#test.operator.splits;
  }

  protected constructor(fn: unknown, options: TwoInputOptions) {
    this.clock = options.clock ?? new ManualClock();
    const settings = settingsOf(options.config ?? {});
    this.isolate = recordIsolator(settings);
    this.#keyBy = [options.keyBy as KeyBy, options.keyBy2 as KeyBy];
    const said = {
      emitSide: (tag: string, value: unknown) =>
        this.emittedAside(tag, { value, timestamp: this.#time }),
      emitWatermark: (watermark: number) => this.#chain.generated(0, watermark),
      emitIdle: (idle: boolean) => this.#chain.generated(0, idle),
      requestProcessingTime: (at: number) => this.#request(at),
      print: (text: string) => void this.printed.push(...text.split('\n').slice(0, -1)),
    };
    const exchange: Exchange = {
      channels: [],
      emit: (value) => this.emitted({ value, timestamp: this.#time }),
      control: (element) => {
        if (element.kind === 'watermark') return this.passedOn(element.timestamp);
        return element.kind === 'idle' ? this.passedOn(element.idle) : undefined;
      },
    };
    const test = operatorUnderTest(fn, options, this.clock, settings, said, exchange);
    this.#test = test;
    const { cursor, keyed } = test.context;
    const monotonic = () => this.clock.monotonic();
    const timer = new ChainTimer(monotonic, Infinity, () => {});
    this.#chain = new Chain([test.link], cursor, keyed, timer);
    this.#records = new RecordRun(cursor, timer, monotonic);
    this.#closing = new Closing(this.clock, settings.closeTimeoutMs);
  }

  protected async start(): Promise<void> {
    const { operator, context, isRestored } = this.#test;
    restoreWatermark(context);
    await operator.open?.(context, this.#chain.emits[0] as never);
    if (isRestored) await this.completeCheckpoint(RESTORED);
  }

  /** @internal */
  get store(): SubtaskStore {
    return this.#test.store;
  }

  // In.

  /** Event time reaches `timestamp`. */
  watermark(timestamp: number): Promise<void> {
    return this.#run(() =>
      timestamp <= this.#test.context.watermark ? undefined : this.#chain.watermark(0, timestamp),
    );
  }

  /** The input becomes idle, or active again. */
  idle(idle: boolean): Promise<void> {
    return this.#run(() => this.#chain.idleness(0, idle));
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
    while (this.#test.operator.pending === true) {
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
  end(): Promise<void> {
    return this.#run(() => this.#chain.finish());
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
    return stateOf(this.#test.context, descriptor, key);
  }

  /** The state of the operator that belongs to no key, broadcast state included. */
  operatorState(): OperatorStateStore {
    return runtimeContext(this.#test.context).getOperatorStateStore();
  }

  /** The event-time timers that are registered, in order of time. */
  eventTimers(): Timer[] {
    return timersOf(this.#test.context, 'EVENT_TIME');
  }

  /** The processing-time timers that are registered, in order of time. */
  processingTimers(): Timer[] {
    return timersOf(this.#test.context, 'PROCESSING_TIME');
  }

  /** What the metrics that the function made show, by dotted name: numbers, and of distributions what they know. */
  metrics(): Record<string, ShownMetric> {
    const reported = Object.entries(this.#test.context.metrics.reported() ?? {});
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
      await this.#chain.beforeBarrier(checkpoint, of);
      then(this.store.freeze(checkpoint));
    });
  }

  /** A checkpoint is complete: sinks commit. A commit that fails is tried again as the clock goes on. */
  completeCheckpoint(checkpoint = 1): Promise<void> {
    return this.#run(async () => {
      this.#cancelCommit();
      const again = await this.#chain.commit(checkpoint);
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
    await this.#closing.close(this.#test.link);
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
    // It comes with the end, if a test has not said it before.
    if (control !== MAX_TIMESTAMP || this.watermarks.at(-1) !== control)
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
    return this.#run(async () => {
      for (const [value, timestamp] of records) {
        const key = this.isolate(keyBy?.(value)); // H4: it may be part of its record.
        const batch = { values: [value], timestamps: [timestamp], keys: [key] };
        this.#records.begin(batch, this.#entry(which));
        await this.#records.advance();
        await this.#fire();
      }
    });
  }

  #entry(which: 0 | 1): Emit {
    if (which === 0) return this.#chain.first;
    const { operator, context } = this.#test;
    if (operator.processSecond === undefined) {
      throw new InternalError(`Operators of kind ${nameOf(context.spec)} have one input.`);
    }
    return this.#chain.second;
  }

  get #time(): number {
    return this.#test.context.cursor.timestamp;
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
    return this.#chain.processingTime(Math.max(requested, this.clock.now()), [0]);
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
