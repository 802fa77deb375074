// The kill -9 tests over and over: whatever is killed in whatever state, nothing is left. `npm run orphans`
//
//   node scripts/orphans.mjs [times] [words…]     each case `times` times (100); only cases whose name has all the words
//
// Cases run in rounds of five, so that no more programs run at once than in CI. Ends with a table, and with code 1
// if any case has failed; what a failed round said is printed at once.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROUND = 5;
const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (folder, name) => join(root, folder, 'bin', name);

const [given, ...words] = process.argv.slice(2);
const times = Number(given ?? 100);
if (!Number.isInteger(times) || times < 1) {
  console.error(`"${given}" is not a number of runs; say a whole one from 1, such as: npm run orphans -- 100`);
  process.exit(2);
}

/** By case: how often it ran, how many of its rounds failed. */
const cases = new Map();
const folder = mkdtempSync(join(tmpdir(), 'isthmus-orphans-'));
let current;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    current?.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  });
}

const began = Date.now();
try {
  for (let done = 0; done < times; done += ROUND) {
    const runs = Math.min(ROUND, times - done);
    for (const suite of [typescript, python]) {
      const output = await suite(runs);
      if (output !== '') console.log(output);
    }
    const failed = [...cases.values()].reduce((sum, { failures }) => sum + failures, 0);
    const seconds = ((Date.now() - began) / 1000).toFixed(0);
    console.log(`${done + runs} of ${times} runs of ${cases.size} cases, ${failed} failed (${seconds} s)`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
summary();

/** The runtime inside a TypeScript program. Returns what a failed round said. */
async function typescript(runs) {
  const report = join(folder, 'vitest.json');
  const filter = words.length === 0 ? [] : ['-t', words.map((word) => `(?=.*${escaped(word)})`).join('')];
  const output = await run(runs, join(root, 'node_modules', '.bin', 'vitest'), [
    'run', 'test/integration/orphans.test.ts', '--reporter=json', `--outputFile=${report}`, ...filter,
  ]); // biome-ignore format: one line a command
  const results = read(report, (text) => JSON.parse(text).testResults, output);
  let said = '';
  for (const { title, status, failureMessages } of results.flatMap((file) => file.assertionResults)) {
    if (status === 'passed' || status === 'failed') count(`TypeScript: ${title}`, 1, status === 'failed');
    if (status === 'failed') said += `${title}\n${failureMessages.join('\n')}\n`;
  }
  return said;
}

/** A Python program with the runtime beside it. */
async function python(runs) {
  const report = join(folder, 'pytest.xml');
  const filter = words.length === 0 ? [] : ['-k', words.join(' and ')];
  const output = await run(runs, bin('.venv', 'python'), [
    '-m', 'pytest', 'test/python/driver/test_orphans.py', 'test/python/driver/test_blocked_runtime.py', '-q', '-p', 'no:cacheprovider', `--junitxml=${report}`, ...filter,
  ]); // biome-ignore format: one line a command
  const results = read(report, (text) => [...text.matchAll(/<testcase [^>]*?\bname="([^"]*)"[^>]*?(\/>|>[\s\S]*?<\/testcase>)/g)], output);
  let failed = false;
  for (const [, name, body] of results) {
    if (body.includes('<skipped')) continue;
    const bad = body.includes('<failure') || body.includes('<error');
    failed ||= bad;
    // Each of the parametrised tests kills `runs` times.
    count(`Python: ${name.replace(/^test_/, '').replaceAll('_', ' ')}`, name.includes('[') ? runs : 1, bad);
  }
  return failed ? output : '';
}

function count(name, runs, failed) {
  const found = cases.get(name) ?? { runs: 0, failures: 0 };
  cases.set(name, { runs: found.runs + runs, failures: found.failures + Number(failed) });
}

/** A report, taken away so that the next round cannot read it again. */
function read(file, parse, output) {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`The tests wrote no report. They said: ${output.slice(-4000)}`, { cause: error });
  } finally {
    rmSync(file, { force: true });
  }
}

function run(runs, command, args) {
  return new Promise((resolve, reject) => {
    const env = {
      ...process.env,
      ISTHMUS_ORPHAN_RUNS: String(runs),
      PATH: `${bin('.venv', '')}:${join(root, 'node_modules', '.bin')}:${process.env.PATH}`,
      PYTHONPATH: join(root, 'python'),
      NO_COLOR: '1',
    };
    current = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [current.stdout, current.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    current.on('error', reject);
    current.on('close', () => resolve(output));
  });
}

function summary() {
  const width = Math.max(4, ...[...cases.keys()].map(({ length }) => length));
  console.log(`\n${'case'.padEnd(width)}  runs  failed rounds`);
  for (const [name, { runs, failures }] of [...cases].sort(([a], [b]) => a.localeCompare(b))) {
    console.log(`${name.padEnd(width)}  ${String(runs).padStart(4)}  ${String(failures).padStart(13)}`);
  }
  const all = [...cases.values()];
  const total = all.reduce((sum, { runs }) => sum + runs, 0);
  const failed = all.filter(({ failures }) => failures > 0).length;
  console.log(`\n${total} runs, ${cases.size - failed} cases passed, ${failed} failed`);
  if (failed > 0 || cases.size === 0) process.exitCode = 1;
}

function escaped(word) {
  return word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
