// An abort at any moment is a cancellation, and an aborted signal starts nothing.

import { mkdtempSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadPipeline, py, StreamExecutionEnvironment } from '../../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-abort-'));
const mark = join(folder, 'imported');
writeFileSync(
  join(folder, 'slow.py'),
  `import functools, time
open(${JSON.stringify(mark)}, "w").close()
time.sleep(600)
@functools.cache
def f(x): return x
`,
);
writeFileSync(
  join(folder, 'pipe.py'),
  `open(${JSON.stringify(mark)}, "w").close()
from isthmus.datastream import StreamExecutionEnvironment
env = StreamExecutionEnvironment.get_execution_environment()
env.from_input("a", default=[1]).to_output("o")
env.execute()
`,
);
const env = StreamExecutionEnvironment.getExecutionEnvironment({ logger: () => {} });
afterAll(async () => {
  await env.close();
  rmSync(folder, { recursive: true });
});

const CANCELLED = { name: 'JobCancelledError', code: 'ISTHMUS_CANCELLED' };
const slow = () => env.fromCollection([1]).map(py<number, number>(join(folder, 'slow.py'), 'f'));
const pipe = join(folder, 'pipe.py');

type Start = (signal: AbortSignal) => Promise<unknown>;
const ways: [string, Start][] = [
  ['executeAndCollect', (signal) => slow().executeAndCollect({ signal }).toArray()],
  ['execute', (signal) => env.execute('job', { signal, sinks: [slow().addSink(() => {})] })],
  [
    'executeAsync',
    async (signal) =>
      (await env.executeAsync('job', { signal, sinks: [slow().addSink(() => {})] })).result,
  ],
];

describe('before anything has begun', () => {
  test.each<[string, Start]>([
    ...ways,
    ['loadPipeline', (signal) => loadPipeline(pipe, { signal })],
  ])('%s', async (_name, start) => {
    rmSync(mark, { force: true });
    await expect(start(AbortSignal.abort())).rejects.toMatchObject(CANCELLED);
    expect(existsSync(mark)).toBe(false);
  });

  test('start of a pipeline', async () => {
    await using pipeline = await loadPipeline(pipe);
    await expect(pipeline.start({ signal: AbortSignal.abort() })).rejects.toMatchObject(CANCELLED);
  });
});

test.each(ways)('while functions are looked at: %s', async (_name, start) => {
  rmSync(mark, { force: true });
  const controller = new AbortController();
  const job = start(controller.signal);
  job.catch(() => {});
  await expect.poll(() => existsSync(mark), { timeout: 60_000 }).toBe(true);
  controller.abort(new Error('the client has left'));
  await expect(job).rejects.toMatchObject(CANCELLED);
  await expect(job).rejects.toThrow('the client has left');
});

test('at any moment of the first half second', { timeout: 60_000 }, async () => {
  const quick = () =>
    env.fromCollection([1, 2]).map(py<number, number>('../fixtures/python/udfs.py', 'double'));
  for (const ms of [0, 1, 5, 20, 50, 100, 200, 400]) {
    const ended: unknown = await quick()
      .executeAndCollect({ signal: AbortSignal.timeout(ms) })
      .toArray()
      .catch((error: unknown) => error);
    if (!Array.isArray(ended)) expect(ended).toMatchObject(CANCELLED);
  }
  expect(await quick().executeAndCollect().toArray()).toEqual([2, 4]);
});
