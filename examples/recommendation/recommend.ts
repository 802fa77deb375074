// Who bought this also bought: a model of what is bought together, kept in state, and item data by broadcast.
// The twin of recommend.py.
//
//     isthmus run examples/recommendation/recommend.ts

import {
  type BroadcastContext,
  type KeyedProcessContext,
  type ListState,
  ListStateDescriptor,
  type MapState,
  MapStateDescriptor,
  type OnTimerContext,
  type ReadOnlyBroadcastContext,
  type RuntimeContext,
  StreamExecutionEnvironment,
  WatermarkStrategy,
} from 'isthmus';

const TOP = 3;
const HOUR_MS = 3_600_000;
const TITLES: [item: number, title: string][] = [
  [1, 'tent'],
  [2, 'stove'],
  [3, 'sleeping bag'],
  [4, 'novel'],
  [5, 'reading lamp'],
  [6, 'bookmark'],
  [7, 'teapot'],
];

type Purchase = { time: number; user: string; item: number };
type Pair = { time: number; item: number; other: number };
type Best = { item: number; others: [item: number, count: number][] };

function parse(line: string): Purchase {
  const [time, user, item] = line.split(',') as [string, string, string];
  return { time: Number(time), user, item: Number(item) };
}

/** Keyed by user: a purchase makes a pair, both ways, with each other item of the user. */
class BoughtTogether {
  items!: ListState<number>;

  open(context: RuntimeContext) {
    this.items = context.getListState(new ListStateDescriptor<number>('items'));
  }

  *processElement({ time, item }: Purchase): Generator<Pair> {
    const items = this.items.get();
    if (items.includes(item)) return;
    for (const other of items) {
      yield { time, item, other };
      yield { time, item: other, other: item };
    }
    this.items.add(item);
  }
}

/** Keyed by item: how often which other item was bought too; the best of them every hour of event time. */
class TopOthers {
  counts!: MapState<number, number>;

  open(context: RuntimeContext) {
    this.counts = context.getMapState(new MapStateDescriptor<number, number>('counts'));
  }

  processElement({ time, other }: Pair, ctx: KeyedProcessContext<number>) {
    this.counts.put(other, (this.counts.get(other) ?? 0) + 1);
    // Registered with every pair, it is one timer an hour all the same.
    ctx.timerService().registerEventTimeTimer(Math.floor(time / HOUR_MS) * HOUR_MS + HOUR_MS);
  }

  *onTimer(_timestamp: number, ctx: OnTimerContext<number>): Generator<Best> {
    const ranked = this.counts.entries().sort(([a, x], [b, y]) => y - x || a - b);
    yield { item: ctx.getCurrentKey(), others: ranked.slice(0, TOP) };
  }
}

const ITEMS = new MapStateDescriptor<number, string>('items');

/** Joins what is found with the catalogue, which every subtask has. */
class WithTitles {
  *processElement(best: Best, ctx: ReadOnlyBroadcastContext<unknown>) {
    const titles = ctx.getBroadcastState(ITEMS);
    const others = best.others.map(([item, count]) => `${titles.get(item)} (${count})`).join(', ');
    yield `${titles.get(best.item)}: ${others}`;
  }

  processBroadcastElement([item, title]: [number, string], ctx: BroadcastContext) {
    ctx.getBroadcastState(ITEMS).put(item, title);
  }
}

await using env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1 });
const catalogue = env.fromCollection(TITLES).broadcast(ITEMS);
env
  .readTextFile(new URL('./purchases.csv', import.meta.url))
  .name('purchases')
  .map(parse)
  .assignTimestampsAndWatermarks(
    WatermarkStrategy.forMonotonousTimestamps<Purchase>().withTimestampAssigner(({ time }) => time),
  )
  .keyBy(({ user }) => user)
  .process(BoughtTogether)
  .name('bought together')
  .keyBy(({ item }) => item)
  .process(TopOthers)
  .name('top others')
  .connect(catalogue)
  .process(WithTitles)
  .name('with titles')
  .print();
await env.execute('recommendation');
