// Sources of TypeScript tasks, and what comes out of them when their job is stopped in order.

import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type DataStream,
  JobCancelledError,
  type SourceContext,
  StreamExecutionEnvironment,
  Time,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from '../../src/index.ts';
import { eventually } from '../fixtures/processes.ts';

function environment(parallelism = 1, config: Record<string, string> = {}) {
  return StreamExecutionEnvironment.getExecutionEnvironment({
    parallelism,
    config,
    logger: () => {},
  });
}

/** Runs `stream` until `enough` records are taken, then stops the job; what was taken. */
async function stopped(env: StreamExecutionEnvironment, stream: DataStream<unknown>, enough = 3) {
  const taken: unknown[] = [];
  stream.addSink((value) => void taken.push(value));
  const job = await env.executeAsync();
  await eventually('some records', () => taken.length >= enough);
  const result = await job.stop();
  expect(job.status).toBe('FINISHED');
  expect(result.jobId).toBe(job.jobId);
  return taken;
}

describe('a job that is stopped', () => {
  test.each([
    ['objects', true],
    ['bytes', false],
  ])('ends a stream that makes %s at once, whenever it is asked', async (_name, objectMode) => {
    let made = 0;
    const endless = new Readable({
      objectMode,
      highWaterMark: 16,
      read() {
        this.push(objectMode ? made++ : Buffer.from([made++ & 255]));
      },
    });
    const env = environment();
    const taken = await stopped(env, env.fromIterable<unknown>(endless));
    const values = taken.flatMap((value) => (objectMode ? value : [...(value as Buffer)]));
    expect(values).toEqual(values.map((_, i) => (objectMode ? i : i & 255)));
    expect(endless.destroyed).toBe(true);
    await env.close();
  });

  test('takes every record that a generator has given, and lets its finally run', async () => {
    const given: number[] = [];
    let closed = false;
    const env = environment();
    const numbers = env.fromSource(async function* () {
      try {
        for (let n = 0; ; n++) {
          given.push(n);
          yield n;
          await sleep(1);
        }
      } finally {
        await sleep(10);
        closed = true;
      }
    });
    expect(await stopped(env, numbers)).toEqual(given);
    expect(closed).toBe(true);
  });

  test('takes the tail of a source that looks at its signal', async () => {
    const env = environment();
    const numbers = env.fromSource(async function* ({ signal }: SourceContext) {
      for (let n = 0; !signal.aborted; n++) {
        yield n;
        await sleep(1);
      }
      await sleep(20);
      yield 'last';
    });
    const taken = await stopped(env, numbers);
    expect(taken.at(-1)).toBe('last');
  });

  test('wakes a source that waits by its signal', async () => {
    const env = environment();
    const numbers = env.fromSource(async function* ({ signal }: SourceContext) {
      yield* [0, 1, 2];
      await sleep(1e6, undefined, { signal });
    });
    expect(await stopped(env, numbers)).toEqual([0, 1, 2]);
  });

  test('leaves a source that waits for what never comes', async () => {
    const env = environment(1, { 'isthmus.close-timeout': '100 ms' });
    const numbers = env.fromSource(async function* () {
      yield* [0, 1, 2];
      await new Promise(() => {});
    });
    expect(await stopped(env, numbers)).toEqual([0, 1, 2]);
  });

  test('ends iterables, sequences and collections', async () => {
    const env = environment();
    let closed = false;
    const endless = env.fromIterable(
      (function* () {
        try {
          for (let n = 0; ; n++) yield n;
        } finally {
          closed = true;
        }
      })(),
    );
    const taken = await stopped(env, endless);
    expect(taken).toEqual(taken.map((_, n) => n));
    expect(closed).toBe(true);
    for (const stream of [env.fromSequence(0, 1e12), env.fromCollection(Array(3e6).fill(0))]) {
      expect((await stopped(env, stream)).length).toBeGreaterThan(2);
    }
  });

  test('ends streams of Node that wait, with what they have read', async () => {
    const env = environment();
    const stream = new PassThrough({ objectMode: true });
    for (let n = 0; n < 3; n++) stream.write(n);
    expect(await stopped(env, env.fromIterable(stream))).toEqual([0, 1, 2]);
    expect(stream.destroyed).toBe(true);
  });

  test('ends watched folders and named inputs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'isthmus-stop-'));
    await writeFile(join(folder, 'lines.txt'), 'a\nb\nc\n');
    const env = environment();
    const watched = env.fromFiles(folder, { monitorMs: 20 });
    expect(await stopped(env, watched)).toEqual(['a', 'b', 'c']);
    const named = env.fromInput('letters', {
      default: async function* ({ signal }: SourceContext) {
        yield* ['a', 'b', 'c'];
        await sleep(1e6, undefined, { signal });
      },
    });
    expect(await stopped(env, named)).toEqual(['a', 'b', 'c']);
    await rm(folder, { recursive: true });
  });

  test('fires its open windows', async () => {
    const env = environment(2);
    const sums = env
      .fromSource(async function* ({ signal }: SourceContext) {
        yield* [1, 2, 3];
        await sleep(1e6, undefined, { signal });
      })
      .assignTimestampsAndWatermarks(
        WatermarkStrategy.forMonotonousTimestamps<number>().withTimestampAssigner((n) => n * 1000),
      )
      .keyBy(() => 0)
      .window(TumblingEventTimeWindows.of(Time.hours(1)))
      .reduce((a, b) => a + b);
    sums.toOutput('sums');
    const job = await env.executeAsync();
    await eventually('all records', () => job.metrics().some(({ out }) => out === 3));
    await job.stop();
    const seen: unknown[] = [];
    for await (const sum of job.outputs.sums ?? []) seen.push(sum);
    expect(seen).toEqual([6]);
  });

  test('at once, finishes', async () => {
    const env = environment();
    env.fromSequence(0, 1e12).addSink(() => {});
    const job = await env.executeAsync();
    await Promise.all([job.stop(), job.stop()]);
    expect(job.status).toBe('FINISHED');
    await job.stop(); // Again has no effect.
  });

  test('is not started again by a failure, and may be cancelled', async () => {
    const config = {
      'restart-strategy.type': 'fixed-delay',
      'restart-strategy.fixed-delay.delay': '1 h',
    };
    const env = environment(1, config);
    const tail = (last: unknown) =>
      env.fromSource(async function* ({ signal }: SourceContext) {
        yield 1;
        while (!signal.aborted) await sleep(1);
        yield last;
      });
    tail('bad')
      .map((value) => {
        if (value === 'bad') throw new Error('bad');
        return value;
      })
      .addSink(() => {});
    const failing = await env.executeAsync();
    await expect(failing.stop()).rejects.toThrow(/^Error in operator .*: bad\n/);
    const release = Promise.withResolvers<void>();
    tail('slow')
      .map(async (value) => {
        if (value === 'slow') await release.promise;
        return value;
      })
      .addSink(() => {});
    const slow = await env.executeAsync();
    const stopping = slow.stop();
    stopping.catch(() => {});
    await slow.cancel();
    await expect(stopping).rejects.toThrow(JobCancelledError);
    release.resolve();
  });

  test('while it waits to restart, fails with what failed it', async () => {
    const env = environment(1, {
      'restart-strategy.type': 'fixed-delay',
      'restart-strategy.fixed-delay.delay': '1 h',
    });
    env
      .fromCollection([1])
      .map(() => {
        throw new Error('boom');
      })
      .addSink(() => {});
    const job = await env.executeAsync();
    await eventually('a restart', () => job.status === 'RESTARTING');
    await expect(job.stop()).rejects.toThrow('boom');
  });
});
