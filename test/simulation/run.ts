// Simulates seeds, each twice; a failure names its seed. `npm run simulate -- --seed N --count M --deaths D --job files --checkpoints MS --trace FILE`

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { difference } from './difference.ts';
import { fileJob, output, putInput, WRITTEN } from './file-job.ts';
import { checkpointsEvery, keyedJob, type Run, really, simulate } from './job.ts';
import { LockStep } from './lock-step.ts';
import type { Simulation } from './simulation.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '1' },
    deaths: { type: 'string', default: '0' },
    job: { type: 'string', default: 'keyed' },
    checkpoints: { type: 'string' },
    trace: { type: 'string' },
  },
});
const first = Number(values.seed);
const deaths = Number(values.deaths);
const checkpointMs = values.checkpoints === undefined ? undefined : Number(values.checkpoints);

type RunsSeed = (seed: number, lockStep: LockStep) => Promise<Run>;

async function keyed(): Promise<[expected: string, run: RunsSeed]> {
  const built = keyedJob(checkpointMs);
  const expected = await really(built);
  return [expected.join('\n'), (seed, lockStep) => simulate(built, seed, lockStep, { deaths })];
}

/**
 * What is written before a worker dies is written again, but for a job that goes on from checkpoints. One that dies before
 * its first leaves hidden files.
 */
function files(): [expected: string, run: RunsSeed] {
  const built = fileJob(checkpointMs === undefined ? {} : checkpointsEvery(checkpointMs));
  const run: RunsSeed = async (seed, lockStep) => {
    let disk!: Simulation['disk'];
    const before = (simulation: Simulation) => {
      disk = simulation.disk;
      putInput(disk);
    };
    const { trace } = await simulate(built, seed, lockStep, { deaths, before });
    const { lines, hidden } = output(disk);
    return {
      trace,
      results:
        checkpointMs === undefined ? [...(deaths > 0 ? new Set(lines) : lines), ...hidden] : lines,
    };
  };
  return [WRITTEN.join('\n'), run];
}

const [expected, run] = values.job === 'files' ? files() : await keyed();
const [one, other] = await Promise.all([LockStep.start(), LockStep.start()]);
let failed = 0;
try {
  await run(first, one).catch(() => {}); // What is loaded on first use.
  for (let seed = first; seed < first + Number(values.count); seed++) {
    try {
      const [once, again] = [await run(seed, one), await run(seed, other)];
      if (values.trace !== undefined) writeFileSync(values.trace, `${once.trace.join('\n')}\n`);
      const differs = difference(once.trace, again.trace);
      if (differs !== undefined) throw new Error(`two runs differ: ${differs}`);
      if (once.results.join('\n') !== expected)
        throw new Error('the results are others than those of a real run');
    } catch (error) {
      failed++;
      console.error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
} finally {
  await Promise.all([one.close(), other.close()]);
}
console.log(`${values.count} seeds from ${first}, each twice: ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
