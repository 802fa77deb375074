// A finished record reaches its consumer before a function that holds the event loop begins with the next one.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { type DataStream, StreamExecutionEnvironment, py } from '../../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-finished-'));
const seen = join(folder, 'seen');
const file = fileURLToPath(new URL('../fixtures/python/memory_udfs.py', import.meta.url));
const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1 });
afterAll(async () => {
  await env.close();
  rmSync(folder, { recursive: true });
});

const counts = [1, 2, 3, 4, 5, 10, 20, 100];

/** Holds the loop at one record until all before it were seen, by whoever does not need this loop. */
function waits(at: number, lines: () => number): (value: number) => string {
  return (value) => {
    if (value !== at) return String(value);
    const deadline = Date.now() + 30_000;
    while (lines() < at) {
      if (Date.now() > deadline) return `only ${lines()} of ${at} were seen`;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
    return 'released';
  };
}

const inFile = () => readFileSync(seen, 'utf8').split('\n').length - 1;
const numbers = (at: number) => env.fromCollection(Array.from({ length: at + 1 }, (_, i) => i));

describe.each(counts)('the record behind %i others', (at) => {
  test('does not hold up those on their way to Python', async () => {
    writeFileSync(seen, '');
    const results = await numbers(at)
      .map(waits(at, inFile))
      .map((value) => ({ value, seen }))
      .map(py<{ value: string; seen: string }, string>(file, 'see'))
      .executeAndCollect()
      .toArray();
    expect(results.at(-1)).toBe('released');
  });

  test.each<[string, (stream: DataStream<string>) => DataStream<string>]>([
    ['of a key', (stream) => stream.keyBy((value) => value.length)],
    ['dealt out', (stream) => stream.rebalance()],
    [
      'of three exchanges',
      (stream) =>
        stream
          .rebalance()
          .map((v) => v)
          .rebalance()
          .map((v) => v)
          .rebalance(),
    ],
  ])('does not hold up those %s', async (_, exchange) => {
    let count = 0;
    const blocked = numbers(at).map(waits(at, () => count));
    const results = await exchange(blocked)
      .map((value) => {
        count++;
        return value;
      })
      .executeAndCollect()
      .toArray();
    expect(results.filter((value) => Number.isNaN(Number(value)))).toEqual(['released']);
  });

  test('does not hold up those that the program reads', async () => {
    let count = 0;
    let last = '';
    for await (const value of numbers(at)
      .map(waits(at, () => count))
      .executeAndCollect()) {
      count++;
      last = value;
    }
    expect(last).toBe('released');
  });
});

test('after a slow record of a chunk what is finished leaves before each of the next', async () => {
  let count = 0;
  const held: number[] = [];
  const slow = (value: number) => {
    if (value > 400 && count < value) held.push(value);
    if (value === 400) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    return value;
  };
  const results = await numbers(999)
    .map(slow)
    .rebalance()
    .map((value) => {
      count++;
      return value;
    })
    .executeAndCollect()
    .toArray();
  expect(results).toHaveLength(1000);
  // The rest of the chunk, whose records are fast, goes on behind it.
  const gap = held.findIndex((value, i) => value !== 401 + i);
  const next = 401 + (gap < 0 ? held.length : gap);
  expect(next - 401).toBeLessThan(256);
  expect(held.filter((value) => value >= next && value < next + 120)).toEqual([]);
});
