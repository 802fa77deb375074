// As-of join of two keyed streams: each left record with the latest right record that is not after it.
// Twin of python/isthmus/_worker/operators/asof_join.py.
//
//   A1. A left record waits for the watermark of its own time, for only then is the latest right record known.
//   A2. Of right records up to the watermark only the latest is kept; late records of either side are dropped.

import { GraphError } from '../errors.ts';
import type { OperatorSpec } from '../graph/job-graph.ts';
import { type UserFunction, userFunction } from '../runtime/functions.ts';
import {
  type Emit,
  MIN_TIMESTAMP,
  type MaybePromise,
  type Operator,
  type OperatorContext,
} from '../runtime/operator.ts';
import { type Isolate, recordIsolator } from '../runtime/isolate.ts';
import { isPromise } from '../runtime/output.ts';
import { settling } from '../runtime/settling.ts';
import { Pace } from './pace.ts';
import { requiredFunction } from '../runtime/required-function.ts';
import { StatefulOperator } from './stateful-operator.ts';
import { TimedRecord } from './timed-records.ts';
import { LEFT, RIGHT, type Side, type Taken, type TwoSides, twoSides } from './two-sides.ts';
import { type Steps, run } from './windowing/waiting.ts';

/** `asof_join`: a price with each trade, as it was then. */
export function asOfJoinOperator(spec: OperatorSpec): Operator {
  return new AsOfJoinOperator(spec);
}

type Join = (left: unknown, right: unknown) => unknown;

class AsOfJoinOperator extends StatefulOperator {
  readonly #spec: OperatorSpec;
  #sides!: TwoSides;
  #emit!: Emit;
  #isolate!: Isolate;
  #function!: UserFunction<Join>;
  #toleranceMs = Infinity;
  #keepsLonely = false;

  constructor(spec: OperatorSpec) {
    super();
    this.#spec = spec;
  }

  async open(ctx: OperatorContext, emit: Emit): Promise<void> {
    this.ctx = ctx;
    this.#emit = emit;
    this.#isolate = recordIsolator(ctx.settings);
    const { tolerance, how } = this.#spec.params;
    this.#toleranceMs = typeof tolerance === 'number' ? tolerance : Infinity;
    this.#keepsLonely = how === 'left';
    this.#function = userFunction<Join>(await requiredFunction(ctx), ['join'], this.#spec.name);
    await this.#function.open(this.openRuntime(ctx));
    // A left record is looked at at its time (A1); right ones when the second makes the first useless (A2).
    this.#sides = twoSides(ctx, (side, records) => records[side]?.timestamp ?? Infinity);
  }

  process(value: unknown): void {
    this.#take(LEFT, value);
  }

  processSecond(value: unknown): void {
    this.#take(RIGHT, value);
  }

  #take(side: Side, value: unknown): void {
    const { key, timestamp } = this.ctx.cursor;
    if (timestamp === MIN_TIMESTAMP) throw noTimestamp(this.#spec);
    if (timestamp <= this.ctx.watermark) return; // A2
    this.#sides.add(side, key, new TimedRecord(timestamp, value));
  }

  onWatermark(watermark: number): MaybePromise<void> {
    return run(this.#joinUpTo(watermark), this.ctx);
  }

  *#joinUpTo(watermark: number): Steps {
    const sides = this.#sides;
    const pace = new Pace(this.ctx);
    // A1. Left records first: they may want right records that nobody else needs any more.
    for (const { left, key } of this.#dueLefts(watermark)) {
      this.ctx.cursor.key = key;
      this.ctx.cursor.timestamp = left.timestamp;
      const partner = sides.latest(RIGHT, key, left.timestamp);
      const wait = pace.after(this.#join(left, partner));
      if (wait !== undefined) yield wait;
    }
    sides.keepLatest(RIGHT, watermark); // A2
  }

  /** In order of time. */
  #dueLefts(watermark: number): Iterable<DueLeft> {
    const due = eachOf(this.#sides.take(LEFT, watermark, watermark, true));
    // All of a key are taken at once: one by one would cost their number squared.
    return this.#sides.inOrder ? due : [...due].sort((a, b) => a.left.timestamp - b.left.timestamp);
  }

  #join(left: TimedRecord, latest: TimedRecord | undefined): MaybePromise<void> {
    const isTooOld = latest !== undefined && left.timestamp - latest.timestamp > this.#toleranceMs;
    const right = isTooOld ? undefined : latest;
    if (right === undefined && !this.#keepsLonely) return undefined;
    // The right record stays, for left ones to come.
    const partner = right === undefined ? null : this.#isolate(right.value);
    const result = this.#function.call(left.value, partner);
    return isPromise(result) ? settling(result).then(this.#emit) : this.#emit(result);
  }

  close(): MaybePromise<void> {
    return this.#function?.close();
  }
}

interface DueLeft {
  readonly left: TimedRecord;
  readonly key: unknown;
}

function* eachOf(taken: Iterable<Taken>): Generator<DueLeft> {
  for (const { key, records } of taken) {
    for (const left of records) yield { left, key };
  }
}

function noTimestamp({ name }: OperatorSpec): GraphError {
  return new GraphError(
    `Records of the as-of join "${name}" need timestamps: call assignTimestampsAndWatermarks on both inputs.`,
  );
}
