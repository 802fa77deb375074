// Many jobs, few workers: they take turns, and jobs within jobs do not wait for each other.

import { expect, test } from 'vitest';
import { type LogEntry, py, StreamExecutionEnvironment } from '../../src/index.ts';

const udf = <In, Out>(name: string) => py<In, Out>('../fixtures/python/udfs.py', name);

function environment(
  config: Record<string, string | number>,
  logger: (e: LogEntry) => void = () => {},
) {
  return StreamExecutionEnvironment.getExecutionEnvironment({ config, logger });
}

const double = (env: StreamExecutionEnvironment, n: number) =>
  env.fromCollection([n]).map(udf<number, number>('double'));

test('thirty jobs at once over three workers', { timeout: 120_000 }, async () => {
  const lines: LogEntry[] = [];
  await using env = environment({ 'python.worker.max-count': 3 }, (entry) => lines.push(entry));
  const pids = new Set<number>();
  const run = async (n: number) => {
    const [[doubled, pid]] = (await double(env, n)
      .map(udf<number, [number, number]>('with_pid'))
      .executeAndCollect()
      .toArray()) as [[number, number]];
    pids.add(pid);
    return doubled;
  };
  const all = await Promise.all(Array.from({ length: 30 }, (_, n) => run(n)));
  expect(all).toEqual(Array.from({ length: 30 }, (_, n) => 2 * n));
  expect(pids.size).toBeLessThanOrEqual(3);
  expect(lines.filter(({ message }) => message.includes('wait for their turn'))).toHaveLength(1);
});

test('a job within a function, and one between the results of another', {
  timeout: 120_000,
}, async () => {
  await using env = environment({
    'python.worker.max-count': 1,
    'python.worker.wait-timeout': '60 s',
  });
  const nested = async (n: number) => {
    const within = double(env, n).map(
      async (doubled) => (await double(env, doubled).executeAndCollect().toArray())[0],
    );
    return within.executeAndCollect().toArray();
  };
  const between = async (n: number) => {
    const found: number[] = [];
    const source = function* () {
      yield n;
      while (found.length === 0) yield n;
    };
    const results = env.fromSource(source).map(udf<number, number>('double')).executeAndCollect();
    for await (const doubled of results) {
      found.push(...(await double(env, doubled).executeAndCollect().toArray()));
      if (found.length > 1) break;
    }
    return found;
  };
  const all = await Promise.all([
    nested(1),
    between(2),
    nested(3),
    between(4),
    nested(5),
    between(6),
  ]);
  expect(all).toEqual([[4], [8, 8], [12], [16, 16], [20], [24, 24]]);
});

test('a job whose turn does not come says so; one that is aborted meanwhile is cancelled', async () => {
  await using env = environment({
    'python.worker.max-count': 1,
    'python.worker.wait-timeout': '300 ms',
  });
  const release = Promise.withResolvers<void>();
  const holding = env
    .fromSource(async function* () {
      yield 1;
      await release.promise;
    })
    .map(udf<number, number>('double'))
    .executeAndCollect();
  const job = await holding.job();
  await holding.next();
  const error: unknown = await double(env, 1)
    .executeAndCollect()
    .toArray()
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'ISTHMUS_WORKER_START',
    message:
      'The job has waited 0.3 s for 1 Python worker: 1 are at work for other jobs, and python.worker.max-count is 1. ' +
      'Raise it, run fewer jobs at a time, or let jobs wait longer (python.worker.wait-timeout).',
  });
  release.resolve();
  await holding.return();
  await job.result.catch(() => {});
});

test('what follows limit, break, an abort and a failure of TypeScript runs in the same worker', async () => {
  await using env = environment({});
  const numbers = () =>
    env.fromCollection([1, 2, 3]).map(udf<number, [number, number]>('with_pid'));
  const pid = async () =>
    ((await numbers().executeAndCollect().toArray())[0] as [number, number])[1];
  const first = await pid();
  expect(await numbers().executeAndCollect({ limit: 1 }).toArray()).toHaveLength(1);
  expect(await pid()).toBe(first);
  for await (const _ of numbers().executeAndCollect()) break;
  expect(await pid()).toBe(first);
  const failing = numbers().map((): number => {
    throw new Error('bad input');
  });
  await expect(failing.executeAndCollect().toArray()).rejects.toThrow('bad input');
  expect(await pid()).toBe(first);
  const controller = new AbortController();
  const endless = env
    .fromIterable(
      (async function* () {
        for (let n = 0; ; n++) {
          yield n;
          if (n === 100) controller.abort();
          await new Promise((resolve) => setImmediate(resolve));
        }
      })(),
    )
    .map(udf<number, [number, number]>('with_pid'));
  await expect(
    endless.executeAndCollect({ signal: controller.signal }).toArray(),
  ).rejects.toMatchObject({ code: 'ISTHMUS_CANCELLED' });
  expect(await pid()).toBe(first);
  // One whose own function fails is another.
  const wrong = env.fromCollection([1]).map(udf<number, number>('fails'));
  await expect(wrong.executeAndCollect().toArray()).rejects.toMatchObject({
    code: 'ISTHMUS_USER_FUNCTION',
  });
  expect(await pid()).not.toBe(first);
});

test('an abort at any moment leaves the worker', { timeout: 60_000 }, async () => {
  await using env = environment({});
  const numbers = () =>
    env.fromCollection([1, 2, 3]).map(udf<number, [number, number]>('with_pid'));
  const pid = async () =>
    ((await numbers().executeAndCollect().toArray())[0] as [number, number])[1];
  const first = await pid();
  // From before the job is planned to after its first results, by turns of the event loop.
  for (let turns = 0; turns < 40; turns += 2) {
    const controller = new AbortController();
    const results = numbers().executeAndCollect({ signal: controller.signal }).toArray();
    results.catch(() => {});
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    await results.catch((error) => expect(error).toMatchObject({ code: 'ISTHMUS_CANCELLED' }));
    expect(await pid()).toBe(first);
  }
});
