// The check and the workers find modules in the same places, and variables hold from a worker's start.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type EnvironmentOptions, py, StreamExecutionEnvironment } from '../../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-path-'));
const lib = join(folder, 'lib');
mkdirSync(lib);
writeFileSync(
  join(lib, 'shop_of_lib.py'),
  `import time
def f(x): return "found"
def tz(x): return time.strftime("%Z", time.localtime(0))
def hashed(x): return hash("isthmus")
`,
);
const before = process.cwd();
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

async function run(options: EnvironmentOptions, name = 'f'): Promise<unknown[]> {
  await using env = StreamExecutionEnvironment.getExecutionEnvironment({
    ...options,
    logger: () => {},
  });
  const stream = () => env.fromCollection([1]).map(py<number, unknown>('shop_of_lib', name));
  const sink = stream().addSink(() => {});
  await env.check();
  await env.execute('job', { sinks: [sink] });
  return stream().executeAndCollect().toArray();
}

test.each<[string, EnvironmentOptions, string]>([
  ['python.path', { python: { path: [lib] } }, before],
  ['python.path, relative', { python: { path: ['lib'] } }, folder],
  ['python.cwd', { python: { cwd: lib } }, before],
  ['python.cwd, relative', { python: { cwd: 'lib' } }, folder],
  ['PYTHONPATH of python.env', { python: { env: { PYTHONPATH: lib } } }, before],
  ['PYTHONPATH of python.env, relative', { python: { env: { PYTHONPATH: 'lib' } } }, folder],
  ['a folder of python.files', { config: { 'python.files': lib } }, before],
  ['a file of python.files', { config: { 'python.files': `${lib}/shop_of_lib.py` } }, before],
  ['python.files, relative', { config: { 'python.files': 'lib' } }, folder],
  ['the working directory', {}, lib],
])('a module by %s', async (_name, options, cwd) => {
  process.chdir(cwd);
  expect(await run(options)).toEqual(['found']);
});

test('a working directory hides nothing of what is installed', async () => {
  process.chdir(lib);
  writeFileSync(join(lib, 'msgspec.py'), 'raise Exception("not this one")\n');
  expect(await run({})).toEqual(['found']);
  rmSync(join(lib, 'msgspec.py'));
});

test('variables that are read when a process starts', async () => {
  const python = (env: Record<string, string>) => ({ python: { path: [lib], env } });
  expect(await run(python({ TZ: 'JST-9' }), 'tz')).toEqual(['JST']);
  const [one, same, other] = [
    await run(python({ PYTHONHASHSEED: '1' }), 'hashed'),
    await run(python({ PYTHONHASHSEED: '1' }), 'hashed'),
    await run(python({ PYTHONHASHSEED: '2' }), 'hashed'),
  ];
  expect(same).toEqual(one);
  expect(other).not.toEqual(one);
});

test('python.files that is not there is an error that names it', async () => {
  await expect(run({ config: { 'python.files': '/no/such/folder' } })).rejects.toThrow(
    'python.files names /no/such/folder, which does not exist',
  );
});
