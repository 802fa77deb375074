// What callers give that no compiler has looked at: refused by the call, with a sentence that names the value.

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  AsyncDataStream,
  FileSink,
  loadPipeline,
  py,
  StreamExecutionEnvironment,
} from '../../src/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: programs in JavaScript have no types.
type Any = any;
const untyped = (value: unknown): Any => value;
const newEnvironment = (options: Any = {}): Any =>
  StreamExecutionEnvironment.getExecutionEnvironment(options);

const wrong: [call: string, make: () => unknown, message: string][] = [
  [
    'a misspelt option',
    () => newEnvironment({ paralelism: 2 }),
    'An environment has no option paralelism. Did you mean parallelism? Its options: parallelism,',
  ],
  [
    'a misspelt option of Python',
    () => newEnvironment({ python: { executable: 'python3' } }),
    'The option python of an environment has no option executable.',
  ],
  ['options that are none', () => newEnvironment(2), 'takes an object of options; it was given 2'],
  ['maxParallelism', () => newEnvironment({ maxParallelism: -1 }), 'max parallelism is -1'],
  [
    'runtimeMode',
    () => newEnvironment({ runtimeMode: 'batch' }),
    "runtime mode is 'batch'; it must be one of STREAMING, BATCH, AUTOMATIC",
  ],
  ['fromSequence', () => newEnvironment().fromSequence(1.5, 'a'), 'given 1.5 and a'],
  ['fromSequence without an end', () => newEnvironment().fromSequence(1), 'given 1 and undefined'],
  ['fromSequence downwards', () => newEnvironment().fromSequence(5, 1), '5 is greater than 1'],
  ['an empty uid', () => newEnvironment().fromElements(1).uid(''), 'uid of an operator is empty'],
  ['an empty uid of a sink', () => newEnvironment().fromElements(1).print().uid(''), 'is empty'],
  ['readTextFile', () => newEnvironment().readTextFile(3), 'must be a path or a URL; it is 3'],
  ['fromFiles of none', () => newEnvironment().fromFiles([]), 'needs the path of a file'],
  [
    'fromFiles of another machine',
    () => newEnvironment().fromFiles([new URL('http://a.example/b')]),
    'http://a.example/b is no file URL',
  ],
  ['fromInput', () => newEnvironment().fromInput(3, { default: [1] }), 'must be a string; it is 3'],
  ['name', () => newEnvironment().fromElements(1).name(3), 'name of an operator must be a string'],
  ['uid of a sink', () => newEnvironment().fromElements(1).print().uid(3), 'uid of a sink must be'],
  ['toOutput', () => newEnvironment().fromElements(1).toOutput(3), 'name of an output must be'],
  ['setParallelism', () => newEnvironment().fromSequence(1, 2).setParallelism('2'), "is '2'; it"],
  [
    'union',
    () => newEnvironment().fromElements(1).union(3),
    'combined with streams; it was given 3',
  ],
  ['connect', () => newEnvironment().fromElements(1).connect([1]), 'it was given [ 1 ]'],
  [
    'limit',
    () => newEnvironment().fromElements(1).executeAndCollect({ limit: 'a' }),
    'limit of results is a',
  ],
  ['py', () => py(untyped(3), 'f'), 'first argument of py() must be a path or a URL; it is 3'],
  ['args of py', () => py('m', 'C', untyped({ args: 5 })), 'args of py() are an array'],
  [
    'a function among args',
    () => py('m', 'C', untyped({ kwargs: { on: [1, { at: Math.max }] } })),
    'kwargs.on[1].at is [Function: max]',
  ],
  ['FileSink', () => FileSink.forRowFormat(untyped(undefined)), 'it is undefined'],
];

test.each(wrong)('%s is refused', (_call, make, message) => {
  expect(make).toThrow(message);
});

test('options where the name of a job belongs are refused, and not ignored', async () => {
  const env = newEnvironment();
  env.fromElements(1).addSink(() => {});
  await expect(env.execute({ signal: AbortSignal.abort() })).rejects.toThrow(
    'name of a job must be a string',
  );
});

test('a pipeline is a file', async () => {
  await expect(loadPipeline(tmpdir())).rejects.toThrow('There is no Python program');
  await expect(loadPipeline(untyped(3))).rejects.toThrow('must be a path or a URL; it is 3');
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-files-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('fromFiles takes one path as well as several', async () => {
  const path = join(folder, 'one.txt');
  await writeFile(path, 'a\nb\n');
  const lines = (given: unknown) => newEnvironment().fromFiles(given).executeAndCollect().toArray();
  expect(await lines(path)).toEqual(['a', 'b']);
  expect(await lines([path, path])).toEqual(['a', 'b', 'a', 'b']);
});

test('links to folders are followed, except for those that lead nowhere, or back', async () => {
  const [inner, other] = [join(folder, 'tree', 'inner'), join(folder, 'other')];
  await mkdir(inner, { recursive: true });
  await mkdir(other);
  await writeFile(join(other, 'x.txt'), 'x\n');
  await symlink(join(folder, 'tree'), join(inner, 'back'));
  await symlink(join(folder, 'gone'), join(inner, 'nowhere'));
  await symlink(other, join(inner, 'other'));
  const lines = newEnvironment().fromFiles(join(folder, 'tree')).executeAndCollect();
  expect(await lines.toArray()).toEqual(['x']);
});

describe('options of joins', () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  // oxlint-disable-next-line typescript/no-explicit-any -- As a program in JavaScript may call them.
  const numbers = (): any => env.fromSequence(1, 3).keyBy((x) => x % 2);
  const pair = (a: number, b: number) => [a, b];

  test.each<[string, () => unknown, string]>([
    [
      'lookupJoin without',
      () => numbers().lookupJoin(new Map(), pair),
      'takes an object of options',
    ],
    ['lookupJoin {}', () => numbers().lookupJoin(new Map(), pair, {}), 'needs the option key'],
    [
      'lookupJoin how',
      () => numbers().lookupJoin(new Map(), pair, { key: pair, how: 'right' }),
      'one of inner, left',
    ],
    [
      'lookupJoin misspelt',
      () => numbers().lookupJoin(new Map(), pair, { key: pair, cachSize: 5 }),
      'Did you mean cacheSize?',
    ],
    ['intervalJoin how', () => numbers().intervalJoin(numbers(), { how: 'outer' }), 'one of inner'],
    [
      'intervalJoin misspelt',
      () => numbers().intervalJoin(numbers(), { hwo: 'left' }),
      'no option',
    ],
    ['between', () => numbers().intervalJoin(numbers()).between('1', 2), 'number of milliseconds'],
    ['between NaN', () => numbers().intervalJoin(numbers()).between(0, NaN), 'upper bound'],
    ['asOfJoin how', () => numbers().asOfJoin(numbers(), pair, { how: 'full' }), 'one of inner'],
    [
      'asOfJoin tolerance',
      () => numbers().asOfJoin(numbers(), pair, { toleranceMs: '5' }),
      'number of milliseconds',
    ],
  ])('%s', (_name, call, message) => {
    expect(call).toThrow(message);
  });
});

describe('numbers that nothing can be done with', () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  const numbers = () => env.fromSequence(1, 3);
  const found = async (n: number) => [n];
  const lookup = (more: object) =>
    numbers().lookupJoin(
      async (k: number) => k,
      (a) => a,
      { key: (x: number) => x, ...more },
    );
  const counts: [string, (n: number) => unknown][] = [
    ['batchSize', (batchSize) => numbers().mapBatch((x) => x, { batchSize })],
    ['batchBytes', (batchBytes) => numbers().flatMapBatch((x) => x, { batchBytes })],
    ['capacity of a lookup', (capacity) => lookup({ capacity })],
    ['capacity', (n) => AsyncDataStream.orderedWait(numbers(), found, 1_000, n)],
  ];
  test.each(
    counts.flatMap(([name, call]) =>
      [0, -1, 1.5, NaN, Infinity, '5'].map((n) => [name, n, call] as const),
    ),
  )('%s %s', (_name, n, call) => {
    expect(() => call(n as number)).toThrow(/must be a whole number/);
  });
  const times: [string, (n: number) => unknown][] = [
    ['latencyMs', (latencyMs) => numbers().mapBatch((x) => x, { latencyMs })],
    ['monitorMs', (monitorMs) => env.fromFiles(['/tmp'], { monitorMs })],
    ['timeoutMs of a lookup', (timeoutMs) => lookup({ timeoutMs })],
    ['timeoutMs', (n) => AsyncDataStream.unorderedWait(numbers(), found, n)],
  ];
  test.each(
    times.flatMap(([name, call]) =>
      [-1, NaN, Infinity, 2 ** 31, '5'].map((n) => [name, n, call] as const),
    ),
  )('%s %s', (_name, n, call) => {
    expect(() => call(n as number)).toThrow(/must be a number of milliseconds/);
  });
});
