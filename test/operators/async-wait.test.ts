// Asynchronous functions whose answers a test gives by hand, by a clock that it moves.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AsyncDataStream,
  AsyncRetryStrategy,
  type DataStream,
  type ProcessContext,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from '../../src/index.ts';
import { OneInputHarness } from '../../src/testing/index.ts';
import type { SavedSubtask } from '../../src/state/chunks.ts';

/** A service whose answers are given one by one. */
class Service {
  readonly asked: number[] = [];
  readonly #open = new Map<number, PromiseWithResolvers<unknown[]>>();

  readonly ask = (id: number): Promise<unknown[]> => {
    this.asked.push(id);
    const answer = Promise.withResolvers<unknown[]>();
    this.#open.set(id, answer);
    return answer.promise;
  };

  get open(): number[] {
    return [...this.#open.keys()];
  }

  answer(id: number, results: unknown[] = [`#${id}`]): void {
    this.#take(id).resolve(results);
  }

  fail(id: number, error: Error): void {
    this.#take(id).reject(error);
  }

  #take(id: number): PromiseWithResolvers<unknown[]> {
    const answer = this.#open.get(id) as PromiseWithResolvers<unknown[]>;
    this.#open.delete(id);
    return answer;
  }
}

interface Given {
  ordered?: boolean;
  timeoutMs?: number;
  capacity?: number;
  retry?: AsyncRetryStrategy;
  restore?: SavedSubtask;
}

function open(fn: unknown, given: Given = {}): Promise<OneInputHarness> {
  const { ordered = true, timeoutMs = 0, capacity = 100, retry, restore } = given;
  const call = fn as (id: number) => Promise<unknown[]>;
  return OneInputHarness.openStream(
    (stream: DataStream<number>) => {
      if (retry === undefined) {
        return ordered
          ? AsyncDataStream.orderedWait(stream, call, timeoutMs, capacity)
          : AsyncDataStream.unorderedWait(stream, call, timeoutMs, capacity);
      }
      return ordered
        ? AsyncDataStream.orderedWaitWithRetry(stream, call, timeoutMs, retry, capacity)
        : AsyncDataStream.unorderedWaitWithRetry(stream, call, timeoutMs, retry, capacity);
    },
    restore === undefined ? {} : { restore },
  );
}

/** Answers are taken up. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

const failure = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (e: unknown) => String(e),
  );

describe('order', () => {
  test('ordered results leave in the order of their records', async () => {
    const service = new Service();
    await using harness = await open(service.ask);
    await harness.processTimed([1, 10], [2, 20], [3, 30]);
    expect(service.asked).toEqual([1, 2, 3]);
    service.answer(3);
    service.answer(2);
    await turn();
    expect(harness.output).toEqual([]);
    service.answer(1, ['one', 'uno']);
    await harness.wait();
    expect(harness.records).toEqual([
      { value: 'one', timestamp: 10 },
      { value: 'uno', timestamp: 10 },
      { value: '#2', timestamp: 20 },
      { value: '#3', timestamp: 30 },
    ]);
  });

  test('unordered results leave as they come, never across a watermark', async () => {
    const service = new Service();
    await using harness = await open(service.ask, { ordered: false });
    await harness.process(1, 2);
    await harness.watermark(100);
    await harness.process(3);
    await harness.watermark(200);
    service.answer(3);
    service.answer(2);
    await turn();
    expect(harness.output).toEqual(['#2']);
    expect(harness.watermarks).toEqual([]);
    service.answer(1);
    await harness.wait();
    expect(harness.output).toEqual(['#2', '#1', '#3']);
    expect(harness.watermarks).toEqual([100, 200]);
  });

  test('nothing passes anything it may not, whatever comes when', async () => {
    const script = fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.constant('record') },
        { weight: 2, arbitrary: fc.constant('watermark') },
        { weight: 1, arbitrary: fc.constantFrom('idle', 'active') },
        { weight: 4, arbitrary: fc.nat(5) },
      ),
      { maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(fc.boolean(), script, async (ordered, steps) => {
        const service = new Service();
        await using harness = await open(service.ask, { ordered });
        /** What went in, by number of watermarks before it; the n-th watermark is n + 1. */
        const epochs: number[][] = [[]];
        let id = 0;
        for (const step of steps) {
          if (step === 'record') {
            epochs.at(-1)?.push(++id);
            await harness.process(id);
          } else if (step === 'watermark') {
            epochs.push([]);
            await harness.watermark(epochs.length);
          } else if (step === 'idle' || step === 'active') await harness.idle(step === 'idle');
          else if (service.open.length > 0) {
            service.answer(service.open[step % service.open.length] as number);
            await turn();
          }
          // All that left before a watermark that passed is all that went in before it.
          const marks = harness.watermarks.filter((mark) => typeof mark === 'number');
          const passed = (marks.at(-1) ?? 1) - 1;
          const before = epochs.slice(0, passed).flat();
          const left = harness.output.map((text) => Number((text as string).slice(1)));
          expect(new Set(left.slice(0, before.length))).toEqual(new Set(before));
          for (const next of left.slice(before.length)) expect(epochs[passed]).toContain(next);
          if (ordered) expect(left).toEqual(left.toSorted((a, b) => a - b));
        }
        for (const each of service.open) service.answer(each);
        await harness.end();
        expect(harness.output).toHaveLength(id);
      }),
      { numRuns: 200 },
    );
  });

  test('idleness waits as watermarks do', async () => {
    const service = new Service();
    await using harness = await open(service.ask);
    await harness.idle(true);
    await harness.idle(false);
    await harness.process(1);
    await harness.watermark(5);
    await harness.idle(true);
    expect(harness.watermarks).toEqual([true, false]);
    service.answer(1);
    await harness.wait();
    expect(harness.watermarks).toEqual([true, false, 5, true]);
  });

  test('an input that is active again does not wait to say so', async () => {
    const service = new Service();
    await using harness = await open(service.ask);
    await harness.idle(true);
    await harness.process(1);
    await harness.idle(false);
    await harness.watermark(5);
    expect(harness.watermarks).toEqual([true, false]);
    await harness.idle(true);
    await harness.process(2);
    await harness.idle(false);
    expect(harness.watermarks).toEqual([true, false, false]);
    service.answer(1);
    service.answer(2);
    await harness.wait();
    expect(harness.output).toEqual(['#1', '#2']);
    expect(harness.watermarks).toEqual([true, false, false, 5]);
  });

  test('results that are there at once leave at once', async () => {
    await using harness = await open((id: number) => [id, -id]);
    await harness.process(1, 2);
    expect(harness.output).toEqual([1, -1, 2, -2]);
    await harness.watermark(3);
    expect(harness.watermarks).toEqual([3]);
  });
});

describe('capacity', () => {
  test('a record more than the capacity waits, and the input with it', async () => {
    const service = new Service();
    await using harness = await open(service.ask, { capacity: 2 });
    const fed = harness.process(1, 2, 3, 4);
    await turn();
    expect(service.asked).toEqual([1, 2]);
    service.answer(2); // Ordered: its result stays, and so does its place.
    await turn();
    expect(service.asked).toEqual([1, 2]);
    service.answer(1);
    await turn();
    expect(service.asked).toEqual([1, 2, 3, 4]);
    expect(harness.output).toEqual(['#1', '#2']);
    await fed;
    service.answer(4);
    service.answer(3);
    await harness.end();
    expect(harness.output).toEqual(['#1', '#2', '#3', '#4']);
  });
});

describe('time limits', () => {
  test('a call that takes too long fails the job, saying which', async () => {
    const service = new Service();
    await using harness = await open(service.ask, { timeoutMs: 100 });
    await harness.process(7);
    await harness.processingTime(99);
    expect(harness.output).toEqual([]);
    const error = await failure(harness.processingTime(100));
    expect(error).toContain('TimeoutError: Async function call has timed out for input: 7');
  });

  test('or gives what the function says to it, and its answer is ignored', async () => {
    const service = new Service();
    await using harness = await open(
      {
        asyncInvoke: service.ask,
        timeout: (id: number) => Promise.resolve([`too late: ${id}`]),
      },
      { timeoutMs: 100 },
    );
    await harness.process(1);
    await harness.processingTime(50);
    await harness.process(2);
    await harness.processingTime(120);
    expect(harness.output).toEqual(['too late: 1']);
    service.answer(1);
    service.answer(2);
    await harness.wait();
    expect(harness.output).toEqual(['too late: 1', '#2']);
    await harness.processingTime(1_000);
    expect(harness.output).toHaveLength(2);
  });

  test('count, whatever still comes while the function answers to them', async () => {
    const service = new Service();
    const giveUp = Promise.withResolvers<string[]>();
    await using harness = await open(
      { asyncInvoke: service.ask, timeout: () => giveUp.promise },
      { timeoutMs: 100 },
    );
    await harness.process(1);
    await harness.processingTime(100);
    service.answer(1, ['after all']);
    await turn();
    giveUp.resolve(['gave up']);
    await harness.wait();
    expect(harness.output).toEqual(['gave up']);
  });

  test('run while the input waits for a place', async () => {
    await using harness = await open(
      { asyncInvoke: () => new Promise(() => {}), timeout: (id: number) => [id] },
      { timeoutMs: 100, capacity: 1 },
    );
    const fed = harness.process(1, 2);
    await turn();
    harness.clock.set(100);
    await fed;
    expect(harness.output).toEqual([1]);
    harness.clock.set(200);
    await harness.end();
    expect(harness.output).toEqual([1, 2]);
  });
});

describe('retries', () => {
  /** Fails as often as said, then answers. */
  function flaky(failures: number, calls: number[], clock: () => number) {
    let left = failures;
    return (id: number) => {
      calls.push(clock());
      return left-- > 0
        ? Promise.reject(new Error(`no. ${failures - left}`))
        : Promise.resolve([id]);
    };
  }

  test('wait as the strategy says', async () => {
    const fixed = AsyncRetryStrategy.fixedDelay(4, 100);
    const growing = AsyncRetryStrategy.exponentialBackoff(4, 10, 25);
    for (const [retry, times] of [
      [fixed, [0, 100, 200, 300]],
      [growing, [0, 10, 30, 55]],
    ] as const) {
      const calls: number[] = [];
      let now = () => 0;
      await using harness = await open(
        flaky(3, calls, () => now()),
        { retry },
      );
      now = () => harness.clock.now();
      await harness.process(5);
      await harness.processingTime(1_000);
      expect(harness.output).toEqual([5]);
      expect(calls).toEqual(times);
    }
  });

  test('end with the last failure', async () => {
    const retry = AsyncRetryStrategy.fixedDelay(3, 10);
    await using harness = await open(
      flaky(5, [], () => 0),
      { retry },
    );
    await harness.process(1);
    expect(await failure(harness.processingTime(1_000))).toBe('Error: no. 3');
  });

  test('follow the conditions, on results and on errors', async () => {
    let calls = 0;
    const retry = AsyncRetryStrategy.fixedDelay(5, 10, {
      onResult: (results) => results.length === 0,
      onException: (error) => error instanceof RangeError,
    });
    await using harness = await open(
      () => {
        calls++;
        if (calls === 1) throw new RangeError('again');
        return calls === 2 ? [] : calls === 3 ? ['found'] : Promise.reject(new TypeError('no'));
      },
      { retry },
    );
    await harness.process(1);
    await harness.processingTime(100);
    expect(harness.output).toEqual(['found']);
    expect(calls).toBe(3);
    expect(await failure(harness.process(2).then(() => harness.end()))).toBe('TypeError: no');
    expect(calls).toBe(4);
  });

  test('are all within the time limit', async () => {
    const calls: number[] = [];
    await using harness = await open(
      {
        asyncInvoke: (id: number) => {
          calls.push(id);
          return Promise.reject(new Error('no'));
        },
        timeout: () => ['gave up'],
      },
      { retry: AsyncRetryStrategy.fixedDelay(100, 30), timeoutMs: 100 },
    );
    await harness.process(1);
    await harness.processingTime(1_000);
    expect(harness.output).toEqual(['gave up']);
    expect(calls).toHaveLength(4);
  });
});

test('iterables of both kinds are results; other things are refused', async () => {
  await using harness = await open(async function* (id: number) {
    yield id;
    yield await Promise.resolve(id + 1);
  });
  await harness.process(1);
  await harness.wait();
  expect(harness.output).toEqual([1, 2]);
  await using sets = await open(async (id: number) => new Set([id]));
  await sets.process(1);
  await sets.wait();
  expect(sets.output).toEqual([1]);
  for (const [bad, shown] of [
    [undefined, 'undefined'],
    ['text', 'a string'],
    [{ id: 1 }, '{ id: 1 }'],
  ] as const) {
    await using refused = await open(() => Promise.resolve(bad));
    await refused.process(1);
    expect(await failure(refused.wait())).toContain(
      `one of them gave ${shown}. Put a single result`,
    );
  }
});

test('records without results are asked for again after a restore', async () => {
  const service = new Service();
  await using before = await open(service.ask);
  await before.processTimed([1, 10], [2, 20], [3, 30]);
  service.answer(1);
  service.answer(3);
  await turn();
  expect(before.output).toEqual(['#1']);
  const again = new Service();
  await using after = await open(again.ask, { restore: await before.snapshot() });
  expect(again.asked).toEqual([2, 3]);
  again.answer(2);
  again.answer(3);
  await after.wait();
  expect(after.records.map(({ timestamp }) => timestamp)).toEqual([20, 30]);
});

describe('in a job', () => {
  const waitFor = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  test('calls overlap, and results keep their order', async () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    const waiting: (() => void)[] = [];
    let running = 0;
    let most = 0;
    // Nothing is answered before as many run as may, and then the last asked first.
    const ask = async (x: number) => {
      most = Math.max(most, ++running);
      await new Promise<void>((answer) => {
        waiting.push(answer);
        if (running === 8 || x > 56) for (const each of waiting.splice(0).reverse()) each();
      });
      running--;
      return [x];
    };
    const numbers = env.fromSequence(1, 60);
    const results = AsyncDataStream.orderedWait(numbers, ask, 10_000, 8).map((x) => x * 2);
    expect(await results.executeAndCollect().toArray()).toEqual(
      Array.from({ length: 60 }, (_, i) => 2 * (i + 1)),
    );
    expect(most).toBe(8);
  });

  test('a failure names operator and record', async () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    const numbers = env.fromCollection([1, 2, 3, 4]);
    const ask = async (x: number) => {
      await waitFor(1);
      if (x === 3) throw new RangeError('three is too much');
      return [x];
    };
    const results = AsyncDataStream.unorderedWait(numbers, ask, 0);
    const error = await failure(results.executeAndCollect().toArray());
    expect(error).toContain('RangeError in operator "Unordered Async Wait" (subtask 1/1)');
    expect(error).toContain('record: 3');
  });

  test('an idle input holds nobody back behind it', async () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment({
      config: { 'pipeline.auto-watermark-interval': '5 ms' },
    });
    const timing = WatermarkStrategy.forMonotonousTimestamps<number>().withTimestampAssigner(
      (at) => at,
    );
    const fired = Promise.withResolvers<void>();
    const active = Promise.withResolvers<void>();
    let isActive = false;
    let records = 0;
    // Says nothing more until the window has fired, which it can only if this input counts as idle.
    const quiet = env
      .fromSource(async function* () {
        while (!isActive) {
          yield 1;
          await waitFor(2);
        }
        await fired.promise;
      })
      .assignTimestampsAndWatermarks(timing.withIdleness(20))
      .process({
        processElement(at: number, ctx: ProcessContext) {
          // On a busy machine it counts as idle before its first record, too; a watermark comes when it does not.
          if (ctx.timerService().currentWatermark() === 0) {
            isActive = true;
            active.resolve();
          }
          return records++ === 0 ? [at] : [];
        },
      });
    const lively = env
      .fromSource(async function* () {
        await active.promise;
        for (const at of [2, 3, 50]) yield at;
        await fired.promise;
      })
      .assignTimestampsAndWatermarks(timing);
    // Idleness does not overtake what is asked for: the window has all three records.
    const ask = (at: number) => waitFor(100).then(() => [at]);
    const asked = AsyncDataStream.orderedWait(quiet, ask, 0);
    const windows = asked
      .union(lively)
      .windowAll(TumblingEventTimeWindows.of(10))
      .reduce((a, b) => a + b)
      .map((sum) => {
        fired.resolve();
        return sum;
      });
    expect(await windows.executeAndCollect().toArray()).toEqual([6, 50]);
  });

  test('a call that never ends does not keep a job from being cancelled', async () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    const numbers = env.fromSequence(1, 1_000);
    const asking = Promise.withResolvers<void>();
    const ask = () => {
      asking.resolve();
      return new Promise<number[]>(() => {});
    };
    AsyncDataStream.orderedWait(numbers, ask, 3_600_000, 3).print();
    const job = await env.executeAsync();
    await asking.promise;
    await job.cancel();
    expect(job.status).toBe('CANCELED');
  });
});
