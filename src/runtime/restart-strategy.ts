// What follows a failure, by Flink's strategies and option names. Pure: time and randomness come from the caller.

import { durationMs } from '../config/resolve.ts';
import { ConfigurationError } from '../errors.ts';

export interface RestartStrategy {
  /** After a failure at `now` (ms): the pause before the next attempt, or `undefined` when the job has failed for good. */
  next(now: number): number | undefined;
}

type Config = Readonly<Record<string, string>>;

/** @throws ConfigurationError for a strategy there is not */
export function restartStrategy(config: Config, random: () => number): RestartStrategy {
  const type = (config['restart-strategy.type'] ?? config['restart-strategy'] ?? 'none')
    .trim()
    .toLowerCase();
  switch (type) {
    case 'none':
    case 'off':
    case 'disable':
      return { next: () => undefined };
    case 'fixed-delay':
    case 'fixeddelay':
      return fixedDelay(config);
    case 'failure-rate':
    case 'failurerate':
      return failureRate(config);
    case 'exponential-delay':
    case 'exponentialdelay':
      return exponentialDelay(config, random);
    default:
      throw new ConfigurationError(
        `restart-strategy.type is "${type}"; it must be none, fixed-delay, exponential-delay or failure-rate.`,
      );
  }
}

function fixedDelay(config: Config): RestartStrategy {
  let left = numberOf(config, 'restart-strategy.fixed-delay.attempts', 1);
  const pause = durationOf(config, 'restart-strategy.fixed-delay.delay', 1_000);
  return { next: () => (left-- > 0 ? pause : undefined) };
}

function failureRate(config: Config): RestartStrategy {
  const most = numberOf(config, 'restart-strategy.failure-rate.max-failures-per-interval', 1);
  const interval = durationOf(
    config,
    'restart-strategy.failure-rate.failure-rate-interval',
    60_000,
  );
  const pause = durationOf(config, 'restart-strategy.failure-rate.delay', 1_000);
  let failures: number[] = [];
  return {
    next(now) {
      failures = failures.filter((at) => now - at < interval);
      failures.push(now);
      return failures.length <= most ? pause : undefined;
    },
  };
}

function exponentialDelay(config: Config, random: () => number): RestartStrategy {
  const key = (name: string) => `restart-strategy.exponential-delay.${name}`;
  const initial = durationOf(config, key('initial-backoff'), 1_000);
  const longest = durationOf(config, key('max-backoff'), 60_000);
  const factor = numberOf(config, key('backoff-multiplier'), 1.5);
  const calm = durationOf(config, key('reset-backoff-threshold'), 3_600_000);
  const jitter = numberOf(config, key('jitter-factor'), 0.1);
  const attempts = numberOf(config, key('attempts-before-reset-backoff'), Infinity);
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

function numberOf(config: Config, key: string, fallback: number): number {
  const text = config[key];
  if (text === undefined || /^infinite$/i.test(text))
    return text === undefined ? fallback : Infinity;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) {
    throw new ConfigurationError(`${key} is "${text}"; it must be a number of at least 0.`);
  }
  return value;
}

function durationOf(config: Config, key: string, fallbackMs: number): number {
  return config[key] === undefined ? fallbackMs : durationMs(config, key);
}
