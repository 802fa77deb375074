// Where Python finds modules: said once, for the process that looks functions up before a job and for the workers that run them.
//
//   1. `python.path`, then `python.files`; of a Python program its own import path
//   2. PYTHONPATH, the interpreter's standard library and packages
//   3. the working directory, where a module name that a program says is looked for last: it hides nothing. Not a folder where
//      every user may put modules.
//
// The third is ours alone: a program that is run by Python has its folder in its own import path.

import { existsSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { ConfigurationError } from '../errors.ts';
import type { JobGraph, PythonEnvironmentSpec } from '../graph/job-graph.ts';
import { openPlace } from './trust.ts';

/**
 * The graph whose Python part says all paths in full.
 *
 * @throws ConfigurationError when `python.files` names what is not there
 */
export function withImportPath(graph: JobGraph): JobGraph {
  const { python, settings, client } = graph;
  const cwd = resolve(python.cwd ?? '.');
  const files = settings.pythonFiles.map((entry) => pathEntry(resolve(cwd, entry)));
  const said = python.sysPath ?? [];
  // A Python program's own path has everything else behind these.
  const sysPath = [...new Set(client === 'python' ? [...files, ...said] : [...said, ...files])];
  const complete: PythonEnvironmentSpec = { ...python };
  if (sysPath.length > 0) complete.sysPath = sysPath;
  if (python.cwd !== undefined) complete.cwd = cwd;
  if (python.mainFile === undefined && openPlace(cwd) === undefined) complete.sysPathEnd = [cwd];
  const { PYTHONPATH: path } = python.env ?? {};
  if (typeof path === 'string') {
    complete.env = { ...python.env, PYTHONPATH: inFull(path, cwd) };
  }
  return { ...graph, python: complete };
}

/** A list of folders with relative ones in full. */
export function inFull(path: string, cwd: string): string {
  return path
    .split(delimiter)
    .map((entry) => (entry === '' ? entry : resolve(cwd, entry)))
    .join(delimiter);
}

/** A module is found by the folder that holds it; archives and folders are found in themselves. */
function pathEntry(path: string): string {
  if (!existsSync(path)) {
    throw new ConfigurationError(
      `python.files names ${path}, which does not exist; name files, folders and archives that do, separated by commas.`,
    );
  }
  return path.endsWith('.py') ? resolve(path, '..') : path;
}
