import { GraphError, InternalError } from '../errors.ts';
import type { StreamExecutionEnvironment } from './environment.ts';
import type { JobHandle } from './job-handle.ts';
import type { Transformation } from './transformation.ts';

/** How a job runs whose results are collected. */
export interface CollectOptions {
  /** The job's. */
  name?: string;
  /** The job is cancelled after so many records. */
  limit?: number;
  /** Cancels the job. */
  signal?: AbortSignal;
}

interface Running<T> {
  job: JobHandle;
  records: AsyncIterator<T, undefined>;
}

/**
 * Results of a stream, once. The job starts with the first `next`, and is cancelled when the iteration is left early.
 * Records wait in the job, not in memory, while nobody takes them.
 */
export class CollectedResults<T> implements AsyncIterableIterator<T, undefined>, AsyncDisposable {
  readonly #start: () => Promise<Running<T>>;
  readonly #limit: number;
  #starting: Promise<Running<T>> | undefined;
  #running: Running<T> | undefined;
  #taken = 0;
  #over = false;

  constructor(
    environment: StreamExecutionEnvironment,
    end: Transformation,
    options: CollectOptions,
  ) {
    const { name, signal, limit = Infinity } = options;
    if (!(limit >= 0)) {
      throw new GraphError(
        `The limit of results is ${String(limit)}; it must be a number of at least 0.`,
      );
    }
    this.#limit = limit;
    // Streams that others build on the same environment, before this is iterated, are no part of it.
    const submit = environment.prepare({ name, ends: [end] });
    this.#start = async () => {
      const job = await submit({ signal });
      const queue = job.collected(end.id);
      if (queue === undefined) throw new InternalError(`The job has no sink ${end.id}.`);
      const records = queue[Symbol.asyncIterator]() as AsyncIterator<T, undefined>;
      this.#running = { job, records };
      return this.#running;
    };
  }

  /** The job behind it, which this starts. */
  async job(): Promise<JobHandle> {
    return (await this.#begin()).job;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const running = this.#running;
    if (running === undefined || this.#taken >= this.#limit) return this.#beginOrEnd();
    this.#taken++;
    // The queue ends, or fails, when the job has: there is nothing left to wait for.
    return running.records.next();
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#over = true;
    const running = await this.#starting;
    await running?.records.return?.();
    return { value: undefined, done: true };
  }

  /** All results in an array. */
  async toArray(): Promise<T[]> {
    const all: T[] = [];
    for await (const value of this) all.push(value);
    return all;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #beginOrEnd(): Promise<IteratorResult<T, undefined>> {
    if (this.#over || this.#taken >= this.#limit) return this.return();
    await this.#begin();
    return this.next();
  }

  #begin(): Promise<Running<T>> {
    this.#starting ??= this.#start();
    return this.#starting;
  }
}
