// One object given as a function, several subtasks: none sees what another keeps.

import { expect, test } from 'vitest';
import {
  AsyncDataStream,
  type DataStream,
  type RuntimeContext,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  type ValueState,
  ValueStateDescriptor,
  WatermarkStrategy,
} from '../../src/index.ts';

/** Counts by key in state and by subtask in a field; with a greeting that its constructor was told. */
class Counting {
  readonly greeting: string;
  readonly seen = new Map<number, number>();
  count!: ValueState<number>;

  constructor(greeting: string) {
    this.greeting = greeting;
  }

  open(context: RuntimeContext) {
    this.count = context.getState(new ValueStateDescriptor<number>('count'));
  }

  *processElement(value: number) {
    const count = (this.count.value() ?? 0) + 1;
    this.count.update(count);
    this.seen.set(value, (this.seen.get(value) ?? 0) + 1);
    yield `${this.greeting} ${value}: ${count} ${this.seen.get(value)}`;
  }
}

const numbers = Array.from({ length: 300 }, (_, i) => i % 10);

test('each subtask has a copy of its own of an instance with open()', async () => {
  await using env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 3 });
  const given = new Counting('n');
  const results = await env
    .fromCollection(numbers)
    .keyBy((n) => n)
    .process(given)
    .executeAndCollect()
    .toArray();
  const expected = numbers.map((n, i) => {
    const count = Math.floor(i / 10) + 1;
    return `n ${n}: ${count} ${count}`;
  });
  expect(results.toSorted()).toEqual(expected.toSorted());
  expect(given.seen.size).toBe(0);
});

test('an instance whose private fields cannot be copied is refused with the way out', async () => {
  class Hidden {
    #opened = false;
    open() {
      this.#opened = true;
    }
    map(value: number) {
      return this.#opened ? value : -1;
    }
  }
  await using env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 2 });
  const stream = env.fromCollection(numbers).rebalance();
  await expect(stream.map(new Hidden()).executeAndCollect().toArray()).rejects.toThrow(
    'Operator "Map" (subtask 1/2) has 2 subtasks and was given one instance of Hidden, which cannot be copied because of its private field ' +
      '#opened. Give the class itself, of which each subtask makes its own: Hidden instead of new Hidden(...);',
  );
  expect(await stream.map(Hidden).executeAndCollect().toArray()).toHaveLength(numbers.length);
});

test('alone, the object itself is called; objects without open() are shared', async () => {
  const alone = new Counting('n');
  const sink = {
    values: [] as string[],
    write(value: string) {
      this.values.push(value);
    },
  };
  await using env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 2 });
  env
    .fromCollection(numbers)
    .keyBy((n) => n)
    .process(alone)
    .setParallelism(1)
    .rebalance()
    .addSink(sink);
  await env.execute();
  expect(alone.seen.size).toBe(10);
  expect(sink.values).toHaveLength(numbers.length);
});

test('the same instance given to two operators is two', async () => {
  class Numbered {
    prefix = '';
    next = 0;
    open(context: RuntimeContext) {
      this.prefix = context.taskName.length > 0 ? '#' : '';
    }
    map(value: unknown) {
      this.next += 1;
      return `${String(value)}${this.prefix}${this.next}`;
    }
  }
  const numbered = new Numbered();
  await using env = StreamExecutionEnvironment.getExecutionEnvironment();
  const twice = env.fromCollection(['a', 'b']).map(numbered).map(numbered);
  expect(await twice.executeAndCollect().toArray()).toEqual(['a#1#1', 'b#2#2']);
});

/** Tells which subtasks opened each instance of it, as whatever function of an operator it was given. */
class Opened {
  static readonly subtasks = new Map<Opened, number[]>();
  index = -1;

  open(context: RuntimeContext) {
    this.index = context.indexOfThisSubtask;
    Opened.subtasks.set(this, [...(Opened.subtasks.get(this) ?? []), this.index]);
  }

  asyncInvoke(value: number) {
    return [value];
  }

  process(key: number) {
    return [key];
  }

  processElement(left: number) {
    return [left];
  }

  extractTimestamp(value: number) {
    return value;
  }
}

const strategy = WatermarkStrategy.forMonotonousTimestamps<number>();
const timed = (stream: DataStream<number>) =>
  stream
    .assignTimestampsAndWatermarks(strategy.withTimestampAssigner((n) => n))
    .keyBy((n) => n % 10);

test.each<[string, (stream: DataStream<number>, given: Opened) => DataStream<unknown>]>([
  ['window', (s, given) => timed(s).window(TumblingEventTimeWindows.of(5)).process(given)],
  ['interval join', (s, given) => timed(s).intervalJoin(timed(s)).between(0, 1).process(given)],
  ['async', (s, given) => AsyncDataStream.orderedWait(s.rebalance(), given, 1000, 10)],
  [
    'timestamps',
    (s, given) =>
      s.rebalance().assignTimestampsAndWatermarks(strategy.withTimestampAssigner(given)),
  ],
])('within the settings of an operator too: %s', async (_, build) => {
  Opened.subtasks.clear();
  await using env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 3 });
  const results = await build(env.fromCollection(numbers), new Opened())
    .executeAndCollect()
    .toArray();
  expect(results.length).toBeGreaterThan(0);
  expect([...Opened.subtasks.values()].toSorted(([a = 0], [b = 0]) => a - b)).toEqual([
    [0],
    [1],
    [2],
  ]);
});
