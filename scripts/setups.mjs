// Do the suites pass in the set-ups that people have? The packages installed rather than linked, on the oldest Node that is
// supported, with source maps on. Closes with one line `N passed, N failed`.
//
//   node scripts/setups.mjs --short    those that each of the set-ups has broken, or could soonest: CI runs them
//   node scripts/setups.mjs            the tests of the API, of programs and of processes
//   node scripts/setups.mjs --all      every test of both languages

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tools = [join(root, '.venv', 'bin'), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
/** Where set-ups show: how the package finds itself, its callers, its processes, and the lines of an error. */
const PARTS = {
  '--short': {
    typescript: ['test/api/check', 'test/api/load-pipeline', 'test/api/process-end', 'test/cli'],
    python: [
      'test/python/code/test_source_lines.py',
      'test/python/driver/test_running.py',
      'test/python/driver/test_runtime_errors.py',
      'test/python/errors/test_hostile_text.py',
      'test/python/errors/test_reports.py',
    ],
  },
  '': {
    typescript: ['test/api', 'test/cli', 'test/integration', 'test/examples', 'test/testing'],
    python: ['test/python/code', 'test/python/driver', 'test/python/errors', 'test/python/testing', 'test/python/examples'],
  },
  '--all': { typescript: [], python: [] },
};
const part = PARTS[process.argv[2] ?? ''];
if (part === undefined) {
  console.error(`"${process.argv[2]}" is none of its parts; say --short, --all or nothing`);
  process.exit(2);
}
const scratch = mkdtempSync(join(tmpdir(), 'isthmus-setups-'));
/** As `engines` of package.json says. */
const OLDEST_NODE = '22.18';
let passed = 0;
let failed = 0;

try {
  const node = oldestNode();
  run('npm', ['run', '--silent', 'build'], { PATH: tools });
  const options = { NODE_OPTIONS: '--enable-source-maps', ISTHMUS_NODE: node, FORCE_COLOR: '0', NO_COLOR: '1' };
  countVitest(
    run(node, [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...part.typescript], {
      ...options,
      PATH: tools,
      ISTHMUS_TEST_PACKAGE: installNpmPackage(),
    }),
  );
  const python = installWheel();
  countPytest(
    run(python, ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', '-o', 'pythonpath=', ...part.python], {
      ...options,
      PATH: tools,
    }),
  );
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** The oldest Node that the package supports, out of the registry's package with its binary; kept in `.cache`. */
function oldestNode() {
  const folder = join(root, '.cache', `node-${OLDEST_NODE}`);
  const name = `node-${process.platform}-${process.arch}`;
  const binary = join(folder, 'node_modules', name, 'bin', 'node');
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    must('npm', ['install', '--no-audit', '--no-fund', '--silent', '--no-package-lock', `${name}@~${OLDEST_NODE}`], folder);
  }
  return binary;
}

/** The folder of the package in a project that has installed its tarball. */
function installNpmPackage() {
  const project = join(scratch, 'project');
  mkdirSync(project);
  must('npm', ['pack', '--silent', '--pack-destination', scratch], root);
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  must('npm', ['install', '--no-audit', '--no-fund', '--silent', join(scratch, only('.tgz'))], project);
  return join(project, 'node_modules', 'isthmus');
}

/** The interpreter of an environment with the wheel; what tests need besides is that of the checkout. */
function installWheel() {
  const checkout = join(root, '.venv', 'bin', 'python');
  must(checkout, ['-m', 'pip', 'wheel', '--quiet', '--no-deps', '--wheel-dir', scratch, '.'], root);
  must(checkout, ['-m', 'venv', join(scratch, 'venv')], root);
  const python = join(scratch, 'venv', 'bin', 'python');
  must(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', join(scratch, only('.whl'))], scratch);
  const sitePackages = (interpreter) => must(interpreter, ['-c', "import sysconfig; print(sysconfig.get_path('purelib'))"], scratch).trim();
  writeFileSync(join(sitePackages(python), 'checkout.pth'), `${sitePackages(checkout)}\n`);
  return python;
}

function only(ending) {
  return readdirSync(scratch).find((name) => name.endsWith(ending));
}

/** Runs what makes the set-up ready; nothing makes sense without it. */
function must(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', env: { ...process.env, PATH: tools } });
  if (status !== 0) {
    throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `exit code ${status}`}\n${stdout}${stderr}`);
  }
  return stdout;
}

/** Runs a suite; what it prints is shown where it fails. */
function run(command, args, env) {
  const environment = { ...process.env, ...env };
  delete environment.PYTHONPATH;
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8', env: environment, maxBuffer: 1 << 28 });
  if (status !== 0) console.log(`${stdout}${stderr}`);
  return { status, stdout };
}

function countVitest({ status, stdout }) {
  count(status, /^\s*Tests\s+(.*)$/m.exec(stdout)?.[1] ?? '');
}

function countPytest({ status, stdout }) {
  count(status, stdout.trim().split('\n').at(-1) ?? '');
}

/** A run that ended badly without a failed test, as when a file cannot be collected, is one failure. */
function count(status, line) {
  const of = (word) => Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0);
  passed += of('passed');
  failed += Math.max(of('failed') + of('error'), status === 0 ? 0 : 1);
}
