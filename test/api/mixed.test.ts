// Python functions in streams of TypeScript, over real workers.

import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { type LogEntry, StreamExecutionEnvironment, py } from '../../src/index.ts';
import { happened } from '../fixtures/happened.ts';

const file = fileURLToPath(new URL('../fixtures/python/udfs.py', import.meta.url));
const udf = <In, Out>(name: string, options = {}) => py<In, Out>(file, name, options);

describe.each([1, 2])('with parallelism %i', { timeout: 60_000 }, (parallelism) => {
  const lines: LogEntry[] = [];
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    parallelism,
    logger: (entry) => lines.push(entry),
  });
  afterAll(() => env.close());

  test('records go from TypeScript to Python and back', async () => {
    const results = env
      .fromCollection([{ item: 'tea' }, { item: 'coffee' }])
      .map(udf<{ item: string }, number>('score'))
      .map((score) => score + 0.5)
      .executeAndCollect();
    expect((await results.toArray()).sort((a, b) => a - b)).toEqual([3.5, 6.5]);
  });

  test('keys are made and used by either language', async () => {
    const numbers = () => env.fromSequence(1, 6);
    const byPython = numbers().keyBy(udf<number, number>('parity'));
    const byTypeScript = numbers().keyBy((x) => x % 2);
    const last = async (results: AsyncIterable<number>) => {
      const all: number[] = [];
      for await (const value of results) all.push(value);
      return Math.max(...all);
    };
    const add = udf<number, number>('add');
    expect(await last(byPython.reduce((a, b) => a + b).executeAndCollect())).toBe(12);
    expect(await last(byTypeScript.reduce(add).executeAndCollect())).toBe(12);
    expect(await last(byPython.reduce(add).executeAndCollect())).toBe(12);
  });

  test('functions written for PyFlink import it as Isthmus', async () => {
    const written = fileURLToPath(new URL('../fixtures/python/pyflink_udfs.py', import.meta.url));
    const results = env
      .fromCollection([1])
      .map(py<number, number>(written, 'Doubled'))
      .map(py<number, number>(written, 'doubled'))
      .executeAndCollect();
    expect(await results.toArray()).toEqual([4]);
  });

  test('classes get their arguments', async () => {
    const results = env
      .fromCollection([1, 2, 3])
      .map((x) => x)
      .filter(udf<number, boolean>('AtLeast', { args: [2], kwargs: { inclusive: false } }))
      .executeAndCollect();
    expect(await results.toArray()).toEqual([3]);
  });

  test('what functions print goes to the logger', async () => {
    const results = env
      .fromCollection([7])
      .flatMap(udf<number, number[]>('twice'))
      .executeAndCollect();
    expect(await results.toArray()).toEqual([7, 7]);
    await expect.poll(() => lines.map(({ message }) => message)).toContain('seen 7');
  });

  test('a failure tells operator, record and the line in Python', async () => {
    const results = env
      .fromCollection([1])
      .map(udf<number, number>('fails'))
      .name('refuse')
      .executeAndCollect();
    await expect(results.toArray()).rejects.toMatchObject({
      code: 'ISTHMUS_USER_FUNCTION',
      message: expect.stringContaining('ValueError in operator "refuse"'),
      report: { record: '1', traceback: expect.stringContaining('udfs.py') },
    });
  });

  test('results wait in the job while nobody takes them', async () => {
    let made = 0;
    const results = env
      .fromSource(function* () {
        for (;;) yield made++;
      })
      .map(udf<number, number>('double'))
      .executeAndCollect();
    await results.next();
    await happened(
      await results.job(),
      'subtask-blocked',
      ({ language }) => language === 'typescript',
    );
    expect(made).toBeLessThan(10_000_000);
    await results.return();
  });
});

test('what functions print and do not end goes to the logger when their worker ends', async () => {
  const lines: LogEntry[] = [];
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    logger: (entry) => lines.push(entry),
  });
  const results = env.fromCollection([7]).map(udf<number, number>('unfinished'));
  expect(await results.executeAndCollect().toArray()).toEqual([7]);
  await env.close();
  await expect
    .poll(() => lines)
    .toContainEqual(
      expect.objectContaining({ message: 'unfinished 7', stream: 'stdout', subtask: 0 }),
    );
}, 60_000);
