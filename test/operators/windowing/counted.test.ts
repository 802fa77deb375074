// What count windows keep of keys without an open window: of so many of them, and of no more.

import { describe, expect, test } from 'vitest';
import { type CountWindow, type DataStream } from '../../../src/index.ts';
import { OneInputHarness } from '../../../src/testing/index.ts';

/** REMEMBERED of src/operators/windowing/counted.ts. */
const REMEMBERED = 1 << 15;

const ids = (records: DataStream<number>) =>
  records
    .keyBy((key) => key)
    .countWindow(1)
    .apply((key: number, window: CountWindow) => [[key, window.id]]);

const others = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe('the count of a key whose windows are full', () => {
  test.each([
    [0, 2],
    [1000, 2],
    [REMEMBERED - 2, 2],
    [2 * REMEMBERED + 1, 0],
  ])('behind %i other keys goes on from %i', async (count, expected) => {
    await using harness = await OneInputHarness.openStream(ids);
    await harness.process(0, 0);
    expect(harness.take()).toEqual([
      [0, 0],
      [0, 1],
    ]);
    await harness.process(...others(count));
    harness.take();
    await harness.process(0);
    expect(harness.take()).toEqual([[0, expected]]);
  });

  test('is of no more keys than twice as many', async () => {
    await using harness = await OneInputHarness.openStream(ids);
    await harness.process(...others(3 * REMEMBERED));
    const first = await remembered(harness, 1);
    const last = await remembered(harness, 3 * REMEMBERED);
    expect([first, last]).toEqual([0, 1]);
  });
});

/** The id that the next window of a key has. */
async function remembered(harness: OneInputHarness, key: number): Promise<unknown> {
  harness.take();
  await harness.process(key);
  const [[, id]] = harness.take() as [[number, number]];
  return id;
}
