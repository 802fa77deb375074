import { ConfigurationError } from '../errors.ts';
import type { JsonValue } from '../graph/job-graph.ts';
import type { AsData } from '../operators/windowing/as-data.ts';

/** Which outcomes of a call are tried again. Without any, every failure is. */
export interface RetryConditions {
  /** Whether a call with these results is to be repeated. */
  onResult?: (results: unknown[]) => boolean;
  /** Whether a call that failed with this is to be repeated; any is, where neither is said. */
  onException?: (error: unknown) => boolean;
}

/** How often, and after what pauses, a call of an asynchronous function is tried again. */
export class AsyncRetryStrategy {
  /** Calls in all, the first included. */
  readonly maxAttempts: number;
  readonly #conditions: RetryConditions;
  readonly #said: { [key: string]: JsonValue };

  private constructor(
    maxAttempts: number,
    conditions: RetryConditions,
    said: { [key: string]: JsonValue },
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
    this.#conditions = conditions;
    this.#said = { maxAttempts, ...said };
  }

  /** The same pause between all attempts. */
  static fixedDelay(
    maxAttempts: number,
    backoffMs: number,
    conditions: RetryConditions = {},
  ): AsyncRetryStrategy {
    return new AsyncRetryStrategy(maxAttempts, conditions, {
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
    return new AsyncRetryStrategy(maxAttempts, conditions, {
      kind: 'exponential',
      initialDelayMs,
      maxDelayMs,
      multiplier,
    });
  }

  /** Kind and numbers (docs/operators.md), and the conditions, which are functions. */
  asData(): AsData {
    const { onResult, onException } = this.#conditions;
    const decides = onResult === undefined && onException === undefined;
    return {
      said: { ...this.#said, onEmpty: false, onException: decides },
      parts: { retryOnResult: onResult, retryOnException: onException },
    };
  }
}
