// Splits at a restart; test/python/worker/test_splits.py is the twin.

import { expect, test } from 'vitest';
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
