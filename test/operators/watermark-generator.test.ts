// Watermark generators of one's own: by record (punctuated) and by the clock (periodic).

import { expect, test } from 'vitest';
import { type DataStream, WatermarkStrategy } from '../../src/index.ts';
import { ManualClock, OneInputHarness } from '../../src/testing/index.ts';

test('a generator may emit with each record', async () => {
  const strategy = WatermarkStrategy.forGenerator<number>(() => ({
    onEvent: (value) => (value % 10 === 0 ? value : undefined),
  })).withTimestampAssigner((value) => value);
  await using harness = await OneInputHarness.openStream((stream: DataStream<number>) =>
    stream.assignTimestampsAndWatermarks(strategy),
  );
  await harness.process(10, 11);
  expect(harness.watermarks).toEqual([10]);
  await harness.process(20);
  expect(harness.watermarks).toEqual([10, 20]);
  await harness.process(10); // Watermarks never go back.
  expect(harness.watermarks).toEqual([10, 20]);
});

test('a generator may emit by the clock, and every subtask has its own', async () => {
  let made = 0;
  const strategy = WatermarkStrategy.forGenerator<number>(() => {
    made++;
    let largest: number | undefined;
    return {
      onEvent(_value, timestamp) {
        largest = Math.max(timestamp, largest ?? timestamp);
      },
      onPeriodicEmit: () => (largest === undefined ? undefined : largest - 3),
    };
  }).withTimestampAssigner((value) => value);
  const clock = new ManualClock(0);
  await using harness = await OneInputHarness.openStream(
    (stream: DataStream<number>) => stream.assignTimestampsAndWatermarks(strategy),
    { clock },
  );
  expect(made).toBe(1);
  await harness.process(10, 30, 20);
  expect(harness.watermarks).toEqual([]);
  await harness.processingTime(1000);
  expect(harness.watermarks).toEqual([27]);
  await harness.process(25);
  await harness.processingTime(2000);
  expect(harness.watermarks).toEqual([27]);
});
