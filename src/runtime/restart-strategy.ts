// What follows a failure, by Flink's strategies and option names. Pure: time and randomness come from the caller.

import type { Settings } from '../config/table.ts';

export interface RestartStrategy {
  /**
   * After a failure at `now` (ms): the pause before the next attempt, or `undefined` when the job has failed for good.
   *
   * @param failure what tells it from others, and how many checkpoints there have been
   */
  next(now: number, failure?: Failure): number | undefined;
}

export interface Failure {
  readonly of: string;
  readonly checkpoints: number;
}

/** Failures of one kind, without a checkpoint between, after which another attempt would fail so, too. */
const HOPELESS = 3;
/** Flink's first pause, and that of a job which nobody has told to wait: a worker that is gone is replaced at once. */
const FIRST_MS = 1_000;
const AT_ONCE_MS = 50;

export function restartStrategy(settings: Settings, random: () => number): RestartStrategy {
  const { restartStrategy: chosen, checkpointIntervalMs } = settings;
  switch (chosen) {
    case undefined:
      // As Flink: what can go on from a checkpoint does.
      return checkpointIntervalMs === undefined
        ? { next: () => undefined }
        : unlessHopeless(exponentialDelay(settings, random, AT_ONCE_MS));
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

/** Ends where nobody has said that it is to go on, and each attempt fails at the same record. */
function unlessHopeless(strategy: RestartStrategy): RestartStrategy {
  let last: Failure | undefined;
  let count = 0;
  return {
    next(now, failure) {
      const isSame = failure?.of === last?.of && failure?.checkpoints === last?.checkpoints;
      count = isSame ? count + 1 : 1;
      last = failure;
      return count >= HOPELESS ? undefined : strategy.next(now);
    },
  };
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

function exponentialDelay(
  settings: Settings,
  random: () => number,
  first = FIRST_MS,
): RestartStrategy {
  const {
    exponentialInitialBackoffMs: initial = first,
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
