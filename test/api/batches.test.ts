import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type BatchOptions, StreamExecutionEnvironment, py } from '../../src/index.ts';

const file = fileURLToPath(new URL('../fixtures/python/declared.py', import.meta.url));

/** The types of the batches that functions of the file get. */
async function kinds(names: readonly string[], options: BatchOptions = {}): Promise<string[]> {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({ logger: () => {} });
  const numbers = env.fromElements(1.5, 2.5);
  const [first, ...others] = names.map((name, index) =>
    numbers
      .mapBatch(py<number[], string[]>(file, name), options)
      .map((kind) => `${index} ${name}: ${kind as unknown as string}`),
  );
  const all = first!.union(...others).executeAndCollect();
  return [...new Set(await all.toArray())].sort((a, b) => parseInt(a, 10) - parseInt(b, 10));
}

describe('batches of Python functions', { timeout: 60_000 }, () => {
  test('are what the parameter declares', async () => {
    const declared = {
      nothing: 'list',
      imported: 'ndarray',
      checked_only: 'DataFrame',
      arrow: 'Table',
      quoted: 'DataFrame',
      listed: 'list',
      called: 'DataFrame',
      partial: 'ndarray',
      wrapped: 'DataFrame',
      Method: 'DataFrame',
      Called: 'DataFrame',
    };
    const expected = Object.entries(declared).map(
      ([name, kind], index) => `${index} ${name}: ${kind}`,
    );
    expect(await kinds(Object.keys(declared))).toEqual(expected);
  });

  test('are what is said', async () => {
    expect(await kinds(['unknown', 'nothing'], { format: 'numpy' })).toEqual([
      '0 unknown: ndarray',
      '1 nothing: ndarray',
    ]);
  });

  test('that are declared in a way that does not tell are refused before the job starts', async () => {
    for (const [name, said] of [
      ['unknown', "of unknown is declared as Nowhere, which cannot be read (name 'Nowhere'"],
      ['missing_module', "cannot be read (No module named 'elsewhere')"],
      ['number', 'of number is declared as float, which is no batch'],
      ['two', 'which may be numpy or pandas'],
      ['Unreadable', 'of Unreadable.map_batch is declared as Nowhere'],
    ] as const) {
      const env = StreamExecutionEnvironment.getExecutionEnvironment({ logger: () => {} });
      env.fromElements(1).mapBatch(py(file, name)).print();
      await expect(env.check()).rejects.toThrow(said);
    }
  });

  test('keep fields of records that differ', async () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment({ logger: () => {} });
    const records = [{ id: 0 }, { id: 1, note: 'important' }, { id: 2, note: null }];
    const same = py<object[], object[]>(file.replace('declared.py', 'udfs.py'), 'as_it_is');
    for (const format of ['list', 'numpy', 'arrow', 'pandas', 'polars'] as const) {
      const found = env.fromCollection(records).mapBatch(same, { format }).executeAndCollect();
      expect(await found.toArray()).toEqual(records);
    }
  });

  test('of TypeScript functions are arrays', () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment({ logger: () => {} });
    const numbers = env.fromElements(1);
    expect(() => numbers.mapBatch((values) => values, { format: 'pandas' })).toThrow(
      'gets batches as arrays, not as pandas; leave out format',
    );
    expect(() => numbers.mapBatch(py(file, 'nothing'), { format: 'csv' as 'list' })).toThrow(
      'it must be one of list, numpy, arrow, pandas, polars',
    );
  });
});
