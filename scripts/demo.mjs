// The main job: `npm run demo [-- FILE… --json]`. Sets the checkout up, then analyses the named logs, or a generated one of
// 200,000 lines.

import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const example = join(root, 'examples', 'log-analysis');
const python = join(root, '.venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
const LINES = 200_000;
/** Options of the pipeline whose value is the argument behind them. */
const WITH_VALUE = new Set(['--parallelism', '--top']);

const passed = process.argv.slice(2);
run(process.execPath, [join(root, 'scripts', 'setup.mjs')]);
const named = passed.some(
  (argument, i) => !WITH_VALUE.has(passed[i - 1]) && (argument === '-' || !argument.startsWith('-')),
);
analyse(named ? passed : [generatedLog(), ...passed]);

function analyse(args) {
  const began = performance.now();
  run(python, [join(example, 'pipeline.py'), ...args]);
  const seconds = (performance.now() - began) / 1000;
  process.stderr.write(`\n${seconds.toFixed(2)} s from start to end of the program.\n`);
}

function generatedLog() {
  const file = join(root, '.cache', `access-${LINES}.log`);
  if (statSync(file, { throwIfNoEntry: false }) === undefined) {
    process.stderr.write(`Writing a log of ${LINES.toLocaleString('en')} lines …\n`);
    mkdirSync(dirname(file), { recursive: true });
    const output = openSync(`${file}.part`, 'w');
    run(python, [join(example, 'generate.py'), '--lines', String(LINES), '--seed', '7'], output);
    closeSync(output);
    renameSync(`${file}.part`, file);
  }
  return file;
}

function run(command, args, stdout = 'inherit') {
  const env = {
    ...process.env,
    PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`,
    PYTHONPATH: join(root, 'python'),
  };
  // npm starts scripts in the folder of the package; paths are relative to where the user is.
  const cwd = process.env.INIT_CWD ?? process.cwd();
  const stdio = ['inherit', stdout, 'inherit'];
  const { status, error } = spawnSync(command, args, { stdio, env, cwd });
  if (status === 0) return;
  if (error) process.stderr.write(`${command}: ${error.message}\n`);
  process.exit(status ?? 1);
}
