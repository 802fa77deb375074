// The same windows with TypeScript functions and with Python ones, through the API, in jobs over real workers: both must
// give the same.

import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type AllWindowedStream,
  type DataStream,
  ContinuousEventTimeTrigger,
  CountTrigger,
  EventTimeSessionWindows,
  EventTimeTrigger,
  GlobalWindows,
  type KeyedStream,
  type ProcessWindowContext,
  PurgingTrigger,
  SlidingEventTimeWindows,
  StreamExecutionEnvironment,
  Time,
  TumblingEventTimeWindows,
  ValueStateDescriptor,
  WatermarkStrategy,
  type WindowLike,
  type WindowedStream,
  py,
} from '../../../src/index.ts';

type Event = { user: string; at: number; value: number };
type Keyed = KeyedStream<Event, string>;
type Windowed = WindowedStream<Event, string, WindowLike>;

const file = fileURLToPath(new URL('../../fixtures/python/windows.py', import.meta.url));
// oxlint-disable-next-line typescript/no-explicit-any -- Python's word is taken for what it takes and gives.
const f = (name: string) => py<any, any>(file, name);

/** Seeded, out of order by up to 40 ms. */
function someEvents(count: number): Event[] {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((seed / 2 ** 31) * below);
  };
  return Array.from({ length: count }, (_, i) => ({
    user: `user ${random(5)}`,
    at: 7 * i + random(40) - 100,
    value: random(1000),
  }));
}

const bounds = (window: object): unknown[] => {
  const { start, end, id } = window as { start?: number; end?: number; id?: number };
  return [start, end, id].filter((bound) => bound !== undefined);
};
const ascending = (values: Iterable<number>) => [...values].sort((a, b) => a - b);
const valuesOf = (events: Iterable<Event>) => ascending([...events].map(({ value }) => value));

const total = (a: Event, b: Event): Event => ({ ...a, value: a.value + b.value });
const values = {
  createAccumulator: (): number[] => [],
  add: (event: Event, all: number[]) => [...all, event.value],
  getResult: ascending,
  merge: (a: number[], b: number[]) => [...a, ...b],
};

class Show {
  *process(key: string, ctx: { window(): WindowLike }, events: Iterable<Event>) {
    yield [key, ...bounds(ctx.window()), valuesOf(events)];
  }
}

class ShowOne {
  *process(key: string, ctx: { window(): WindowLike }, found: Iterable<unknown>) {
    yield [key, ...bounds(ctx.window()), [...found]];
  }
}

/** Numbers the windows of a key, and the firings of a window. */
class Firings {
  readonly #windows = new ValueStateDescriptor<number>('windows');
  readonly #firings = new ValueStateDescriptor<number>('firings');

  *process(key: string, ctx: ProcessWindowContext<WindowLike>, events: Iterable<Event>) {
    const firings = ctx.windowState().getState(this.#firings);
    const windows = ctx.globalState().getState(this.#windows);
    if (firings.value() === undefined) windows.update((windows.value() ?? 0) + 1);
    firings.update((firings.value() ?? 0) + 1);
    yield [key, windows.value(), firings.value(), [...events].length];
  }

  clear(ctx: ProcessWindowContext<WindowLike>): void {
    ctx.windowState().getState(this.#firings).clear();
  }
}

const shapes: Record<string, (keyed: Keyed) => Windowed> = {
  tumbling: (keyed) => keyed.window(TumblingEventTimeWindows.of(Time.milliseconds(50), 7)),
  sliding: (keyed) => keyed.window(SlidingEventTimeWindows.of(100, 30)),
  'sliding with gaps': (keyed) => keyed.window(SlidingEventTimeWindows.of(20, 50, -3)),
  session: (keyed) => keyed.window(EventTimeSessionWindows.withGap(30)),
  'tumbling and purging': (keyed) =>
    keyed
      .window(TumblingEventTimeWindows.of(50))
      .trigger(PurgingTrigger.of(EventTimeTrigger.create())),
  'session, purging, late': (keyed) =>
    keyed
      .window(EventTimeSessionWindows.withGap(40))
      .trigger(PurgingTrigger.of(EventTimeTrigger.create()))
      .allowedLateness(10),
  'global at the end': (keyed) =>
    keyed.window(GlobalWindows.create()).trigger(EventTimeTrigger.create()),
  'global by count': (keyed) => keyed.window(GlobalWindows.create()).trigger(CountTrigger.of(4)),
  'global by count, purging': (keyed) =>
    keyed.window(GlobalWindows.create()).trigger(PurgingTrigger.of(CountTrigger.of(3))),
  'tumbling and continuous': (keyed) =>
    keyed.window(TumblingEventTimeWindows.of(60)).trigger(ContinuousEventTimeTrigger.of(20)),
  'session by count': (keyed) =>
    keyed.window(EventTimeSessionWindows.withGap(40)).trigger(CountTrigger.of(2)),
  'count with a trigger': (keyed) => keyed.countWindow(4).trigger(CountTrigger.of(2)),
  count: (keyed) => keyed.countWindow(4),
  'sliding count': (keyed) => keyed.countWindow(5, 2),
};

type Form = (windowed: Windowed) => DataStream<unknown>;

/** In TypeScript, in Python. */
const forms: Record<string, [Form, Form]> = {
  reduce: [
    (windowed) => windowed.reduce(total).map(({ user, value }) => [user, value]),
    (windowed) => windowed.reduce(f('total')).map(({ user, value }) => [user, value]),
  ],
  'reduce by an object, shown': [
    (windowed) =>
      windowed.reduce({ reduce: total }, (key, window, found) => [
        [key, ...bounds(window), [...found].map(({ value }) => value)],
      ]),
    (windowed) =>
      windowed.reduce(f('Total'), f('ShowOne')).map((shown) => {
        const [found] = (shown as unknown[]).splice(-1) as [Event[]];
        return [...(shown as unknown[]), found.map(({ value }) => value)];
      }),
  ],
  aggregate: [
    (windowed) => windowed.aggregate(values),
    (windowed) => windowed.aggregate(f('Values')),
  ],
  'mergeable aggregate, shown': [
    (windowed) => windowed.aggregate({ ...values, mergeable: true }, new ShowOne()),
    (windowed) => windowed.aggregate(f('Values'), f('ShowOne')),
  ],
  apply: [
    (windowed) =>
      windowed.apply((key, window, events) => [[key, ...bounds(window), valuesOf(events)]]),
    (windowed) => windowed.apply(f('ShowApplied')),
  ],
  state: [(windowed) => windowed.process(Firings), (windowed) => windowed.process(f('Firings'))],
  process: [(windowed) => windowed.process(Show), (windowed) => windowed.process(f('Show'))],
};

const env = StreamExecutionEnvironment.getExecutionEnvironment({ logger: () => {} });
afterAll(() => env.close());

const late = 1000;
const strategies = {
  typeScript: WatermarkStrategy.forBoundedOutOfOrderness<Event>(late).withTimestampAssigner(
    ({ at }) => at,
  ),
  python: WatermarkStrategy.forBoundedOutOfOrderness<Event>(late).withTimestampAssigner(
    f('event_time'),
  ),
};

/** In one subtask, so that records of a key keep their order. */
function timed(events: Event[], by: keyof typeof strategies): DataStream<Event> {
  return env.fromCollection(events).assignTimestampsAndWatermarks(strategies[by]).setParallelism(1);
}

/** What all records of a stream are, in an order that does not depend on the parallelism. */
async function shown(stream: DataStream<unknown>): Promise<string[]> {
  const all = await stream.executeAndCollect().toArray();
  return all.map((value) => JSON.stringify(value)).sort();
}

describe.each(Object.keys(shapes))('%s windows', { timeout: 60_000 }, (shape) => {
  // Windows that merge have no state of their own.
  const fitting = Object.keys(forms).filter((form) => form !== 'state' || !/session/.test(shape));
  test.each(fitting)('%s as in Python', async (form) => {
    const [typeScript, python] = forms[form] as [Form, Form];
    const make = shapes[shape] as (keyed: Keyed) => Windowed;
    const windowed = (by: keyof typeof strategies) =>
      make(timed(someEvents(150), by).keyBy(({ user }) => user));
    env.setParallelism(2);
    const found = await shown(typeScript(windowed('typeScript')));
    expect(found.length).toBeGreaterThan(4);
    expect(found).toEqual(await shown(python(windowed('python'))));
  });
});

describe('windows of all records', { timeout: 60_000 }, () => {
  const all: Record<string, (stream: DataStream<Event>) => AllWindowedStream<Event, WindowLike>> = {
    tumbling: (stream) => stream.windowAll(TumblingEventTimeWindows.of(50)),
    session: (stream) => stream.windowAll(EventTimeSessionWindows.withGap(12)),
    count: (stream) => stream.countWindowAll(8, 3),
  };

  test.each(Object.keys(all))('%s as in Python', async (name) => {
    env.setParallelism(2);
    const windowed = () =>
      all[name]?.(timed(someEvents(100), 'typeScript')) as AllWindowedStream<Event, WindowLike>;
    const found = await shown(
      windowed().process({
        process: (ctx, events) => [[...bounds(ctx.window()), valuesOf(events)]],
      }),
    );
    expect(found.length).toBeGreaterThan(2);
    expect(found).toEqual(await shown(windowed().process(f('ShowAll'))));
    const sums = await shown(
      windowed()
        .reduce(total)
        .map(({ value }) => value),
    );
    expect(sums.length).toBe(found.length);
  });
});
