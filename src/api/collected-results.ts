import type { StreamExecutionEnvironment } from './environment.ts';
import type { JobHandle } from './job-handle.ts';

export interface CollectOptions {
  /** The job's. */
  name?: string;
  /** The job is cancelled after so many records. */
  limit?: number;
  signal?: AbortSignal;
}

/**
 * Results of a stream, once. The job starts with the first `next`, and is cancelled when the iteration is left early.
 * Records wait in the job, not in memory, while nobody takes them.
 */
export class CollectedResults<T> implements AsyncIterableIterator<T, undefined>, AsyncDisposable {
  readonly #start: () => Promise<{ job: JobHandle; records: AsyncIterator<unknown, undefined> }>;
  readonly #limit: number;
  #running: Promise<{ job: JobHandle; records: AsyncIterator<unknown, undefined> }> | undefined;
  #taken = 0;
  #over = false;

  constructor(environment: StreamExecutionEnvironment, sink: number, options: CollectOptions) {
    const { name, signal, limit = Infinity } = options;
    this.#limit = limit;
    const submit = environment.prepare(name);
    this.#start = async () => {
      const job = await submit({ signal });
      const queue = job.collected(sink);
      if (queue === undefined) throw new Error('The job has no such sink.');
      return { job, records: queue[Symbol.asyncIterator]() as AsyncIterator<unknown, undefined> };
    };
  }

  /** The job behind it, which this starts. */
  async job(): Promise<JobHandle> {
    return (await this.#begin()).job;
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.#over) return { value: undefined, done: true };
    if (this.#taken >= this.#limit) return this.return();
    const { job, records } = await this.#begin();
    const step = await records.next();
    if (step.done === true) {
      this.#over = true;
      // The last record is out before the job has ended.
      await job.result;
      return step;
    }
    this.#taken++;
    return step as IteratorYieldResult<T>;
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#over = true;
    const running = await this.#running;
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

  #begin(): Promise<{ job: JobHandle; records: AsyncIterator<unknown, undefined> }> {
    this.#running ??= this.#start();
    return this.#running;
  }
}
