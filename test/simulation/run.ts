// Simulates seeds, each twice; a failure names its seed. `npm run simulate -- --seed N --count M --deaths D --trace FILE`

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { difference } from './difference.ts';
import { keyedJob, really, simulate } from './job.ts';
import { LockStep } from './lock-step.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '1' },
    deaths: { type: 'string', default: '0' },
    trace: { type: 'string' },
  },
});
const first = Number(values.seed);
const deaths = Number(values.deaths);
const built = keyedJob();
const expected = (await really(built)).join('\n');
const [one, other] = await Promise.all([LockStep.start(), LockStep.start()]);
let failed = 0;
try {
  for (let seed = first; seed < first + Number(values.count); seed++) {
    try {
      const [run, again] = [
        await simulate(built, seed, one, deaths),
        await simulate(built, seed, other, deaths),
      ];
      if (values.trace !== undefined) writeFileSync(values.trace, `${run.trace.join('\n')}\n`);
      const differs = difference(run.trace, again.trace);
      if (differs !== undefined) throw new Error(`two runs differ: ${differs}`);
      if (run.results.join('\n') !== expected)
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
