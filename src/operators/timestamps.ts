// Assigns timestamps and makes watermarks. Twin of python/isthmus/_worker/operators/timestamps.py.
//
//   W1. Watermarks come periodically (`pipeline.auto-watermark-interval`, 200 ms; 0: none but the final one), never
//       per record. What a generator's `onEvent` gives goes out at once.
//   W2. Watermarks from upstream stop here, except the final one.
//   W3. An output that was silent for the idle timeout is idle until its next record or watermark, which comes behind the
//       news that it is active. While it is idle nobody asks the generator for a watermark.
//   W4. Whoever made several records of one gets the cursor back as it was: each is assigned from the timestamp of that one.
//   W5. Where it belongs to a source (`perSplit`), each split has a generator of its own (split-times.ts).

import { GraphError } from '../errors.ts';
import type { OperatorSpec } from '../graph/job-graph.ts';
import { inspectRecord } from '../runtime/failure.ts';
import { type UserFunction, instanceOf, isClass, userFunction } from '../runtime/functions.ts';
import { MIN_TIMESTAMP } from '../runtime/operator.ts';
import type {
  Emit,
  MaybePromise,
  Operator,
  OperatorContext,
  SplitWatcher,
} from '../runtime/operator.ts';
import { isPromise } from '../runtime/output.ts';
import { settling } from '../runtime/settling.ts';
import { requiredFunction } from '../runtime/required-function.ts';
import { runtimeContext } from './runtime-context.ts';
import { type SplitTime, SplitTimes } from './split-times.ts';

export function timestampsOperator(spec: OperatorSpec): Operator {
  return new TimestampsOperator(spec);
}

/** Makes watermarks from records; a number is a watermark, nothing is none. */
export interface WatermarkGenerator<T> {
  onEvent?(value: T, timestamp: number): number | undefined | void;
  onPeriodicEmit?(): number | undefined | void;
}

/** Parameters of the operator. */
interface Said {
  readonly generator: 'monotonous' | 'bounded' | 'none' | 'custom';
  readonly maxOutOfOrdernessMs?: number;
  readonly idleTimeoutMs?: number;
  readonly perSplit?: boolean;
}

/** Java's Long ends here. */
const LONG = 2 ** 63;

type Assign = (value: unknown, timestamp: number) => unknown;

class TimestampsOperator implements Operator {
  readonly holdsWatermarks = true; // W2
  readonly #spec: OperatorSpec;
  #ctx!: OperatorContext;
  #emit!: Emit;
  #assigner: UserFunction<Assign> | undefined;
  #assign: Assign | undefined;
  #isCustom = false;
  #generates = false;
  #delayMs = 0;
  #intervalMs = 0;
  #idleTimeoutMs: number | undefined;
  #times!: SplitTimes;
  #emitted = MIN_TIMESTAMP;
  #ticking = false;
  #idle = false;

  constructor(spec: OperatorSpec) {
    this.#spec = spec;
  }

  /** W5 */
  get splits(): SplitWatcher | undefined {
    return this.#spec.params['perSplit'] === true ? this.#times : undefined;
  }

  async open(ctx: OperatorContext, emit: Emit): Promise<void> {
    this.#ctx = ctx;
    this.#emit = emit;
    const { generator, maxOutOfOrdernessMs, idleTimeoutMs } = ctx.spec.params as unknown as Said;
    const assigner = await ctx.load('timestampAssigner');
    if (assigner !== undefined) {
      this.#assigner = userFunction<Assign>(
        assigner,
        ['extractTimestamp', 'extract_timestamp'],
        this.#spec.name,
      );
      this.#assign = this.#assigner.call;
      await this.#assigner.open(runtimeContext(ctx));
    }
    this.#delayMs = generator === 'bounded' ? (maxOutOfOrdernessMs ?? 0) : 0;
    this.#generates = generator === 'bounded' || generator === 'monotonous';
    this.#isCustom = generator === 'custom';
    const loaded = this.#isCustom ? await requiredFunction(ctx, 'generator') : undefined;
    this.#intervalMs = ctx.settings.autoWatermarkIntervalMs;
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#times = new SplitTimes({
      now: () => ctx.clock.now(),
      newGenerator: () => (this.#isCustom ? generatorOf(loaded) : undefined),
      changed: () => this.#tickLater(),
    });
    // Silence counts from the beginning.
    if (this.#idleTimeoutMs !== undefined) this.#tickLater();
  }

  process(value: unknown): MaybePromise<void> {
    const { cursor } = this.#ctx;
    if (this.#assign === undefined) return this.#take(value, cursor.timestamp);
    const assigned = this.#assign(value, cursor.timestamp);
    if (isPromise(assigned))
      return settling(assigned).then((settled) => this.#take(value, settled));
    return this.#take(value, assigned);
  }

  #take(value: unknown, timestamp: unknown): MaybePromise<void> {
    if (
      typeof timestamp !== 'number' ||
      !Number.isInteger(timestamp) ||
      Math.abs(timestamp) > LONG
    ) {
      throw new TypeError(
        `A timestamp is a whole number of milliseconds since the epoch, in 64 bits; the assigner returned ${String(timestamp)}.`,
      );
    }
    const { cursor } = this.#ctx;
    const before = cursor.timestamp;
    cursor.timestamp = timestamp;
    const time = this.#times.now;
    time.records++;
    if (timestamp > time.max) time.max = timestamp;
    // From the first record that can move the watermark, however long it or the next one takes.
    if (!this.#ticking) this.#tickLater();
    const watermark = time.generator?.onEvent?.(value, timestamp);
    const emitted = this.#emit(value);
    if (emitted !== undefined) return emitted.then(() => this.#taken(before, watermark));
    return this.#taken(before, watermark);
  }

  /** W4 */
  #taken(before: number, watermark: unknown): MaybePromise<void> {
    this.#ctx.cursor.timestamp = before;
    if (watermark === undefined || !this.#times.now.advance(watermark as number)) return undefined;
    return this.#passOn();
  }

  #tickLater(): void {
    if (this.#intervalMs <= 0 || this.#ticking) return;
    this.#ticking = true;
    this.#ctx.requestProcessingTime(this.#ctx.clock.now() + this.#intervalMs); // W1
  }

  async onProcessingTime(now: number): Promise<void> {
    if (!this.#ticking) return;
    this.#ticking = false;
    for (const time of this.#times.all()) this.#tick(time, now);
    await this.#passOn();
    // Without idleness and a generator of the user's, silence needs no ticks.
    if (this.#isCustom || (this.#idleTimeoutMs !== undefined && !this.#idle)) {
      this.#tickLater();
    }
  }

  #tick(time: SplitTime, now: number): void {
    if (this.#idleTimeoutMs !== undefined) time.look(now, this.#idleTimeoutMs);
    if (time.isIdle) return; // W3
    if (time.generator !== undefined) {
      const watermark = time.generator.onPeriodicEmit?.();
      if (watermark !== undefined) time.advance(watermark as number);
    } else if (this.#generates && time.max !== MIN_TIMESTAMP) {
      time.advance(time.max - this.#delayMs - 1);
    }
  }

  #setIdle(idle: boolean): MaybePromise<void> {
    if (idle === this.#idle) return undefined;
    this.#idle = idle;
    return this.#ctx.emitIdle(idle);
  }

  #passOn(): MaybePromise<void> {
    const { watermark, isIdle } = this.#times.together();
    const told = this.#setIdle(isIdle); // W3
    if (isIdle || watermark <= this.#emitted) return told;
    this.#emitted = watermark;
    if (told === undefined) return this.#ctx.emitWatermark(watermark);
    return told.then(() => this.#ctx.emitWatermark(watermark));
  }

  close(): MaybePromise<void> {
    return this.#assigner?.close();
  }
}

/**
 * The generator of a subtask: of a class, or of what makes one.
 *
 * @throws GraphError when it has neither method of one
 */
function generatorOf(loaded: unknown): WatermarkGenerator<unknown> {
  const generator: WatermarkGenerator<unknown> =
    typeof loaded === 'function' && !isClass(loaded, ['onEvent', 'onPeriodicEmit'])
      ? (loaded() as WatermarkGenerator<unknown>)
      : instanceOf(loaded, 'watermark generator');
  if (typeof generator.onEvent === 'function' || typeof generator.onPeriodicEmit === 'function') {
    return generator;
  }
  throw new GraphError(
    `A watermark generator has a method onEvent(value, timestamp) or onPeriodicEmit(); ${inspectRecord(loaded)} has neither.`,
  );
}
