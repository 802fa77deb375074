// Sources and sinks of a program's own, wherever they may be given: of both languages, as objects and as classes.

import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { py, StreamExecutionEnvironment } from '../../src/index.ts';
import { Numbers, Rows } from '../fixtures/own-connectors/connectors.ts';

const connectors = fileURLToPath(
  new URL('../fixtures/own-connectors/connectors.py', import.meta.url),
);
const folder = mkdtempSync(join(tmpdir(), 'isthmus-own-'));
afterAll(() => rmSync(folder, { recursive: true }));

function place(name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

const rowsIn = (path: string) =>
  readdirSync(path)
    .map((name) => Number(readFileSync(join(path, name), 'utf8')))
    .sort((a, b) => a - b);
const from = (first: number) => Array.from({ length: 40 }, (_, n) => first + n);

test('a job of them', async () => {
  const [object, ofClass, python, instance] = ['object', 'class', 'python', 'instance'].map(
    place,
  ) as [string, string, string, string];
  await using env = StreamExecutionEnvironment.getExecutionEnvironment({
    parallelism: 2,
    python: { env: { OWN_ROWS: instance } },
  });
  class Own extends Rows {
    constructor() {
      super(ofClass);
    }
  }
  env.fromSource(new Numbers()).sinkTo(new Rows(object));
  env.fromSource(Numbers).sinkTo(Own);
  env
    .fromSource<number>(py(connectors, 'Numbers'))
    .sinkTo(py(connectors, 'Rows', { args: [python] }));
  env
    .fromSource<number>(py(connectors, 'numbers'))
    .setParallelism(2)
    .map((n) => n + 1)
    .sinkTo(py(connectors, 'rows'));
  await env.execute();
  expect(rowsIn(object)).toEqual(from(0));
  expect(rowsIn(ofClass)).toEqual(from(0));
  expect(rowsIn(python)).toEqual(from(0));
  expect(rowsIn(instance)).toEqual(from(101));
});

test('the default of an input', async () => {
  await using env = StreamExecutionEnvironment.getExecutionEnvironment();
  const inputs = [new Numbers(), Numbers, py(connectors, 'Numbers')].map((given, n) =>
    env.fromInput<number>(`input ${n}`, { default: given }),
  );
  const [first, ...others] = inputs as [(typeof inputs)[0], ...typeof inputs];
  const got: number[] = [];
  for await (const n of first.union(...others).executeAndCollect()) got.push(n);
  expect(got.sort((a, b) => a - b)).toEqual(from(0).flatMap((n) => [n, n, n]));
});

test('an iterable of Python is not read by several subtasks', async () => {
  await using env = StreamExecutionEnvironment.getExecutionEnvironment();
  env.fromSource(py(connectors, 'few')).setParallelism(2).print();
  await expect(env.execute()).rejects.toThrow('each of its 2 subtasks would give the same records');
});
