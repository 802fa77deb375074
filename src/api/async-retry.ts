import { ConfigurationError } from '../errors.ts';
import type { JsonValue } from '../graph/job-graph.ts';

/** Which outcomes of a call are tried again. Without any, every failure is. */
export interface RetryConditions {
  onResult?: (results: unknown[]) => boolean;
  onException?: (error: unknown) => boolean;
}

/** How often, and after what pauses, a call of an asynchronous function is tried again. */
export class AsyncRetryStrategy {
  /** Calls in all, the first included. */
  readonly maxAttempts: number;
  readonly #pauseMs: (attempt: number) => number;
  readonly #conditions: RetryConditions;
  readonly #described: { [key: string]: JsonValue };

  private constructor(
    maxAttempts: number,
    pauseMs: (attempt: number) => number,
    conditions: RetryConditions,
    described: { [key: string]: JsonValue },
  ) {
    if (!Number.isInteger(maxAttempts) || maxAttempts < 1) {
      throw new ConfigurationError(
        `The attempts of a retry strategy are ${maxAttempts}; they must be a whole number of at least 1.`,
      );
    }
    for (const condition of Object.values(conditions)) {
      if (condition === undefined || typeof condition === 'function') continue;
      throw new ConfigurationError(
        'The conditions of a retry strategy are TypeScript functions. With a Python function leave them out: every ' +
          'exception it raises is then tried again.',
      );
    }
    this.maxAttempts = maxAttempts;
    this.#pauseMs = pauseMs;
    this.#conditions = conditions;
    this.#described = { maxAttempts, ...described };
  }

  /** The same pause between all attempts. */
  static fixedDelay(
    maxAttempts: number,
    backoffMs: number,
    conditions: RetryConditions = {},
  ): AsyncRetryStrategy {
    return new AsyncRetryStrategy(maxAttempts, () => backoffMs, conditions, {
      kind: 'fixedDelay',
      backoffMs,
    });
  }

  /** Pauses that grow by a factor, up to a bound. */
  static exponentialBackoff(
    maxAttempts: number,
    initialDelayMs: number,
    maxDelayMs: number,
    multiplier = 2,
    conditions: RetryConditions = {},
  ): AsyncRetryStrategy {
    const pauseMs = (attempt: number) =>
      Math.min(initialDelayMs * multiplier ** (attempt - 1), maxDelayMs);
    return new AsyncRetryStrategy(maxAttempts, pauseMs, conditions, {
      kind: 'exponential',
      initialDelayMs,
      maxDelayMs,
      multiplier,
    });
  }

  /** The pause after the `attempt`-th call, from 1. */
  pauseAfterMs(attempt: number): number {
    return this.#pauseMs(attempt);
  }

  shouldRetryResult(results: unknown[]): boolean {
    return this.#conditions.onResult?.(results) ?? false;
  }

  shouldRetryError(error: unknown): boolean {
    const { onException, onResult } = this.#conditions;
    return onException === undefined ? onResult === undefined : onException(error);
  }

  /** As JSON for a Python function; undefined where conditions are TypeScript. */
  describe(): { [key: string]: JsonValue } | undefined {
    const { onResult, onException } = this.#conditions;
    return onResult === undefined && onException === undefined ? this.#described : undefined;
  }
}
