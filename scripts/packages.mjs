// Are the packages what a user needs? Packs both, installs each into an empty folder, and uses it from there.
// Closes with one line `N passed, N failed`.

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const checkoutPython = join(root, '.venv', 'bin', 'python');
const scratch = mkdtempSync(join(tmpdir(), 'isthmus-packages-'));
// Tools of the checkout, and its Node.
process.env.PATH = `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`;
let passed = 0;
let failed = 0;

try {
  run('build', 'npm', ['run', '--silent', 'build'], { cwd: root });
  checkNpmPackage(packNpm());
  checkWheel(buildWheel());
} catch (error) {
  if (!(error instanceof Stop)) throw error;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function packNpm() {
  run('npm pack', 'npm', ['pack', '--silent', '--pack-destination', scratch], { cwd: root });
  return join(scratch, only('.tgz'));
}

function checkNpmPackage(tarball) {
  check('publint', 'publint', ['run', tarball, '--strict'], { cwd: root });
  check('attw', 'attw', [tarball, '--profile', 'esm-only'], { cwd: root });

  const project = folder('npm-project');
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  run('npm install of the package', 'npm', ['install', '--no-audit', '--no-fund', '--silent', tarball], { cwd: project });
  writeFileSync(
    join(project, 'consumer.ts'),
    `import { py, StreamExecutionEnvironment } from 'isthmus';
await using env = StreamExecutionEnvironment.getExecutionEnvironment();
const doubled = env.fromCollection([1, 2, 3]).map(py<number, number>('./udf.py', 'double'));
const texts: string[] = await doubled.map((value) => value.toFixed(0)).executeAndCollect().toArray();
console.log(texts.join());
`,
  );
  writeFileSync(join(project, 'udf.py'), 'def double(x):\n    return 2 * x\n');
  check('types of a consumer', 'tsc', ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node', '--lib', 'es2024,esnext.disposable', '--typeRoots', join(root, 'node_modules', '@types'), 'consumer.ts'], { cwd: project });
  const env = { ...process.env, ISTHMUS_PYTHON_EXECUTABLE: checkoutPython };
  check('a consumer with a Python function', 'node', ['consumer.ts'], { cwd: project, env }, /^2,4,6$/m);
  copyFileSync(join(root, 'examples', 'word-count', 'word_count.py'), join(project, 'word_count.py'));
  const isthmus = join(project, 'node_modules', '.bin', 'isthmus');
  check('isthmus run of the npm package', isthmus, ['run', 'word_count.py'], { cwd: project, env }, /\S/);
}

function buildWheel() {
  run('wheel', checkoutPython, ['-m', 'pip', 'wheel', '--quiet', '--no-deps', '--wheel-dir', scratch, '.'], { cwd: root });
  return join(scratch, only('.whl'));
}

function checkWheel(wheel) {
  const project = folder('wheel-project');
  const python = join(project, 'venv', 'bin', 'python');
  run('venv', checkoutPython, ['-m', 'venv', join(project, 'venv')]);
  run('pip install of the wheel', python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', wheel]);
  // Nothing of the checkout may help: no Node 24 on the path, no package beside it.
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: project };
  const at = { cwd: project, env };
  copyFileSync(join(root, 'examples', 'word-count', 'word_count.py'), join(project, 'word_count.py'));
  check('an example with the wheel', python, ['word_count.py'], at, /\S/);
  const seed = join(root, '..', 'shared', 'seed', 'sample_program.py');
  if (existsSync(seed)) {
    copyFileSync(seed, join(project, 'sample_program.py'));
    check('the seed program with the wheel', python, ['-m', 'isthmus', 'sample_program.py'], at);
  }
  check('isthmus doctor of the wheel', join(project, 'venv', 'bin', 'isthmus'), ['doctor'], at, /\S/);
  writeFileSync(
    join(project, 'typed.py'),
    `from isthmus.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.from_collection([1, 2, 3]).map(lambda x: x + 1).print()
`,
  );
  check('types of a consumer of the wheel', checkoutPython, ['-m', 'mypy', '--strict', '--no-error-summary', '--python-executable', python, 'typed.py'], { cwd: project, env });
}

/** One check: counts, and shows what was printed when it fails. */
function check(name, command, args, options = {}, expected = /(?:)/) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 300_000, ...options });
  const good = status === 0 && expected.test(stdout);
  if (good) passed++;
  else failed++;
  console.log(`${good ? '✓' : '✗'} ${name}`);
  if (!good) console.log(error?.message ?? `exit code ${status}\n${stdout}${stderr}`);
  return good;
}

/** A check without which the rest makes no sense. */
function run(name, command, args, options) {
  if (!check(name, command, args, options)) throw new Stop();
}

function Stop() {}

function folder(name) {
  const path = join(scratch, name);
  mkdirSync(path);
  return path;
}

function only(ending) {
  return readdirSync(scratch).find((name) => name.endsWith(ending));
}
