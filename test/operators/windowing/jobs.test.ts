// Windows in whole jobs of TypeScript: watermarks that make records late, slow consumers, windows of windows, batches.

import { describe, expect, test } from 'vitest';
import {
  type DataStream,
  EventTimeSessionWindows,
  OutputTag,
  SlidingEventTimeWindows,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
  WatermarkStrategy,
} from '../../../src/index.ts';

type Event = { user: string; at: number };

const newEnvironment = (parallelism = 1) =>
  StreamExecutionEnvironment.getExecutionEnvironment({ parallelism, logger: () => {} });

/** Every record is a watermark for those after it. */
const strict = WatermarkStrategy.forGenerator<Event>(() => ({
  onEvent: (_value, timestamp) => timestamp,
})).withTimestampAssigner(({ at }) => at);

const eventsAt = (env: StreamExecutionEnvironment, ...times: number[]): DataStream<Event> =>
  env.fromCollection(times.map((at) => ({ user: 'a', at }))).assignTimestampsAndWatermarks(strict);

const times = (events: Iterable<Event>) => [...events].map(({ at }) => at);

async function sorted(stream: DataStream<unknown>): Promise<string[]> {
  const all = await stream.executeAndCollect().toArray();
  return all.map((value) => JSON.stringify(value)).toSorted((a, b) => a.localeCompare(b));
}

describe('late records', () => {
  const late = new OutputTag<Event>('late');

  test('go to their side output, or fire the window again', async () => {
    const env = newEnvironment();
    const windowed = eventsAt(env, 1, 9, 12, 3, 25, 4, 31, 26)
      .keyBy(({ user }) => user)
      .window(TumblingEventTimeWindows.of(10))
      .allowedLateness(10)
      .sideOutputLateData(late)
      .apply((_key, window, events) => [`${window.start}: ${times(events).join(' ')}`]);
    const side = windowed.getSideOutput(late).map(({ at }) => `late ${at}`);
    expect(await sorted(windowed.union(side))).toEqual([
      '"0: 1 9 3"',
      '"0: 1 9"',
      '"10: 12"',
      '"20: 25 26"',
      '"20: 25"',
      '"30: 31"',
      '"late 4"',
    ]);
  });

  test('are dropped where nobody takes them', async () => {
    const env = newEnvironment();
    const counts = eventsAt(env, 1, 12, 3)
      .keyBy(({ user }) => user)
      .window(TumblingEventTimeWindows.of(10))
      .aggregate({
        createAccumulator: () => 0,
        add: (_event, count) => count + 1,
        getResult: (count) => count,
      });
    expect(await sorted(counts)).toEqual(['1', '1']);
  });
});

test.each([1, 3])('sums over sliding windows are exact at parallelism %i', async (parallelism) => {
  const env = newEnvironment(parallelism);
  const found = await env
    .fromSequence(0, 9_999)
    .map((n) => ({ user: `user ${n % 10}`, at: n, n }))
    .assignTimestampsAndWatermarks(
      WatermarkStrategy.forBoundedOutOfOrderness<{ at: number }>(10_000).withTimestampAssigner(
        ({ at }) => at,
      ),
    )
    .keyBy(({ user }) => user)
    .window(SlidingEventTimeWindows.of(1_000, 100))
    .sum('n')
    .executeAndCollect()
    .toArray();
  const expected: number[] = [];
  for (let start = -900; start < 10_000; start += 100) {
    for (let user = 0; user < 10; user++) {
      let sum = 0;
      for (let n = Math.max(0, start); n < Math.min(10_000, start + 1_000); n++) {
        if (n % 10 === user) sum += n;
      }
      expected.push(sum);
    }
  }
  const ascending = (numbers: number[]) => numbers.toSorted((a, b) => a - b);
  expect(ascending(found.map(({ n }) => n))).toEqual(ascending(expected));
});

test('results of windows have the time of their window, so that windows follow on windows', async () => {
  const env = newEnvironment(2);
  const perTen = eventsAt(env, 1, 2, 11, 21, 39, 41)
    .keyBy(({ user }) => user)
    .window(TumblingEventTimeWindows.of(10))
    .apply((_key, _window, events) => [times(events).length]);
  const perTwenty = perTen.windowAll(TumblingEventTimeWindows.of(20)).apply((window, counts) => {
    return [`${window.start}: ${[...counts].toSorted((a, b) => a - b).join(' ')}`];
  });
  expect(await sorted(perTwenty)).toEqual(['"0: 1 2"', '"20: 1 1"', '"40: 1"']);
});

test('a window of many keys waits for a slow consumer', async () => {
  const env = newEnvironment();
  let seen = 0;
  let emitted = 0;
  const results = env
    .fromSequence(1, 20_000)
    .assignTimestampsAndWatermarks(
      WatermarkStrategy.forMonotonousTimestamps<number>().withTimestampAssigner(() => 5),
    )
    .keyBy((n) => n)
    .window(TumblingEventTimeWindows.of(10))
    .apply((key) => {
      emitted++;
      return [{ key, text: 'x'.repeat(1_000) }];
    })
    .executeAndCollect();
  for await (const { text } of results) {
    expect(text).toHaveLength(1_000);
    if (++seen === 10) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(emitted).toBeLessThan(15_000);
    }
  }
  expect(seen).toBe(20_000);
});

test('windows of the clock fire while the stream goes on', async () => {
  const env = newEnvironment();
  let stop = false;
  const results = env
    .fromSource(async function* () {
      for (let n = 0; !stop; n++) {
        yield n;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })
    .keyBy(() => 'all')
    .window(TumblingProcessingTimeWindows.of(20))
    .apply((_key, window, numbers) => [{ start: window.start, count: [...numbers].length }])
    .executeAndCollect();
  const starts: number[] = [];
  for await (const { start, count } of results) {
    expect(count).toBeGreaterThan(0);
    expect(start % 20).toBe(0);
    if (starts.push(start) === 3) stop = true;
    if (stop) break;
  }
  // A window that fired before it was over would fire again for each record that came then.
  expect(new Set(starts).size).toBe(3);
});

describe('in BATCH execution', () => {
  const inBatch = () => {
    const env = newEnvironment();
    env.setRuntimeMode('BATCH');
    return env;
  };

  test('nothing is late, and keys come one by one', async () => {
    const env = inBatch();
    const shown = env
      .fromCollection<Event>([
        { user: 'b', at: 12 },
        { user: 'a', at: 25 },
        { user: 'b', at: 1 },
        { user: 'a', at: 2 },
        { user: 'a', at: 3 },
      ])
      .assignTimestampsAndWatermarks(strict)
      .keyBy(({ user }) => user)
      .window(EventTimeSessionWindows.withGap(5))
      .apply((key, _window, events) => [`${key} ${times(events).join(' ')}`]);
    expect(await shown.executeAndCollect().toArray()).toEqual(['a 2 3', 'a 25', 'b 1', 'b 12']);
  });

  test('windows of the clock fire at the end', async () => {
    const env = inBatch();
    const counts = env
      .fromCollection(['b', 'a', 'b'])
      .keyBy((user) => user)
      .window(TumblingProcessingTimeWindows.of(3_600_000))
      .apply((key, _window, all) => [`${key} ${[...all].length}`]);
    expect(await counts.executeAndCollect().toArray()).toEqual(['a 1', 'b 2']);
  });
});

test('what a window function does wrong is said with its operator', async () => {
  const env = newEnvironment();
  const failing = eventsAt(env, 1)
    .keyBy(({ user }) => user)
    .window(TumblingEventTimeWindows.of(10))
    .apply(() => {
      throw new Error('no window is good enough');
    })
    .name('judge');
  await expect(failing.executeAndCollect().toArray()).rejects.toMatchObject({
    code: 'ISTHMUS_USER_FUNCTION',
    message: expect.stringMatching(/"judge".*no window is good enough/s),
  });
  const wrong = eventsAt(newEnvironment(), 1)
    .keyBy(({ user }) => user)
    .window(TumblingEventTimeWindows.of(10))
    .apply((() => 5) as never);
  await expect(wrong.executeAndCollect().toArray()).rejects.toThrow(
    'apply returned 5, which is not iterable',
  );
});
