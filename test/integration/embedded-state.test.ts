// Jobs whose state is on disk give what they give with state in memory, and leave no file.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import {
  ListStateDescriptor,
  type ListState,
  type ProcessContext,
  type RuntimeContext,
  StreamExecutionEnvironment,
} from '../../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The last three numbers of each key. */
class LastThree {
  #seen!: ListState<number>;

  open(context: RuntimeContext) {
    this.#seen = context.getListState(new ListStateDescriptor<number>('seen'));
  }

  *processElement(value: number, _context: ProcessContext) {
    this.#seen.add(value);
    if (this.#seen.get().length > 3) this.#seen.update(this.#seen.get().slice(1));
    yield this.#seen.get().join(' ');
  }
}

async function results(backend: string): Promise<string[]> {
  await using env = StreamExecutionEnvironment.getExecutionEnvironment({
    parallelism: 2,
    config: {
      'state.backend.type': backend,
      'isthmus.state.directory': folder,
      'isthmus.state.cache-entries': 7,
    },
  });
  // One source: two would send the numbers of a key in any order.
  const numbers = env
    .fromSequence(1, 2_000)
    .setParallelism(1)
    .keyBy((n) => `k${(n * 7) % 300}`);
  const sums = numbers.reduce((a, b) => a + b).map((sum) => `sum ${sum}`);
  return (await numbers.process(LastThree).union(sums).executeAndCollect().toArray()).toSorted();
}

test('on disk as in memory', async () => {
  const onDisk = await results('embedded');
  expect(onDisk).toHaveLength(4_000);
  expect(onDisk).toEqual(await results('hashmap'));
  expect(readdirSync(folder)).toEqual([]);
});

test('a value that cannot be written fails the job with its state, its reason and the way out', async () => {
  class Kept {
    readonly n: number;
    constructor(n: number) {
      this.n = n;
    }
  }
  await using env = StreamExecutionEnvironment.getExecutionEnvironment({
    config: { 'state.backend.type': 'rocksdb', 'isthmus.state.cache-entries': 2 },
  });
  const last = env
    .fromSequence(1, 100)
    .map((n) => new Kept(n))
    .keyBy(({ n }) => n)
    .reduce((_, b) => b);
  await expect(last.executeAndCollect().toArray()).rejects.toThrow(
    /"Reduce" holds cannot be written to the embedded store\. It holds an instance of Kept/,
  );
});
