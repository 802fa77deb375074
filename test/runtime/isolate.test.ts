import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NdArray, Row } from '../../src/bridge/codec/values.ts';
import { isolator } from '../../src/runtime/isolate.ts';

const isolate = isolator();

/** Every object reachable inside plain containers. */
function objects(value: unknown, found = new Set<object>()): Set<object> {
  if (typeof value !== 'object' || value === null) return found;
  found.add(value);
  const inner =
    value instanceof Map
      ? [...value.keys(), ...value.values()]
      : value instanceof Set
        ? [...value]
        : Object.values(value);
  for (const item of inner) objects(item, found);
  return found;
}

test('gives an equal value that shares no object with the first', () => {
  const values = fc.anything({
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withBigInt: true,
    withNullPrototype: true,
    maxDepth: 4,
  });
  fc.assert(
    fc.property(values, (value) => {
      const copy = isolate(value);
      expect(copy).toEqual(value);
      const before = objects(value);
      for (const object of objects(copy)) expect(before.has(object)).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});

test('copies rows and arrays of numbers', () => {
  const row = new Row([[1], 'x'], ['a', 'b'], 'DELETE');
  const array = new NdArray(new Float64Array([1, 2]), [1, 2]);
  const copy = isolate({ row, array }) as { row: Row; array: NdArray };
  expect(copy).toEqual({ row, array });
  (row.values[0] as number[]).push(2);
  array.data[0] = 9;
  expect(copy.row.get('a')).toEqual([1]);
  expect(copy.array.data[0]).toBe(1);
});

test('shares instances of classes', () => {
  class Account {
    balance = 1;
  }
  const account = new Account();
  expect((isolate({ account }) as { account: Account }).account).toBe(account);
});

test('refuses a record that refers to itself, with the way out', () => {
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  expect(() => isolate(loop)).toThrow('pipeline.object-reuse');
});

test('tells of arrays it has copied', () => {
  const pairs: [object, object][] = [];
  const tuple = [1, [2]];
  const copy = isolator((from, to) => pairs.push([from, to]))(tuple) as unknown[];
  expect(pairs).toHaveLength(2);
  expect(pairs).toContainEqual([tuple, copy]);
});
