// Every operator that takes a function, with functions of TypeScript and with functions of Python. Twin of
// test/python/behaviour/test_every_operator.py. What one language cannot do says so in one sentence where it is asked for.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  AsyncDataStream,
  AsyncRetryStrategy,
  type DataStream,
  EventTimeSessionWindows,
  GlobalWindows,
  GraphError,
  IsthmusError,
  type KeyedStream,
  PurgingTrigger,
  type RuntimeContext,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  WatermarkStrategy,
  py,
} from '../../src/index.ts';
import type { Transformation } from '../../src/api/transformation.ts';
import { isSink, isSource, KINDS } from '../../src/graph/kinds.ts';
import { OneInputHarness } from '../../src/testing/index.ts';
import * as typescript from '../fixtures/every-operator/every-operator.ts';
import { type Click, RULES } from '../fixtures/every-operator/every-operator.ts';

/** Whatever the operator, and whichever part is of the other language. */
const ONE_LANGUAGE =
  /functions of operator ".*" must be of one language; write all of them in Python or all in TypeScript/;

const file = fileURLToPath(
  new URL('../fixtures/every-operator/every_operator.py', import.meta.url),
);

type Name = keyof typeof typescript;
/** Gives the function of a name, in the language whose turn it is. */
// biome-ignore lint/suspicious/noExplicitAny: the same call takes functions of both languages.
type Use = (name: Name) => any;
type Env = StreamExecutionEnvironment;

const ofTypeScript: Use = (name) => typescript[name];
const ofPython: Use = (name) => py(file, name);
const made = (use: Use, name: Name) => (use === ofTypeScript ? new (use(name))() : use(name));

const clicksOf: Click[] = [
  { user: 'a', n: 1, at: 1 },
  { user: 'b', n: 2, at: 3 },
  { user: 'a', n: 4, at: 8 },
  { user: 'a', n: 8, at: 12 },
  { user: 'b', n: 16, at: 25 },
];
const tens = TumblingEventTimeWindows.of(10);

const numbers = (env: Env): DataStream<number> => env.fromCollection([1, 2, 3, 4]);

function clicks(env: Env, f: Use): DataStream<Click> {
  const strategy = WatermarkStrategy.forMonotonousTimestamps<Click>().withTimestampAssigner(
    f('at'),
  );
  // One subtask: the order matters to windows of counts.
  return env.fromCollection(clicksOf).assignTimestampsAndWatermarks(strategy).setParallelism(1);
}

const keyed = (env: Env, f: Use): KeyedStream<Click, string> => clicks(env, f).keyBy(f('user'));
const shown = (stream: DataStream<Click>) => stream.map(({ user, n }) => `${user} ${n}`);
// biome-ignore lint/suspicious/noExplicitAny: of either language.
const windowed = (env: Env, f: Use, assigner: any = tens) => keyed(env, f).window(assigner) as any;

class Where {
  #subtask = 0;
  open(context: RuntimeContext) {
    this.#subtask = context.indexOfThisSubtask;
  }
  processElement(value: number): string[] {
    return [`${value} in ${this.#subtask}`];
  }
}

const each = (...sides: string[]) =>
  sides.flatMap((side) => [1, 2, 3, 4].map((n) => `${side} ${n}`));
const byTens = ['a 0 5', 'a 10 8', 'b 0 2', 'b 20 16'];
const pairs = ['a 1 1', 'a 1 4', 'a 4 1', 'a 4 4', 'a 8 8', 'b 16 16', 'b 2 2'];
const askedThrice = [1, 2, 3, 4].map((n) => `${n} at call 3`);
const fixed = AsyncRetryStrategy.fixedDelay(3, 1);
const growing = AsyncRetryStrategy.exponentialBackoff(3, 1, 5);
const behind = ['1 behind -1', '12 behind 8', '25 behind 12', '3 behind 1', '8 behind 3'];

const every: Record<
  string,
  [build: (env: Env, f: Use) => DataStream<unknown>, expected: unknown[]]
> = {
  fromSource: [(env, f) => env.fromSource(f('count_to_four')), [1, 2, 3, 4]],
  fromInput: [(env, f) => env.fromInput('numbers', { default: f('count_to_four') }), [1, 2, 3, 4]],
  map: [(env, f) => numbers(env).map(f('double')), [2, 4, 6, 8]],
  filter: [(env, f) => numbers(env).filter(f('is_even')), [2, 4]],
  project: [
    (env) => env.fromCollection([[1, 2, 3] as const]).project(2, 0) as DataStream<unknown>,
    [[3, 1]],
  ],
  flatMap: [(env, f) => numbers(env).flatMap(f('up_to')), [0, 0, 0, 0, 1, 1, 1, 2, 2, 3]],
  mapBatch: [(env, f) => numbers(env).mapBatch(f('doubled')), [2, 4, 6, 8]],
  flatMapBatch: [(env, f) => numbers(env).flatMapBatch(f('twice')), [1, 1, 2, 2, 3, 3, 4, 4]],
  'keyBy, reduce': [(env, f) => numbers(env).keyBy(f('parity')).reduce(f('add')), [1, 2, 4, 6]],
  'keyBy, sum': [(env, f) => shown(keyed(env, f).sum('n')), ['a 1', 'a 13', 'a 5', 'b 18', 'b 2']],
  'keyBy alone': [(env, f) => numbers(env).keyBy(f('parity')), [1, 2, 3, 4]],
  partitionCustom: [
    (env, f) =>
      numbers(env).partitionCustom(f('to_last'), f('parity')).process(Where).setParallelism(2),
    [1, 2, 3, 4].map((n) => `${n} in 1`),
  ],
  process: [(env, f) => numbers(env).process(f('Tens')), [10, 20, 30, 40]],
  'process of keys': [
    (env, f) => numbers(env).keyBy(f('parity')).process(f('Running')),
    ['0 6 at 50', '1 4 at 50'],
  ],
  'connect, map': [
    (env, f) => numbers(env).connect(numbers(env)).map(f('Either')),
    each('first', 'second'),
  ],
  'connect, flatMap': [
    (env, f) => numbers(env).connect(numbers(env)).flatMap(f('EitherTwice')),
    each('first', 'first', 'second', 'second'),
  ],
  'connect, process': [
    (env, f) => numbers(env).connect(numbers(env)).process(f('Sides')),
    each('first', 'second'),
  ],
  'connect, keyBy, process': [
    (env, f) =>
      numbers(env).connect(numbers(env)).keyBy(f('parity'), f('parity')).process(f('Matched')),
    ['0: 606', '1: 404'],
  ],
  'broadcast, process': [
    (env, f) =>
      numbers(env).connect(numbers(env).broadcast(RULES)).process(f('Ruled')).setParallelism(1),
    each('rule'),
  ],
  'broadcast, process of keys': [
    (env, f) =>
      numbers(env)
        .keyBy(f('parity'))
        .connect(numbers(env).broadcast(RULES))
        .process(f('RuledByKey'))
        .setParallelism(1),
    each('rule'),
  ],
  'watermark generator': [
    (env, f) =>
      env
        .fromCollection(clicksOf)
        .assignTimestampsAndWatermarks(
          WatermarkStrategy.forGenerator<Click>(generator(f)).withTimestampAssigner(f('at')),
        )
        .setParallelism(1)
        .process(f('Late'))
        .setParallelism(1),
    behind,
  ],
  'watermark generator behind an assigner': [
    (env, f) =>
      clicks(env, f)
        .assignTimestampsAndWatermarks(WatermarkStrategy.forGenerator<Click>(generator(f)))
        .setParallelism(1)
        .process(f('Late'))
        .setParallelism(1),
    behind,
  ],
  'timestamp assigner with a bound and idleness': [
    (env, f) =>
      shown(
        env
          .fromCollection(clicksOf)
          .assignTimestampsAndWatermarks(
            WatermarkStrategy.forBoundedOutOfOrderness<Click>(5)
              .withTimestampAssigner(f('at'))
              .withIdleness(9_000),
          )
          .keyBy(f('user'))
          .window(tens)
          .reduce(f('total')),
      ),
    ['a 5', 'a 8', 'b 16', 'b 2'],
  ],
  'window, reduce': [
    (env, f) => shown(windowed(env, f).reduce(f('total'))),
    ['a 5', 'a 8', 'b 16', 'b 2'],
  ],
  'window, reduce and process': [
    (env, f) => windowed(env, f).reduce(f('total'), f('Shown')),
    byTens,
  ],
  'window, aggregate': [
    (env, f) => windowed(env, f).aggregate(f('Numbers')),
    ['1+4', '16', '2', '8'],
  ],
  'window, aggregate and process': [
    (env, f) => windowed(env, f).aggregate(f('Numbers'), f('Labelled')),
    ['a 0 1+4', 'a 10 8', 'b 0 2', 'b 20 16'],
  ],
  'window, sum': [
    (env, f) => shown(windowed(env, f).trigger(made(f, 'AtEnd')).sum('n')),
    ['a 5', 'a 8', 'b 16', 'b 2'],
  ],
  'window, maxBy': [
    (env, f) => shown(windowed(env, f, made(f, 'Hundreds')).maxBy('n')),
    ['a 8', 'b 16'],
  ],
  'windowAll, sum': [
    (env, f) => shown(clicks(env, f).windowAll(tens).trigger(made(f, 'AtEnd')).sum('n')),
    ['a 7', 'a 8', 'b 16'],
  ],
  'window, apply': [(env, f) => windowed(env, f).apply(f('Applied')), byTens],
  'window, process': [(env, f) => windowed(env, f).process(f('Shown')), byTens],
  'window, trigger': [
    (env, f) =>
      windowed(env, f, GlobalWindows.create())
        .trigger(made(f, 'EverySecond'))
        .aggregate(f('Numbers')),
    ['1+4', '2+16'],
  ],
  'window, trigger in a purging one': [
    (env, f) =>
      windowed(env, f)
        .trigger(PurgingTrigger.of(made(f, 'EachRecord')))
        .aggregate(f('Numbers')),
    ['1', '16', '2', '4', '8'],
  ],
  'window, trigger of windows that merge': [
    (env, f) =>
      windowed(env, f, EventTimeSessionWindows.withGap(6))
        .trigger(made(f, 'EachRecord'))
        .aggregate(f('Numbers')),
    ['1', '16', '2', '4', '4+8'],
  ],
  'window assigner': [
    (env, f) => windowed(env, f, made(f, 'Hundreds')).process(f('Shown')),
    ['a 0 13', 'b 0 18'],
  ],
  'window, session gap': [
    (env, f) =>
      windowed(env, f, EventTimeSessionWindows.withDynamicGap(made(f, 'Gap'))).process(f('Shown')),
    ['a 1 1', 'a 8 12', 'b 25 16', 'b 3 2'],
  ],
  'windowAll, reduce': [
    (env, f) => shown(clicks(env, f).countWindowAll(2).reduce(f('total'))),
    ['a 12', 'a 3'],
  ],
  'windowAll, process': [
    (env, f) => clicks(env, f).windowAll(tens).process(f('OfAll')),
    ['all 0 7', 'all 10 8', 'all 20 16'],
  ],
  join: [
    (env, f) =>
      clicks(env, f)
        .join(clicks(env, f))
        .where(f('user'))
        .equalTo(f('user'))
        .window(tens)
        .apply(f('pair')),
    pairs,
  ],
  'join, trigger': [
    (env, f) =>
      clicks(env, f)
        .join(clicks(env, f))
        .where(f('user'))
        .equalTo(f('user'))
        .window(tens)
        .trigger(made(f, 'AtEnd'))
        .apply(f('pair')),
    pairs,
  ],
  'coGroup, window assigner': [
    (env, f) =>
      clicks(env, f)
        .coGroup(clicks(env, f))
        .where(f('user'))
        .equalTo(f('user'))
        .window(made(f, 'Hundreds'))
        .apply(f('sides')),
    ['2 and 2', '3 and 3'],
  ],
  intervalJoin: [
    (env, f) => keyed(env, f).intervalJoin(keyed(env, f)).between(1, 10).process(f('pair')),
    ['a 1 4', 'a 4 8'],
  ],
  'intervalJoin, left': [
    (env, f) =>
      keyed(env, f)
        .intervalJoin(keyed(env, f), { how: 'left' })
        .between(1, 10)
        .upperBoundExclusive()
        .process(f('pair_or_none')),
    ['a 1 4', 'a 4 8', 'a 8 -', 'b 16 -', 'b 2 -'],
  ],
  asOfJoin: [
    (env, f) => keyed(env, f).asOfJoin(keyed(env, f), f('pair'), { toleranceMs: 5 }),
    ['a 1 1', 'a 4 4', 'a 8 8', 'b 16 16', 'b 2 2'],
  ],
  lookupJoin: [
    (env, f) =>
      clicks(env, f).lookupJoin(f('name_of'), f('named'), { key: f('user'), cacheSize: 10 }),
    ['ann 1', 'ann 4', 'ann 8'],
  ],
  'lookupJoin, table': [
    (env, f) => clicks(env, f).lookupJoin(f('TABLE'), f('named'), { key: f('user') }),
    ['ann 1', 'ann 4', 'ann 8'],
  ],
  unorderedWait: [
    (env, f) => AsyncDataStream.unorderedWait(numbers(env), f('Slowly'), 5_000),
    [2, 4, 6, 8],
  ],
  orderedWait: [
    (env, f) => AsyncDataStream.orderedWait(numbers(env), f('Slowly'), 5_000),
    [2, 4, 6, 8],
  ],
  unorderedWaitWithRetry: [
    (env, f) => AsyncDataStream.unorderedWaitWithRetry(numbers(env), f('AtThird'), 5_000, fixed),
    askedThrice,
  ],
  orderedWaitWithRetry: [
    (env, f) => AsyncDataStream.orderedWaitWithRetry(numbers(env), f('AtThird'), 5_000, growing),
    askedThrice,
  ],
};

test('every kind is tried', () => {
  const tried = new Set<string>();
  const see = ({ kind, inputs }: Transformation): void => {
    tried.add(kind);
    for (const { from } of inputs) see(from);
  };
  for (const [build] of Object.values(every)) {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    for (const { from } of build(env, ofTypeScript).legs) see(from);
  }
  const kinds = Object.keys(KINDS).filter((kind) => !isSource({ kind }) && !isSink({ kind }));
  // Sources and sinks have their contract suites.
  expect(kinds.filter((kind) => !tried.has(kind))).toEqual([]);
});

/** What `forGenerator` takes. */
function generator(f: Use) {
  return f === ofTypeScript ? () => new typescript.Followed() : f('Followed');
}

describe.each([1, 2, 3])('parallelism %i', { timeout: 60_000 }, (parallelism) => {
  let env: Env;
  let folder: string;
  beforeAll(async () => {
    env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism });
    folder = await mkdtemp(join(tmpdir(), 'isthmus-'));
  });
  afterAll(async () => {
    await env.close();
    await rm(folder, { recursive: true });
  });

  describe.each([
    ['TypeScript', ofTypeScript],
    ['Python', ofPython],
  ] as const)('functions of %s', (language, f) => {
    test.each(Object.entries(every))('%s', async (_name, [build, expected]) => {
      const found = await build(env, f).executeAndCollect().toArray();
      expect(found.map(String).sort()).toEqual(expected.map(String).sort());
    });

    test('calls are tried as often as said', async () => {
      const twice = AsyncRetryStrategy.fixedDelay(2, 1);
      const results = AsyncDataStream.orderedWaitWithRetry(
        numbers(env),
        f('AtThird'),
        5_000,
        twice,
      );
      await expect(results.executeAndCollect().toArray()).rejects.toThrow('not yet');
    });

    test('addSink', async () => {
      const path = join(folder, language);
      const sink =
        f === ofPython ? py(file, 'Appended', { args: [path] }) : new typescript.Appended(path);
      numbers(env).addSink(sink);
      await env.execute();
      const written = await readFile(path, 'utf8');
      expect(written.trim().split('\n').sort()).toEqual(['1', '2', '3', '4']);
    });
  });

  // Without a caller that knows better: the types refuse most of these.
  test.each<[string, (p: Use, t: Use) => unknown, RegExp]>([
    ['window, functions', (p, t) => windowed(env, t).reduce(p('total'), t('Shown')), ONE_LANGUAGE],
    [
      'window, functions the other way round',
      (p, t) => windowed(env, t).reduce(t('total'), p('Shown')),
      ONE_LANGUAGE,
    ],
    [
      'window, trigger',
      (p, t) => windowed(env, t).trigger(p('AtEnd')).process(t('Shown')),
      ONE_LANGUAGE,
    ],
    [
      'window, trigger within',
      (p, t) =>
        windowed(env, t)
          .trigger(PurgingTrigger.of(p('AtEnd')))
          .process(t('Shown')),
      ONE_LANGUAGE,
    ],
    [
      'window, trigger of TypeScript',
      (p, t) => windowed(env, t).trigger(made(t, 'AtEnd')).process(p('Shown')),
      ONE_LANGUAGE,
    ],
    [
      'window assigner',
      (p, t) => windowed(env, t, p('Hundreds')).process(t('Shown')),
      ONE_LANGUAGE,
    ],
    [
      'window assigner of TypeScript',
      (p, t) => windowed(env, t, made(t, 'Hundreds')).process(p('Shown')),
      ONE_LANGUAGE,
    ],
    [
      'session gap',
      (p, t) =>
        windowed(env, t, EventTimeSessionWindows.withDynamicGap(p('Gap'))).process(t('Shown')),
      ONE_LANGUAGE,
    ],
    [
      'join, trigger',
      (p, t) =>
        clicks(env, t)
          .join(clicks(env, t))
          .where(t('user'))
          .equalTo(t('user'))
          .window(tens)
          .trigger(p('AtEnd'))
          .apply(t('pair')),
      ONE_LANGUAGE,
    ],
    [
      'partitionCustom',
      (p, t) => numbers(env).partitionCustom(p('to_last'), t('parity')),
      /functions of a custom partitioner must be of one language/,
    ],
    [
      'watermark generator',
      (p, t) =>
        env
          .fromCollection(clicksOf)
          .assignTimestampsAndWatermarks(
            WatermarkStrategy.forGenerator<Click>(p('Followed')).withTimestampAssigner(t('at')),
          ),
      ONE_LANGUAGE,
    ],
    [
      'timestamp assigner',
      (p, t) =>
        env
          .fromCollection(clicksOf)
          .assignTimestampsAndWatermarks(
            WatermarkStrategy.forGenerator<Click>(generator(t)).withTimestampAssigner(p('at')),
          ),
      ONE_LANGUAGE,
    ],
    [
      'lookupJoin',
      (p, t) => clicks(env, t).lookupJoin(new Map(), t('named'), { key: p('user') }),
      ONE_LANGUAGE,
    ],
    [
      'retries by Python',
      (p) => AsyncRetryStrategy.fixedDelay(3, 1, { onResult: p('is_even') }),
      /conditions of a retry strategy are TypeScript functions/,
    ],
    [
      'retries of Python',
      (p, t) =>
        AsyncDataStream.orderedWaitWithRetry(
          numbers(env),
          p('AtThird'),
          5_000,
          AsyncRetryStrategy.fixedDelay(3, 1, { onException: t('is_even') }),
        ),
      ONE_LANGUAGE,
    ],
    [
      'harness',
      (p) => OneInputHarness.open(p('double'), { kind: 'map' }),
      /is Python; test it there, by isthmus\.testing/,
    ],
  ])('refused: %s', async (_name, build, message) => {
    let thrown: unknown;
    try {
      await build(ofPython, ofTypeScript);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(IsthmusError);
    expect((thrown as Error).message).toMatch(message);
    expect((thrown as Error).message).not.toContain('\n');
  });
});

test('what an operator cannot call is named before the job starts', {
  timeout: 60_000,
}, async () => {
  await using env = StreamExecutionEnvironment.getExecutionEnvironment();
  const t = ofTypeScript;
  const p = ofPython;
  const joined = () => clicks(env, t).join(clicks(env, t)).where(t('user')).equalTo(t('user'));
  const wrong: [build: () => DataStream<unknown>, message: string][] = [
    [() => windowed(env, t).trigger(p('Tens')).process(p('Shown')), 'no method "on_element"'],
    [() => windowed(env, t).trigger(p('double')).process(p('Shown')), 'needs a class with "on_el'],
    [() => windowed(env, t, p('Tens')).process(p('Shown')), 'no method "assign_windows"'],
    [
      () => windowed(env, t, EventTimeSessionWindows.withDynamicGap(p('add'))).apply(p('Applied')),
      'session gap add of',
    ],
    [() => windowed(env, t).reduce(p('double')), 'takes 1 parameter, and is called with 2'],
    [() => windowed(env, t).reduce(p('total'), p('Tens')), 'no method "process" or "apply"'],
    [() => windowed(env, t).aggregate(p('double')), 'needs a class with "create_accumulator"'],
    [() => windowed(env, t).apply(p('Tens')), 'no method "apply"'],
    [() => windowed(env, t).process(p('OfAll')), 'takes 2 parameters, and is called with 3'],
    [() => joined().window(tens).apply(p('Tens')), 'no method "join"'],
    [
      () => keyed(env, t).intervalJoin(keyed(env, t)).between(0, 1).process(p('Tens')),
      'takes 2 parameters, and is called with 3',
    ],
    [
      () => clicks(env, t).lookupJoin(p('Tens'), p('named'), { key: p('user') }),
      'no method "lookup" or "async_invoke"',
    ],
    [
      () => clicks(env, t).lookupJoin(p('TABLE'), p('double'), { key: p('user') }),
      'function of results double of',
    ],
    [
      () =>
        clicks(env, t).assignTimestampsAndWatermarks(
          WatermarkStrategy.forGenerator<Click>(p('Tens')),
        ),
      'no method "on_event"',
    ],
  ];
  for (const [build, message] of wrong) {
    const results = build().executeAndCollect().toArray();
    await expect(results).rejects.toThrow(message);
    await expect(results).rejects.toBeInstanceOf(GraphError);
  }
});

test('a missing function of Python is named before the job starts', {
  timeout: 60_000,
}, async () => {
  await using env = StreamExecutionEnvironment.getExecutionEnvironment();
  const windows = () => windowed(env, ofTypeScript);
  const nowhere = py(file, 'Nowhere');
  const parts: Record<string, DataStream<unknown>> = {
    trigger: windows().trigger(nowhere).process(ofPython('Shown')),
    'trigger within': windows().trigger(PurgingTrigger.of(nowhere)).process(ofPython('Shown')),
    assigner: windowed(env, ofTypeScript, nowhere).process(ofPython('Shown')),
    gap: windowed(env, ofTypeScript, EventTimeSessionWindows.withDynamicGap(nowhere)).process(
      ofPython('Shown'),
    ),
    generator: env
      .fromCollection(clicksOf)
      .assignTimestampsAndWatermarks(WatermarkStrategy.forGenerator<Click>(nowhere)),
    'assigner of time': env
      .fromCollection(clicksOf)
      .assignTimestampsAndWatermarks(
        WatermarkStrategy.forGenerator<Click>(ofPython('Followed')).withTimestampAssigner(nowhere),
      ),
    partition: numbers(env).partitionCustom(nowhere, ofPython('parity')),
  };
  for (const [name, stream] of Object.entries(parts)) {
    const results = stream
      .map((value) => value)
      .executeAndCollect()
      .toArray();
    await expect(results, name).rejects.toThrow(/every_operator\.py has no 'Nowhere'/);
    await expect(results, name).rejects.toBeInstanceOf(GraphError);
  }
});
