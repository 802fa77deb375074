// What a function makes of one record has that record's timestamp, whatever is assigned behind it.

import { expect, test } from 'vitest';
import { StreamExecutionEnvironment, WatermarkStrategy } from '../../src/index.ts';

const MAKERS: Record<string, (x: number) => Iterable<number> | AsyncIterable<number>> = {
  array: (x) => [x, x, x],
  async *asynchronous(x) {
    for (let i = 0; i < 3; i++) yield x;
  },
  *generator(x) {
    for (let i = 0; i < 3; i++) yield x;
  },
};
const STRATEGIES = {
  monotonous: WatermarkStrategy.forMonotonousTimestamps<number>(),
  generator: WatermarkStrategy.forGenerator<number>(() => ({ onEvent: () => undefined })),
};

const CASES = Object.keys(MAKERS).flatMap((made) =>
  Object.keys(STRATEGIES).map((name) => [made, name] as const),
);

test.each(CASES)('results of %s, %s', async (made, name) => {
  await using env = StreamExecutionEnvironment.getExecutionEnvironment().setParallelism(1);
  const stream = env
    .fromCollection([10, 20])
    .assignTimestampsAndWatermarks(STRATEGIES.monotonous.withTimestampAssigner((x) => x))
    .flatMap(MAKERS[made] as (x: number) => Iterable<number>)
    .assignTimestampsAndWatermarks(
      STRATEGIES[name as keyof typeof STRATEGIES].withTimestampAssigner((_x, before) => before + 1),
    )
    .map(async (x) => x)
    .process({ processElement: (x: number, ctx) => [[x, ctx.timestamp()]] });
  const found: unknown[] = [];
  for await (const pair of stream.executeAndCollect()) found.push(pair);
  expect(found).toEqual([10, 10, 10, 20, 20, 20].map((x) => [x, x + 1]));
});
