import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { JobGraph } from '../graph/job-graph.ts';

/** Modules beyond this many are not looked at one by one. */
const MAX_MODULES = 500;

/**
 * Equal for jobs that may follow each other in one worker: same import path, working directory, environment, program, and the
 * modules beside it unchanged since. A module that changed would be in the worker in its old form.
 */
export function programFingerprint(graph: JobGraph): string {
  const { sysPath, cwd, archives, env, mainFile } = graph.python;
  const files = new Set<string>();
  for (const spec of graph.operators) {
    if (spec.fn?.form === 'import' && spec.fn.file !== undefined) files.add(spec.fn.file);
  }
  const folders = new Set([...files].map((file) => dirname(file)));
  if (sysPath?.[0]) folders.add(sysPath[0]);
  for (const folder of folders) for (const module of modulesOf(folder)) files.add(module);
  const hash = createHash('sha256');
  hash.update(JSON.stringify([sysPath, cwd, archives, env, mainFile]));
  for (const file of [...files].sort()) hash.update(`\0${file}\0${modifiedMs(file)}`);
  return hash.digest('hex');
}

function modulesOf(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.py'));
    return names.slice(0, MAX_MODULES).map((name) => join(folder, name));
  } catch {
    return []; // A path entry need not exist, and may be an archive.
  }
}

function modifiedMs(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
