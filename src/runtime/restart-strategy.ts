// What follows a failure, by Flink's strategies and option names. Pure: time and randomness come from the caller.

import type { Settings } from '../config/table.ts';

export interface RestartStrategy {
  /** After a failure at `now` (ms): the pause before the next attempt, or `undefined` when the job has failed for good. */
  next(now: number): number | undefined;
}

export function restartStrategy(settings: Settings, random: () => number): RestartStrategy {
  const { restartStrategy: chosen, checkpointIntervalMs } = settings;
  // As Flink: what can go on from a checkpoint does.
  switch (chosen ?? (checkpointIntervalMs === undefined ? 'none' : 'exponential-delay')) {
    case 'none':
      return { next: () => undefined };
    case 'fixed-delay':
      return fixedDelay(settings);
    case 'failure-rate':
      return failureRate(settings);
    case 'exponential-delay':
      return exponentialDelay(settings, random);
  }
}

function fixedDelay({ fixedDelayAttempts, fixedDelayMs }: Settings): RestartStrategy {
  let left = fixedDelayAttempts;
  return { next: () => (left-- > 0 ? fixedDelayMs : undefined) };
}

function failureRate(settings: Settings): RestartStrategy {
  const { failureRateMaxFailures, failureRateIntervalMs, failureRateDelayMs } = settings;
  let failures: number[] = [];
  return {
    next(now) {
      failures = failures.filter((at) => now - at < failureRateIntervalMs);
      failures.push(now);
      return failures.length <= failureRateMaxFailures ? failureRateDelayMs : undefined;
    },
  };
}

function exponentialDelay(settings: Settings, random: () => number): RestartStrategy {
  const {
    exponentialInitialBackoffMs: initial,
    exponentialMaxBackoffMs: longest,
    exponentialMultiplier: factor,
    exponentialResetThresholdMs: calm,
    exponentialJitterFactor: jitter,
    exponentialAttempts: attempts,
  } = settings;
  let backoff = initial;
  let since = 0;
  let last: number | undefined;
  return {
    next(now) {
      if (last !== undefined && now - last > calm + backoff) {
        backoff = initial;
        since = 0;
      }
      last = now;
      if (since++ >= attempts) return undefined;
      const pause = backoff * (1 + jitter * (2 * random() - 1));
      backoff = Math.min(longest, backoff * factor);
      return Math.min(longest, pause);
    },
  };
}
