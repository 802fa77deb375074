import { expect, test } from 'vitest';
import { HeldResults } from '../../src/runtime/held-results.ts';

function held() {
  const results = new HeldResults();
  const given: string[] = [];
  const hold = (channel: string, ...names: string[]) => {
    for (const name of names) results.hold(channel, () => void given.push(name));
  };
  const hand = (hands: ReturnType<HeldResults['take']>) => {
    for (const one of hands.flat()) void one();
    return given.splice(0);
  };
  return { results, hold, hand };
}

test('results are given by the checkpoint whose barrier came behind them', () => {
  const { results, hold, hand } = held();
  hold('a', 'a1', 'a2');
  results.cut('a', 1);
  hold('a', 'a3');
  hold('b', 'b1');
  expect(hand(results.take(1))).toEqual(['a1', 'a2']);
  results.cut('b', 2);
  expect(hand(results.take(2))).toEqual(['b1']);
  results.cut('a', 3);
  expect(hand(results.take(3))).toEqual(['a3']);
});

test('what came last on a channel that has ended is given by the next checkpoint', () => {
  const { results, hold, hand } = held();
  hold('a', 'a1');
  results.cut('a', 4);
  hold('a', 'a2');
  results.end('a');
  hold('b', 'b1');
  results.end('b');
  expect(hand(results.take(4))).toEqual(['a1', 'b1']);
  expect(hand(results.take(6))).toEqual(['a2']);
});

test('what an aborted checkpoint covered is given with the next', () => {
  const { results, hold, hand } = held();
  hold('a', 'a1');
  results.cut('a', 1);
  hold('a', 'a2');
  results.cut('a', 2);
  expect(hand(results.take(2))).toEqual(['a1', 'a2']);
});

test('a barrier without results before it covers none of those behind it', () => {
  const { results, hold, hand } = held();
  results.cut('a', 1);
  hold('a', 'a1');
  expect(hand(results.take(1))).toEqual([]);
  expect(hand(results.takeAll())).toEqual(['a1']);
});

test('what was not given when an attempt fails is dropped', () => {
  const { results, hold, hand } = held();
  hold('a', 'a1');
  results.cut('a', 1);
  results.drop();
  expect(hand(results.take(1))).toEqual([]);
  expect(hand(results.takeAll())).toEqual([]);
});
