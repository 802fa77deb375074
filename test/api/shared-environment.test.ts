// One environment, several requests of a service at once: what the one builds is no part of the other's job.

import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { GraphError, StreamExecutionEnvironment } from '../../src/index.ts';

const env = StreamExecutionEnvironment.getExecutionEnvironment({ logger: () => {} });
afterAll(() => env.close());

test('a stream that waits is not read by the job of another request', async () => {
  const mine = env.fromIterable([1, 2]).map((x) => x * 10);
  expect(await env.fromCollection([7]).executeAndCollect().toArray()).toEqual([7]);
  expect(await mine.executeAndCollect().toArray()).toEqual([10, 20]);
});

test('what a failed request has left behind is not run by the next one', async () => {
  env.fromCollection([1]).map(() => {
    throw new Error('of a request that was given up');
  });
  expect(await env.fromCollection([7]).executeAndCollect().toArray()).toEqual([7]);
  const seen: number[] = [];
  const sink = env.fromCollection([8]).addSink((x) => seen.push(x));
  await env.execute('only this', { sinks: [sink] });
  expect(seen).toEqual([8]);
  await expect(env.execute('the rest')).rejects.toThrow('of a request that was given up');
});

test('many requests at once, each of which waits while it builds, get what is theirs', async () => {
  const base = env.fromCollection([1, 2, 3]).map((x) => x + 1);
  const request = async (n: number): Promise<number[]> => {
    const source = n % 2 === 0 ? base : env.fromCollection([n, n + 1]);
    await turn();
    const mapped = source.map((x) => x * 1000 + n);
    await turn();
    if (n % 5 === 4) return []; // It is given up.
    if (n % 3 === 0) return mapped.executeAndCollect().toArray();
    if (n % 3 === 1) {
      const got: number[] = [];
      const sink = mapped.addSink((x) => got.push(x));
      await turn();
      await env.execute(`request ${n}`, { sinks: [sink] });
      return got;
    }
    const sink = mapped.toOutput('mine');
    await turn();
    const job = await env.executeAsync<{ mine: number }>(`request ${n}`, { sinks: [sink] });
    const got: number[] = [];
    for await (const x of job.outputs.mine) got.push(x);
    await job.result;
    return got;
  };
  const all = await Promise.all(Array.from({ length: 40 }, (_, n) => request(n)));
  for (const [n, got] of all.entries()) {
    const read = n % 2 === 0 ? [2, 3, 4] : [n, n + 1];
    expect(got).toEqual(n % 5 === 4 ? [] : read.map((x) => x * 1000 + n));
  }
});

test('a collected stream leaves the sinks beside it to the job that executes them', async () => {
  const seen: number[] = [];
  const numbers = env.fromCollection([1, 2]).map((x) => x + 1);
  const beside = numbers.addSink((x) => seen.push(x));
  expect(await numbers.executeAndCollect().toArray()).toEqual([2, 3]);
  expect(seen).toEqual([]);
  await env.execute('beside', { sinks: [beside] });
  expect(seen).toEqual([2, 3]);
});

test('sinks of another environment, and what is none, are refused', async () => {
  await using other = StreamExecutionEnvironment.getExecutionEnvironment();
  const foreign = other.fromCollection([1]).print();
  const refused = (sinks: unknown) => env.execute('job', { sinks: sinks as [] });
  await expect(refused([foreign])).rejects.toThrow('a sink of another environment');
  await expect(refused(foreign)).rejects.toThrow(GraphError);
  await expect(refused([])).rejects.toThrow('No operators defined');
});
