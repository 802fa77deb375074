import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findInterpreter, resolveInterpreter } from '../../src/bridge/interpreter.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'isthmus-interpreter-')));
afterAll(() => rmSync(folder, { recursive: true }));

/** An executable that is a shell script. */
function script(path: string, text: string): string {
  const file = join(folder, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}

const venv = script('project/.venv/bin/python', 'true');
const active = script('active/bin/python', 'true');
const inside = join(folder, 'project', 'a', 'b');
mkdirSync(inside, { recursive: true });

test.each<[string, string | undefined, Record<string, string>, string, string, string]>([
  [
    'what is said',
    './bin/py',
    { ISTHMUS_PYTHON: 'x' },
    inside,
    join(inside, 'bin/py'),
    'the configuration',
  ],
  ['a name on the PATH', 'python3.12', {}, inside, 'python3.12', 'the configuration'],
  [
    'the variable',
    undefined,
    { ISTHMUS_PYTHON: 'pypy3', VIRTUAL_ENV: join(folder, 'active') },
    inside,
    'pypy3',
    'ISTHMUS_PYTHON',
  ],
  [
    'the active venv',
    undefined,
    { VIRTUAL_ENV: join(folder, 'active') },
    inside,
    active,
    'VIRTUAL_ENV',
  ],
  [
    'an active venv that is gone',
    undefined,
    { VIRTUAL_ENV: '/gone' },
    inside,
    venv,
    `.venv of ${join(folder, 'project')}`,
  ],
  ['.venv in a parent', undefined, {}, inside, venv, `.venv of ${join(folder, 'project')}`],
  ['nothing', undefined, {}, folder, 'python3', 'PATH'],
])('%s', (_name, explicit, environment, cwd, command, source) => {
  expect(findInterpreter(explicit, environment, cwd)).toEqual({ command, source });
});

test('a shim is resolved to what it runs', async () => {
  const real = findInterpreter(undefined).command;
  const shim = script('shim/python', `exec ${real} "$@"`);
  const { executable, version } = await resolveInterpreter({ command: shim, source: 'a test' });
  expect(executable).not.toBe(shim);
  expect(version).toMatch(/^3\.\d+\.\d+$/);
});

test.each([
  ['too old', `printf '/usr/bin/python\\n3.9.2'`, /needs Python 3\.10 or newer, and .* is 3\.9\.2/],
  [
    'packages missing',
    `printf '/opt/py\\n3.12.1\\nmsgspec\\ncloudpickle'`,
    /lacks "msgspec" and "cloudpickle".* \/opt\/py -m pip install msgspec cloudpickle/,
  ],
  ['broken', `echo 'no libpython' >&2; exit 127`, /cannot be run: no libpython/],
  ['silent', 'exit 3', /cannot be run: it ended with exit code 3$/],
  [
    'another program',
    'echo "$@"',
    /another program\/python \(from a test\) is no Python interpreter/,
  ],
])('%s is a start failure with the way out', async (name, text, message) => {
  const command = script(`${name}/python`, text);
  await expect(resolveInterpreter({ command, source: 'a test' })).rejects.toMatchObject({
    code: 'ISTHMUS_WORKER_START',
    message: expect.stringMatching(message),
  });
});

test('an interpreter that is not there is named with the way out', async () => {
  await expect(resolveInterpreter({ command: '/gone/python', source: 'a test' })).rejects.toThrow(
    /no Python interpreter \/gone\/python \(from a test\); name one in the option python\.executable/,
  );
});
