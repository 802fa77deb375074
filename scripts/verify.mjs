// Everything CI runs: `npm test`. Prints what each step did and closes with one line that adds up all runners.
//
//   node scripts/verify.mjs [step…]     only the steps whose name contains one of the words

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const python = join(root, '.venv', 'bin', 'python');
/** Most tests start programs, and most of a short program's time is its start: each module is compiled once. */
const compiled = mkdtempSync(join(tmpdir(), 'isthmus-compiled-'));
const env = {
  ...process.env,
  NODE_COMPILE_CACHE: compiled,
  PATH: [join(root, '.venv', 'bin'), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
  PYTHONPATH: join(root, 'python'),
  FORCE_COLOR: '0',
  NO_COLOR: '1',
};

/** One check: passed or failed by exit code. */
const check = (name, ...command) => ({ name, command, count: (code) => (code === 0 ? [1, 0, 0] : [0, 1, 0]) });

/** The programs recorded on real PyFlink, where they are beside the checkout. */
function conformance(name, channels) {
  const folder = join(root, '..', 'shared', 'conformance');
  const here = existsSync(join(folder, 'run.py'));
  const command = [python, join(folder, 'run.py'), '--no-quirks', '--jobs', '2', '--timeout', '60', '--cmd'];
  command.push(channels === undefined ? `${python} -m isthmus` : `env ISTHMUS_CHANNELS=${channels} ${python} -m isthmus`);
  if (channels === 'always' && here) {
    // Left out are those that sleep in a function: what is on its way through the runtime waits for the worker meanwhile.
    const sleeps = (file) => readFileSync(join(folder, 'cases', file), 'utf8').includes('time.sleep');
    const cases = readdirSync(join(folder, 'cases')).filter((file) => file.endsWith('.py') && !sleeps(file));
    command.push(...cases.map((file) => file.slice(0, -3)));
  }
  return { name, command, when: () => here, otherwise: 'the recordings of PyFlink are not beside the checkout', count: countClosingLine };
}

/** Before all others, which use what it makes. What is compiled goes by the contents of a source, not by its time. */
const first = [
  check('build', 'npm', 'run', '--silent', 'build'),
  check('compile Python', python, '-m', 'compileall', '-q', '--invalidation-mode', 'checked-hash', 'python', 'test'),
];
/** Two run side by side, in this order: each of them leaves a processor idle for half of its time. */
const steps = [
  check('format TypeScript', 'biome', 'format', '.'),
  check('lint TypeScript', 'oxlint', '--type-aware', '--deny-warnings', 'src', 'test', 'examples', 'bench', 'scripts'),
  check('types TypeScript', 'tsc', '-p', 'tsconfig.json'),
  check('format Python', python, '-m', 'ruff', 'format', '--check', '--quiet', '.'),
  check('lint Python', python, '-m', 'ruff', 'check', '--quiet', '.'),
  check('types Python', python, '-m', 'mypy', '--no-error-summary'),
  check('types of Python examples', python, '-m', 'pyright', '--pythonpath', python),
  { name: 'pytest', command: [python, '-m', 'pytest', '-q', '-p', 'no:cacheprovider'], count: countPytest, failed: failedPytest },
  { name: 'vitest', command: ['vitest', 'run'], count: countVitest, failed: failedVitest },
  { name: 'mutations', command: ['node', 'scripts/mutations.mjs'], count: countMutations },
  conformance('conformance'),
  conformance('conformance, every edge through the runtime', 'always'),
  { name: 'set-ups', command: ['node', 'scripts/setups.mjs', '--short'], count: countClosingLine },
  { name: 'packages', command: ['node', 'scripts/packages.mjs'], count: countClosingLine },
];

const totals = [0, 0, 0];
const failures = [];
/** Steps of which few tests failed while another step ran beside them. */
const unsteady = [];
/** More than these have a reason, which no second run takes away. */
const MAY_RUN_AGAIN = 5;
const words = process.argv.slice(2);
const waiting = steps.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
process.once('exit', () => rmSync(compiled, { recursive: true, force: true }));
for (const step of first) await verify(step);
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, verifyTheNext));
for (const each of unsteady) await verifyAlone(each);
if (failures.length > 0) console.log(`failed: ${failures.join(', ')}`);
console.log(`${totals[0]} passed, ${totals[1]} failed${totals[2] > 0 ? `, ${totals[2]} skipped` : ''}`);
process.exitCode = failures.length > 0 ? 1 : 0;

async function verifyTheNext() {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) await verify(step);
}

async function verify(step) {
  if (step.when !== undefined && !step.when()) {
    console.log(`– ${step.name}: skipped, ${step.otherwise}`);
    totals[2]++;
    return;
  }
  const began = Date.now();
  const { code, output } = await run(step.command);
  const [passed, failed, skipped] = step.count(code, output);
  totals[0] += passed;
  totals[1] += failed;
  totals[2] += skipped;
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  const again = failed > 0 ? (step.failed?.(output) ?? []) : [];
  if (again.length > 0 && failed <= MAY_RUN_AGAIN) unsteady.push({ step, tests: again, failed });
  if (failed > 0 || code !== 0) {
    failures.push(step.name);
    console.log(output.length > 20_000 ? `…${output.slice(-20_000)}` : output);
  }
  // What the fuzz tests covered is told even when all is well.
  for (const [line] of output.matchAll(/^fuzz .*$/gm)) console.log(`  ${line}`);
  const skips = skipped > 0 ? `, ${skipped} skipped` : '';
  console.log(`${failed > 0 || code !== 0 ? '✗' : '✓'} ${step.name}: ${passed} passed, ${failed} failed${skips} (${seconds} s)`);
}

/**
 * What failed once more, twice in a row, with nothing beside it: a test that passes then is unsteady, and told so by name. The
 * step has failed all the same where one of them fails again.
 */
async function verifyAlone({ step, tests, failed }) {
  for (let round = 0; round < 2; round++) {
    const { code, output } = await run([...step.command, ...tests]);
    if (code !== 0) {
      console.log(output.length > 20_000 ? `…${output.slice(-20_000)}` : output);
      return;
    }
  }
  failures.splice(failures.indexOf(step.name), 1);
  totals[0] += failed;
  totals[1] -= failed;
  console.log(`! ${step.name}: ${failed} failed beside another step and passed twice alone: ${tests.join(', ')}`);
}

function run([command, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        output += text;
      });
    }
    child.on('error', (error) => resolve({ code: 127, output: `${command}: ${error.message}` }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

function countVitest(code, output) {
  const line = /^\s*Tests\s+(.*)$/m.exec(output)?.[1] ?? '';
  const of = (word) => Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0);
  const failed = of('failed');
  // A file that cannot be collected fails no test but the run.
  return [of('passed'), failed === 0 && code !== 0 ? 1 : failed, of('skipped')];
}

/** The files of tests that failed. */
function failedVitest(output) {
  return [...new Set([...output.matchAll(/^\s*FAIL\s+(\S+\.test\.ts)/gm)].map(([, file]) => file))];
}

/** The ids of tests that failed; spaces in the names of their cases are no ends of them. */
function failedPytest(output) {
  return [...new Set([...output.matchAll(/^(?:FAILED|ERROR) (\S+?\.py(?:::\S+?)?)(?:\[.*)?(?: - .*)?$/gm)].map(([, id]) => id))];
}

function countPytest(code, output) {
  const line = output.trim().split('\n').at(-1) ?? '';
  const of = (word) => Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0);
  const failed = of('failed') + of('error');
  return [of('passed'), failed === 0 && code !== 0 ? 1 : failed, of('skipped')];
}

function countMutations(code, output) {
  const [, caught, all] = /^(\d+) of (\d+) caught/m.exec(output) ?? [];
  return caught === undefined ? [0, 1, 0] : [Number(caught), Number(all) - Number(caught), 0];
}

function countClosingLine(code, output) {
  const found = [...output.matchAll(/^(?:\S+: )?(\d+) passed, (\d+) failed/gm)].at(-1);
  if (found === undefined) return [0, 1, 0];
  const failed = Number(found[2]);
  return [Number(found[1]), failed === 0 && code !== 0 ? 1 : failed, 0];
}
