import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { type DataStream, py, StreamExecutionEnvironment } from '../../src/index.ts';
import { atRest } from '../fixtures/at-rest.ts';

function newEnvironment(parallelism = 1) {
  return StreamExecutionEnvironment.getExecutionEnvironment({ parallelism, logger: () => {} });
}

async function arrayOf(values: AsyncIterable<unknown> | undefined): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const value of values ?? []) all.push(value);
  return all;
}

describe('sources', () => {
  test.each([
    ['an array', () => [1, 2, 3]],
    ['an iterable', () => new Set([1, 2, 3])],
    [
      'an async iterable',
      () =>
        (async function* () {
          yield* [1, 2, 3];
        })(),
    ],
    ['a Node stream', () => Readable.from([1, 2, 3])],
    ['a web stream', () => ReadableStream.from([1, 2, 3])],
  ])('of %s', async (_, make) => {
    const results = newEnvironment()
      .fromIterable<number>(make() as Iterable<number>)
      .executeAndCollect();
    expect(await results.toArray()).toEqual([1, 2, 3]);
  });

  test('that are functions learn where they run', async () => {
    const env = newEnvironment();
    const source = env.fromSource(({ subtask, parallelism }) => [`${subtask} of ${parallelism}`]);
    const results = await source.setParallelism(2).executeAndCollect().toArray();
    expect(results.sort()).toEqual(['0 of 2', '1 of 2']);
  });

  test('of a named input read their default', async () => {
    const env = newEnvironment();
    const stream = env.fromInput('numbers', { default: () => [1, 2] });
    expect(await stream.executeAndCollect().toArray()).toEqual([1, 2]);
    const folder = await mkdtemp(join(tmpdir(), 'isthmus-inputs-'));
    const path = join(folder, 'orders.jsonl');
    await writeFile(path, '{"id":1}\n\n[2,null]');
    const records = env.fromInput('orders', { default: path }).executeAndCollect();
    expect(await records.toArray()).toEqual([{ id: 1 }, [2, null]]);
    await writeFile(path, "{'id':1}\n");
    const wrong = env.fromInput('orders', { default: path }).executeAndCollect();
    await expect(wrong.toArray()).rejects.toThrow('orders.jsonl has a line that is no JSON');
    await rm(folder, { recursive: true });
    const unfed = env.fromInput('orders').executeAndCollect();
    await expect(unfed.toArray()).rejects.toThrow('Input "orders" is fed by nobody');
  });
});

test('counts of a source are of what it made: nothing comes in', async () => {
  const env = newEnvironment();
  env
    .fromIterable([1, 2, 3])
    .map((x) => x)
    .addSink(() => {});
  const { operators } = await env.execute();
  expect(operators.map((operator) => [operator.in, operator.out])).toEqual([
    [0, 3],
    [3, 3],
    [3, 0],
  ]);
});

describe('executeAndCollect', () => {
  test('starts the job when it is iterated, and not before', async () => {
    const started = vi.fn(() => [1]);
    const results = newEnvironment().fromSource(started).executeAndCollect();
    expect(started).not.toHaveBeenCalled();
    expect(await results.toArray()).toEqual([1]);
  });

  test('holds the job back while nobody takes results', async () => {
    let made = 0;
    const env = newEnvironment();
    const endless = env.fromSource(function* () {
      for (;;) yield made++;
    });
    const results = endless.executeAndCollect();
    await results.next();
    expect(await atRest(() => made)).toBeLessThan(100_000);
    await results.return();
  });

  test('stops the job when it is left early', async () => {
    let closed = false;
    const env = newEnvironment();
    const endless = env.fromSource(async function* () {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        closed = true;
      }
    });
    const results = endless.executeAndCollect();
    const job = await results.job();
    for await (const value of results) if (value === 10) break;
    expect(closed).toBe(true);
    expect(job.status).toBe('CANCELED');
  });

  test('ends after its limit', async () => {
    const results = newEnvironment().fromSequence(1, 1_000_000).executeAndCollect({ limit: 3 });
    expect(await results.toArray()).toEqual([1, 2, 3]);
  });

  test('throws what a function threw, behind the results before it', async () => {
    const env = newEnvironment();
    const failing = env.fromCollection([1, 2, 3]).map((x) => {
      if (x === 3) throw new RangeError('three');
      return x;
    });
    const seen: number[] = [];
    const iterate = async () => {
      for await (const value of failing.executeAndCollect()) seen.push(value);
    };
    await expect(iterate()).rejects.toThrow(/RangeError in operator .*: three/);
  });

  test('is cancelled by a signal', async () => {
    const controller = new AbortController();
    const env = newEnvironment();
    const endless = env.fromSource(function* () {
      for (let i = 0; ; i++) yield i;
    });
    const iterate = async () => {
      for await (const value of endless.executeAndCollect({ signal: controller.signal })) {
        if (value === 100) controller.abort();
      }
    };
    await expect(iterate()).rejects.toMatchObject({ code: 'ISTHMUS_CANCELLED' });
  });
});

describe('a job', () => {
  test('tells its counts and run time', async () => {
    const env = newEnvironment();
    const seen: number[] = [];
    env
      .fromSequence(1, 10)
      .filter((x) => x > 5)
      .addSink((x) => seen.push(x));
    const result = await env.execute('counting');
    expect(seen).toEqual([6, 7, 8, 9, 10]);
    expect(result).toMatchObject({ jobName: 'counting', recordsIn: 10, recordsOut: 5 });
    expect(result.jobId).toMatch(/^[0-9a-f]{32}$/);
    expect(result.runtimeMs).toBeGreaterThanOrEqual(0);
  });

  test('has named outputs, which may be iterated one after the other', async () => {
    const env = newEnvironment();
    const numbers = env.fromSequence(1, 10);
    numbers.filter((x) => x % 2 === 0).toOutput('even');
    numbers.filter((x) => x % 2 === 1).toOutput('odd');
    const job = await env.executeAsync();
    expect(await arrayOf(job.outputs.even)).toEqual([2, 4, 6, 8, 10]);
    expect(await arrayOf(job.outputs.odd)).toEqual([1, 3, 5, 7, 9]);
    await expect(job.result).resolves.toMatchObject({ recordsOut: 10 });
    expect(job.status).toBe('FINISHED');
  });

  test('refuses two outputs of one name', async () => {
    const env = newEnvironment();
    env.fromCollection([1]).toOutput('out');
    env.fromCollection([2]).toOutput('out');
    await expect(env.executeAsync()).rejects.toThrow('Two outputs of the job are named "out"');
  });

  test('is not held up by an output that nobody takes, which says so when it is iterated too late', async () => {
    const env = newEnvironment();
    env.fromSequence(1, 20_000).toOutput('all');
    const job = await env.executeAsync();
    await job.result;
    expect(() => job.outputs.all?.[Symbol.asyncIterator]()).toThrow('"all" was discarded');
  });

  test('goes on while another of its outputs is iterated', async () => {
    const env = newEnvironment();
    const numbers = env.fromSequence(1, 50_000);
    numbers.toOutput('all');
    numbers.toOutput('some');
    const job = await env.executeAsync();
    let count = 0;
    const counting = (async () => {
      for await (const _ of job.outputs.all ?? []) count++;
    })();
    for await (const _ of job.outputs.some ?? []) break;
    await counting;
    expect(count).toBe(50_000);
    await job.result;
  });

  test('fails its outputs without crashing the process by its unobserved result', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    try {
      const env = newEnvironment();
      env
        .fromCollection([1])
        .map(() => {
          throw new Error('boo');
        })
        .toOutput('out');
      const job = await env.executeAsync();
      const asked = job.result;
      await expect(arrayOf(job.outputs.out)).rejects.toThrow('boo');
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(unhandled).not.toHaveBeenCalled();
      await expect(asked).rejects.toThrow('boo');
    } finally {
      process.off('unhandledRejection', unhandled);
    }
  });

  test('is cancelled', async () => {
    const env = newEnvironment();
    env
      .fromSource(async function* ({ signal }) {
        yield 1;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      })
      .addSink(() => {});
    const job = await env.executeAsync();
    await job.cancel();
    expect(job.status).toBe('CANCELED');
    await expect(job.result).rejects.toMatchObject({ code: 'ISTHMUS_CANCELLED' });
  });

  test('is cancelled when its environment is closed', async () => {
    const env = newEnvironment();
    env
      .fromSource(function* () {
        for (;;) yield 1;
      })
      .addSink(() => {});
    const job = await env.executeAsync();
    await env.close();
    expect(job.status).toBe('CANCELED');
  });
});

describe('a restart', () => {
  const config = {
    'restart-strategy.type': 'fixed-delay',
    'restart-strategy.fixed-delay.delay': '1 ms',
  };

  /** 0 and 1; then, once told, a failure of the first attempt, or 2. */
  function twice(go: Promise<unknown>) {
    const env = StreamExecutionEnvironment.getExecutionEnvironment({
      config,
      parallelism: 1,
      logger: () => {},
    });
    let failed = false;
    const stream = env.fromSource(async function* () {
      yield* [0, 1];
      await go;
      if (!failed) {
        failed = true;
        throw new Error('once');
      }
      yield 2;
    });
    return { env, stream };
  }

  test('after results were read fails the job, by executeAndCollect', async () => {
    const { promise: go, resolve } = Promise.withResolvers<void>();
    const { stream } = twice(go);
    const seen: number[] = [];
    const reading = (async () => {
      for await (const value of stream.executeAndCollect()) {
        seen.push(value as number);
        if (value === 1) resolve();
      }
    })();
    await expect(reading).rejects.toThrow('The job was not restarted');
    expect(seen).toEqual([0, 1]);
  });

  test('after results were read fails the job, by named outputs', async () => {
    const { promise: go, resolve } = Promise.withResolvers<void>();
    const { env, stream } = twice(go);
    stream.toOutput('numbers');
    const job = await env.executeAsync();
    const numbers = job.outputs.numbers?.[Symbol.asyncIterator]();
    expect(await numbers?.next()).toEqual({ value: 0, done: false });
    resolve();
    await expect(job.result).rejects.toThrow('The job was not restarted');
  });

  test('before results were read gives them once', async () => {
    const { env, stream } = twice(Promise.resolve());
    stream.toOutput('numbers');
    const job = await env.executeAsync();
    await job.result;
    expect(await arrayOf(job.outputs.numbers)).toEqual([0, 1, 2]);
  });
});

describe('a stream that fails before the job looks at it', () => {
  let closed: Promise<void>;
  const missing = () => {
    const stream = createReadStream('/no/such.csv');
    closed = new Promise((resolve) => stream.once('close', resolve));
    return stream;
  };
  const size = py<unknown, number>('../fixtures/python/udfs.py', 'double');

  test.each<[string, (env: StreamExecutionEnvironment) => DataStream<unknown>]>([
    ['fromIterable', (env) => env.fromIterable<unknown>(missing())],
    ['fromSource', (env) => env.fromSource<unknown>(missing())],
    ['fromInput', (env) => env.fromInput<unknown>('rows', { default: missing() })],
  ])('%s', async (_name, made) => {
    await using env = StreamExecutionEnvironment.getExecutionEnvironment({ logger: () => {} });
    const stream = made(env).map(size);
    await closed; // It has failed, and nobody reads it yet.
    await expect(stream.executeAndCollect().toArray()).rejects.toThrow('/no/such.csv');
  });

  test('one that a function gives, before all workers are up', async () => {
    await using env = StreamExecutionEnvironment.getExecutionEnvironment({ logger: () => {} });
    const stream = env.fromSource<unknown>(missing).map(size);
    await expect(stream.executeAndCollect().toArray()).rejects.toThrow('/no/such.csv');
    await closed;
  });
});
