import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { importRefs } from '../graph/function-refs.ts';
import type { JobGraph } from '../graph/job-graph.ts';

/**
 * Equal for jobs that may follow each other in one worker: same import path, working directory, environment, program, and
 * functions out of the same folders, which are put into the import path. Whether what a worker has imported is unchanged, it
 * says itself (imported-files.ts).
 */
export function programFingerprint(graph: JobGraph): string {
  const { sysPath, sysPathEnd, cwd, archives, env, mainFile, moduleState } = graph.python;
  const folders = importRefs(graph).flatMap(({ file }) =>
    file === undefined ? [] : dirname(file),
  );
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
      [...new Set(folders)].sort(),
    ]),
  );
  return hash.digest('hex');
}
