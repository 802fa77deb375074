// Whole jobs over real Python workers.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findInterpreter } from '../../src/bridge/interpreter.ts';
import { WorkerPool } from '../../src/bridge/worker-pool.ts';
import { JobCancelledError, UserFunctionError, WorkerError } from '../../src/errors.ts';
import type { FunctionRef, JobGraph, OperatorSpec } from '../../src/graph/job-graph.ts';
import { builtIn } from '../../src/built-in.ts';
import { systemMachine } from '../../src/machine/system-machine.ts';
import { JobExecution, type JobOptions } from '../../src/runtime/job-execution.ts';
import { eventually } from '../fixtures/processes.ts';
import { packageDir, udf } from '../fixtures/python-jobs.ts';
import { type GraphOptions, edge, graph, hash, operator } from '../graph/graphs.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-jobs-'));
let pool: WorkerPool;
let printed = '';
let said = '';

beforeAll(() => {
  pool = new WorkerPool({
    packageDir,
    output: {
      printed: (chunk) => {
        printed += Buffer.from(chunk).toString();
      },
      said: (chunk) => {
        said += Buffer.from(chunk).toString();
      },
      stderr: () => {},
    },
  });
});

afterAll(async () => {
  await pool.close();
  rmSync(folder, { recursive: true });
});

function line(fn: FunctionRef, more: GraphOptions = {}, map: Partial<OperatorSpec> = {}): JobGraph {
  return graph(
    [
      operator(1, 'source.sequence', { params: { from: 1, to: 100 }, language: 'any' }),
      operator(2, 'map', { name: 'work', fns: { function: fn }, ...map }),
      operator(3, 'sink.collect', { language: 'any' }),
    ],
    [edge(1, 2), edge(2, 3)],
    { client: 'typescript', ...more },
  );
}

function start(job: JobGraph, options: Partial<JobOptions> = {}) {
  const results: unknown[] = [];
  const execution = JobExecution.start(
    { graph: job, blobs: [], functions: [(value: number) => value % 10] },
    {
      pool,
      machine: systemMachine,
      makers: () => builtIn,
      onResults: (_operator, _subtask, values) => void results.push(...values),
      ...options,
    },
  );
  return { execution, results };
}

const numeric = (values: unknown[]) => (values as number[]).toSorted((a, b) => a - b);
const doubled = Array.from({ length: 100 }, (_, i) => (i + 1) * 2);

test.each([
  [1, 'auto'],
  [2, 'auto'],
  [3, 'auto'],
  [2, 'always'],
])('maps at parallelism %i, channels %s', async (parallelism, channels) => {
  const config = { 'isthmus.channels': channels };
  const { execution, results } = start(line(udf('double'), { parallelism, config }));
  const { metrics } = await execution.result;
  expect(numeric(results)).toEqual(doubled);
  expect(metrics.find(({ name }) => name === 'work')).toMatchObject({
    in: 100,
    out: 100,
    parallelism,
  });
});

test.each(['auto', 'always'])('a keyed exchange between slots, channels %s', async (channels) => {
  const job = graph(
    [
      operator(1, 'source.sequence', { params: { from: 1, to: 20_000 } }),
      operator(2, 'reduce', { fns: { function: udf('add') } }),
      operator(3, 'sink.collect'),
    ],
    [edge(1, 2, hash(udf('last_digit'))), edge(2, 3)],
    {
      client: 'typescript',
      parallelism: 3,
      runtimeMode: 'BATCH',
      config: { 'isthmus.channels': channels },
    },
  );
  const { execution, results } = start(job);
  await execution.result;
  const expected = Array.from({ length: 10 }, (_, digit) => {
    let sum = 0;
    for (let n = digit === 0 ? 10 : digit; n <= 20_000; n += 10) sum += n;
    return sum;
  });
  expect(numeric(results)).toEqual(numeric(expected));
});

test('a clean worker is used again, by a job of the same program', async () => {
  const own = new WorkerPool({
    packageDir,
    output: { printed: () => {}, said: () => {}, stderr: () => {} },
  });
  const run = (job: JobGraph) => start(job, { pool: own }).execution.result;
  await run(line(udf('double'), { parallelism: 2 }));
  expect(own.size).toEqual({ idle: 2, lent: 0 });
  await run(line(udf('double'), { parallelism: 2 }));
  expect(own.size).toEqual({ idle: 2, lent: 0 });
  // Another working directory is another program.
  const interpreter = findInterpreter(undefined).command;
  await run(line(udf('double'), { python: { mainBundles: [], cwd: folder, interpreter } }));
  expect(own.size).toEqual({ idle: 3, lent: 0 });
  await own.close();
  expect(own.size).toEqual({ idle: 0, lent: 0 });
});

test('a function that raises fails the job with its record; only its worker is discarded', async () => {
  const own = new WorkerPool({
    packageDir,
    output: { printed: () => {}, said: () => {}, stderr: () => {} },
  });
  const { execution } = start(line(udf('fail_at_seven'), { parallelism: 2 }), { pool: own });
  const error = (await execution.result.catch((thrown: unknown) => thrown)) as UserFunctionError;
  expect(error).toBeInstanceOf(UserFunctionError);
  expect(error.report).toMatchObject({
    operator: 'work',
    record: '7',
    exceptionType: 'ValueError',
    parallelism: 2,
  });
  expect(error.message).toContain('seven is right out');
  expect(own.size).toEqual({ idle: 1, lent: 0 });
  await own.close();
});

test('a worker that exits fails the job with everything known', async () => {
  const { execution } = start(line(udf('exit_at_seven'), { parallelism: 2 }));
  const error = (await execution.result.catch((thrown: unknown) => thrown)) as WorkerError;
  expect(error).toBeInstanceOf(WorkerError);
  expect(error.message).toMatch(
    /^Python worker exited with code 137 while running operator "work" \(subtask 1\/2\)\./,
  );
});

test('a function that hangs is dumped and killed', async () => {
  const config = { 'python.fn-execution.timeout': '300 ms' };
  const { execution } = start(line(udf('python_loop'), { config }));
  const error = (await execution.result.catch((thrown: unknown) => thrown)) as WorkerError;
  expect(error.code).toBe('ISTHMUS_WORKER_TIMEOUT');
  expect(error.message).toMatch(/while running operator "work" \(subtask 1\/1\)/);
  expect(error.message).toMatch(/udfs\.py", line \d+ in python_loop/);
});

test.each(['python_loop', 'sleep_without_gil', 'c_call_with_gil', 'with_child'])(
  'a job in state %s is cancelled at once',
  async (state) => {
    const atWork = mkdtempSync(join(folder, 'at-work-'));
    // Who waited for the function would wait beyond the test's end.
    const config = { 'isthmus.close-timeout': '1 h' };
    const fn = udf('AtWork', [state, atWork]);
    const { execution } = start(line(fn, { config }));
    await eventually('the function is at work', () => readdirSync(atWork).length > 0);
    await execution.cancel();
    await expect(execution.result).rejects.toThrow(JobCancelledError);
  },
);

test('a restart begins anew, and functions know the attempt', async () => {
  const config = {
    'restart-strategy.type': 'fixed-delay',
    'restart-strategy.fixed-delay.delay': '1 ms',
  };
  const { execution, results } = start(line(udf('Opens', [join(folder, 'marker')]), { config }));
  await execution.result;
  expect(results).toHaveLength(100);
  expect(results[0]).toEqual([1, 1]);
});

test('what functions and their children print is not lost and in no frame', async () => {
  said = '';
  await start(line(udf('say'))).execution.result;
  await eventually('all lines', () => said.split('\n').length === 201);
  expect(said.match(/^said \d+$/gm)).toHaveLength(100);
  expect(said.match(/^from a shell$/gm)).toHaveLength(100);
});

test('print sinks write whole lines to the program', async () => {
  printed = '';
  const job = line(udf('double'), { parallelism: 2 });
  job.operators[2] = operator(3, 'sink.print');
  await start(job).execution.result;
  const lines = printed.trim().split('\n');
  expect(lines).toHaveLength(100);
  expect(lines.every((text) => /^[12]> \d+$/.test(text))).toBe(true);
});

test('a TypeScript map between two Python maps', async () => {
  const job = graph(
    [
      operator(1, 'source.sequence', { params: { from: 1, to: 1_000 } }),
      operator(2, 'map', { fns: { function: udf('double') } }),
      operator(3, 'map', {
        language: 'typescript',
        fns: { function: { language: 'typescript', form: 'closure', id: 0, name: 'mod' } },
      }),
      operator(4, 'map', { fns: { function: udf('double') } }),
      operator(5, 'sink.collect'),
    ],
    [edge(1, 2), edge(2, 3), edge(3, 4), edge(4, 5)],
    { client: 'typescript', parallelism: 2 },
  );
  const { execution, results } = start(job);
  await execution.result;
  expect(numeric(results)).toEqual(
    numeric(Array.from({ length: 1_000 }, (_, i) => (((i + 1) * 2) % 10) * 2)),
  );
});
