// The same joins, lookups, asynchronous calls and BATCH jobs with TypeScript functions and with Python ones, through the API,
// in jobs over real workers: both must give the same.

import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import {
  AsyncDataStream,
  AsyncRetryStrategy,
  type DataStream,
  EventTimeSessionWindows,
  type KeyedProcessContext,
  type KeyedStream,
  type RuntimeContext,
  SlidingEventTimeWindows,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  ValueStateDescriptor,
  WatermarkStrategy,
  type WindowLike,
  type WindowAssignerLike,
  py,
} from '../../src/index.ts';

type Event = { id: number; user: string; at: number; value: number };
type Language = 'typescript' | 'python';

const file = fileURLToPath(new URL('../fixtures/python/joins.py', import.meta.url));
// oxlint-disable-next-line typescript/no-explicit-any -- Python's word is taken for what it takes and gives.
const f = (name: string) => py<any, any>(file, name);

/** Seeded, out of order by up to 30 ms. */
function someEvents(count: number, seed: number): Event[] {
  let state = seed;
  const random = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
  return Array.from({ length: count }, (_, i) => ({
    id: i,
    user: `user ${random(5)}`,
    at: 5 * i + random(30),
    value: random(1_000),
  }));
}

// What the Python fixture has, in TypeScript.

const user = (event: Event) => event.user;
const pair = (left: Event | null, right: Event | null) => [left?.id ?? null, right?.id ?? null];
const ids = (events: Event[]) => events.map(({ id }) => id).sort((a, b) => a - b);
const named = (event: Event, found: string | null) => [event.id, found];
const name = (key: string) => (key === 'user 3' ? null : key.toUpperCase());
const total = (a: Event, b: Event) => ({ ...a, value: a.value + b.value });
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface JoinTimes {
  getLeftTimestamp(): number;
  getRightTimestamp(): number;
  timestamp(): number;
}

class Pairs {
  *processElement(left: Event | null, right: Event | null, ctx: unknown) {
    const times = ctx as JoinTimes;
    yield [
      ...pair(left, right),
      left && times.getLeftTimestamp(),
      right && times.getRightTimestamp(),
    ];
    if (left && right && left.id % 2 === 0) yield [times.timestamp()];
  }
}

class Pair {
  join(left: Event | null, right: Event | null) {
    return pair(left, right);
  }
}

class Both {
  coGroup(lefts: Event[], rights: Event[]) {
    return [[ids(lefts), ids(rights)]];
  }
}

class Ask {
  async asyncInvoke({ id }: Event) {
    await later(id % 3);
    return Array.from({ length: id % 3 }, () => id);
  }
}

class AskAgain {
  readonly #seen = new Set<number>();
  async asyncInvoke({ id }: Event): Promise<number[]> {
    await later(0);
    if (this.#seen.has(id)) return [id];
    this.#seen.add(id);
    throw new RangeError('not yet');
  }
}

class Running {
  #count!: ReturnType<RuntimeContext['getState']>;
  open(context: RuntimeContext): void {
    this.#count = context.getState(new ValueStateDescriptor('count'));
  }
  *processElement(event: Event, ctx: KeyedProcessContext<string>) {
    const count = ((this.#count.value() as number | undefined) ?? 0) + 1;
    this.#count.update(count);
    ctx.timerService().registerEventTimeTimer(event.at + 5);
    yield [event.user, event.id, count];
  }
  *onTimer(timestamp: number, ctx: KeyedProcessContext<string>) {
    yield [ctx.getCurrentKey(), timestamp, this.#count.value()];
  }
}

// Jobs of two streams.

type Build = (
  lefts: DataStream<Event>,
  rights: DataStream<Event>,
  by: Language,
) => DataStream<unknown>;

const joins: Record<string, Build> = {};

for (const how of ['inner', 'left', 'right', 'full'] as const) {
  joins[`interval, ${how}`] = (lefts, rights, by) =>
    lefts
      .keyBy(user)
      .intervalJoin(rights.keyBy(user), { how })
      .between(-10, 20)
      .process(by === 'python' ? f('pair') : pair);
}
joins['interval, open bounds, results of an object'] = (lefts, rights, by) =>
  lefts
    .keyBy(user)
    .intervalJoin(rights.keyBy(user), { how: 'full' })
    .between(-10, 20)
    .lowerBoundExclusive()
    .upperBoundExclusive()
    .process(by === 'python' ? f('Pairs') : Pairs);
for (const how of ['inner', 'left'] as const) {
  for (const toleranceMs of [undefined, 15]) {
    const options = toleranceMs === undefined ? { how } : { how, toleranceMs };
    joins[`as of, ${how}, tolerance ${toleranceMs}`] = (lefts, rights, by) =>
      lefts.keyBy(user).asOfJoin(rights.keyBy(user), by === 'python' ? f('pair') : pair, options);
  }
}
const windows: Record<string, WindowAssignerLike<Event, WindowLike>> = {
  tumbling: TumblingEventTimeWindows.of(40),
  sliding: SlidingEventTimeWindows.of(40, 15),
  session: EventTimeSessionWindows.withGap(12),
};
for (const [shape, assigner] of Object.entries(windows)) {
  joins[`window, ${shape}`] = (lefts, rights, by) =>
    lefts
      .join(rights)
      .where(user)
      .equalTo(user)
      .window(assigner)
      .apply(by === 'python' ? f('Pair') : Pair);
  joins[`co-group, ${shape}`] = (lefts, rights, by) =>
    lefts
      .coGroup(rights)
      .where(user)
      .equalTo(user)
      .window(assigner)
      .apply(by === 'python' ? f('Both') : Both);
}

// Jobs of one stream.

type BuildOne = (stream: DataStream<Event>, by: Language) => DataStream<unknown>;

const ones: Record<string, BuildOne> = {
  'asynchronous, ordered': (stream, by) =>
    AsyncDataStream.orderedWait(stream, by === 'python' ? f('Ask') : Ask, 10_000, 7),
  'asynchronous, unordered': (stream, by) =>
    AsyncDataStream.unorderedWait(stream, by === 'python' ? f('Ask') : Ask, 10_000, 7),
  'asynchronous, ordered, of a keyed stream': (stream, by) =>
    AsyncDataStream.orderedWait(stream.keyBy(user), by === 'python' ? f('Ask') : Ask, 10_000, 7),
  'lookup of a keyed stream': (stream, by) =>
    by === 'python'
      ? stream.keyBy(user).lookupJoin(f('name_later'), f('named'), { key: f('user') })
      : stream.keyBy(user).lookupJoin(async (key: string) => name(key), named, { key: user }),
  'asynchronous, tried again': (stream, by) =>
    AsyncDataStream.orderedWaitWithRetry(
      stream,
      by === 'python' ? f('AskAgain') : AskAgain,
      10_000,
      AsyncRetryStrategy.fixedDelay(2, 1),
    ),
};
for (const how of ['inner', 'left'] as const) {
  for (const cacheSize of [0, 3]) {
    for (const lookup of ['name', 'name_later'] as const) {
      const options = { how, cacheSize };
      const found = lookup === 'name' ? name : (key: string) => Promise.resolve(name(key));
      ones[`lookup by ${lookup}, ${how}, cache of ${cacheSize}`] = (stream, by) =>
        by === 'python'
          ? stream.lookupJoin(f(lookup), f('named'), { ...options, key: f('user') })
          : stream.lookupJoin(found, named, { ...options, key: user });
    }
  }
}

const env = StreamExecutionEnvironment.getExecutionEnvironment({ logger: () => {} });
afterAll(() => env.close());

const timing = WatermarkStrategy.forBoundedOutOfOrderness<Event>(1_000).withTimestampAssigner(
  ({ at }) => at,
);

/** In one subtask, so that records of a key keep their order. */
function timed(count: number, seed: number): DataStream<Event> {
  return env
    .fromCollection(someEvents(count, seed))
    .assignTimestampsAndWatermarks(timing)
    .setParallelism(1);
}

async function shown(stream: DataStream<unknown>): Promise<string[]> {
  return (await stream.executeAndCollect().toArray()).map((value) => JSON.stringify(value));
}

describe.each(['STREAMING', 'BATCH'] as const)('%s', { timeout: 60_000 }, (mode) => {
  test.each(Object.keys(joins))('%s', async (join) => {
    env.setRuntimeMode(mode).setParallelism(2);
    const found = async (by: Language) =>
      (await shown((joins[join] as Build)(timed(80, 1), timed(70, 2), by))).sort();
    const results = await found('typescript');
    expect(results.length).toBeGreaterThan(10);
    expect(results).toEqual(await found('python'));
  });

  test.each(Object.keys(ones))('%s', async (one) => {
    env.setRuntimeMode(mode).setParallelism(1);
    const found = (by: Language) => shown((ones[one] as BuildOne)(timed(60, 3), by));
    const results = await found('typescript');
    expect(results.length).toBeGreaterThan(20);
    const expected = await found('python');
    if (one.includes('unordered')) expect(results.sort()).toEqual(expected.sort());
    else expect(results).toEqual(expected);
  });
});

describe('keyed operators in BATCH, in the order in which they emit', { timeout: 60_000 }, () => {
  const summed = (stream: KeyedStream<Event, unknown>, by: Language) =>
    by === 'python' ? stream.reduce(f('total')) : stream.reduce(total);
  const keyed: Record<string, BuildOne> = {
    'a process function with timers': (stream, by) =>
      stream.keyBy(user).process(by === 'python' ? f('Running') : Running),
    reduce: (stream, by) => summed(stream.keyBy(user), by),
    'reduce by numbers': (stream, by) =>
      summed(
        stream.keyBy(({ id }) => (id * 7) % 11),
        by,
      ),
  };

  test.each(Object.keys(keyed))('%s', async (one) => {
    env.setRuntimeMode('BATCH').setParallelism(1);
    const timedToo = (by: Language) => shown((keyed[one] as BuildOne)(timed(60, 4), by));
    const results = await timedToo('typescript');
    expect(results.length).toBeGreaterThan(4);
    expect(results).toEqual(await timedToo('python'));
    if (one.startsWith('a process')) return;
    const untimed = (by: Language) =>
      shown((keyed[one] as BuildOne)(env.fromCollection(someEvents(60, 5)), by));
    expect(await untimed('typescript')).toEqual(await untimed('python'));
  });
});
