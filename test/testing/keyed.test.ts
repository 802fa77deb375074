import { expect, test } from 'vitest';
import {
  type KeyedProcessContext,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type RuntimeContext,
  ValueStateDescriptor,
} from '../../src/index.ts';
import { OneInputHarness, TwoInputHarness } from '../../src/testing/index.ts';

const COUNT = new ValueStateDescriptor<number>('count');
const SEEN = new ListStateDescriptor<string>('seen');
const LENGTHS = new MapStateDescriptor<string, number>('lengths');
const LONGEST = new ReducingStateDescriptor<number>('longest', Math.max);

/** Counts the words of a letter; says how many there were 10 ms after the last. */
class CountWords {
  #context!: RuntimeContext;
  open(context: RuntimeContext): void {
    this.#context = context;
  }
  *processElement(word: string, ctx: KeyedProcessContext<string>) {
    const count = this.#context.getState(COUNT);
    count.update((count.value() ?? 0) + 1);
    this.#context.getListState(SEEN).add(word);
    this.#context.getMapState(LENGTHS).put(word, word.length);
    this.#context.getReducingState(LONGEST).add(word.length);
    ctx.timerService().registerEventTimeTimer(ctx.timestamp() + 10);
    ctx.timerService().registerProcessingTimeTimer(1_000);
    yield word.length;
  }
  *onTimer(timestamp: number, ctx: KeyedProcessContext<string> & { timeDomain(): string }) {
    yield [ctx.timeDomain(), ctx.getCurrentKey(), timestamp, this.#context.getState(COUNT).value()];
  }
}

test('state and timers of a key are read, and fire by the time of the test', async () => {
  await using harness = await OneInputHarness.open(CountWords, {
    keyBy: (word: string) => word[0],
  });
  await harness.processAt(20, 'ant');
  await harness.processAt(5, 'ape', 'bee');
  expect(harness.take()).toEqual([3, 3, 3]);
  expect(harness.state(COUNT, 'a')).toBe(2);
  expect(harness.state(COUNT, 'c')).toBeUndefined();
  expect(harness.state(SEEN, 'a')).toEqual(['ant', 'ape']);
  expect(harness.state(LENGTHS, 'b')).toEqual(new Map([['bee', 3]]));
  expect(harness.state(LONGEST, 'b')).toBe(3);
  expect(harness.eventTimers()).toEqual([
    { key: 'a', time: 15 },
    { key: 'b', time: 15 },
    { key: 'a', time: 30 },
  ]);
  expect(harness.processingTimers().map(({ time }) => time)).toEqual([1_000, 1_000]);

  await harness.watermark(15);
  expect(harness.records).toEqual([
    { value: ['EVENT_TIME', 'a', 15, 2], timestamp: 15 },
    { value: ['EVENT_TIME', 'b', 15, 1], timestamp: 15 },
  ]);
  harness.take();
  await harness.processingTime(999);
  expect(harness.take()).toEqual([]);
  await harness.processingTime(5_000);
  expect(harness.take()).toEqual([
    ['PROCESSING_TIME', 'a', 1_000, 2],
    ['PROCESSING_TIME', 'b', 1_000, 1],
  ]);
  expect(harness.processingTimers()).toEqual([]);
});

test('in BATCH a key comes after the other, by time', async () => {
  await using harness = await OneInputHarness.open(CountWords, {
    batch: true,
    keyBy: (word: string) => word[0],
  });
  await harness.processAt(5, 'bee', 'ant');
  await harness.processAt(2, 'a');
  await harness.watermark(100);
  expect(harness.output).toEqual([]);
  expect(harness.watermarks).toEqual([]);
  await harness.end();
  expect(harness.output.slice(0, 2)).toEqual([1, 3]);
  expect(harness.output.filter(Array.isArray).map(([, key, time]) => [key, time])).toEqual([
    ['a', 12],
    ['a', 15],
    ['a', 1_000],
    ['b', 15],
    ['b', 1_000],
  ]);
});

test('watermarks of two inputs are one, the earlier', async () => {
  await using harness = await TwoInputHarness.open(
    {
      processElement1: (value: number, ctx: KeyedProcessContext<number>) => {
        ctx.timerService().registerEventTimeTimer(value);
      },
      processElement2: (value: string) => [value],
      onTimer: (time: number) => [time],
    },
    { keyBy: (value: number) => value % 2, keyBy2: (value: string) => value.length },
  );
  await harness.process1(30, 10);
  await harness.processAt2(7, 'late');
  await harness.watermark1(40);
  expect(harness.output).toEqual(['late']);
  await harness.watermark2(20);
  expect(harness.output).toEqual(['late', 10]);
  await harness.end();
  expect(harness.records.at(-1)).toEqual({ value: 30, timestamp: 30 });
});
