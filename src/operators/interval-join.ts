// Interval join of two keyed streams: right.timestamp within [left.timestamp + lower, left.timestamp + upper].
// Twin of python/isthmus/_worker/operators/interval_join.py.
//
//   I1. A record waits until the watermark says that no partner can come any more; late records are dropped.
//   I2. A pair is emitted when its second record comes, with the later of the two timestamps.
//   I3. In the outer forms a record without partner is emitted when it stops waiting, with null on the other side.
//       Watermarks are held back by the longest such wait, so that these results are not late.
//   I4. Records that wait are handed out as copies: functions may change what they are given.

import { GraphError } from '../errors.ts';
import type { OperatorSpec } from '../graph/job-graph.ts';
import { type UserFunction, userFunction } from '../runtime/functions.ts';
import {
  type Emit,
  MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  type MaybePromise,
  type Operator,
  type OperatorContext,
} from '../runtime/operator.ts';
import { type Isolate, recordIsolator } from '../runtime/isolate.ts';
import { isPromise } from '../runtime/output.ts';
import { settling } from '../runtime/settling.ts';
import { emitEach } from './emit-each.ts';
import { JoinContext } from './join-context.ts';
import { Pace } from './pace.ts';
import { requiredFunction } from '../runtime/required-function.ts';
import { StatefulOperator } from './stateful-operator.ts';
import { TimedRecord } from './timed-records.ts';
import { LEFT, RIGHT, type Side, type TwoSides, twoSides } from './two-sides.ts';
import { type Steps, run } from './windowing/waiting.ts';

/** `interval_join`: pairs of records of a key whose times are near each other. */
export function intervalJoinOperator(spec: OperatorSpec): Operator {
  return new IntervalJoinOperator(spec);
}

/** Which records without a partner are joined with null. */
export type JoinKind = 'inner' | 'left' | 'right' | 'full';

type Join = (left: unknown, right: unknown, ctx: JoinContext) => unknown;

class IntervalJoinOperator extends StatefulOperator {
  readonly #spec: OperatorSpec;
  #sides!: TwoSides;
  #emit!: Emit;
  #isolate!: Isolate;
  #function!: UserFunction<Join>;
  #context!: JoinContext;
  /** Of the right time, from the left time. */
  #lower = 0;
  #upper = 0;
  /** Which sides emit records without a partner. */
  #outer: readonly [boolean, boolean] = [false, false];
  /** How long a record of each side waits for partners after its own time. */
  #waitMs: readonly [number, number] = [0, 0];
  #holdMs = 0;

  constructor(spec: OperatorSpec) {
    super();
    this.#spec = spec;
  }

  /** I3 */
  get holdsWatermarks(): boolean {
    return this.#holdMs > 0;
  }

  async open(ctx: OperatorContext, emit: Emit): Promise<void> {
    this.ctx = ctx;
    this.#emit = emit;
    this.#isolate = recordIsolator(ctx.settings);
    const { lower, upper, lowerInclusive, upperInclusive, how } = this.#spec.params;
    this.#lower = (lower as number) + (lowerInclusive === false ? 1 : 0);
    this.#upper = (upper as number) - (upperInclusive === false ? 1 : 0);
    this.#outer = [how === 'left' || how === 'full', how === 'right' || how === 'full'];
    this.#waitMs = [Math.max(0, this.#upper), Math.max(0, -this.#lower)];
    this.#holdMs = Math.max(...this.#waitMs.map((wait, i) => (this.#outer[i] === true ? wait : 0)));
    const methods = ['processElement', 'process_element'];
    this.#function = userFunction<Join>(await requiredFunction(ctx), methods, this.#spec.name);
    this.#context = new JoinContext(ctx);
    await this.#function.open(this.openRuntime(ctx));
    // Keys are looked at when their earliest record stops to wait.
    this.#sides = twoSides(ctx, (side, [earliest]) =>
      Math.min((earliest as TimedRecord).timestamp + this.#waitMs[side], MAX_TIMESTAMP),
    );
  }

  process(value: unknown): MaybePromise<void> {
    return this.#take(LEFT, value);
  }

  processSecond(value: unknown): MaybePromise<void> {
    return this.#take(RIGHT, value);
  }

  #take(side: Side, value: unknown): MaybePromise<void> {
    const { key, timestamp } = this.ctx.cursor;
    if (timestamp === MIN_TIMESTAMP) throw noTimestamp(this.#spec);
    if (timestamp <= this.ctx.watermark) return undefined; // I1
    const record = new TimedRecord(timestamp, value);
    const from = timestamp + (side === LEFT ? this.#lower : -this.#upper);
    const to = timestamp + (side === LEFT ? this.#upper : -this.#lower);
    const partners = this.#sides.partners(side, key, record, from, to);
    this.#sides.add(side, key, record);
    return partners.length === 0 ? undefined : run(this.#pairs(side, record, partners), this.ctx);
  }

  *#pairs(side: Side, record: TimedRecord, partners: readonly TimedRecord[]): Steps {
    const pace = new Pace(this.ctx);
    for (const partner of partners) {
      const [left, right] = side === LEFT ? [record, partner] : [partner, record];
      const isolate = this.#isolate; // I4
      const wait = pace.after(
        this.#join(isolate(left.value), isolate(right.value), left.timestamp, right.timestamp),
      );
      if (wait !== undefined) yield wait;
    }
  }

  #join(left: unknown, right: unknown, leftTime: number, rightTime: number): MaybePromise<void> {
    const context = this.#context;
    context.leftTimestamp = leftTime;
    context.rightTimestamp = rightTime;
    this.ctx.cursor.timestamp = Math.max(leftTime, rightTime); // I2
    const result = this.#function.call(left, right, context);
    if (isPromise(result)) return settling(result).then((settled) => this.#emitResult(settled));
    return this.#emitResult(result);
  }

  /** A plain function gives one result; a method of an object any number of them. */
  #emitResult(result: unknown): MaybePromise<void> {
    if (this.#function.instance === undefined) return this.#emit(result);
    const emitted =
      result === undefined || result === null
        ? undefined
        : emitEach(result, this.#emit, this.ctx, 'processElement', this.#context);
    return emitted === undefined
      ? this.#context.takeWaiting()
      : emitted.then(() => this.#context.takeWaiting());
  }

  onWatermark(watermark: number): MaybePromise<void> {
    return run(this.#expire(watermark), this.ctx);
  }

  /** I1, I3 */
  *#expire(watermark: number): Steps {
    const pace = new Pace(this.ctx);
    for (const side of [LEFT, RIGHT] as const) {
      const until = watermark === MAX_TIMESTAMP ? MAX_TIMESTAMP : watermark - this.#waitMs[side];
      for (const { key, records } of this.#sides.take(side, watermark, until, this.#outer[side])) {
        for (const { matched, value, timestamp } of records) {
          if (matched) continue;
          this.ctx.cursor.key = key;
          const wait = pace.after(
            side === LEFT
              ? this.#join(value, null, timestamp, MIN_TIMESTAMP)
              : this.#join(null, value, MIN_TIMESTAMP, timestamp),
          );
          if (wait !== undefined) yield wait;
        }
      }
    }
    if (this.#holdMs === 0 || watermark === MAX_TIMESTAMP) return;
    const held = watermark - this.#holdMs;
    const passed = held > MIN_TIMESTAMP ? this.ctx.emitWatermark(held) : undefined;
    if (passed !== undefined) yield passed;
  }

  onIdle(idle: boolean): void {
    void this.ctx.emitIdle(idle);
  }

  close(): MaybePromise<void> {
    return this.#function?.close();
  }
}

function noTimestamp({ name }: OperatorSpec): GraphError {
  return new GraphError(
    `Records of the interval join "${name}" need timestamps: call assignTimestampsAndWatermarks on both inputs.`,
  );
}
