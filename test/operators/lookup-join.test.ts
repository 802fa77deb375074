import { describe, expect, test } from 'vitest';
import type { DataStream, LookupJoinOptions } from '../../src/index.ts';
import { OneInputHarness } from '../../src/testing/index.ts';

interface Order {
  id: number;
  item: string;
}
type Options = Omit<LookupJoinOptions<Order, string, 'left'>, 'key' | 'how'> & {
  how?: 'inner' | 'left';
};

const PRICES = new Map([
  ['tea', 3],
  ['rye', 2],
]);
const orders: Order[] = ['tea', 'rum', 'rye', 'tea'].map((item, id) => ({ id, item }));

function open(lookup: unknown, options: Options = {}): Promise<OneInputHarness> {
  return OneInputHarness.openStream((stream: DataStream<Order>) =>
    stream.lookupJoin(
      lookup as (item: string) => Promise<number | null>,
      ({ id }, price) => [id, price],
      { key: ({ item }: Order) => item, ...options } as LookupJoinOptions<Order, string, 'left'>,
    ),
  );
}

const inner = [
  [0, 3],
  [2, 2],
  [3, 3],
];
const left = [
  [0, 3],
  [1, null],
  [2, 2],
  [3, 3],
];

describe.each([
  ['a table', () => PRICES],
  ['a function', () => (item: string) => PRICES.get(item)],
  ['an asynchronous function', () => (item: string) => Promise.resolve(PRICES.get(item) ?? null)],
  [
    'a class',
    () =>
      class {
        #prices = new Map<string, number>();
        open(): void {
          this.#prices = PRICES;
        }
        lookup(item: string) {
          return this.#prices.get(item);
        }
      },
  ],
])('by %s', (_name, lookup) => {
  test.each([
    ['inner', inner],
    ['left', left],
  ] as const)('%s', async (how, expected) => {
    await using harness = await open(lookup(), { how });
    await harness.process(...orders);
    await harness.wait();
    expect(harness.output).toEqual(expected);
  });

  test('with a cache', async () => {
    await using harness = await open(lookup(), { how: 'left', cacheSize: 2 });
    await harness.process(...orders, ...orders);
    await harness.wait();
    expect(harness.output).toEqual([...left, ...left]);
  });
});

describe('the cache', () => {
  const asked = (...items: string[]) => items.map((item, id) => ({ id, item }));

  test('keeps the answers used last, and that there is none', async () => {
    const calls: string[] = [];
    const lookup = (item: string) => {
      calls.push(item);
      return PRICES.get(item);
    };
    await using harness = await open(lookup, { how: 'left', cacheSize: 2 });
    await harness.process(...asked('tea', 'rum', 'tea', 'rum', 'tea', 'rye', 'tea', 'rum'));
    // "rum" has to go for "rye": "tea" was used after it.
    expect(calls).toEqual(['tea', 'rum', 'rye', 'rum']);
    expect(harness.output.map((pair) => (pair as unknown[])[1])).toEqual([
      3,
      null,
      3,
      null,
      3,
      2,
      3,
      null,
    ]);
  });

  test('forgets after its time', async () => {
    let calls = 0;
    await using harness = await open(() => ++calls, { cacheSize: 10, cacheTtlMs: 100 });
    await harness.process(...asked('tea'));
    await harness.processingTime(99);
    await harness.process(...asked('tea'));
    await harness.processingTime(100);
    await harness.process(...asked('tea', 'tea'));
    expect(calls).toBe(2);
  });

  test('knows keys by what they are', async () => {
    let calls = 0;
    await using harness = await OneInputHarness.openStream((stream: DataStream<number>) =>
      stream.lookupJoin(
        () => ++calls,
        (_value, found) => found,
        { key: (value) => [value, 'x'], cacheSize: 10 },
      ),
    );
    await harness.process(1, 2, 1, 2);
    expect(harness.output).toEqual([1, 2, 1, 2]);
  });
});

test('answers overlap, and keep or lose their order as said', async () => {
  for (const ordered of [true, false]) {
    const open1 = new Map<string, (price: number) => void>();
    const lookup = (item: string) =>
      new Promise<number>((resolve) => {
        open1.set(item, resolve);
      });
    await using harness = await open(lookup, { ordered });
    await harness.process({ id: 1, item: 'tea' }, { id: 2, item: 'rye' });
    open1.get('rye')?.(2);
    await new Promise((resolve) => setImmediate(resolve));
    expect(harness.output).toEqual(ordered ? [] : [[2, 2]]);
    open1.get('tea')?.(3);
    await harness.wait();
    expect(harness.output).toHaveLength(2);
  }
});

test('a lookup that takes too long fails', async () => {
  await using harness = await open(() => new Promise(() => {}), { timeoutMs: 50 });
  await harness.process({ id: 1, item: 'tea' });
  await expect(harness.processingTime(50)).rejects.toThrow(
    "has timed out for input: { id: 1, item: 'tea' }",
  );
});

test('a function alone is given the record, and makes a pair of it', async () => {
  await using harness = await OneInputHarness.open((item: string) => PRICES.get(item), {
    kind: 'lookup_join',
    params: { how: 'left' },
  });
  await harness.process('tea', 'rum');
  expect(harness.output).toEqual([
    ['tea', 3],
    ['rum', null],
  ]);
});
