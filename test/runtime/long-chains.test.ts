// Chains of any length, whose frames are not taken from those of the user's functions.

import { expect, test } from 'vitest';
import { type DataStream, StreamExecutionEnvironment } from '../../src/index.ts';

const LENGTH = 2_000;
const STEPS: Record<string, (stream: DataStream<number>) => DataStream<number>> = {
  map: (stream) => stream.map((x) => x + 1),
  filter: (stream) => stream.filter((x) => x >= 0),
  'flatMap of arrays': (stream) => stream.flatMap((x) => [x + 1]),
  'flatMap of generators': (stream) =>
    stream.flatMap(function* (x) {
      yield x + 1;
    }),
  process: (stream) =>
    stream.process({
      *processElement(x: number) {
        yield x + 1;
      },
    }),
};

function deep(levels: number): number {
  return levels === 0 ? 0 : 1 + deep(levels - 1);
}

test.each(Object.entries(STEPS))('%s in a row', { timeout: 60_000 }, async (name, step) => {
  await using env = StreamExecutionEnvironment.getExecutionEnvironment().setParallelism(1);
  let stream = env.fromCollection([0, 1, 2]);
  for (let i = 0; i < LENGTH; i++) stream = step(stream);
  const found = await collected(stream.map((x) => [x, deep(4_000)]));
  const added = name === 'filter' ? 0 : LENGTH;
  expect(found).toEqual([0, 1, 2].map((x) => [x + added, 4_000]));
});

test('an error in the depth of a chain is of its operator and record', async () => {
  await using env = StreamExecutionEnvironment.getExecutionEnvironment().setParallelism(1);
  let stream = env.fromCollection([0, 1, 2]);
  for (let i = 0; i < 250; i++) stream = stream.map((x) => x + 1);
  stream = stream
    .map((x) => {
      if (x === 251) throw new RangeError('too deep');
      return x;
    })
    .name('checks');
  for (let i = 0; i < 250; i++) stream = stream.map((x) => x + 1);
  await expect(collected(stream)).rejects.toThrow(
    /^RangeError in operator "checks" \(subtask 1\/1\): too deep\n {2}record: 251\n {2}defined at .*long-chains/,
  );
});

test('records keep key and timestamp all along', async () => {
  await using env = StreamExecutionEnvironment.getExecutionEnvironment().setParallelism(1);
  let stream = env
    .fromCollection([3, 1, 2])
    .keyBy((x) => x % 2)
    .process({
      *processElement(x: number) {
        yield x;
        yield x + 10;
      },
    });
  for (let i = 0; i < 250; i++) stream = stream.map((x) => x);
  const found = await collected(
    stream.process({
      *processElement(x: number, ctx) {
        yield [x, ctx.timestamp()];
      },
    }),
  );
  const none = -(2 ** 63);
  expect(found).toEqual([3, 13, 1, 11, 2, 12].map((x) => [x, none]));
});

async function collected<T>(stream: DataStream<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of stream.executeAndCollect()) all.push(value);
  return all;
}
