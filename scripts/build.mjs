// Compiles src/ to dist/ and bundles the runtime for Python programs. Does nothing when both are newer than what they are
// made of.

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const mark = join(root, 'dist', '.built');

if (modified(mark) < newestInput()) {
  const startedAt = new Date();
  // Made beside and put in place whole: what is no longer in the sources must not be in the package, and what uses the
  // package meanwhile must find it.
  const made = join(root, `dist.${process.pid}`);
  run('tsc', ['-p', 'tsconfig.build.json', '--outDir', made]);
  const command = join(made, 'cli', 'main.js');
  if (existsSync(command)) chmodSync(command, 0o755);
  writeFileSync(join(made, '.built'), '');
  // A source that changed while tsc ran is newer than the mark.
  utimesSync(join(made, '.built'), startedAt, startedAt);
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  renameSync(made, join(root, 'dist'));
}
run(process.execPath, [join(root, 'scripts', 'bundle-runtime.mjs')]);

function newestInput() {
  const inputs = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
  const sources = readdirSync(join(root, 'src'), { recursive: true });
  return Math.max(
    ...inputs.map((name) => modified(join(root, name))),
    ...sources.map((name) => modified(join(root, 'src', name))),
  );
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status === 0) return;
  process.stderr.write(`${command} ${error ? error.message : `exited with ${status}`}\n`);
  process.exit(1);
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
