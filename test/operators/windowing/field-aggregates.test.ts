import { describe, expect, test } from 'vitest';
import { isTuple, markTuple } from '../../../src/bridge/codec/index.ts';
import {
  DateTime,
  Decimal,
  Instant,
  LocalDate,
  LocalDateTime,
  LocalTime,
  Row,
  TimeDelta,
} from '../../../src/bridge/codec/values.ts';
import {
  CountTrigger,
  EventTimeSessionWindows,
  GlobalWindows,
  SlidingEventTimeWindows,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from '../../../src/index.ts';
import {
  type FieldAggregate,
  fieldAggregate,
} from '../../../src/operators/windowing/field-aggregates.ts';
import { WindowDriver } from './drive.ts';

const folded = (op: FieldAggregate, field: string | number, values: unknown[]) =>
  values.reduce((a, b) => fieldAggregate(op, field).reduce(a, b));

describe('an aggregate of a field', () => {
  const events = [
    { id: 1, n: 3 },
    { id: 2, n: 1 },
    { id: 3, n: 1 },
    { id: 4, n: 3 },
  ];

  test('keeps the other fields of the first record, or gives the record that won', () => {
    expect(folded('sum', 'n', events)).toEqual({ id: 1, n: 8 });
    expect(folded('min', 'n', events)).toEqual({ id: 1, n: 1 });
    expect(folded('max', 'n', events)).toEqual({ id: 1, n: 3 });
    expect(folded('minBy', 'n', events)).toBe(events[1]);
    expect(folded('maxBy', 'n', events)).toBe(events[0]);
    expect(events[0]).toEqual({ id: 1, n: 3 });
  });

  test('reads arrays, tuples, rows, instances and plain values', () => {
    expect(
      folded('sum', 1, [
        ['a', 1],
        ['b', 2],
      ]),
    ).toEqual(['a', 3]);
    const tuple = folded('max', 1, [markTuple(['a', 1]), markTuple(['b', 2])]);
    expect(isTuple(tuple as unknown[])).toBe(true);
    expect(folded('sum', 'n', [Row.of({ n: 1 }), Row.of({ n: 2 })])).toEqual(Row.of({ n: 3 }));
    class Reading {
      n: number;
      constructor(n: number) {
        this.n = n;
      }
    }
    expect(folded('sum', 'n', [new Reading(1), new Reading(2)])).toEqual(new Reading(3));
    expect(folded('min', 0, [3, 1, 2])).toBe(1);
    expect(folded('maxBy', 0, ['a', 'c', 'b'])).toBe('c');
  });

  test('says which field is not there', () => {
    expect(() => folded('sum', 'm', events)).toThrow('There is no field "m" in the record { id: 1');
    expect(() => folded('sum', 'n', [1, 2])).toThrow('A field expression on a basic type');
  });
});

test('sliding windows of aggregates do not call them once for each window', async () => {
  let calls = 0;
  const sum = fieldAggregate('sum', 0);
  const driver = await WindowDriver.open({
    assigner: new SlidingEventTimeWindows(10_000, 10),
    how: 'reduce',
    function: {
      mergeable: true,
      reduce(a: unknown, b: unknown) {
        calls++;
        return sum.reduce(a, b);
      },
    },
  });
  for (let at = 0; at < 20_000; at += 10) {
    await driver.record('a', 1, at);
    await driver.watermark(at);
  }
  await driver.end();
  const sums = driver.take() as number[];
  expect(sums.length).toBe(2_999);
  expect(Math.max(...sums)).toBe(1_000);
  expect(calls).toBeLessThan(3 * 3_000);
});

test('streams have them for their windows', async () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 2 });
  const pairs = env.fromCollection<[string, number]>([
    ['a', 5],
    ['b', 1],
    ['a', 2],
    ['b', 7],
  ]);
  const counted = () => pairs.keyBy(([key]) => key).countWindow(2);
  const shown = async (stream: ReturnType<ReturnType<typeof counted>['sum']>) =>
    (await stream.executeAndCollect().toArray()).sort(([a], [b]) => a.localeCompare(b));
  expect(await shown(counted().sum(1))).toEqual([
    ['a', 7],
    ['b', 8],
  ]);
  expect(await shown(counted().minBy(1))).toEqual([
    ['a', 2],
    ['b', 1],
  ]);
  const all = env.fromSequence(1, 4).countWindowAll(4);
  expect(await all.max().executeAndCollect().toArray()).toEqual([4]);
  // A window of event time has to be closed by a watermark: here there are no timestamps at all.
  const untimed = env.fromSequence(1, 4).windowAll(TumblingEventTimeWindows.of(5)).sum();
  await expect(untimed.executeAndCollect().toArray()).rejects.toThrow('no timestamp marker');
});

const OPS = ['sum', 'min', 'max', 'minBy', 'maxBy'] as const;

describe('an aggregate of values that have no sum or order', () => {
  const wrong: [string, unknown, unknown][] = [
    ['null', 5, null],
    ['null first', null, 5],
    ['two nulls', null, null],
    ['a text after a number', 5, '9'],
    ['a number after a text', '5', 9],
    ['an object', 5, { valueOf: () => 1 }],
    ['arrays', [10], [9]],
    ['Decimals', new Decimal('9'), new Decimal('10')],
    ['an invalid Date', new Date(0), new Date(Number.NaN)],
    ['times of two kinds', new LocalDate(1), new LocalDateTime(1n)],
    ['a moment and a number', new Date(5), 5],
  ];

  for (const op of OPS) {
    test.each(wrong)(`${op} of %s is an error that names field and record`, (_, a, b) => {
      expect(() => folded(op, 'n', [{ n: a }, { n: b }])).toThrow(
        /^(sum adds|\w+ compares) .*field "n" of the record \{.* n: .*Filter such records out/s,
      );
    });
  }

  test('sum of texts and of moments is one, too', () => {
    expect(() => folded('sum', 'n', [{ n: 'a' }, { n: 'b' }])).toThrow('sum adds numbers');
    expect(() => folded('sum', 'n', [{ n: new Date(1) }, { n: new Date(2) }])).toThrow(
      'sum adds numbers',
    );
  });

  test('undefined is a field that is not there', () => {
    for (const op of OPS) {
      expect(() => folded(op, 'n', [{ n: 1 }, { n: undefined }])).toThrow('There is no field "n"');
    }
  });
});

describe('an aggregate', () => {
  test.each<[unknown, unknown, unknown]>([
    [1, 2n ** 60n, 2n ** 60n + 1n],
    [-1, 2n ** 53n, Number.MAX_SAFE_INTEGER],
    [1n, 2n, 3n],
    [0.5, 2n ** 60n, 2 ** 60],
    [true, true, 2],
    [new TimeDelta(5n), new TimeDelta(7n), new TimeDelta(12n)],
  ])('adds %o and %o', (a, b, sum) => {
    expect(folded('sum', 'n', [{ n: a }, { n: b }])).toEqual({ n: sum });
    expect(folded('sum', 'n', [{ n: b }, { n: a }])).toEqual({ n: sum });
  });

  test.each<[string, unknown, unknown]>([
    ['numbers and bigints', 9_007_199_254_740_991, 9_007_199_254_740_993n],
    ['texts', 'a', 'b'],
    ['booleans', false, true],
    ['Dates', new Date(5), new Date(6)],
    ['a Date and a DateTime', new Date(5), new DateTime(5001n, 3600)],
    ['DateTimes of two offsets', new DateTime(1n, 7200), new DateTime(2n, -7200)],
    ['wall clocks', new LocalDateTime(-5n), new LocalDateTime(5n)],
    ['days', new LocalDate(-1), new LocalDate(1)],
    ['times of day', new LocalTime(5), new LocalTime(6)],
    ['spans', new TimeDelta(-5n), new TimeDelta(1n)],
    ['instants', new Instant(1, 999_999_999), new Instant(2, 0)],
  ])('puts %s in order', (_, less, more) => {
    for (const pair of [
      [{ n: less }, { n: more }],
      [{ n: more }, { n: less }],
    ]) {
      expect(folded('min', 'n', pair)).toEqual({ n: less });
      expect(folded('minBy', 'n', pair)).toEqual({ n: less });
      expect(folded('max', 'n', pair)).toEqual({ n: more });
      expect(folded('maxBy', 'n', pair)).toEqual({ n: more });
    }
  });
});

describe('a job', () => {
  type Reading = { k: number; n: number; at: number };
  const rows = [
    { k: 1, n: 5, at: 1 },
    { k: 1, n: null, at: 2 },
    { k: 1, n: 3, at: 3 },
  ] as Reading[];
  const env = () => StreamExecutionEnvironment.getExecutionEnvironment({ logger: () => {} });
  const keyed = () =>
    env()
      .fromCollection(rows)
      .assignTimestampsAndWatermarks(
        WatermarkStrategy.forMonotonousTimestamps<Reading>().withTimestampAssigner((r) => r.at),
      )
      .keyBy((r) => r.k);
  const streams = {
    'a running one': keyed,
    tumbling: () => keyed().window(TumblingEventTimeWindows.of(10)),
    sliding: () => keyed().window(SlidingEventTimeWindows.of(10, 5)),
    sessions: () => keyed().window(EventTimeSessionWindows.withGap(10)),
    counted: () => keyed().countWindow(3),
    'counted and sliding': () => keyed().countWindow(3, 1),
    'any trigger': () => keyed().window(GlobalWindows.create()).trigger(CountTrigger.of(3)),
    'of all': () => keyed().windowAll(TumblingEventTimeWindows.of(10)),
  };

  test.each(Object.entries(streams))('%s fails on null, and says where', async (_, stream) => {
    for (const op of OPS) {
      await expect(stream()[op]('n').executeAndCollect().toArray()).rejects.toMatchObject({
        code: 'ISTHMUS_USER_FUNCTION',
        message: expect.stringMatching(/field "n" of the record \{ k: 1, n: (null|3), at: [23] \}/),
      });
    }
  });
});
