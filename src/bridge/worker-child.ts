// The process of a worker.

import { execa } from 'execa';
import { type WorkerEnvironment, environmentOf } from './worker-environment.ts';

// The package of our version is found first and the folder then goes to the end of the path, where it shadows nothing.
const BOOTSTRAP = `
import sys
if sys.version_info < (3, 10):
    sys.stderr.write("Isthmus needs Python 3.10 or newer; %s is %s.\\n" % (sys.executable, sys.version.split()[0]))
    sys.exit(78)
folder = sys.argv.pop(1)
sys.path[:] = [folder] + [entry for entry in sys.path if entry not in ("", folder)]
import isthmus
sys.path.append(sys.path.pop(0))
from isthmus._worker.main import main
main()
`;

export interface ChildOptions {
  executable: string;
  /** The folder that holds the Python package `isthmus` of this very version. */
  packageDir: string;
  /** Variables that are other for it than for this process. */
  env?: WorkerEnvironment;
  /** Code the interpreter runs instead of the worker's own; for tests. */
  bootstrap?: string;
}

export function startChild(options: ChildOptions) {
  const { executable, packageDir } = options;
  const args = [
    '-X',
    'utf8',
    '-X',
    'faulthandler',
    '-c',
    options.bootstrap ?? BOOTSTRAP,
    packageDir,
  ];
  const child = execa(executable, args, {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    detached: true, // W2 of worker-process.ts
    buffer: false,
    reject: false,
    cleanup: false,
    env: environmentOf(options.env ?? {}),
    extendEnv: false,
    encoding: 'buffer',
  });
  return child;
}
