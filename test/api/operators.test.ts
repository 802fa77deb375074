// What operators of several functions come to in the graph, with TypeScript functions and with Python ones.

import { describe, expect, test } from 'vitest';
import {
  type DataStream,
  AsyncDataStream,
  AsyncRetryStrategy,
  BucketAssigner,
  EventTimeSessionWindows,
  EventTimeTrigger,
  NeverTrigger,
  FileSink,
  OutputTag,
  PurgingTrigger,
  RollingPolicy,
  StreamExecutionEnvironment,
  Time,
  TimeWindow,
  TumblingEventTimeWindows,
  Types,
  py,
} from '../../src/index.ts';
import type { OperatorSpec } from '../../src/graph/job-graph.ts';

type Event = { user: string; at: number; value: number };

const minutes = TumblingEventTimeWindows.of(Time.minutes(1));
const purging = PurgingTrigger.of(EventTimeTrigger.create());
const ownAssigner = { assignWindows: () => [new TimeWindow(0, 1)] };
const late = new OutputTag<Event>('late', Types.PICKLED_BYTE_ARRAY());

/** The last operator of what `make` builds, with the functions of the job. */
function built(make: (events: ReturnType<typeof eventsOf>) => unknown): {
  spec: OperatorSpec;
  /** Its functions by part. */
  parts: Record<string, unknown>;
} {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 2 });
  make(eventsOf(env));
  const { graph, functions } = env.build();
  const spec = graph.operators.at(-1) as OperatorSpec;
  const parts = Object.entries(spec.fns ?? {}).map(([part, ref]) => [
    part,
    ref.language === 'typescript' && ref.form === 'closure' ? functions[ref.id] : undefined,
  ]);
  return { spec, parts: Object.fromEntries(parts) as Record<string, unknown> };
}

function eventsOf(env: StreamExecutionEnvironment) {
  return env.fromCollection<Event>([]);
}

const f = (name: string) => py('./functions.py', name);

describe('windows', () => {
  test('of TypeScript functions carry all in one operation', () => {
    const { spec } = built((events) =>
      events
        .keyBy((e) => e.user)
        .window(minutes)
        .trigger(purging)
        .allowedLateness(Time.seconds(5))
        .sideOutputLateData(late)
        .reduce(
          (a, b) => (a.value > b.value ? a : b),
          (key, window, [best]) => [{ key, start: window.start, best }],
        ),
    );
    expect(spec).toMatchObject({ kind: 'window', language: 'typescript' });
    expect(Object.keys(spec.fns ?? {})).toEqual(['function', 'windowFunction']);
    expect(spec.params).toEqual({
      assigner: { kind: 'tumbling', time: 'event', size: 60_000, offset: 0 },
      trigger: { kind: 'purging', trigger: { kind: 'eventTime' } },
      allowedLateness: 5_000,
      lateTag: 'late',
      how: 'reduce',
      allWindows: false,
    });
  });

  test('of Python functions say the rest in the same way', () => {
    const { spec } = built((events) =>
      events
        .keyBy((e) => e.user)
        .window(minutes)
        .trigger(purging)
        .sideOutputLateData(late)
        .aggregate(f('Total'), f('Report')),
    );
    expect(spec.fns).toMatchObject({
      function: { language: 'python', name: 'Total' },
      windowFunction: { language: 'python', name: 'Report' },
    });
    expect(spec.params).toMatchObject({
      assigner: { kind: 'tumbling', time: 'event', size: 60_000, offset: 0 },
      trigger: { kind: 'purging', trigger: { kind: 'eventTime' } },
      allowedLateness: 0,
      lateTag: 'late',
      how: 'aggregate',
      allWindows: false,
    });
  });

  test('of all records are keyed by a constant, at parallelism 1', () => {
    const { spec } = built((events) =>
      events.windowAll(minutes).process({ process: (_ctx, values) => [[...values].length] }),
    );
    expect(spec).toMatchObject({ nonParallel: true, parallelism: 1 });
    expect(spec.params).toMatchObject({ how: 'process', allWindows: true });
  });

  test('of a number of records describe themselves', () => {
    const { spec } = built((events) =>
      events
        .keyBy((e) => e.user)
        .countWindow(10, 5)
        .reduce(f('best')),
    );
    expect(spec.params).toMatchObject({ assigner: { kind: 'count', size: 10, slide: 5 } });
  });

  test('refuse to mix languages where that cannot work', () => {
    const windowed = (events: ReturnType<typeof eventsOf>) => events.keyBy((e) => e.user);
    expect(() => built((events) => windowed(events).window(ownAssigner).reduce(f('best')))).toThrow(
      'must be of one language; write all of them in Python or all in TypeScript. Python: its function; TypeScript: its assigner',
    );
    expect(() =>
      built((events) =>
        windowed(events)
          .window(minutes)
          .reduce((a) => a, f('Report')),
      ),
    ).toThrow('must be of one language');
    expect(() => built((events) => windowed(events).window(minutes).allowedLateness(-1))).toThrow(
      'cannot be negative',
    );
    expect(() => built((events) => windowed(events).countWindow(0))).toThrow('of 0 records');
    expect(() => built((events) => windowed(events).countWindow(2).allowedLateness(1))).toThrow(
      'Count windows know no lateness',
    );
    expect(() =>
      built((events) =>
        windowed(events).window(EventTimeSessionWindows.withGap(5)).trigger(new NeverTrigger()),
      ),
    ).toThrow('cannot be used with a trigger that does not support merging');
  });
});

describe('joins', () => {
  test('by windows', () => {
    const joined = (events: ReturnType<typeof eventsOf>) =>
      events
        .join(events)
        .where((e) => e.user)
        .equalTo((e) => e.user)
        .window(minutes);
    const { spec } = built((events) => joined(events).apply((a, b) => a.value + b.value));
    expect(spec.kind).toBe('window_join');
    const window = { how: 'join', assigner: { kind: 'tumbling' }, allowedLateness: 0 };
    expect(spec.params).toMatchObject(window);
    const python = built((events) => joined(events).apply(f('pair')));
    expect(python.spec.params).toEqual(spec.params);
  });

  test('by an interval', () => {
    const { spec } = built((events) => {
      const keyed = events.keyBy((e) => e.user);
      keyed
        .intervalJoin(keyed, { how: 'left' })
        .between(-1_000, 1_000)
        .upperBoundExclusive()
        .process((a, b) => [a.value, b?.value ?? null]);
    });
    expect(spec.params).toEqual({
      lower: -1_000,
      upper: 1_000,
      lowerInclusive: true,
      upperInclusive: false,
      how: 'left',
    });
    const keyed = (events: ReturnType<typeof eventsOf>) => events.keyBy((e) => e.user);
    expect(() => built((e) => keyed(e).intervalJoin(keyed(e)).between(2, 1))).toThrow('swap them');
    // The compiler refuses keys of two types; this is for those it knows too little of.
    const texts = (e: DataStream<Event>) =>
      e.keyBy<string | number>((event) => event.user, Types.STRING());
    const ints = (e: DataStream<Event>) =>
      e.keyBy<string | number>((event) => event.at, Types.INT());
    const name = (join: (e: DataStream<Event>) => unknown) => () => built(join);
    for (const [join, what] of [
      [name((e) => texts(e).asOfJoin(ints(e), () => 1)), 'As-Of Join'],
      [
        name((e) =>
          texts(e)
            .connect(ints(e))
            .map({ map1: () => 1, map2: () => 1 }),
        ),
        'Co-Map',
      ],
      [
        name((e) =>
          texts(e)
            .intervalJoin(ints(e))
            .between(0, 1)
            .process(() => 1),
        ),
        'Interval Join',
      ],
    ] as const) {
      expect(join).toThrow(
        `The two keys of "${what}" must be of one type; the left one's is STRING, the right one's INT. Convert one of them`,
      );
    }
  });

  test('with the latest record, and with a table', () => {
    const asOf = built((events) => {
      const keyed = events.keyBy((e) => e.user);
      keyed.asOfJoin(keyed, (a, b) => [a, b], { toleranceMs: 10 });
    });
    expect(asOf.spec.params).toEqual({ tolerance: 10, how: 'inner' });
    const table = new Map([['a', 1]]);
    const lookup = built((events) =>
      events.lookupJoin(table, (e, n) => ({ ...e, n }), { key: (e) => e.user, how: 'left' }),
    );
    expect(lookup.parts).toMatchObject({ lookup: table });
    expect(lookup.spec.params).toMatchObject({
      how: 'left',
      capacity: 100,
      ordered: true,
    });
  });
});

describe('other operators', () => {
  test('wait for asynchronous functions, with retries', () => {
    const retry = AsyncRetryStrategy.exponentialBackoff(4, 100, 250);
    const ts = built((events) =>
      AsyncDataStream.unorderedWaitWithRetry(events, async (e) => [e.value], 1_000, retry, 5),
    );
    expect(ts.spec.params).toMatchObject({ timeout: 1_000, capacity: 5, ordered: false });
    const python = built((events) =>
      AsyncDataStream.orderedWaitWithRetry(events, f('ask'), 1_000, retry),
    );
    expect(python.spec.params).toEqual({
      timeout: 1_000,
      capacity: 100,
      ordered: true,
      retry: {
        kind: 'exponential',
        maxAttempts: 4,
        initialDelayMs: 100,
        maxDelayMs: 250,
        multiplier: 2,
        onEmpty: false,
        onException: true,
      },
    });
    expect(ts.spec.params.retry).toEqual(python.spec.params.retry);
    const conditional = AsyncRetryStrategy.fixedDelay(2, 1, { onResult: (r) => r.length === 0 });
    expect(() =>
      built((events) => AsyncDataStream.orderedWaitWithRetry(events, f('ask'), 1, conditional)),
    ).toThrow('Python: its function; TypeScript: its retry on result');
  });

  test('broadcast one stream to another', () => {
    const rules = { name: 'rules' };
    const { spec } = built((events) =>
      events
        .keyBy((e) => e.user)
        .connect(events.map((e) => e.value).broadcast(rules))
        .process({
          processElement: (event, ctx) => [
            ctx.getBroadcastState<string, number>(rules).get(event.user),
          ],
          processBroadcastElement() {},
        }),
    );
    expect(spec).toMatchObject({ kind: 'broadcast_process', params: { descriptors: ['rules'] } });
  });

  test('write files', () => {
    const sink = FileSink.forRowFormat('/tmp/out')
      .withBucketAssigner(BucketAssigner.dateTimeBucketAssigner("yyyy/MM'T'HH"))
      .withRollingPolicy(RollingPolicy.defaultRollingPolicy(1_024))
      .withOutputFileConfig({ partPrefix: 'p', partSuffix: '.txt' })
      .build();
    expect(built((events) => events.map(String).sinkTo(sink)).spec).toMatchObject({
      kind: 'sink',
      connector: 'file',
      params: {
        path: '/tmp/out',
        prefix: 'p',
        suffix: '.txt',
        bucket: 'date-hour',
        dateFormat: '%Y/%mT%H',
        rolling: { maxPartBytes: 1_024 },
      },
    });
    expect(() => BucketAssigner.dateTimeBucketAssigner('yyyy-QQ')).toThrow('letters QQ');
    expect(() => BucketAssigner.dateTimeBucketAssigner('yyyy', 'Mars/Base')).toThrow(
      'no time zone Mars/Base',
    );
  });
});
