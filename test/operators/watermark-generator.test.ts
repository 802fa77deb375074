// Watermark generators of one's own: by record (punctuated) and by the clock (periodic).

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
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

describe('as in Python (test/vectors/watermarks.json)', () => {
  const vectors = JSON.parse(
    readFileSync(new URL('../vectors/watermarks.json', import.meta.url), 'utf8'),
  ) as { cases: WatermarkCase[] };

  interface WatermarkCase {
    name: string;
    generator: 'monotonous' | 'bounded' | 'punctuated' | 'clock';
    delay?: number;
    idleTimeout?: number;
    steps: string;
    passedOn: string;
  }

  test.each(vectors.cases)('$name', async ({ generator, delay, idleTimeout, steps, passedOn }) => {
    const clock = new ManualClock();
    const custom = () =>
      generator === 'clock'
        ? { onPeriodicEmit: () => clock.now() }
        : { onEvent: (value: string) => (value.endsWith('!') ? timeOf(value) : undefined) };
    const timeOf = (value: string) => Number.parseInt(value.slice(1), 10);
    const made = {
      monotonous: () => WatermarkStrategy.forMonotonousTimestamps<string>(),
      bounded: () => WatermarkStrategy.forBoundedOutOfOrderness<string>(delay ?? 0),
      punctuated: () => WatermarkStrategy.forGenerator<string>(custom),
      clock: () => WatermarkStrategy.forGenerator<string>(custom),
    };
    const strategy = made[generator]().withTimestampAssigner(timeOf);
    const timed = idleTimeout === undefined ? strategy : strategy.withIdleness(idleTimeout);
    const config = { 'pipeline.auto-watermark-interval': '20' };
    await using harness = await OneInputHarness.openStream(
      (stream: DataStream<string>) => stream.assignTimestampsAndWatermarks(timed),
      { clock, config },
    );
    for (const step of steps.split(' ')) {
      if (step.startsWith('t')) await harness.processingTime(timeOf(step));
      else await harness.process(step);
    }
    const shown = harness.watermarks.map((told) =>
      typeof told === 'number' ? `w${told}` : told ? 'idle' : 'active',
    );
    expect(shown.join(' ')).toBe(passedOn);
  });
});
