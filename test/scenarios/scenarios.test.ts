// One table of scenarios – data in, results out – with TypeScript functions, Python functions and both mixed; at parallelism 1, 2
// and 3; with channels inside of processes, and with every channel through the runtime.

import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  AsyncDataStream,
  type DataStream,
  EventTimeSessionWindows,
  SlidingEventTimeWindows,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  WatermarkStrategy,
  py,
} from '../../src/index.ts';
import { type Event, functions, ODD, RULES } from './functions.ts';

const file = fileURLToPath(new URL('./functions.py', import.meta.url));

type Name = keyof typeof functions;
/** Gives the function of a name, in the language whose turn it is. */
// biome-ignore lint/suspicious/noExplicitAny: the same call takes functions of both languages.
type Use = (name: Name) => any;

const languages: Record<string, () => Use> = {
  typescript: () => (name) => functions[name],
  python: () => (name) => py(file, name),
  mixed: () => {
    let turn = 0;
    return (name) => (turn++ % 2 === 0 ? py(file, name) : functions[name]);
  },
};

const numbers = Array.from({ length: 12 }, (_, i) => i);
const events: Event[] = [
  { user: 'ann', time: 1, count: 1 },
  { user: 'ben', time: 4, count: 2 },
  { user: 'ann', time: 12, count: 3 },
  { user: 'ann', time: 13, count: 4 },
  { user: 'cleo', time: 25, count: 5 },
  { user: 'ben', time: 26, count: 6 },
];

interface Scenario {
  build: (env: StreamExecutionEnvironment, use: Use) => DataStream<unknown>;
  expected: unknown[];
  /** Results with the same key keep their order. */
  keyOf?: (result: unknown) => unknown;
}

function timed(env: StreamExecutionEnvironment, use: Use): DataStream<Event> {
  return (
    env
      .fromCollection(events)
      .assignTimestampsAndWatermarks(
        WatermarkStrategy.forBoundedOutOfOrderness<Event>(30).withTimestampAssigner(use('time')),
      )
      // In one subtask: what several pass on in turns has no order.
      .setParallelism(1)
  );
}

const firstWord = (result: unknown) => String(result).split(/[ :]/)[0];

const scenarios: Record<string, Scenario> = {
  'map, filter, flatMap': {
    build: (env, use) =>
      env
        .fromCollection(numbers)
        .rebalance()
        .map(use('double'))
        .filter(use('is_even'))
        .flatMap(use('up_to')),
    expected: numbers.flatMap((x) => functions.up_to(2 * x)),
  },
  'running reduce by key': {
    build: (env, use) => env.fromCollection(numbers).keyBy(use('by_three')).reduce(use('add')),
    expected: [0, 3, 9, 18, 1, 5, 12, 22, 2, 7, 15, 26],
  },
  'running sum of a field': {
    build: (env, use) =>
      env
        .fromCollection(events)
        .keyBy(use('user'))
        .sum('count')
        .map((event: Event) => `${event.user} ${event.count}`),
    expected: ['ann 1', 'ann 4', 'ann 8', 'ben 2', 'ben 8', 'cleo 5'],
    keyOf: firstWord,
  },
  'side outputs, union': {
    build: (env, use) => {
      const sides = env.fromCollection(numbers).process(use('Sides'));
      return sides.map(use('double')).union(sides.getSideOutput(ODD));
    },
    expected: [0, 4, 8, 12, 16, 20, 1, 3, 5, 7, 9, 11],
  },
  'state and timers': {
    build: (env, use) => timed(env, use).keyBy(use('user')).process(use('Running')),
    expected: [
      'ann 1',
      'ann 4',
      'ann 8',
      'ann at 100: 8 [1, 12, 13] 8',
      'ben 2',
      'ben 8',
      'ben at 100: 8 [4, 26] 8',
      'cleo 5',
      'cleo at 100: 5 [25] 5',
    ],
    keyOf: firstWord,
  },
  'co-map': {
    build: (env, use) =>
      env
        .fromCollection([1, 2])
        .map(use('double'))
        .connect(env.fromCollection([3]))
        .map(use('Either')),
    expected: ['first 2', 'first 4', 'second 3'],
  },
  'co-process by key': {
    build: (env, use) =>
      env
        .fromCollection(numbers)
        .keyBy(use('by_three'))
        .connect(env.fromCollection([1, 2, 3]).keyBy(use('by_three')))
        .process(use('Matched')),
    expected: ['0: 318', '1: 122', '2: 226'],
  },
  'tumbling windows, reduce': {
    build: (env, use) =>
      timed(env, use)
        .keyBy(use('user'))
        .window(TumblingEventTimeWindows.of(10))
        .reduce(use('merged'))
        .map((event: Event) => `${event.user} ${event.time} ${event.count}`),
    expected: ['ann 1 1', 'ann 13 7', 'ben 4 2', 'ben 26 6', 'cleo 25 5'],
    keyOf: firstWord,
  },
  'sliding windows, aggregate': {
    build: (env, use) =>
      timed(env, use)
        .keyBy(use('user'))
        .window(SlidingEventTimeWindows.of(20, 10))
        .aggregate(use('Collect')),
    expected: [1, 8, 7, 2, 2, 6, 6, 5, 5],
  },
  'session windows, process': {
    build: (env, use) =>
      timed(env, use)
        .keyBy(use('user'))
        .window(EventTimeSessionWindows.withGap(10))
        .process(use('Shown')),
    expected: [
      'ann [1, 11) 1',
      'ann [12, 23) 7',
      'ben [4, 14) 2',
      'ben [26, 36) 6',
      'cleo [25, 35) 5',
    ],
    keyOf: firstWord,
  },
  'count windows': {
    build: (env, use) =>
      env.fromCollection(events).keyBy(use('user')).countWindow(2).process(use('Counted')),
    expected: ['ann: 4', 'ben: 8'],
  },
  'interval join': {
    build: (env, use) => {
      const keyed = timed(env, use).keyBy(use('user'));
      return keyed
        .intervalJoin(timed(env, use).keyBy(use('user')))
        .between(1, 15)
        .process(use('pair'));
    },
    expected: ['ann 1 12', 'ann 1 13', 'ann 12 13'],
  },
  'as-of join': {
    build: (env, use) => {
      const later = env
        .fromCollection([
          { user: 'ann', time: 20, count: 0 },
          { user: 'ben', time: 25, count: 0 },
        ])
        .assignTimestampsAndWatermarks(
          WatermarkStrategy.forBoundedOutOfOrderness<Event>(30).withTimestampAssigner(use('time')),
        );
      return later.keyBy(use('user')).asOfJoin(timed(env, use).keyBy(use('user')), use('pair'));
    },
    expected: ['ann 20 13', 'ben 25 4'],
  },
  'broadcast state': {
    build: (env, use) =>
      env
        .fromCollection([7])
        .map(use('double'))
        .connect(env.fromCollection([1, 2]).broadcast(RULES))
        .process(use('Ruled')),
    expected: ['rule 1', 'rule 0'],
  },
  'asynchronous calls, in order': {
    build: (env, use) =>
      AsyncDataStream.orderedWait(env.fromCollection([1, 2, 3]), use('Slowly'), 5_000),
    expected: [1.5, 2.5, 3.5],
  },
};

/** At parallelism n every subtask of a broadcast input answers. */
const timesParallelism = new Set(['broadcast state']);

describe.each([
  { parallelism: 1, channels: 'auto' },
  { parallelism: 2, channels: 'auto' },
  { parallelism: 3, channels: 'auto' },
  { parallelism: 2, channels: 'always' },
])('parallelism $parallelism, channels $channels', { timeout: 60_000 }, (setting) => {
  let env: StreamExecutionEnvironment;
  beforeAll(() => {
    env = StreamExecutionEnvironment.getExecutionEnvironment({
      parallelism: setting.parallelism,
      config: { 'isthmus.channels': setting.channels },
    });
  });
  afterAll(() => env.close());

  describe.each(Object.keys(languages))('%s', (language) => {
    test.each(Object.entries(scenarios))('%s', async (name, { build, expected, keyOf }) => {
      const use = (languages[language] as () => Use)();
      const results = await build(env, use).executeAndCollect().toArray();
      const times = timesParallelism.has(name) ? setting.parallelism : 1;
      const all = Array.from({ length: times }, () => expected).flat();
      expect(sorted(results)).toEqual(sorted(all));
      if (keyOf !== undefined) expect(byKey(results, keyOf)).toEqual(byKey(expected, keyOf));
    });
  });
});

function sorted(results: readonly unknown[]): string[] {
  return results.map((result) => JSON.stringify(result)).sort();
}

function byKey(results: readonly unknown[], keyOf: (result: unknown) => unknown) {
  const found = new Map<unknown, unknown[]>();
  for (const result of results) {
    const key = keyOf(result);
    found.set(key, [...(found.get(key) ?? []), result]);
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
}
