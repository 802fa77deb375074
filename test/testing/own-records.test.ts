// In a harness the operator has records of its own, and its output is what it was when it was emitted.

import { expect, test } from 'vitest';
import type { DataStream } from '../../src/index.ts';
import { OneInputHarness, PipelineHarness } from '../../src/testing/index.ts';

interface Counted {
  n: number;
}

test('output is what was emitted', async () => {
  const row: Counted = { n: 0 };
  function* lines(by: number) {
    for (let i = 0; i < 2; i++) {
      row.n += by;
      yield row;
    }
  }
  await using harness = await OneInputHarness.open(lines, { kind: 'flat_map' });
  await harness.process(1, 10);
  expect(harness.output).toEqual([{ n: 1 }, { n: 2 }, { n: 12 }, { n: 22 }]);
});

test('a test may go on with the record it gave', async () => {
  const pairs = (rows: DataStream<Counted>) =>
    rows
      .keyBy(() => 'k')
      .countWindow(2)
      .apply((_key, _window, elements) => [Array.from(elements, ({ n }) => n)]);
  await using pipeline = await PipelineHarness.open(pairs);
  const row: Counted = { n: 0 };
  for (const n of [1, 2]) {
    row.n = n;
    await pipeline.process(row);
  }
  expect(pipeline.output).toEqual([[1, 2]]);
});

test('object reuse hands on the very object', async () => {
  const config = { 'pipeline.object-reuse': 'true' };
  await using harness = await OneInputHarness.open((row: unknown) => row, { kind: 'map', config });
  const given = { n: 1 };
  await harness.process(given);
  expect(harness.output[0]).toBe(given);
});
