import { describe, expect, test } from 'vitest';
import { isTuple, markTuple } from '../../../src/bridge/codec/index.ts';
import { Row } from '../../../src/bridge/codec/values.ts';
import {
  SlidingEventTimeWindows,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
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
