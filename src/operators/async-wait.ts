// Waits for many answers at a time. Twin of python/isthmus/_worker/operators/async_wait.py.
//
//   A1. At most `capacity` calls are under way or have results that have not left; a further record waits, and with it the
//       input.
//   A2. Results leave in the order of their records, or as they come; never across a watermark (async-queue.ts).
//   A3. A watermark that meets calls under way is held back until they are done.
//   A6. A record that waits is kept as it came: the function before it in the chain may go on to change it.
//   A7. An input that is active again says so at once: while it counted as idle, others would make late what it waits for.
//   A4. Results leave on the task's own turn: a call that ends asks for one.
//   A5. A snapshot holds the records whose results have not left; a restore calls the function for them again.

import type { OperatorSpec } from '../graph/job-graph.ts';
import { RecordFailure } from '../runtime/failure.ts';
import { type Isolate, inputIsolator } from '../runtime/isolate.ts';
import { type UserFunction, userFunction } from '../runtime/functions.ts';
import {
  type Emit,
  MAX_TIMESTAMP,
  type MaybePromise,
  type Operator,
  type OperatorContext,
} from '../runtime/operator.ts';
import { isPromise } from '../runtime/output.ts';
import { retryOf } from './async-retry.ts';
import { AsyncCalls, type AsyncFunction, type RetryStrategy } from './async-calls.ts';
import { emitEach } from './emit-each.ts';
import { AsyncQueue, Call } from './async-queue.ts';
import type { Values } from '../state/tables.ts';
import { Pace } from './pace.ts';
import { requiredFunction } from '../runtime/required-function.ts';
import { StatefulOperator } from './stateful-operator.ts';
import { type Steps, run } from './windowing/waiting.ts';

/** What the operator runs. */
export interface AsyncOperation {
  function: unknown;
  /** Of all attempts of one record together; 0: none. */
  timeoutMs: number;
  capacity: number;
  ordered: boolean;
  retry: RetryStrategy | undefined;
}

/** `async`: any number of results for each record, by and by. */
export function asyncOperator(spec: OperatorSpec): Operator {
  return new AsyncWaitOperator(spec);
}

type Saved = [value: unknown, timestamp: number, key: unknown];

export class AsyncWaitOperator extends StatefulOperator {
  readonly holdsWatermarks = true;
  protected readonly spec: OperatorSpec;
  #emit!: Emit;
  #isolate!: Isolate;
  #queue!: AsyncQueue;
  #calls!: AsyncCalls;
  /** The function, where results that are there at once need not be looked at. */
  #direct: AsyncFunction['invoke'] | undefined;
  #capacity = 1;
  #timeoutMs = 0;
  #user: UserFunction | undefined;
  /** Told when a call ends, where somebody waits for that. */
  #progress: (() => void) | undefined;
  /** While a record's call begins: what ends at once leaves at once. */
  #beginning = false;
  /** Calls under way at a barrier, where records have no key that says whose they are. */
  #underWay: Values | undefined;

  constructor(spec: OperatorSpec) {
    super();
    this.spec = spec;
  }

  get pending(): boolean {
    return !this.#queue.isEmpty;
  }

  async open(ctx: OperatorContext, emit: Emit): Promise<void> {
    this.ctx = ctx;
    this.#emit = emit;
    this.#isolate = inputIsolator(ctx);
    const operation = await this.operation();
    this.#capacity = operation.capacity;
    this.#timeoutMs = operation.timeoutMs;
    this.#queue = new AsyncQueue(operation.ordered); // A2
    this.#user = this.userFunction(operation.function);
    await this.#user.open(this.openRuntime(ctx));
    const fn = this.asyncFunction(this.#user);
    this.#calls = new AsyncCalls(fn, operation.retry, ctx, (call) => this.#ended(call));
    if (operation.retry === undefined) this.#direct = fn.invoke;
    for (const [value, timestamp, key] of this.#restored()) {
      this.#begin(value, timestamp, key); // A5
    }
    if (this.#queue.isReady) ctx.requestProcessingTime(ctx.clock.now());
  }

  protected operation(): Promise<AsyncOperation> {
    return asyncOperation(this.ctx);
  }

  protected userFunction(given: unknown): UserFunction {
    return userFunction(given, ['asyncInvoke', 'async_invoke'], this.spec.name);
  }

  protected asyncFunction({ call, instance }: UserFunction): AsyncFunction {
    const timeout = instance?.timeout;
    if (typeof timeout !== 'function') return { invoke: call };
    return { invoke: call, timeout: (value) => timeout.call(instance, value) as unknown };
  }

  process(given: unknown): MaybePromise<void> {
    const value = this.#isolate(given); // A6
    const { timestamp, key } = this.ctx.cursor;
    if (this.#queue.size >= this.#capacity) return this.#beginLater(value, timestamp, key); // A1
    let begun: Promise<unknown> | undefined;
    if (this.#direct !== undefined && this.#queue.isEmpty) {
      const results = this.#direct(value);
      if (isPromise(results)) begun = results;
      else if (isAsyncIterable(results)) begun = Promise.resolve(results);
      else return emitEach(results, this.#emit, this.ctx, 'asyncInvoke');
    }
    this.#begin(value, timestamp, key, begun);
    return this.#queue.isReady ? this.#emitReady() : undefined;
  }

  async #beginLater(value: unknown, timestamp: number, key: unknown): Promise<void> {
    while (this.#queue.size >= this.#capacity) {
      await this.#somethingReady();
      await this.#emitReady();
    }
    this.#begin(value, timestamp, key);
    await this.#emitReady();
  }

  #begin(value: unknown, timestamp: number, key: unknown, given?: Promise<unknown>): void {
    const deadline = this.#timeoutMs > 0 ? this.ctx.clock.now() + this.#timeoutMs : Infinity;
    const call = this.#queue.add(value, timestamp, key, deadline);
    this.#beginning = true;
    this.#calls.start(call, given);
    this.#beginning = false;
  }

  #ended(call: Call): void {
    this.#queue.ended(call);
    if (this.#beginning || !this.#queue.isReady) return;
    if (this.#progress !== undefined) this.#progress();
    else this.ctx.requestProcessingTime(this.ctx.clock.now()); // A4
  }

  /** Waits until something may leave. */
  async #somethingReady(): Promise<void> {
    if (this.#queue.isReady) return;
    await new Promise<void>((resolve) => {
      this.#progress = resolve;
    });
    this.#progress = undefined;
  }

  #emitReady(): MaybePromise<void> {
    return run(this.#leave(), this.ctx);
  }

  *#leave(): Steps {
    for (let next = this.#queue.take(); next !== undefined; next = this.#queue.take()) {
      if (next instanceof Call) {
        yield* this.#emitCall(next);
        continue;
      }
      if (next.watermark !== undefined) {
        const passed = this.ctx.emitWatermark(next.watermark);
        if (passed !== undefined) yield passed;
      }
      if (next.idle !== undefined) {
        const passed = this.ctx.emitIdle(next.idle);
        if (passed !== undefined) yield passed;
      }
    }
  }

  *#emitCall({ value, timestamp, key, state, outcome }: Call): Steps {
    if (state === 'failed') {
      throw new RecordFailure(outcome, value, this.ctx.keyed ? { key } : undefined);
    }
    const { cursor } = this.ctx;
    const pace = new Pace(this.ctx);
    for (const result of outcome as unknown[]) {
      cursor.timestamp = timestamp;
      cursor.key = key;
      const wait = pace.after(this.#emit(result));
      if (wait !== undefined) yield wait;
    }
  }

  onProcessingTime(): MaybePromise<void> {
    return this.#emitReady();
  }

  onWatermark(watermark: number): MaybePromise<void> {
    if (watermark === MAX_TIMESTAMP) return this.#queue.isEmpty ? undefined : this.#drain();
    if (this.#queue.isEmpty) return this.ctx.emitWatermark(watermark);
    this.#queue.addMark({ watermark }); // A3
    return undefined;
  }

  async #drain(): Promise<void> {
    while (!this.#queue.isEmpty) {
      await this.#somethingReady();
      await this.#emitReady();
    }
  }

  onIdle(idle: boolean): void {
    if (idle && !this.#queue.isEmpty) {
      this.#queue.addMark({ idle });
      return;
    }
    this.#queue.forgetIdle(); // A7
    void this.ctx.emitIdle(idle);
  }

  #restored(): Saved[] {
    const { keyed, state } = this.ctx;
    if (keyed) {
      const saved = () => this.#saved().map((each): [unknown, Saved] => [each[2], each]);
      return state.derived('calls', saved).map(([, each]) => each);
    }
    this.#underWay = state.splitList('calls');
    const { values } = this.#underWay;
    this.#underWay.values = [];
    return values as Saved[];
  }

  beforeBarrier(): void {
    if (this.#underWay !== undefined) this.#underWay.values = this.#saved();
  }

  #saved(): Saved[] {
    return Array.from(this.#queue.calls(), ({ value, timestamp, key }) => [value, timestamp, key]);
  }

  close(): MaybePromise<void> {
    this.#calls?.close();
    return this.#user?.close();
  }
}

async function asyncOperation(ctx: OperatorContext): Promise<AsyncOperation> {
  const { timeout, capacity, ordered } = ctx.spec.params;
  return {
    function: await requiredFunction(ctx),
    timeoutMs: Number(timeout ?? 0),
    capacity: Number(capacity ?? 100),
    ordered: ordered === true,
    retry: await retryOf(ctx),
  };
}

function isAsyncIterable(given: unknown): boolean {
  return typeof given === 'object' && given !== null && Symbol.asyncIterator in given;
}
