// `map_batch` and `flat_map_batch`: list in, list out, for functions that are cheaper per record on many.
//
//   B1. A batch is complete at `batchSize`, at about `batchBytes`, or `latencyMs` after its first record, whichever is first;
//       with no budget in time it goes as soon as the subtask has nothing else to feed it.
//   B2. Nothing of a batch is left behind by a watermark, a barrier or the end: it goes first.
//   B4. What waits is kept as it came: the function before it in the chain may go on to change it.
//   B3. Results keep the timestamps of their records; those of flat_map_batch have the batch's latest.

import type { OperatorSpec } from '../graph/job-graph.ts';
import { type UserFunction, userFunction } from '../runtime/functions.ts';
import { inspectRecord } from '../runtime/failure.ts';
import { type Isolate, inputIsolator } from '../runtime/isolate.ts';
import type { Emit, Operator, OperatorContext } from '../runtime/operator.ts';
import { MIN_TIMESTAMP } from '../runtime/operator.ts';
import { emitEach } from './emit-each.ts';
import { requiredFunction } from '../runtime/required-function.ts';
import { StatefulOperator } from './stateful-operator.ts';

const DEFAULT_RECORDS = 1024;

export function mapBatchOperator(spec: OperatorSpec): Operator {
  return new BatchOperator(spec, true);
}

export function flatMapBatchOperator(spec: OperatorSpec): Operator {
  return new BatchOperator(spec, false);
}

class BatchOperator extends StatefulOperator {
  readonly #spec: OperatorSpec;
  readonly #oneToOne: boolean;
  readonly #maxRecords: number;
  readonly #maxBytes: number;
  readonly #latencyMs: number;
  #emit!: Emit;
  #isolate!: Isolate;
  #function: UserFunction<(values: unknown[]) => unknown> | undefined;
  #values: unknown[] = [];
  #timestamps: number[] = [];
  #bytes = 0;

  constructor(spec: OperatorSpec, oneToOne: boolean) {
    super();
    this.#spec = spec;
    this.#oneToOne = oneToOne;
    this.#maxRecords = numberParam(spec, 'batchSize', DEFAULT_RECORDS);
    this.#maxBytes = numberParam(spec, 'batchBytes', Infinity);
    this.#latencyMs = numberParam(spec, 'latencyMs', 0);
  }

  async open(ctx: OperatorContext, emit: Emit): Promise<void> {
    this.#emit = emit;
    this.#isolate = inputIsolator(ctx);
    const methods = this.#oneToOne ? ['mapBatch', 'map_batch'] : ['flatMapBatch', 'flat_map_batch'];
    const loaded = await requiredFunction(ctx);
    this.#function = userFunction(loaded, methods, this.#spec.name);
    await this.#function.open(this.openRuntime(ctx));
  }

  process(value: unknown): void | Promise<void> {
    if (this.#values.length === 0) {
      const { clock } = this.ctx;
      this.ctx.requestProcessingTime(clock.now() + Math.max(this.#latencyMs, MIN_GATHER_MS));
    }
    this.#values.push(this.#isolate(value)); // B4
    this.#timestamps.push(this.ctx.cursor.timestamp);
    if (this.#maxBytes !== Infinity) this.#bytes += roughBytes(value);
    if (this.#values.length >= this.#maxRecords || this.#bytes >= this.#maxBytes)
      return this.#run(); // B1
  }

  onProcessingTime(): Promise<void> {
    return this.#run();
  }

  onWatermark(): Promise<void> | undefined {
    return this.#values.length === 0 ? undefined : this.#run(); // B2
  }

  finish(): Promise<void> {
    return this.#run();
  }

  beforeBarrier(): Promise<void> {
    return this.#run(); // B2
  }

  async close(): Promise<void> {
    await this.#function?.close();
  }

  async #run(): Promise<void> {
    if (this.#values.length === 0) return;
    const values = this.#values;
    const timestamps = this.#timestamps;
    this.#values = [];
    this.#timestamps = [];
    this.#bytes = 0;
    const results = await this.#function?.call(values);
    const { cursor } = this.ctx;
    if (!this.#oneToOne) {
      cursor.timestamp = timestamps.reduce((a, b) => Math.max(a, b), MIN_TIMESTAMP);
      await emitEach(results, this.#emit, this.ctx, 'flatMapBatch');
      return;
    }
    if (!Array.isArray(results) || results.length !== values.length) {
      throw new TypeError(
        `mapBatch must return an array with one result for each of the ${values.length} records; ` +
          `it returned ${Array.isArray(results) ? `${results.length} results` : inspectRecord(results)}. ` +
          'Use flatMapBatch where the numbers differ.',
      );
    }
    for (let i = 0; i < results.length; i++) {
      cursor.timestamp = timestamps[i] as number; // B3
      const wait = this.#emit(results[i]);
      if (wait !== undefined) await wait;
    }
  }
}

/** Time for the records that are already there to join the batch when no budget is given. */
const MIN_GATHER_MS = 1;

function numberParam(spec: OperatorSpec, name: string, fallback: number): number {
  const value = spec.params[name];
  return typeof value === 'number' && value > 0 ? value : fallback;
}

function roughBytes(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (typeof value !== 'object' || value === null) return 8;
  let bytes = 0;
  for (const field of Object.values(value)) bytes += typeof field === 'string' ? field.length : 8;
  return bytes;
}
