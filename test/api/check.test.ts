import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  type DataStream,
  type PyFunction,
  StreamExecutionEnvironment,
  Types,
  py,
} from '../../src/index.ts';

const file = fileURLToPath(new URL('../fixtures/python/udfs.py', import.meta.url));
const named = (name: string, options = {}) => py(file, name, options);

/** What `check` says of one operator. */
async function checked(use: (numbers: DataStream<number>) => unknown): Promise<string> {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({ logger: () => {} });
  use(env.fromCollection([1]));
  try {
    await env.check();
    return 'fine';
  } catch (error) {
    return (error as Error).message;
  }
}

const mapped = (fn: PyFunction<number, unknown>) => checked((numbers) => numbers.map(fn));

describe('check', { timeout: 60_000 }, () => {
  test.each([
    ['a function', named('double')],
    ['a function with a default', named('score')],
    ['a class without base class', named('Base')],
    ['a class whose method is of a base class here', named('Derived')],
    ['a class whose base class is of PyFlink', named('Rich')],
    ['a decorated function', named('wrapped')],
    ['a partial function', named('added')],
    ['a function of a module of the standard library', py('json', 'dumps')],
    ['a method of a class of a module', py('collections', 'Counter.total')],
  ])('finds %s', async (_, fn) => {
    expect(await mapped(fn)).toBe('fine');
  });

  test('finds constructor arguments, and objects with the method', async () => {
    expect(await checked((n) => n.filter(named('AtLeast', { args: [1] })))).toBe('fine');
    expect(await checked((n) => n.filter(named('AtLeast', { kwargs: { least: 1 } })))).toBe('fine');
    expect(await checked((n) => n.filter(named('keeper')))).toBe('fine');
    expect(await checked((n) => n.keyBy(named('parity')).reduce(named('add')))).toBe('fine');
  });

  test.each([
    ['a misspelt function', 'duble', "has no 'duble'", 'Did you mean "double"?'],
    ['too many parameters', 'add', 'takes 2 parameters, and is called with 1'],
    ['a keyword that nobody gives', 'strict', 'needs the keyword "mode"'],
    ['a class without the method', 'AtLeast', 'The constructor of', 'needs "least"'],
    ['a value that is no function', 'LIMIT', 'is a value of type int, which cannot be called'],
    ['an object without the method', 'keeper', 'has no method "map"'],
  ])('says %s', async (_, name, ...parts) => {
    const message = await mapped(named(name));
    for (const part of parts) expect(message).toContain(part);
  });

  test('says what is wrong with a class and its arguments', async () => {
    expect(await mapped(named('AtLeast', { args: [1] }))).toContain('has no method "map"');
    const filtered = (options: object) => checked((n) => n.filter(named('AtLeast', options)));
    expect(await filtered({ args: [1, 2, 3] })).toContain(
      'takes at most 2 arguments, and args has 3',
    );
    expect(await filtered({ args: [1], kwargs: { inclusiv: 1 } })).toContain(
      'Did you mean "inclusive"?',
    );
    expect(await mapped(named('double', { args: [1] }))).toContain(
      'is a function and takes no args',
    );
  });

  test('says a missing file or module, and an import that fails, with its traceback', async () => {
    const missing = await mapped(py(file.replace('udfs.py', 'udf.py'), 'double'));
    expect(missing).toContain('There is no Python file');
    expect(missing).toContain('Did you mean "udfs.py"?');
    expect(await mapped(py('no.such.module', 'double'))).toContain(
      "no Python module 'no.such.module'",
    );
    const broken = await mapped(py(file.replace('udfs.py', 'broken.py'), 'made'));
    expect(broken).toContain('ModuleNotFoundError');
    expect(broken).toContain('broken.py", line 3');
  });

  test('says all that is wrong, with the line of the program', async () => {
    const message = await checked((n) => n.map(named('duble')).filter(named('add')));
    expect(message.split('\n')).toHaveLength(2);
    expect(message).toContain(fileURLToPath(import.meta.url));
  });

  test('is part of every execute, and keeps a job from starting', async () => {
    let started = false;
    const env = StreamExecutionEnvironment.getExecutionEnvironment({ logger: () => {} });
    env
      .fromSource(() => {
        started = true;
        return [1];
      })
      .map(named('duble'))
      .print();
    await expect(env.execute()).rejects.toThrow('Did you mean "double"?');
    expect(started).toBe(false);
  });

  test.each([
    ['sys.exit(3)', 'cannot be imported: SystemExit: 3'],
    ['os._exit(3)', 'it ended its interpreter with exit code 3'],
    ['os.kill(os.getpid(), 11)', 'it died by SIGSEGV'],
  ])('a module that does %s is told at once', async (ending, message) => {
    const folder = await mkdtemp(join(tmpdir(), 'isthmus-check-'));
    const file = join(folder, 'ends.py');
    await writeFile(file, `import os, sys\n${ending}\nf = str.upper\n`);
    const env = StreamExecutionEnvironment.getExecutionEnvironment({ logger: () => {} });
    env.fromElements('a').map(py(file, 'f')).print();
    await expect(env.check()).rejects.toThrow(message);
    await rm(folder, { recursive: true });
  });

  test.each([
    ['a look at its functions', 'f = str.upper', 'cannot be imported: GraphError: '],
    ['a worker', 'def f(x): return x.upper()', ''],
  ])('a program without a main guard is refused by %s', async (_, definition, before) => {
    const folder = await mkdtemp(join(tmpdir(), 'isthmus-check-'));
    const program = join(folder, 'job.py');
    const lines = [
      'from isthmus.datastream import StreamExecutionEnvironment',
      definition,
      'env = StreamExecutionEnvironment.get_execution_environment()',
      'env.from_collection(["a"]).map(f).print()',
      'env.execute()',
    ];
    await writeFile(program, lines.join('\n'));
    await using env = StreamExecutionEnvironment.getExecutionEnvironment({ logger: () => {} });
    env.fromElements('a').map(py(program, 'f')).print();
    await expect(env.execute()).rejects.toThrow(
      `${before}${program}, line 5, runs a job while it is imported.`,
    );
    await rm(folder, { recursive: true });
  });

  test('an async function is for AsyncDataStream', async () => {
    const message = await checked((n) => n.map(named('later')));
    expect(message).toContain('later of');
    expect(message).toContain(
      'is an async function, and this operator takes what its function returns',
    );
  });

  test('warns where floats go through TypeScript untyped and come back', async () => {
    const warned = async (build: (halves: DataStream<number>) => DataStream<unknown>) => {
      const lines: string[] = [];
      const env = StreamExecutionEnvironment.getExecutionEnvironment({
        logger: ({ level, message }) => level === 'warning' && lines.push(message),
      });
      build(env.fromElements(2).map(named('half')).name('halves')).print();
      await env.check();
      return lines;
    };
    const back = named('double');
    const plus = (x: number) => x + 1;
    expect(await warned((halves) => halves.map(plus).name('plus').map(back))).toEqual([
      expect.stringMatching(
        /"halves" .* gives floats, which go through Operator "plus" .*Types\.DOUBLE/,
      ),
    ]);
    expect(await warned((halves) => halves.map(plus))).toEqual([]);
    expect(await warned((halves) => halves.map(back))).toEqual([]);
    expect(await warned((halves) => halves.map(plus, Types.DOUBLE()).map(back))).toEqual([]);
  });

  test('a working directory that is not there is named', async () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment({ python: { cwd: '/nowhere' } });
    env.fromElements(1).map(named('double')).print();
    await expect(env.execute()).rejects.toThrow('no folder /nowhere, which python.cwd names');
  });
});
