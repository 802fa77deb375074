// Sliding count windows of mergeable functions, against a model that keeps all records.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CountWindow, type DataStream } from '../../../src/index.ts';
import { OneInputHarness } from '../../../src/testing/index.ts';

type Numbered = [key: string, number: number];

/** Collects the numbers of records; merges by value, so that an argument that was changed would show. */
const collect = {
  mergeable: true,
  createAccumulator: (): readonly number[] => [],
  add: ([, n]: Numbered, numbers: readonly number[]) => [...numbers, n],
  getResult: (numbers: readonly number[]) => numbers,
  merge: (a: readonly number[], b: readonly number[]) => [...a, ...b],
};

const windows = (size: number, slide: number) => (records: DataStream<Numbered>) =>
  records
    .keyBy(([key]) => key)
    .countWindow(size, slide)
    .aggregate(collect, (key: string, window: CountWindow, all: Iterable<readonly number[]>) => [
      [key, window.id, ...all],
    ]);

function model(size: number, slide: number, records: readonly Numbered[]): unknown[] {
  const seen = new Map<string, number[]>();
  return records.flatMap(([key, n]) => {
    const own = [...(seen.get(key) ?? []), n];
    seen.set(key, own);
    const start = own.length - size;
    return start >= 0 && start % slide === 0 ? [[key, start / slide, own.slice(start)]] : [];
  });
}

test('fire as exact accumulation would, also after a restore', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2, max: 9 }),
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.constantFrom('a', 'b'), { maxLength: 60 }),
      fc.nat(60),
      async (size, some, keys, cut) => {
        const slide = Math.min(some, size - 1);
        const records = keys.map((key, n): Numbered => [key, n]);
        await using before = await OneInputHarness.openStream(windows(size, slide));
        await before.process(...records.slice(0, cut));
        const restore = await before.snapshot();
        await before.process(...records.slice(cut));
        const expected = model(size, slide, records);
        expect(before.output).toEqual(expected);
        await using after = await OneInputHarness.openStream(windows(size, slide), { restore });
        await after.process(...records.slice(cut));
        const fired = model(size, slide, records.slice(0, cut)).length;
        expect(after.output).toEqual(expected.slice(fired));
      },
    ),
  );
});

test('merge a few times a record, however many windows it is in', async () => {
  let merges = 0;
  const counting = {
    mergeable: true,
    reduce: (a: number, b: number) => {
      merges++;
      return a + b;
    },
  };
  await using harness = await OneInputHarness.openStream((numbers: DataStream<number>) =>
    numbers
      .keyBy(() => 0)
      .countWindow(1_000, 1)
      .reduce(counting),
  );
  await harness.process(...Array.from({ length: 5_000 }, () => 1));
  expect(harness.output).toEqual(Array.from({ length: 4_001 }, () => 1_000));
  expect(merges).toBeLessThan(3 * 5_000);
});
