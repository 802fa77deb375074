// What the runtime asks of the machine it runs on. Nothing below `src/runtime` and beside it reaches for these by itself
// (test/machine/seams.test.ts): who starts a job hands them in, so that a simulation can hand in its own.

import type { Clock } from './clock.ts';
import type { Files } from './files.ts';
import type { Processes } from './processes.ts';

export interface Machine {
  readonly clock: Clock;
  readonly files: Files;
  readonly processes: Processes;
  /** In [0, 1). */
  readonly random: () => number;
  /** A random one (version 4) that nobody has had before. */
  readonly uuid: () => string;
}
