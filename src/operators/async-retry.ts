// When a call is tried again, said as plain data (docs/operators.md). Twin of python/isthmus/_worker/operators/async_retry.py.

import type { OperatorContext } from '../runtime/operator.ts';
import type { RetryStrategy } from './async-calls.ts';

interface Said {
  kind: 'fixedDelay' | 'exponential' | 'function';
  /** Calls in all, the first included. */
  maxAttempts: number;
  backoffMs?: number;
  initialDelayMs?: number;
  maxDelayMs?: number;
  multiplier?: number;
  onEmpty?: boolean;
  onException?: boolean;
}

type Asked = (outcome: unknown) => boolean;

export async function retryOf(ctx: OperatorContext): Promise<RetryStrategy | undefined> {
  const given = ctx.spec.params.retry;
  if (given === undefined || given === null) return undefined;
  const said = given as unknown as Said;
  if (said.kind === 'function') return (await ctx.load('retry')) as RetryStrategy;
  const onResult = (await ctx.load('retryOnResult')) as Asked | undefined;
  const onException = (await ctx.load('retryOnException')) as Asked | undefined;
  return {
    maxAttempts: said.maxAttempts,
    pauseAfterMs: (attempt) => pauseMs(said, attempt),
    shouldRetryResult: (results) =>
      onResult?.(results) ?? (said.onEmpty === true && results.length === 0),
    shouldRetryError: (error) => onException?.(error) ?? said.onException !== false,
  };
}

function pauseMs(said: Said, attempt: number): number {
  const { kind, backoffMs = 100, initialDelayMs = 100, maxDelayMs = 10_000, multiplier = 2 } = said;
  if (kind === 'fixedDelay') return backoffMs;
  return Math.min(initialDelayMs * multiplier ** (attempt - 1), maxDelayMs);
}
