// Records from TypeScript that Python functions hold on to, behind functions which are proven not to.

import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { py, StreamExecutionEnvironment } from '../../src/index.ts';

const holding = fileURLToPath(new URL('../fixtures/python/holding.py', import.meta.url));
const records = Array.from({ length: 500 }, (_, value) => ({ value }));
const doubled = records.map(({ value }) => ({ value, double: value * 2 }));

test.each([
  ['a map', 'gives_and_changes_the_last'],
  ['a predicate', 'passes_and_changes_the_last'],
])('%s that changes the record before it', async (_, name) => {
  await using env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1 });
  const confined = env
    .fromIterable(records.map((record) => ({ ...record })))
    .map<{ value: number; double: number }>(py(holding, 'confined'));
  const held =
    name === 'gives_and_changes_the_last'
      ? confined.map(py(holding, name))
      : confined.filter(py(holding, name));
  expect(await held.executeAndCollect().toArray()).toEqual(doubled);
});

test('functions that hold nothing', async () => {
  await using env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1 });
  const confined = env
    .fromIterable(records.map((record) => ({ ...record })))
    .map<{ value: number; double: number }>(py(holding, 'confined'));
  expect(await confined.executeAndCollect().toArray()).toEqual(doubled);
});
