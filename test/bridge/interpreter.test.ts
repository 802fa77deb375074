import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
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

test.runIf(process.getuid?.() === 0).each<[string, (project: string) => void, string]>([
  [
    'of another user',
    (project) => lchownSync(join(project, '.venv'), 65_534, 65_534),
    'belongs to another user (65534)',
  ],
  [
    'that another user has linked to',
    (project) => {
      renameSync(join(project, '.venv'), join(project, 'real'));
      symlinkSync(join(project, 'real'), join(project, '.venv'));
      lchownSync(join(project, '.venv'), 65_534, 65_534);
    },
    'belongs to another user (65534)',
  ],
  [
    'whose python another user has put there',
    (project) => chownSync(join(project, '.venv/bin/python'), 65_534, 65_534),
    'belongs to another user (65534)',
  ],
])('an environment %s is not run', async (_name, plant, why) => {
  await refused(plant, why);
});

test.each<[string, (project: string) => void, string]>([
  [
    'that everybody may write to',
    (project) => chmodSync(join(project, '.venv'), 0o777),
    'can be written by every user',
  ],
  [
    'in a folder that everybody may change',
    (project) => chmodSync(project, 0o777),
    'which can be written by every user',
  ],
])('an environment %s is not run', async (_name, plant, why) => {
  await refused(plant, why);
});

let planted = 0;

async function refused(plant: (project: string) => void, why: string): Promise<void> {
  const name = `planted_${planted++}`;
  const mark = join(folder, `${name}_ran`);
  script(`${name}/.venv/bin/python`, `touch ${mark}; echo python; echo 3.11.0`);
  const project = join(folder, name);
  mkdirSync(join(project, 'below'));
  plant(project);
  const candidate = findInterpreter(undefined, {}, join(project, 'below'));
  const error: unknown = await resolveInterpreter(candidate).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'ISTHMUS_WORKER_START' });
  expect((error as Error).message).toContain(why);
  expect((error as Error).message).toContain('name it in the option python.executable');
  expect(existsSync(mark)).toBe(false);
  // By name it is whatever the user says.
  const named = findInterpreter(join(project, '.venv/bin/python'), {}, folder);
  expect((await resolveInterpreter(named)).version).toBe('3.11.0');
}

test('a sticky folder for everybody is no reason to refuse what is ours', async () => {
  const ours = script('sticky/.venv/bin/python', 'true');
  chmodSync(join(folder, 'sticky'), 0o1777);
  expect(findInterpreter(undefined, {}, join(folder, 'sticky'))).toEqual({
    command: ours,
    source: `.venv of ${join(folder, 'sticky')}`,
  });
});
