// Splits at a restart; test/python/worker/test_splits.py is the twin.

import { expect, test } from 'vitest';
import { systemClock } from '../../src/machine/system-clock.ts';
import type { OperatorContext } from '../../src/runtime/operator.ts';
import type { Source } from '../../src/runtime/source.ts';
import { SplitDriver } from '../../src/runtime/split-driver.ts';
import { type SavedDealer, Splits } from '../../src/runtime/splits.ts';

const dealer = (given: string[], waiting: string[]): SavedDealer => ({
  given: given.map((id) => [id, id, 0, null]),
  waiting: waiting.map((id) => [id, id, 0, null]),
  known: [],
  state: null,
});

test('a split that was given out and that nobody has is given out again', () => {
  const states = [
    { going: [], ended: ['ended'], dealer: dealer(['read', 'ended', 'lost'], ['waiting']) },
    { going: [['read', 'read', 0, 3] as [string, string, number, number]], ended: [] },
  ];
  const { waiting } = new Splits(0, 2).restore(states);
  expect(waiting.map(([id]) => id)).toEqual(['lost', 'waiting']);
});

test('a batch begins so many records behind the last mark as there were', async () => {
  const source: Source = {
    enumerator: async () => ({ discover: async () => [{ id: 'a', of: null }] }),
    reader: async () => ({ add: () => {}, next: () => ({ split: 'a', values: [1, 2, 3] }) }),
  };
  const ctx = {
    subtask: 0,
    parallelism: 1,
    clock: systemClock,
    spec: { name: 'source' },
    state: { drawn: () => [] },
  };
  const driver = new SplitDriver(() => source);
  await driver.open(ctx as unknown as OperatorContext, () => {});
  driver.start();
  const { signal } = new AbortController();
  const batches = [await driver.next(signal), await driver.next(signal), await driver.next(signal)];
  expect(batches.map((batch) => batch?.skip)).toEqual([0, 3, 6]);
  await driver.close();
});
