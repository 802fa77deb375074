// Every operator that keeps something, stopped twice and gone on with by other subtasks: 1 → 3 → 2. What comes out in all is
// what comes out of one that is never stopped, and what test/vectors/restore.json says; test/python/state/test_restore.py is
// the twin.

import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import {
  AggregatingStateDescriptor,
  CountTrigger,
  type DataStream,
  EventTimeSessionWindows,
  GlobalWindows,
  type KeyedProcessContext,
  ListStateDescriptor,
  MapStateDescriptor,
  type OnTimerContext,
  type ProcessWindowContext,
  PurgingTrigger,
  ReducingStateDescriptor,
  type RuntimeContext,
  SlidingEventTimeWindows,
  TumblingEventTimeWindows,
  ValueStateDescriptor,
  type WindowLike,
} from '../../src/index.ts';
import { KeyGroups } from '../../src/state/keys.ts';
import {
  type Chunk,
  type SavedSubtask,
  WHOLE,
  changesOf,
  together,
} from '../../src/state/chunks.ts';
import { Frozen } from '../../src/state/frozen.ts';
import { OneInputHarness, TwoInputHarness } from '../../src/testing/index.ts';

type Pair = [key: string, number: number];
type Step =
  | [what: 'watermark', time: number]
  | [input: 0 | 1, key: string, number: number, timestamp: number];

const given = JSON.parse(
  readFileSync(new URL('../vectors/restore.json', import.meta.url), 'utf8'),
) as {
  maxParallelism: number;
  parallelisms: number[];
  steps: Step[];
  cases: Record<string, string[]>;
};

/** [sum, count] of the numbers of records. */
const total = {
  createAccumulator: (): [number, number] => [0, 0],
  add: ([, number]: Pair, [sum, count]: [number, number]): [number, number] => [
    sum + number,
    count + 1,
  ],
  getResult: (accumulator: [number, number]) => accumulator,
  merge: (a: [number, number], b: [number, number]): [number, number] => [a[0] + b[0], a[1] + b[1]],
};
const mergeableTotal = { ...total, mergeable: true };

/** One state of each kind. */
class States {
  readonly #last = new ValueStateDescriptor<number>('last');
  readonly #all = new ListStateDescriptor<number>('all');
  readonly #counts = new MapStateDescriptor<number, number>('counts');
  readonly #greatest = new ReducingStateDescriptor<number>('greatest', (a, b) => Math.max(a, b));
  readonly #total = new AggregatingStateDescriptor<Pair, [number, number], [number, number]>(
    'total',
    total,
  );
  #context!: RuntimeContext;

  open(context: RuntimeContext): void {
    this.#context = context;
  }

  processElement(value: Pair): unknown[] {
    const [key, number] = value;
    const last = this.#context.getState(this.#last);
    const all = this.#context.getListState(this.#all);
    const counts = this.#context.getMapState(this.#counts);
    const greatest = this.#context.getReducingState(this.#greatest);
    const sums = this.#context.getAggregatingState(this.#total);
    const before = last.value() ?? null;
    last.update(number);
    all.add(number);
    counts.put(number, (counts.get(number) ?? 0) + 1);
    greatest.add(number);
    sums.add(value);
    const sorted = counts.entries().sort(([a], [b]) => a - b);
    return [[key, before, all.get(), sorted, greatest.get(), sums.get()]];
  }
}

/** A timer for each record, taken back by every third. */
class Timed {
  readonly #count = new ValueStateDescriptor<number>('count');
  #context!: RuntimeContext;

  open(context: RuntimeContext): void {
    this.#context = context;
  }

  processElement(_value: Pair, ctx: KeyedProcessContext<string>): unknown[] {
    const state = this.#context.getState(this.#count);
    const count = (state.value() ?? 0) + 1;
    state.update(count);
    const time = (ctx.timestamp() as number) + 15;
    if (count % 3 === 0) ctx.timerService().deleteEventTimeTimer(time);
    else ctx.timerService().registerEventTimeTimer(time);
    return [];
  }

  onTimer(timestamp: number, ctx: OnTimerContext<string>): unknown[] {
    return [[ctx.getCurrentKey(), timestamp, this.#context.getState(this.#count).value()]];
  }
}

const numbers = (elements: Iterable<Pair>) => Array.from(elements, ([, number]) => number);

const show = {
  process(key: string, ctx: ProcessWindowContext<WindowLike>, elements: Iterable<Pair>): unknown[] {
    const window = ctx.window() as unknown as { id?: number; start: number; end: number };
    const bounds = window.id === undefined ? [window.start, window.end] : [window.id];
    return [[key, ...bounds, numbers(elements)]];
  },
};

const showNumbers = {
  process: (
    key: string,
    _ctx: ProcessWindowContext<WindowLike>,
    elements: Iterable<Pair>,
  ): unknown[] => [[key, numbers(elements)]],
};

/** How often a window has fired, and how many windows of the key have. */
class Compare {
  readonly #fired = new ValueStateDescriptor<number>('fired');
  readonly #windows = new ValueStateDescriptor<number>('windows');

  process(key: string, ctx: ProcessWindowContext<WindowLike>, elements: Iterable<Pair>): unknown[] {
    const fired = ctx.windowState().getState(this.#fired);
    const windows = ctx.globalState().getState(this.#windows);
    const times = (fired.value() ?? 0) + 1;
    fired.update(times);
    if (times === 1) windows.update((windows.value() ?? 0) + 1);
    const { start } = ctx.window() as unknown as { start: number };
    return [[key, start, [...elements].length, times, windows.value()]];
  }

  clear(ctx: ProcessWindowContext<WindowLike>): void {
    ctx.windowState().getState(this.#fired).clear();
  }
}

class Both {
  readonly #sums = new MapStateDescriptor<string, number>('sums');
  #context!: RuntimeContext;

  open(context: RuntimeContext): void {
    this.#context = context;
  }

  processElement1(value: Pair): unknown[] {
    return [this.#added('left', value)];
  }

  processElement2(value: Pair): unknown[] {
    return [this.#added('right', value)];
  }

  #added(side: string, [key, number]: Pair): unknown[] {
    const sums = this.#context.getMapState(this.#sums);
    sums.put(side, (sums.get(side) ?? 0) + number);
    return [key, sums.get('left') ?? 0, sums.get('right') ?? 0];
  }
}

const keyed = (stream: DataStream<Pair>) => stream.keyBy(([key]) => key);
const add = (a: Pair, b: Pair): Pair => [a[0], a[1] + b[1]];
const joined = (left: Pair, right: Pair | undefined): unknown => [left, right ?? null];
const sliding = () => SlidingEventTimeWindows.of(30, 10);
const sessions = () => EventTimeSessionWindows.withGap(9);
const tumbling = () => TumblingEventTimeWindows.of(20);

type One = (stream: DataStream<Pair>) => DataStream<unknown>;
type Two = (first: DataStream<Pair>, second: DataStream<Pair>) => DataStream<unknown>;

const oneInput: Record<string, One> = {
  states: (s) => keyed(s).process(States as never),
  timers: (s) => keyed(s).process(Timed as never),
  reduce: (s) => keyed(s).reduce(add),
  sum: (s) => keyed(s).sum(1),
  tumbling: (s) => keyed(s).window(tumbling()).process(show),
  'tumbling, late': (s) =>
    keyed(s)
      .window(tumbling())
      .allowedLateness(15)
      .process(Compare as never),
  sliding: (s) => keyed(s).window(sliding()).process(show),
  'sliding, sliced': (s) => keyed(s).window(sliding()).aggregate(mergeableTotal),
  sessions: (s) => keyed(s).window(sessions()).process(show),
  'sessions, late': (s) => keyed(s).window(sessions()).allowedLateness(15).process(show),
  'sessions, counted': (s) => keyed(s).window(sessions()).trigger(CountTrigger.of(3)).process(show),
  count: (s) => keyed(s).countWindow(4).process(show),
  'count, sliding': (s) => keyed(s).countWindow(5, 2).process(show),
  'count, panes': (s) => keyed(s).countWindow(6, 2).aggregate(mergeableTotal),
  'count, by a trigger': (s) => keyed(s).countWindow(4).trigger(CountTrigger.of(3)).process(show),
  global: (s) =>
    keyed(s)
      .window(GlobalWindows.create())
      .trigger(PurgingTrigger.of(CountTrigger.of(3)))
      .process(showNumbers),
};

const twoInputs: Record<string, Two> = {
  'co-process': (a, b) =>
    keyed(a)
      .connect(keyed(b))
      .process(Both as never),
  'interval join': (a, b) => keyed(a).intervalJoin(keyed(b)).between(-8, 8).process(joined),
  'as-of join': (a, b) => keyed(a).asOfJoin(keyed(b), joined as never, { how: 'left' }),
  'window join': (a, b) =>
    a
      .join(b)
      .where(([key]) => key)
      .equalTo(([key]) => key)
      .window(tumbling())
      .apply(joined),
};

type Config = Readonly<Record<string, string>>;
const HEAP: Config = {};
/** With hardly a key in memory. */
const EMBEDDED: Config = { 'state.backend.type': 'embedded', 'isthmus.state.cache-entries': '2' };
/** Where state is at each parallelism. */
const BACKENDS: Record<string, Config[]> = {
  heap: [HEAP, HEAP, HEAP],
  embedded: [EMBEDDED, EMBEDDED, EMBEDDED],
  both: [HEAP, EMBEDDED, HEAP],
};

/** Subtasks of one operator, stopped and replaced. */
class Run {
  readonly #groups: KeyGroups;
  readonly #subtasks: (OneInputHarness | TwoInputHarness)[];

  constructor(subtasks: (OneInputHarness | TwoInputHarness)[]) {
    this.#groups = new KeyGroups(given.maxParallelism, subtasks.length);
    this.#subtasks = subtasks;
  }

  static async open(
    name: string,
    parallelism: number,
    restore: SavedSubtask[],
    config = HEAP,
  ): Promise<Run> {
    const subtasks = Array.from({ length: parallelism }, (_, subtask) => {
      const { maxParallelism } = given;
      const place = { subtask, parallelism, maxParallelism, restore, config };
      const one = oneInput[name];
      return one === undefined
        ? TwoInputHarness.openStreams(twoInputs[name] as Two, place)
        : OneInputHarness.openStream(one, place);
    });
    return new Run(await Promise.all(subtasks));
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (step[0] === 'watermark') {
        for (const subtask of this.#subtasks) await subtask.watermark(step[1]);
        continue;
      }
      const [input, key, number, timestamp] = step;
      const subtask = this.#subtasks[this.#groups.target(key)];
      if (!(subtask instanceof TwoInputHarness)) await subtask?.processAt(timestamp, [key, number]);
      else if (input === 0) await subtask.processAt1(timestamp, [key, number]);
      else await subtask.processAt2(timestamp, [key, number]);
    }
  }

  async end(): Promise<void> {
    for (const subtask of this.#subtasks) await subtask.end();
  }

  /** What came out, and the state. */
  async stop(): Promise<[output: unknown[], saved: SavedSubtask[]]> {
    const saved = await Promise.all(this.#subtasks.map((subtask) => subtask.snapshot()));
    const output = this.#subtasks.flatMap((subtask) => subtask.take());
    for (const subtask of this.#subtasks) await subtask.close();
    return [output, saved];
  }
}

/** Functions that change all they are given in place. */
const totalInPlace = {
  createAccumulator: () => ({ sum: 0, moves: [] as number[] }),
  add([, number]: Pair, accumulator: { sum: number; moves: number[] }) {
    accumulator.sum += number;
    accumulator.moves.push(number);
    return accumulator;
  },
  getResult(accumulator: { sum: number; moves: number[] }) {
    accumulator.moves.push(-1);
    return accumulator;
  },
  merge(a: { sum: number; moves: number[] }, b: { sum: number; moves: number[] }) {
    a.sum += b.sum;
    a.moves.push(...b.moves.splice(0));
    return a;
  },
};
const spoil = {
  process(
    _key: string,
    _ctx: ProcessWindowContext<WindowLike>,
    elements: Iterable<Pair>,
  ): unknown[] {
    for (const element of elements) element[1] = -1;
    return [];
  },
};
const joinedInPlace = (left: Pair | null, right: Pair | null): unknown => {
  for (const record of [left, right]) if (record !== null) record[1] = -1;
  return [left, right];
};

class MapsInPlace {
  readonly #moves = new MapStateDescriptor<number, number[]>('moves');
  #context!: RuntimeContext;

  open(context: RuntimeContext): void {
    this.#context = context;
  }

  processElement([, number]: Pair): unknown[] {
    const moves = this.#context.getMapState(this.#moves);
    for (const known of moves.values()) known.push(number);
    if (!moves.contains(number % 3)) moves.put(number % 3, []);
    moves.get(number % 3)?.push(-1);
    if (number % 7 === 0) moves.remove(0);
    return [];
  }
}

const inPlace: Record<string, One> = {
  maps: (s) => keyed(s).process(MapsInPlace as never),
  tumbling: (s) => keyed(s).window(tumbling()).aggregate(totalInPlace),
  'tumbling, spoilt': (s) => keyed(s).window(tumbling()).process(spoil),
  'sliding, late': (s) => keyed(s).window(sliding()).allowedLateness(15).aggregate(totalInPlace),
  sessions: (s) => keyed(s).window(sessions()).aggregate(totalInPlace),
  'sessions, late': (s) => keyed(s).window(sessions()).allowedLateness(15).aggregate(totalInPlace),
  'sessions, spoilt': (s) => keyed(s).window(sessions()).process(spoil),
  'sessions, late, spoilt': (s) => keyed(s).window(sessions()).allowedLateness(15).process(spoil),
  count: (s) => keyed(s).countWindow(5, 2).aggregate(totalInPlace),
  global: (s) =>
    keyed(s).window(GlobalWindows.create()).trigger(CountTrigger.of(3)).aggregate(totalInPlace),
};
const twoInPlace: Record<string, Two> = {
  'interval join': (a, b) =>
    keyed(a)
      .intervalJoin(keyed(b), { how: 'full' })
      .between(-8, 8)
      .process(joinedInPlace as never),
  'as-of join': (a, b) => keyed(a).asOfJoin(keyed(b), joinedInPlace as never, { how: 'left' }),
};

const all = [
  ...Object.entries(oneInput),
  ...Object.entries(twoInputs),
  ...Object.entries(inPlace).map(([name, make]) => [`${name}, in place`, make] as const),
  ...Object.entries(twoInPlace).map(([name, make]) => [`${name}, in place`, make] as const),
];

/** What a restore finds: entries by table and key group, the last of an address. */
function contentOf({ chunks }: SavedSubtask): Record<string, string[]> {
  const found = new Map<string, [address: string[], entry: string][]>();
  for (const chunk of chunks) {
    const [, table, form, , group, kind] = chunk;
    const of = `${table} ${group}`;
    const [removed, entries] = changesOf(chunk);
    const before = kind === WHOLE ? [] : (found.get(of) ?? []);
    const given = entries.map((entry): [string[], string] => [
      form === 'drawn' || form === 'list' ? [] : (entry as unknown[]).slice(0, -1).map(shownOf),
      shownOf(entry),
    ]);
    const isMany = ['sessions', 'calls'].includes(table);
    const gone = removed.map((address) => address.map(shownOf));
    if (!isMany) for (const [address] of given) gone.push(address);
    const left = before.filter(
      ([address]) => !gone.some((parts) => parts.every((part, i) => part === address[i])),
    );
    found.set(of, [...left, ...given]);
  }
  const tables = [...found].filter(([, entries]) => entries.length > 0);
  return Object.fromEntries(
    tables.map(([of, entries]) => [of, entries.map(([, entry]) => entry).sort()]),
  );
}

const shownOf = (value: unknown) => inspect(value, { depth: Infinity, sorted: true });

/** Plays some steps with a step of encoding behind each, if it is to be gradual, and gives what was frozen before. */
async function encodedMeanwhile(
  frozen: Frozen,
  run: Run,
  steps: readonly Step[],
  isGradual: boolean,
): Promise<SavedSubtask> {
  const chunks: Chunk[] = [];
  const encoding = frozen.steps();
  for (const step of steps) {
    await run.play([step]);
    const encoded = isGradual ? encoding.next().value : undefined;
    if (encoded) chunks.push(encoded);
  }
  const rest = new Frozen(0, undefined, harnessPlace, encoding).saved();
  return { ...rest, chunks: [...chunks, ...rest.chunks] };
}

const harnessPlace = { subtask: 0, parallelism: 1, maxParallelism: given.maxParallelism };

async function encodedLate(make: One | Two, config: Config, isGradual: boolean): Promise<void> {
  const isTwo =
    Object.values(twoInputs).includes(make as Two) ||
    Object.values(twoInPlace).includes(make as Two);
  const options = { ...harnessPlace, config };
  const harness = isTwo
    ? await TwoInputHarness.openStreams(make as Two, options)
    : await OneInputHarness.openStream(make as One, options);
  const { store } = harness;
  const run = new Run([harness]);
  const third = Math.floor(given.steps.length / 3);
  await run.play(given.steps.slice(0, third));
  const there = contentOf(await harness.snapshot(1)); // Given up: its changes go into the next one.
  store.aborted(1);
  expect(there).not.toEqual({});
  const second = given.steps.slice(third, 2 * third);
  const base = await encodedMeanwhile(await harness.freeze(2), run, second, isGradual);
  expect(contentOf(base)).toEqual(there);
  store.completed(2);

  const then = contentOf(store.freeze(3, true).saved());
  store.aborted(3);
  const last = given.steps.slice(2 * third);
  const changes = await encodedMeanwhile(await harness.freeze(4), run, last, isGradual);
  expect(contentOf(together([base, changes]))).toEqual(then);
  store.completed(4);

  await run.end();
  const rest = (await harness.freeze(5)).saved();
  const full = store.freeze(6, true).saved();
  expect(contentOf(together([base, changes, rest]))).toEqual(contentOf(full));
  await harness.close();
}

test.each(all)('%s: what is encoded late is what there was at the barrier', async (_, make) => {
  await encodedLate(make, HEAP, false);
  await encodedLate(make, HEAP, true);
  // What is got out of a map on disk and changed is kept when it is put again.
  if (make !== inPlace.maps) await encodedLate(make, EMBEDDED, true);
});

const shown = (values: unknown[]) => values.map((value) => JSON.stringify(value)).sort();

async function uninterrupted(name: string): Promise<string[]> {
  const run = await Run.open(name, 1, []);
  await run.play(given.steps);
  await run.end();
  return shown((await run.stop())[0]);
}

test('the vectors are of these operators', () => {
  expect(Object.keys(given.cases)).toEqual([...Object.keys(oneInput), ...Object.keys(twoInputs)]);
});

/** Their windows are kept in another way on disk. */
const BOUND_TO_BACKEND = [
  'tumbling',
  'tumbling, late',
  'sliding',
  'sliding, sliced',
  'sessions',
  'count, panes',
  'window join',
];

test.each(BOUND_TO_BACKEND)('%s: windows that would be lost are refused', async (name) => {
  for (const [before, after] of [
    [HEAP, EMBEDDED],
    [EMBEDDED, HEAP],
  ]) {
    const run = await Run.open(name, 1, [], before);
    await run.play(given.steps.slice(0, 30));
    const [, saved] = await run.stop();
    await expect(Run.open(name, 1, saved, after)).rejects.toThrow(
      /were kept in another way: .* another state\.backend\.type/,
    );
  }
});

const runs = Object.keys(given.cases).flatMap((name) =>
  Object.keys(BACKENDS)
    .filter((backends) => backends !== 'both' || !BOUND_TO_BACKEND.includes(name))
    .map((backends) => [name, backends] as const),
);

test.each(runs)('%s: goes on as if it had not stopped, on %s', async (name, backends) => {
  const { parallelisms, steps } = given;
  const third = Math.floor(steps.length / parallelisms.length);
  let saved: SavedSubtask[] = [];
  const output: unknown[] = [];
  for (const [i, parallelism] of parallelisms.entries()) {
    const run = await Run.open(name, parallelism, saved, BACKENDS[backends]?.[i]);
    const isLast = i === parallelisms.length - 1;
    await run.play(steps.slice(i * third, isLast ? undefined : (i + 1) * third));
    if (isLast) await run.end();
    const [found, state] = await run.stop();
    output.push(...found);
    saved = state;
  }
  expect(shown(output)).toEqual(await uninterrupted(name));
  expect(shown(output)).toEqual(given.cases[name]);
});
