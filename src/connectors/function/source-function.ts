import { GraphError } from '../../errors.ts';
import type { OperatorSpec } from '../../graph/job-graph.ts';
import { inspectRecord } from '../../runtime/failure.ts';
import { recordIsolator } from '../../runtime/isolate.ts';
import type { MaybePromise, OperatorContext, Source, SourceBatch } from '../../runtime/operator.ts';
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
 * that gives one. A function is called in every subtask; an iterable, which there is but once, is read by the first.
 */
export function functionSource(spec: OperatorSpec): Source {
  return new FunctionSource(spec);
}

class FunctionSource implements Source {
  readonly #spec: OperatorSpec;
  readonly #abort = new AbortController();
  #pull: Pull | undefined;
  #looksAtSignal = false;

  constructor(spec: OperatorSpec) {
    this.#spec = spec;
  }

  async open(ctx: OperatorContext): Promise<void> {
    const loaded = await ctx.load('function');
    const { subtask, parallelism } = ctx;
    let given = loaded;
    if (typeof loaded === 'function') {
      given = keptForTheJob(
        await (loaded as (context: SourceContext) => unknown)(this.#context(subtask, parallelism)),
      );
    } else if (subtask > 0) {
      given = [];
    }
    this.#pull = pullIterable(
      asIterable(given, this.#spec.name),
      ctx.clock,
      recordIsolator(ctx.settings),
      ctx.settings.closeTimeoutMs,
    );
  }

  #context(subtask: number, parallelism: number): SourceContext {
    const look = () => {
      this.#looksAtSignal = true;
      return this.#abort.signal;
    };
    return {
      subtask,
      parallelism,
      get signal() {
        return look();
      },
    };
  }

  next(signal: AbortSignal): MaybePromise<SourceBatch | undefined> {
    return this.#pull?.next(signal);
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
