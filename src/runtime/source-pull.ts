import type { MaybePromise } from './operator.ts';
import type { SourceBatch } from './source.ts';
import type { SplitDriver } from './split-driver.ts';

/**
 * Asks a source for its next batch when the chain is free, never two at a time. While a source makes up its mind the
 * subtask goes on with timers and checkpoints, and is woken when the batch is there.
 */
export class SourcePull {
  readonly #source: Pick<SplitDriver, 'next' | 'finish'>;
  readonly #signal: AbortSignal;
  /** Ends what a reader waits for that does not end by itself. */
  readonly #over = new AbortController();
  readonly #wake: () => void;
  #arrived: SourceBatch | 'end' | undefined;
  #failure: { reason: unknown } | undefined;
  #asked = false;

  constructor(source: SplitDriver, signal: AbortSignal, wake: () => void) {
    this.#source = source;
    this.#signal = AbortSignal.any([signal, this.#over.signal]);
    this.#wake = wake;
  }

  /** The source is to end: `take` gives what is still to come, and then `end`. */
  finish(): void {
    try {
      if (!this.#source.finish()) this.#over.abort();
    } catch (reason) {
      this.#failure = { reason };
    }
    this.#wake();
  }

  /** The next batch, `end`, or `later`: the wake call comes then. Throws what the source threw. */
  take(): SourceBatch | 'end' | 'later' {
    if (this.#failure !== undefined) throw this.#failure.reason;
    if (this.#arrived !== undefined) {
      const batch = this.#arrived;
      if (batch !== 'end') this.#arrived = undefined;
      return batch;
    }
    if (this.#asked) return 'later';
    if (this.#over.signal.aborted) return 'end';
    const next: MaybePromise<SourceBatch | undefined> = this.#source.next(this.#signal);
    if (!(next instanceof Promise)) return next ?? 'end';
    this.#asked = true;
    next.then(
      (batch) => {
        this.#asked = false;
        this.#arrived = batch ?? 'end';
        this.#wake();
      },
      (reason: unknown) => {
        this.#asked = false;
        this.#failure = { reason };
        this.#wake();
      },
    );
    return 'later';
  }
}
