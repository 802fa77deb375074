// What may please each user: a model of what is bought together, hour by hour, joined with a catalogue.
// The twin of recommend.py.
//
//     isthmus run examples/recommendation/recommend.ts

import {
  type BroadcastContext,
  ListStateDescriptor,
  type MapState,
  MapStateDescriptor,
  type ProcessWindowContext,
  type ReadOnlyBroadcastContext,
  type RuntimeContext,
  StreamExecutionEnvironment,
  Time,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from 'isthmus';

const TOP = 3;
const HOURLY = TumblingEventTimeWindows.of(Time.hours(1));
const ITEMS = new MapStateDescriptor<number, string>('items');

type Purchase = { time: number; user: string; item: number };
type Pair = { user: string; item: number; other: number };
type Companions = { user: string; item: number; counts: [other: number, count: number][] };

/** Keyed by user: pairs a new item with all the user has, both ways; with itself too, to tell who has it. */
class BoughtTogether {
  *process(
    _user: string,
    ctx: ProcessWindowContext<unknown>,
    purchases: Iterable<Purchase>,
  ): Generator<Pair> {
    const items = ctx.globalState().getListState(new ListStateDescriptor<number>('items'));
    for (const { user, item } of purchases) {
      if (items.get().includes(item)) continue;
      for (const other of items.get()) {
        yield { user, item, other };
        yield { user, item: other, other: item };
      }
      yield { user, item, other: item };
      items.add(item);
    }
  }
}

/** Keyed by item: how many users have which other item too, told to each of them at the end of an hour. */
class CountPairs {
  *process(
    key: number,
    ctx: ProcessWindowContext<unknown>,
    pairs: Iterable<Pair>,
  ): Generator<Companions> {
    const counts = ctx.globalState().getMapState(new MapStateDescriptor<number, number>('counts'));
    const users = ctx.globalState().getListState(new ListStateDescriptor<string>('users'));
    for (const { user, item, other } of pairs) {
      if (other === item) users.add(user);
      else counts.put(other, (counts.get(other) ?? 0) + 1);
    }
    for (const user of users.get()) yield { user, item: key, counts: counts.entries() };
  }
}

/**
 * Keyed by user: adds up the companions of all items of the user, and names the best that are new to them.
 *
 * Event time is the earlier one of both streams, so timers wait for the catalogue, which ends.
 */
class Recommend {
  arrived!: MapState<number, Companions[]>;
  companions!: MapState<number, Companions['counts']>;

  open(context: RuntimeContext) {
    this.arrived = context.getMapState(new MapStateDescriptor('arrived'));
    this.companions = context.getMapState(new MapStateDescriptor('companions'));
  }

  processBroadcastElement(line: string, ctx: BroadcastContext) {
    const [item, title, category] = line.split(',');
    ctx.getBroadcastState(ITEMS).put(Number(item), `${title} (${category})`);
  }

  processElement(companions: Companions, ctx: ReadOnlyBroadcastContext<string>) {
    const end = ctx.timestamp();
    this.arrived.put(end, [...(this.arrived.get(end) ?? []), companions]);
    ctx.timerService().registerEventTimeTimer(end);
  }

  *onTimer(timestamp: number, ctx: ReadOnlyBroadcastContext<string>): Generator<string> {
    for (const { item, counts } of this.arrived.get(timestamp) ?? []) {
      this.companions.put(item, counts);
    }
    this.arrived.remove(timestamp);
    const scores = new Map<number, number>();
    for (const [item, count] of this.companions.values().flat()) {
      if (!this.companions.contains(item)) scores.set(item, (scores.get(item) ?? 0) + count);
    }
    const best = [...scores].sort(([a, x], [b, y]) => y - x || a - b).slice(0, TOP);
    const titles = ctx.getBroadcastState(ITEMS);
    const named = best.map(([item, score]) => `${titles.get(item)} ${score}`).join(', ');
    const hour = String((timestamp + 1) / 3_600_000).padStart(2, '0');
    yield `${hour}:00 ${ctx.getCurrentKey()}: ${named || 'nothing yet'}`;
  }
}

function parse(line: string): Purchase {
  const [time, user, item] = line.split(',') as [string, string, string];
  return { time: Number(time), user, item: Number(item) };
}

await using env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1 });
const catalogue = env.readTextFile(new URL('./items.csv', import.meta.url)).name('items.csv');
env
  .readTextFile(new URL('./purchases.csv', import.meta.url))
  .name('purchases.csv')
  .map(parse)
  .assignTimestampsAndWatermarks(
    WatermarkStrategy.forBoundedOutOfOrderness<Purchase>(120_000).withTimestampAssigner(
      ({ time }) => time,
    ),
  )
  .keyBy(({ user }) => user)
  .window(HOURLY)
  .process(BoughtTogether)
  .name('bought together')
  .keyBy(({ item }) => item)
  .window(HOURLY)
  .process(CountPairs)
  .name('count pairs')
  .keyBy(({ user }) => user)
  .connect(catalogue.broadcast(ITEMS))
  .process(Recommend)
  .name('recommend')
  .print();
await env.execute('recommendation');
