import { expect, test } from 'vitest';
import { type DataStream, StreamExecutionEnvironment } from '../../src/index.ts';

const NUMBERS = Array.from({ length: 300 }, (_, i) => i);

function numbers(): DataStream<number> {
  return StreamExecutionEnvironment.getExecutionEnvironment({
    parallelism: 3,
    logger: () => {},
  }).fromCollection(NUMBERS);
}

test.each<[string, (stream: DataStream<number>) => DataStream<number>]>([
  ['a source', (stream) => stream],
  ['an operator of one subtask', (stream) => stream.map((n) => n).setParallelism(1)],
  ['a keyed stream', (stream) => stream.keyBy((n) => n % 3)],
  [
    'a keyed stream of one subtask',
    (stream) =>
      stream
        .filter(() => true)
        .setParallelism(1)
        .keyBy((n) => n),
  ],
])('results of %s come in its order', async (_, build) => {
  expect(await build(numbers()).executeAndCollect().toArray()).toEqual(NUMBERS);
  const first = build(numbers()).executeAndCollect({ limit: 3 });
  expect(await first.toArray()).toEqual([0, 1, 2]);
  const stream = build(numbers());
  stream.toOutput('out');
  const job = await stream.environment.executeAsync();
  const taken: unknown[] = [];
  for await (const record of job.outputs.out ?? []) taken.push(record);
  expect(taken).toEqual(NUMBERS);
});
