// A retry strategy said in JSON (docs/operators.md), for TypeScript functions used from Python.

import type { JsonValue } from '../graph/job-graph.ts';
import type { RetryStrategy } from './async-calls.ts';

interface Said {
  kind: 'fixedDelay' | 'exponential';
  /** Calls in all, the first included. */
  maxAttempts: number;
  backoffMs?: number;
  initialDelayMs?: number;
  maxDelayMs?: number;
  multiplier?: number;
  onEmpty?: boolean;
  onException?: boolean;
}

export function retryOf(given: JsonValue | undefined): RetryStrategy | undefined {
  if (given === undefined || given === null) return undefined;
  const said = given as unknown as Said;
  return {
    maxAttempts: said.maxAttempts,
    pauseAfterMs: (attempt) => pauseMs(said, attempt),
    shouldRetryResult: (results) => said.onEmpty === true && results.length === 0,
    shouldRetryError: () => said.onException !== false,
  };
}

function pauseMs(said: Said, attempt: number): number {
  const { kind, backoffMs = 100, initialDelayMs = 100, maxDelayMs = 10_000, multiplier = 2 } = said;
  if (kind === 'fixedDelay') return backoffMs;
  return Math.min(initialDelayMs * multiplier ** (attempt - 1), maxDelayMs);
}
