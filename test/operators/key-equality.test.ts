// Records of equal keys meet in one state, whatever the keys are and however many subtasks share them.

import { describe, expect, test } from 'vitest';
import { encodeKey, KeyGroups } from '../../src/state/keys.ts';
import { StreamExecutionEnvironment } from '../../src/index.ts';
import { KeyOriginals, keyIdentity } from '../../src/state/key-identity.ts';

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
  'bigints beyond 64 bits': [2n ** 70n, 2n ** 70n],
  'objects of bigints': [{ n: -(2n ** 70n) }, { n: -(2n ** 70n) }],
  'NaN in a Map in an array': [[new Map([[NaN, -NaN]])], [new Map([[NaN, NaN]])]],
};

/** The same to the eye, and different keys. */
const different: Record<string, [unknown, unknown]> = {
  'a number and its text': [1, '1'],
  'null and its text': [null, 'null'],
  'an array and its text': [[1], '1'],
  'Dates a millisecond apart': [new Date(5), new Date(6)],
  Buffers: [Buffer.from('a'), Buffer.from('b')],
  'bigints of one hash': [2n ** 64n, 2n ** 65n],
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

test('bigints whose hash can be chosen stand in tables as texts, and are given back', () => {
  const keys = Array.from({ length: 1000 }, (_, i) => BigInt(i + 1) << 64n);
  const originals = new KeyOriginals();
  const identities = keys.map((key) => originals.keep(key));
  expect(new Set(identities.map((identity) => typeof identity))).toEqual(new Set(['string']));
  expect(new Set(identities).size).toBe(keys.length);
  expect(identities.map((identity) => originals.key(identity))).toEqual(keys);
  const groups = new KeyGroups(128, 4);
  expect(groups.targets(keys)).toEqual(keys.map((key) => groups.owner(groups.group(key))));
  for (const key of [5n, -(2n ** 63n), 2n ** 63n - 1n]) expect(keyIdentity(key)).toBe(key);
});

test('an invalid Date is no key', () => {
  expect(() => encodeKey({ at: new Date(Number.NaN) })).toThrow('A key is an invalid Date');
});
