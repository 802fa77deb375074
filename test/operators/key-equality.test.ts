// Records of equal keys meet in one state, whatever the keys are and however many subtasks share them.

import { describe, expect, test } from 'vitest';
import { encodeKey } from '../../src/bridge/keys.ts';
import { StreamExecutionEnvironment } from '../../src/index.ts';

/** Two of each, equal and, where they are objects, not the same object. */
const equal: Record<string, [unknown, unknown]> = {
  NaN: [NaN, 0 / 0],
  'zero and minus zero': [0, -0],
  objects: [
    { a: 1, b: [2] },
    { b: [2], a: 1 },
  ],
  'objects of NaN': [{ n: NaN }, { n: NaN }],
  arrays: [
    [1, 'x'],
    [1, 'x'],
  ],
  'arrays of minus zero': [[0], [-0]],
  Maps: [new Map([['k', 1]]), new Map([['k', 1]])],
  Buffers: [Buffer.from('ab'), Buffer.from('ab')],
  'Buffer and Uint8Array': [Buffer.from('cd'), new Uint8Array([0x63, 0x64])],
  Dates: [new Date(5), new Date(5)],
};

/** The same to the eye, and different keys. */
const different: Record<string, [unknown, unknown]> = {
  'a number and its text': [1, '1'],
  'null and its text': [null, 'null'],
  'an array and its text': [[1], '1'],
  'Dates a millisecond apart': [new Date(5), new Date(6)],
  Buffers: [Buffer.from('a'), Buffer.from('b')],
};

async function lastSums(keys: readonly unknown[], parallelism: number): Promise<number> {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({ logger: () => {} });
  env.setParallelism(parallelism);
  const sums = await env
    .fromCollection(keys.map((_, at) => ({ at, sum: 1 })))
    .keyBy(({ at }) => keys[at])
    .reduce((a, b) => ({ at: a.at, sum: a.sum + b.sum }))
    .executeAndCollect()
    .toArray();
  return Math.max(...sums.map(({ sum }) => sum));
}

describe.each([1, 2, 3])('at parallelism %i', (parallelism) => {
  test.each(Object.entries(equal))('%s are one key', async (_, keys) => {
    expect(await lastSums(keys, parallelism)).toBe(2);
  });

  test.each(Object.entries(different))('%s are two keys', async (_, keys) => {
    expect(await lastSums(keys, parallelism)).toBe(1);
  });
});

test.each(Object.entries(equal))('%s have one encoding, as in Python', (_, [a, b]) => {
  expect(encodeKey(a)).toEqual(encodeKey(b));
});
