// Every example, run as its README says, prints what stands beside it.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const examples = join(root, 'examples');
const env = {
  PYTHONPATH: join(root, 'python'),
  PATH: [join(root, '.venv', 'bin'), join(root, 'node_modules', '.bin'), process.env.PATH].join(
    ':',
  ),
};

/** Program and expected output, relative to `examples`. */
const programs: [program: string, expected: string][] = [
  ['word-count/word_count.py', 'word-count/expected.txt'],
  ['word-count/word-count.ts', 'word-count/expected.txt'],
  ['data-cleaning/clean.py', 'data-cleaning/expected.txt'],
  ['typescript-in-python/prices.py', 'typescript-in-python/expected.txt'],
  ['python-from-typescript/functions.ts', 'python-from-typescript/expected-functions.txt'],
  ['python-from-typescript/pipeline.ts', 'python-from-typescript/expected-pipeline.txt'],
  ['python-from-typescript/sentiment.py', 'python-from-typescript/expected-alone.txt'],
  ['monitoring/monitoring.py', 'monitoring/expected.txt'],
  ['monitoring/monitoring.ts', 'monitoring/expected.txt'],
  ['fraud-detection/fraud.py', 'fraud-detection/expected.txt'],
  ['fraud-detection/fraud.ts', 'fraud-detection/expected.txt'],
  ['sessions/sessions.py', 'sessions/expected.txt'],
  ['sessions/sessions.ts', 'sessions/expected.txt'],
  ['anomaly-detection/anomalies.ts', 'anomaly-detection/expected.txt'],
  ['prediction/forecast.py', 'prediction/expected.txt'],
  ['prediction/forecast.ts', 'prediction/expected.txt'],
  ['recommendation/recommend.py', 'recommendation/expected.txt'],
  ['recommendation/recommend.ts', 'recommendation/expected.txt'],
  ['orderly-stop/meter.py', 'orderly-stop/expected.txt'],
  ['orderly-stop/meter.ts', 'orderly-stop/expected.txt'],
];

describe('examples', { timeout: 60_000 }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'isthmus-examples-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each(programs)('%s', async (program, expected) => {
    const file = join(examples, program);
    const command = program.endsWith('.py') ? 'python' : 'node';
    const { stdout } = await execa(command, [file], { env, cwd: folder });
    const sorted = (text: string) => text.trimEnd().split('\n').sort();
    // Keys that are not related come in no order that is promised.
    expect(sorted(stdout)).toEqual(sorted(readFileSync(join(examples, expected), 'utf8')));
  });
});
