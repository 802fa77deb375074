import { GraphError } from '../../errors.ts';
import type { OperatorSpec } from '../../graph/job-graph.ts';
import { inspectRecord } from '../../runtime/failure.ts';
import { instanceIfClass } from '../../runtime/functions.ts';
import { recordIsolator } from '../../runtime/isolate.ts';
import type { MaybePromise, OperatorContext } from '../../runtime/operator.ts';
import {
  type ConnectorContext,
  type Source,
  type SourceBatch,
  type SourceReader,
  type SourceSplit,
  type SplitEnumerator,
  isSourceObject,
  listed,
} from '../../runtime/source.ts';
import { keptForTheJob } from './given-stream.ts';
import { type Pull, pullIterable } from './iteration.ts';

/** What a source function is called with. */
export interface SourceContext {
  readonly subtask: number;
  readonly parallelism: number;
  /**
   * Aborted when the job is cancelled, fails or is stopped. A source that has looked at it ends by itself: when the job is
   * stopped, records that it still gives count.
   */
  readonly signal: AbortSignal;
}

/**
 * `source.function`: an iterable, async iterable, Node Readable or web ReadableStream, or a function of a `SourceContext`
 * that gives one. A function is called in every subtask; an iterable, which there is but once, is read by the first. Or a source of
 * splits, which a reference does not tell before it is loaded.
 */
export async function functionSource(spec: OperatorSpec, ctx: OperatorContext): Promise<Source> {
  const loaded = instanceIfClass(await ctx.load('function'));
  if (isSourceObject(loaded)) return loaded;
  const { settings, clock } = ctx;
  const readAll = (given: unknown) =>
    pullIterable(
      asIterable(given, spec.name),
      clock,
      recordIsolator(settings),
      settings.closeTimeoutMs,
    );
  return new FunctionSource(spec.name, loaded, readAll);
}

/**
 * A split for each subtask, read from its begin after a restart, where that many records are passed over. What there is but
 * once, as an iterator or a stream, goes on where it is.
 */
class FunctionSource implements Source<unknown, number> {
  readonly replays: boolean;
  readonly #name: string;
  readonly #given: unknown;
  readonly #readAll: (given: unknown) => Pull;

  constructor(name: string, given: unknown, readAll: (given: unknown) => Pull) {
    this.#name = name;
    this.#given = given;
    this.#readAll = readAll;
    this.replays = typeof given === 'function' || isReadAnew(given);
  }

  enumerator({ parallelism }: ConnectorContext): SplitEnumerator<number> {
    const count = typeof this.#given === 'function' ? parallelism : 1;
    return listed(
      Array.from({ length: count }, (_, subtask) => ({ id: String(subtask), of: count, subtask })),
    );
  }

  async reader({ subtask, parallelism }: ConnectorContext): Promise<SourceReader<unknown, number>> {
    const given = this.#given;
    const readers = typeof given === 'function' ? parallelism : 1;
    const reader = new FunctionReader(this.#name, readers, subtask, parallelism);
    if (typeof given === 'function') {
      const made: unknown = await (given as (context: SourceContext) => unknown)(reader.context);
      reader.read(this.#readAll(keptForTheJob(made)));
    } else if (subtask === 0) {
      reader.read(this.#readAll(given));
    }
    return reader;
  }
}

/** Whether reading it again begins with its first record. Of what is asynchronous nobody can tell without opening it. */
function isReadAnew(given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return false;
  return Symbol.iterator in given && !('next' in given) && !(Symbol.asyncIterator in given);
}

class FunctionReader implements SourceReader<unknown, number> {
  readonly context: SourceContext;
  readonly #abort = new AbortController();
  readonly #name: string;
  /** How many subtasks read the source. */
  readonly #readers: number;
  readonly #split: string;
  #pull: Pull | undefined;
  #looksAtSignal = false;

  constructor(name: string, readers: number, subtask: number, parallelism: number) {
    this.#name = name;
    this.#readers = readers;
    this.#split = String(subtask);
    const look = () => {
      this.#looksAtSignal = true;
      return this.#abort.signal;
    };
    this.context = {
      subtask,
      parallelism,
      get signal() {
        return look();
      },
    };
  }

  read(pull: Pull): void {
    this.#pull = pull;
  }

  add({ of: readers }: SourceSplit<number>): void {
    if (readers === this.#readers) return;
    throw new GraphError(
      `Source "${this.#name}" is a function, which may give other records where others read beside it: it was read ` +
        `by ${readers} and would be by ${this.#readers}. Give it the parallelism ${readers}.`,
    );
  }

  next(signal: AbortSignal): MaybePromise<SourceBatch> {
    const values = (this.#pull as Pull).next(signal);
    return values instanceof Promise
      ? values.then((given) => this.#batch(given))
      : this.#batch(values);
  }

  #batch(values: unknown[] | undefined): SourceBatch {
    return { split: this.#split, values: values ?? [], ends: values === undefined };
  }

  finish(): void {
    this.#pull?.finish(this.#looksAtSignal);
    this.#abort.abort();
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#pull?.close(this.#looksAtSignal);
  }
}

/** @throws GraphError when `given` cannot be iterated. */
export function asIterable(
  given: unknown,
  source: string,
): Iterable<unknown> | AsyncIterable<unknown> {
  if (typeof given === 'object' && given !== null) {
    if (Symbol.asyncIterator in given) return given as AsyncIterable<unknown>;
    if (Symbol.iterator in given) return given as Iterable<unknown>;
    const { next } = given as { next?: unknown };
    if (typeof next === 'function')
      return { [Symbol.asyncIterator]: () => given as AsyncIterator<unknown> };
  }
  throw new GraphError(
    `Source "${source}" needs an iterable, an async iterable, a stream, or a function that returns one; ` +
      `it was given ${inspectRecord(given)}.`,
  );
}
