// Edited Python is picked up by the next job of the same environment, wherever the text is; what is unchanged stays warm.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { PyFunction } from '../../src/api/python-function.ts';
import { AsyncDataStream, py, StreamExecutionEnvironment } from '../../src/index.ts';

const top = mkdtempSync(join(tmpdir(), 'isthmus-fresh-'));
afterAll(() => rmSync(top, { recursive: true }));

let env: StreamExecutionEnvironment;
afterEach(() => env.close());

let count = 0;

/** A folder of its own with these files. */
function folderOf(files: Record<string, string>): string {
  const folder = join(top, `program_${count++}`);
  write(folder, files);
  return folder;
}

function write(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

function start(path: string[] = []): StreamExecutionEnvironment {
  env = StreamExecutionEnvironment.getExecutionEnvironment({ logger: () => {}, python: { path } });
  return env;
}

const value = (v: number) => `import os\nV = ${v}\ndef f(x): return [V, os.getpid()]\n`;

const mapped = (where: string) =>
  env
    .fromCollection([0])
    .map(py<number, [number, number]>(where, 'f'))
    .executeAndCollect()
    .toArray();

const NESTED = 'from pk.deep import V\nimport os\ndef f(x): return [V, os.getpid()]\n';

/** The function, and the file that is edited. */
const places: [string, Record<string, string>, (folder: string) => string, string][] = [
  ['its own file', { 'own.py': value(1) }, (folder) => join(folder, 'own.py'), 'own.py'],
  ['a dotted module', { 'mod_fresh.py': value(1) }, () => 'mod_fresh', 'mod_fresh.py'],
  ['a module of a package', { 'pq/m.py': value(1) }, () => 'pq.m', 'pq/m.py'],
  [
    'a package below its folder',
    { 'main.py': NESTED, 'pk/deep.py': 'V = 1\n' },
    (folder) => join(folder, 'main.py'),
    'pk/deep.py',
  ],
  [
    'a relative import',
    {
      'pr/m.py': NESTED.replace('pk.deep', '.deep'),
      'pr/deep.py': 'V = 1\n',
      'pr/__init__.py': '',
    },
    () => 'pr.m',
    'pr/deep.py',
  ],
  [
    'what is imported within a call',
    {
      'late.py':
        'import os\ndef f(x):\n    from late_value import V\n    return [V, os.getpid()]\n',
      'late_value.py': 'V = 1\n',
    },
    (folder) => join(folder, 'late.py'),
    'late_value.py',
  ],
];

test.each(places)('%s', async (_name, files, where, edited) => {
  const folder = folderOf(files);
  start(['/tmp/isthmus-nothing-here', folder]);
  const [[first, worker]] = (await mapped(where(folder))) as [[number, number]];
  expect(first).toBe(1);
  // Unchanged: the same worker.
  expect(await mapped(where(folder))).toEqual([[1, worker]]);
  const text = (files[edited] as string).replace('V = 1\n', 'V = 2222\n');
  write(folder, { [edited]: text });
  const [[second, other]] = (await mapped(where(folder))) as [[number, number]];
  expect([second, other === worker]).toEqual([2222, false]);
});

interface Row {
  id: string;
  group: string;
  n: number;
}
const rows: Row[] = [
  { id: 'a', group: 'g', n: 1 },
  { id: 'b', group: 'g', n: 2 },
];
const here = (folder: string, name = 'f') => py<never, never>(join(folder, 'other/k.py'), name);
const any = (fn: PyFunction<never, never>) => fn as never;

/** Functions that no operator has as its own; each gives what it gives by the text of another folder. */
const roles: [
  string,
  [before: string, after: string],
  (folder: string) => Promise<unknown>,
  unknown[],
][] = [
  [
    'a key selector',
    ['def f(r): return r["id"]', 'def f(r): return r["group"]'],
    async (folder) =>
      (
        await env
          .fromCollection(rows)
          .keyBy(here(folder) as never)
          .reduce(py<Row, Row>(join(folder, 'main.py'), 'red') as never)
          .executeAndCollect()
          .toArray()
      ).map((row) => (row as Row).n),
    [
      [1, 2],
      [1, 3],
    ],
  ],
  [
    'a partitioner',
    ['def f(k, n): return 0', 'def f(k, n): return 1'],
    async (folder) =>
      env
        .fromCollection([1])
        .partitionCustom(
          any(here(folder)),
          py<number, number>(join(folder, 'main.py'), 'same') as never,
        )
        .map(py<number, number>(join(folder, 'main.py'), 'Subtask') as never)
        .setParallelism(2)
        .executeAndCollect()
        .toArray(),
    [[0], [1]],
  ],
  [
    'a window function',
    ['def f(k, w, v): return [1]', 'def f(k, w, v): return [2]'],
    async (folder) =>
      env
        .fromCollection(rows)
        .keyBy(py<Row, string>(join(folder, 'main.py'), 'group') as never)
        .countWindow(2)
        .apply(any(here(folder)))
        .executeAndCollect()
        .toArray(),
    [[1], [2]],
  ],
  [
    'a lookup',
    ['def f(k): return 1', 'def f(k): return 2'],
    async (folder) =>
      env
        .fromCollection(rows)
        .lookupJoin(any(here(folder)), py(join(folder, 'main.py'), 'second') as never, {
          key: py<Row, string>(join(folder, 'main.py'), 'group') as never,
        })
        .executeAndCollect()
        .toArray(),
    [
      [1, 1],
      [2, 2],
    ],
  ],
  [
    'a source',
    ['def f(): yield 1', 'def f(): yield 2'],
    async (folder) =>
      env
        .fromSource(any(here(folder)))
        .executeAndCollect()
        .toArray(),
    [[1], [2]],
  ],
  [
    'an asynchronous function',
    ['async def f(x): return [1]', 'async def f(x): return [2]'],
    async (folder) =>
      AsyncDataStream.orderedWait(env.fromCollection([0]), any(here(folder)), 5_000)
        .executeAndCollect()
        .toArray(),
    [[1], [2]],
  ],
  [
    'a sink',
    [
      'def f(x):\n    with open(PATH, "w") as out: out.write("1")',
      'def f(x):\n    with open(PATH, "w") as out: out.write("2")',
    ],
    async (folder) => {
      env.fromCollection([0]).addSink(any(here(folder)));
      await env.execute();
      const { readFileSync } = await import('node:fs');
      return readFileSync(join(folder, 'written'), 'utf8');
    },
    ['1', '2'],
  ],
];

const MAIN = `
def red(a, b): return {**b, "n": a["n"] + b["n"]}
def same(x): return x
def group(r): return r["group"]
def second(r, found): return found
class Subtask:
    def open(self, ctx): self.at = ctx.get_index_of_this_subtask()
    def map(self, x): return self.at
`;

test.each(roles)('%s in another folder', async (_name, [before, after], run, [first, second]) => {
  const folder = folderOf({ 'main.py': MAIN });
  const text = (body: string) => `PATH = ${JSON.stringify(join(folder, 'written'))}\n${body}\n`;
  write(folder, { 'other/k.py': text(before) });
  start();
  expect(await run(folder)).toEqual(first);
  write(folder, { 'other/k.py': `${text(after)}# edited\n` });
  expect(await run(folder)).toEqual(second);
});

test('the check reads an edited base class in another file, too', async () => {
  const base = (method: string) => `class Base:\n    def ${method}(self, x): return 5\n`;
  const folder = folderOf({
    'base_fresh.py': base('mapp'),
    'sub.py': 'from base_fresh import Base\nclass F(Base): pass\n',
  });
  start();
  const run = () =>
    env
      .fromCollection([0])
      .map(py<number, number>(join(folder, 'sub.py'), 'F'))
      .executeAndCollect()
      .toArray();
  await expect(run()).rejects.toThrow('Did you mean "mapp"?');
  write(folder, { 'base_fresh.py': base('map') });
  expect(await run()).toEqual([5]);
  write(folder, { 'base_fresh.py': base('mapper') });
  await expect(run()).rejects.toThrow('has no method "map"');
});

test.each<[string, string, Record<string, string>]>([
  ['a module that was not there', 'new_one.py', {}],
  ['a package that was not there', 'new_one/__init__.py', {}],
  ['a module in front of another', 'new_one.py', { 'lib/new_one.py': 'V = 1\n' }],
  ['a module of the import path', 'lib/new_one.py', {}],
])('%s', async (_name, added, files) => {
  const folder = folderOf({
    ...files,
    'lib/other.py': '',
    'main.py': `try: from new_one import V
except ImportError: V = 1
import os
def f(x): return [V, os.getpid()]
`,
  });
  start([join(folder, 'lib')]);
  const where = join(folder, 'main.py');
  const [[first, worker]] = (await mapped(where)) as [[number, number]];
  expect(first).toBe(1);
  // What is no module changes nothing.
  write(folder, { 'notes.txt': '', 'results/part.csv': '' });
  expect(await mapped(where)).toEqual([[1, worker]]);
  write(folder, { [added]: 'V = 2222\n' });
  expect((await mapped(where))[0]?.[0]).toBe(2222);
});

test.each([
  [1, 2],
  [2, 1],
])('modules of one name next to two functions of one name: %i, %i', async (a, b) => {
  const same = (v: number) => ({
    [`${v}/fn.py`]: 'from near import V\nimport near_too.m\ndef f(x): return [V, near_too.m.V]\n',
    [`${v}/near.py`]: `V = ${v}\n`,
    [`${v}/near_too/__init__.py`]: '',
    [`${v}/near_too/m.py`]: `V = ${v}\n`,
  });
  const folder = folderOf({ ...same(1), ...same(2) });
  start();
  const of = (v: number) => py<number, [number, number]>(join(folder, `${v}/fn.py`), 'f');
  const found = env
    .fromCollection([0])
    .map(of(a))
    .map((first) => first.join())
    .union(
      env
        .fromCollection([0])
        .map(of(b))
        .map((second) => second.join()),
      env
        .fromCollection([0])
        .map(of(a))
        .map((third) => third.join()),
    );
  const results = await found.executeAndCollect().toArray();
  expect(results.sort()).toEqual([`${a},${a}`, `${a},${a}`, `${b},${b}`].sort());
});
