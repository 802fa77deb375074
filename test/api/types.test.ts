// What the compiler knows along a chain. `tsc` checks this file; running it only shows that the graphs can be built.

import { describe, expectTypeOf, test } from 'vitest';
import {
  type DataStream,
  EventTimeSessionWindows,
  type KeyedStream,
  MapStateDescriptor,
  OutputTag,
  PurgingTrigger,
  type RuntimeContext,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  Types,
  ValueStateDescriptor,
  WatermarkStrategy,
  py,
} from '../../src/index.ts';

type Click = { user: string; item: string; at: number };
type Scored = Click & { score: number };

const env = StreamExecutionEnvironment.getExecutionEnvironment();
const clicks = env.fromCollection<Click>([]);
const score = py<Click, Scored>('./model.py', 'score');

describe('element types', () => {
  test('of sources', () => {
    expectTypeOf(env.fromCollection(['a', 1])).toEqualTypeOf<DataStream<string | number>>();
    expectTypeOf(env.fromSequence(1, 3)).toEqualTypeOf<DataStream<number>>();
    expectTypeOf(env.fromFiles(['a'])).toEqualTypeOf<DataStream<string>>();
    expectTypeOf(env.fromIterable(new Set([1]))).toEqualTypeOf<DataStream<number>>();
    expectTypeOf(
      env.fromSource(async function* () {
        yield 'a';
      }),
    ).toEqualTypeOf<DataStream<string>>();
    expectTypeOf(env.fromSource(() => [true])).toEqualTypeOf<DataStream<boolean>>();
    const typed = env.fromCollection(
      [[1, 'a']] as [number, string][],
      Types.TUPLE([Types.INT(), Types.STRING()]),
    );
    expectTypeOf(typed).toEqualTypeOf<DataStream<[number, string]>>();
  });

  test('through map, also asynchronous, of an object and a class', () => {
    expectTypeOf(clicks.map((click) => click.at)).toEqualTypeOf<DataStream<number>>();
    expectTypeOf(clicks.map(async (click) => click.user)).toEqualTypeOf<DataStream<string>>();
    expectTypeOf(clicks.map({ map: (click: Click) => click.at })).toEqualTypeOf<
      DataStream<number>
    >();
    class Length {
      map(click: Click): number {
        return click.item.length;
      }
    }
    expectTypeOf(clicks.map(Length)).toEqualTypeOf<DataStream<number>>();
  });

  test('of functions with several methods: what any of them emits', () => {
    const keyed = clicks.keyBy((click) => click.user);
    class Counted {
      *processElement(click: Click) {
        yield click.at;
      }
      *onTimer() {
        yield 'over';
      }
    }
    class Silent {
      processElement(_click: Click) {}
      *onTimer() {
        yield 'over';
      }
    }
    expectTypeOf(keyed.process(Counted)).toEqualTypeOf<DataStream<number | string>>();
    expectTypeOf(keyed.process(Silent)).toEqualTypeOf<DataStream<string>>();
    expectTypeOf(
      clicks.connect(clicks).map({ map1: ({ at }) => at, map2: ({ user }) => user }),
    ).toEqualTypeOf<DataStream<number | string>>();
    expectTypeOf(
      clicks.connect(clicks).flatMap({ flatMap1: ({ at }) => [at], flatMap2: () => [true] }),
    ).toEqualTypeOf<DataStream<number | boolean>>();
    expectTypeOf(
      keyed.connect(keyed).process({
        processElement1: () => {},
        processElement2: ({ user }) => [user],
        onTimer: (time) => [time],
      }),
    ).toEqualTypeOf<DataStream<string | number>>();
    const rules = new MapStateDescriptor<string, number>('rules');
    expectTypeOf(
      keyed.connect(clicks.broadcast(rules)).process({
        processElement({ user }, ctx) {
          const rule = ctx.getBroadcastState(rules).get(user);
          expectTypeOf(rule).toEqualTypeOf<number | undefined>();
          return [rule];
        },
        processBroadcastElement({ user, at }, ctx) {
          ctx.getBroadcastState(rules).put(user, at);
        },
      }),
    ).toEqualTypeOf<DataStream<number | undefined>>();
  });

  test('of state, with and without a default', () => {
    const read = (context: RuntimeContext) => ({
      plain: context.getState(new ValueStateDescriptor<number>('plain')).value(),
      defaulted: context.getState(ValueStateDescriptor.withDefault('defaulted', 0)).value(),
    });
    expectTypeOf(read).returns.toEqualTypeOf<{ plain: number | undefined; defaulted: number }>();
  });

  test('narrowed by a type guard', () => {
    const mixed = env.fromCollection<string | number>([]);
    expectTypeOf(mixed.filter((value) => typeof value === 'string')).toEqualTypeOf<
      DataStream<string>
    >();
    expectTypeOf(mixed.filter((value) => value !== 1)).toEqualTypeOf<DataStream<string | number>>();
  });

  test('of what flatMap iterates', () => {
    expectTypeOf(clicks.flatMap((click) => [click.at])).toEqualTypeOf<DataStream<number>>();
    expectTypeOf(
      clicks.flatMap(function* (click) {
        yield click.user;
      }),
    ).toEqualTypeOf<DataStream<string>>();
    expectTypeOf(
      clicks.flatMap(async function* (click) {
        yield click.at;
      }),
    ).toEqualTypeOf<DataStream<number>>();
    expectTypeOf(clicks.flatMap(py<Click, string[]>('./m.py', 'f'))).toEqualTypeOf<
      DataStream<string>
    >();
  });

  test('of keys', () => {
    const keyed = clicks.keyBy((click) => click.user);
    expectTypeOf(keyed).toEqualTypeOf<KeyedStream<Click, string>>();
    expectTypeOf(keyed.reduce((a, b) => (a.at > b.at ? a : b))).toEqualTypeOf<DataStream<Click>>();
    expectTypeOf(keyed.sum('at')).toEqualTypeOf<DataStream<Click>>();
    // @ts-expect-error no such field
    keyed.sum('when');
    expectTypeOf(clicks.keyBy(py<Click, number>('./m.py', 'key'))).toEqualTypeOf<
      KeyedStream<Click, number>
    >();
  });

  test('of Python functions', () => {
    expectTypeOf(clicks.map(score)).toEqualTypeOf<DataStream<Scored>>();
    // A function that takes less fits a stream of more.
    expectTypeOf(clicks.map(score).map(score)).toEqualTypeOf<DataStream<Scored>>();
    // @ts-expect-error it takes clicks
    env.fromCollection([1]).map(score);
    clicks.filter(py<Click, boolean>('./m.py', 'ok'));
    expectTypeOf(clicks.filter(py('./m.py', 'ok'))).toEqualTypeOf<DataStream<Click>>();
    // biome-ignore lint/suspicious/noExplicitAny: what an untyped Python function makes.
    expectTypeOf(clicks.map(py('./m.py', 'f'))).toEqualTypeOf<DataStream<any>>();
    clicks
      .map(score)
      .keyBy((s) => s.user)
      .reduce(py<Scored, Scored>('./m.py', 'best'));
  });

  test('of unions, projections and side outputs', () => {
    expectTypeOf(clicks.union(env.fromCollection([1]))).toEqualTypeOf<DataStream<Click | number>>();
    const tuples = env.fromCollection<[string, number, boolean]>([]);
    expectTypeOf(tuples.project(2, 0)).toEqualTypeOf<DataStream<[boolean, string]>>();
    const late = new OutputTag<Click>('late');
    expectTypeOf(clicks.getSideOutput(late)).toEqualTypeOf<DataStream<Click>>();
    expectTypeOf(clicks.map((c) => c.at).returns(Types.DOUBLE())).toEqualTypeOf<
      DataStream<number>
    >();
  });

  test('of results', () => {
    expectTypeOf(
      clicks
        .map((c) => c.at)
        .executeAndCollect()
        .toArray(),
    ).resolves.toEqualTypeOf<number[]>();
  });

  test('in process functions, windows and joins', () => {
    const keyed = clicks.keyBy((click) => click.user);
    const counted = keyed.process({
      *processElement(click, ctx) {
        expectTypeOf(click).toEqualTypeOf<Click>();
        expectTypeOf(ctx.getCurrentKey()).toEqualTypeOf<string>();
        yield click.at;
      },
    });
    expectTypeOf(counted).toEqualTypeOf<DataStream<number>>();
    const assigner = TumblingEventTimeWindows.of(5);
    const applied = keyed.window(assigner).apply((key, window, values) => {
      expectTypeOf(key).toEqualTypeOf<string>();
      expectTypeOf(window.start).toEqualTypeOf<number>();
      return [[...values].length];
    });
    expectTypeOf(applied).toEqualTypeOf<DataStream<number>>();
    const average = {
      createAccumulator: () => ({ sum: 0, count: 0 }),
      add: (click: Click, acc: { sum: number; count: number }) => ({
        sum: acc.sum + click.at,
        count: acc.count + 1,
      }),
      getResult: (acc: { sum: number; count: number }) => String(acc.sum / acc.count),
    };
    expectTypeOf(keyed.window(assigner).aggregate(average)).toEqualTypeOf<DataStream<string>>();
    const left = keyed
      .intervalJoin(keyed, { how: 'left' })
      .between(0, 1)
      .process((a, b) => {
        expectTypeOf(a).toEqualTypeOf<Click>();
        expectTypeOf(b).toEqualTypeOf<Click | null>();
        return b === null ? 0 : 1;
      });
    expectTypeOf(left).toEqualTypeOf<DataStream<0 | 1>>();
    const both = clicks.connect(env.fromCollection(['a'])).map({
      map1: (click) => click.at,
      map2: (word) => word.length,
    });
    expectTypeOf(both).toEqualTypeOf<DataStream<number>>();
  });

  test('of a stream of less', () => {
    const scored: DataStream<Scored> = clicks.map(score);
    const plain: DataStream<Click> = scored;
    expectTypeOf(plain).toEqualTypeOf<DataStream<Click>>();
    // @ts-expect-error a function of less than the stream has
    env.fromCollection<string | number>([]).map((value: string) => value);
  });

  test('through windows and partitioners whose parts are Python', () => {
    const byUser = clicks.keyBy((click) => click.user);
    const shown = py<Click, string[]>('./model.py', 'Shown');
    const own = byUser.window(py('./model.py', 'Assigner')).trigger(py('./model.py', 'Trigger'));
    expectTypeOf(own.process(shown)).toEqualTypeOf<DataStream<string>>();
    const purging = PurgingTrigger.of(py('./model.py', 'Trigger'));
    const total = byUser.window(TumblingEventTimeWindows.of(5)).trigger(purging);
    expectTypeOf(total.aggregate(py<Click, number>('./model.py', 'Sum'))).toEqualTypeOf<
      DataStream<number>
    >();
    const sessions = byUser.window(EventTimeSessionWindows.withDynamicGap(py('./model.py', 'gap')));
    expectTypeOf(sessions.apply(shown)).toEqualTypeOf<DataStream<string>>();
    const parts = clicks.partitionCustom(py('./model.py', 'part'), py('./model.py', 'user'));
    expectTypeOf(parts).toEqualTypeOf<DataStream<Click>>();
    const strategy = WatermarkStrategy.forGenerator<Click>(py('./model.py', 'Generator'));
    expectTypeOf(clicks.assignTimestampsAndWatermarks(strategy)).toEqualTypeOf<DataStream<Click>>();
  });
});
