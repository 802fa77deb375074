import { settingsOf } from '../../src/config/resolve.ts';
import { expect, test } from 'vitest';
import { restartStrategy } from '../../src/runtime/restart-strategy.ts';

const INTERVAL = { 'execution.checkpointing.interval': '1 s' };

/** Pauses after failures at the given times. */
function pauses(config: Record<string, string>, failuresAt: number[]): (number | undefined)[] {
  const strategy = restartStrategy(settingsOf(config), () => 0.5);
  return failuresAt.map((now) => strategy.next(now));
}

const key = (name: string) => `restart-strategy.${name}`;

test.each<[string, Record<string, string>, number[], (number | undefined)[]]>([
  ['none by default', {}, [0], [undefined]],
  ['off', { [key('type')]: 'off' }, [0], [undefined]],
  [
    'fixed delay',
    {
      [key('type')]: 'fixed-delay',
      [key('fixed-delay.attempts')]: '2',
      [key('fixed-delay.delay')]: '100 ms',
    },
    [0, 1, 2],
    [100, 100, undefined],
  ],
  [
    'fixed delay as Flink has it by default',
    { [key('type')]: 'fixed-delay' },
    [0, 1],
    [1_000, undefined],
  ],
  [
    'failure rate',
    {
      [key('type')]: 'failure-rate',
      [key('failure-rate.max-failures-per-interval')]: '2',
      [key('failure-rate.failure-rate-interval')]: '10 s',
      [key('failure-rate.delay')]: '1 s',
    },
    [0, 5_000, 11_000, 12_000],
    [1_000, 1_000, 1_000, undefined],
  ],
  [
    'exponential delay, calm again after a while',
    {
      [key('type')]: 'exponential-delay',
      [key('exponential-delay.initial-backoff')]: '1 s',
      [key('exponential-delay.backoff-multiplier')]: '2',
      [key('exponential-delay.max-backoff')]: '3 s',
      [key('exponential-delay.reset-backoff-threshold')]: '1 min',
      [key('exponential-delay.jitter-factor')]: '0.1',
    },
    [0, 1, 2, 3, 100_000],
    [1_000, 2_000, 3_000, 3_000, 1_000],
  ],
])('%s', (_name, config, failures, expected) => {
  expect(pauses(config, failures)).toEqual(expected);
});

test('a strategy there is not is an error that lists those there are', () => {
  expect(() => settingsOf({ [key('type')]: 'often' })).toThrow(
    'restart-strategy.type is "often" (code); it must be one of none, fixed-delay, exponential-delay, failure-rate.',
  );
});

test('a job with checkpoints goes on, soon at first, however often it fails', () => {
  const strategy = restartStrategy(settingsOf(INTERVAL), () => 0.5);
  const told = Array.from({ length: 9 }, (_, i) =>
    strategy.next(i, { of: `${i}`, checkpoints: 0 }),
  );
  expect(told.slice(0, 3)).toEqual([50, 75, 112.5]);
  expect(told).not.toContain(undefined);
});

test('but not where each attempt fails at the same record, without a checkpoint between', () => {
  const fails = (failures: [of: string, checkpoints: number][], config = {}) => {
    const strategy = restartStrategy(settingsOf({ ...INTERVAL, ...config }), () => 0.5);
    return failures.map(([of, checkpoints]) => strategy.next(0, { of, checkpoints }) !== undefined);
  };
  expect(
    fails([
      ['a', 2],
      ['a', 2],
      ['a', 2],
    ]),
  ).toEqual([true, true, false]);
  expect(
    fails([
      ['a', 2],
      ['a', 2],
      ['a', 3],
      ['a', 3],
      ['a', 3],
    ]),
  ).toEqual([true, true, true, true, false]);
  expect(
    fails([
      ['a', 2],
      ['b', 2],
      ['a', 2],
      ['a', 2],
    ]),
  ).toEqual([true, true, true, true]);
  // What somebody has asked for is obeyed.
  const asked = { [key('type')]: 'exponential-delay' };
  expect(
    fails(
      [
        ['a', 2],
        ['a', 2],
        ['a', 2],
      ],
      asked,
    ),
  ).toEqual([true, true, true]);
  expect(restartStrategy(settingsOf({ ...INTERVAL, ...asked }), () => 0.5).next(0)).toBe(1_000);
});
