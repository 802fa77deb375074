// `isthmus graph` runs a program up to its first execute, which writes the graph and ends the process.

import { writeFileSync } from 'node:fs';
import type { JobGraph } from '../graph/job-graph.ts';

/** Path of the file that the graph is written to. */
export const RECORD_VARIABLE = 'ISTHMUS_RECORD_GRAPH';

/** Does not return where the program is being recorded. */
export function recordInstead(graph: JobGraph): void {
  const file = process.env[RECORD_VARIABLE];
  if (file === undefined || file === '') return;
  writeFileSync(file, JSON.stringify({ graph }));
  process.exit(0);
}
