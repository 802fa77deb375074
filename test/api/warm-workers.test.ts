// What workers and the runtime keep of jobs that are over: nothing that is large.

import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { StreamExecutionEnvironment, py } from '../../src/index.ts';

const file = fileURLToPath(new URL('../fixtures/python/memory_udfs.py', import.meta.url));
const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1 });
afterAll(() => env.close());

test('the objects of fifty jobs do not add up', { timeout: 120_000 }, async () => {
  const sizes: number[] = [];
  for (let i = 0; i < 50; i++) {
    const results = env.fromCollection([i]).map(py<number, number>(file, 'Model'));
    sizes.push(...(await results.executeAndCollect().toArray()));
  }
  expect(sizes).toHaveLength(50);
  expect(Math.max(...sizes)).toBeLessThan(200);
});

test('collections and functions of jobs that are over are let go', {
  timeout: 60_000,
}, async () => {
  const left: WeakRef<object>[] = [];
  const run = async () => {
    const record = { name: 'a' };
    const held = { of: 'the function' };
    left.push(new WeakRef(record), new WeakRef(held));
    const results = env.fromCollection([record]).map((value) => ({ ...value, ...held }));
    await results
      .map((value) => value.name)
      .executeAndCollect()
      .toArray();
  };
  for (let i = 0; i < 5; i++) await run();
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  expect(left.map((ref) => ref.deref())).toEqual(left.map(() => undefined));
});
