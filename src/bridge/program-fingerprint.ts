import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { importRefs } from '../graph/function-refs.ts';
import type { JobGraph } from '../graph/job-graph.ts';
import { moduleNames } from './module-names.ts';

/**
 * Equal for jobs that may follow each other in one worker: same import path, working directory, environment, program, and
 * functions out of the same folders, which are put into the import path and offer the same modules (those of a Python program
 * have been imported by it). Whether what a worker has imported is unchanged, it says itself (imported-files.ts).
 */
export function programFingerprint(graph: JobGraph): string {
  const { sysPath, sysPathEnd, cwd, archives, env, mainFile, moduleState } = graph.python;
  const ofFunctions = importRefs(graph).flatMap(({ file }) =>
    file === undefined ? [] : dirname(file),
  );
  const folders = [...new Set(ofFunctions)].sort();
  const looked = graph.client === 'python' ? [] : [...folders, ...(sysPath ?? [])];
  const hash = createHash('sha256');
  hash.update(
    JSON.stringify([
      sysPath,
      sysPathEnd,
      cwd,
      archives,
      env,
      mainFile,
      moduleState,
      folders,
      looked.map((folder) => moduleNames(folder)),
    ]),
  );
  return hash.digest('hex');
}
