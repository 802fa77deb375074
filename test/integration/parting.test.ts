// Workers of a job that is cancelled or stopped while it gives them back: each comes back once, and is nobody's of that job then.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findInterpreter, resolveInterpreter } from '../../src/bridge/interpreter.ts';
import { WorkerPool } from '../../src/bridge/worker-pool.ts';
import type { WorkerRequest } from '../../src/bridge/worker-link.ts';
import type { WorkerProcess } from '../../src/bridge/worker-process.ts';
import type { IsthmusError } from '../../src/errors.ts';
import type { FunctionRef } from '../../src/graph/job-graph.ts';
import { builtIn } from '../../src/built-in.ts';
import { systemMachine } from '../../src/machine/system-machine.ts';
import { JobExecution } from '../../src/runtime/job-execution.ts';
import { newPlace } from '../../src/runtime/job-place.ts';
import { Slot } from '../../src/runtime/slot.ts';
import { eventually } from '../fixtures/processes.ts';
import { packageDir, udf } from '../fixtures/python-jobs.ts';
import { edge, graph, operator } from '../graph/graphs.ts';

const RECORDS = 20_000;

let folder: string;
let pool: WorkerPool;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isthmus-parting-'));
  const nowhere = () => {};
  pool = new WorkerPool({
    packageDir,
    output: { printed: nowhere, said: nowhere, stderr: nowhere },
  });
});

afterEach(async () => {
  await pool.close();
  rmSync(folder, { recursive: true });
});

function start(fn: FunctionRef, parallelism: number) {
  const results: unknown[] = [];
  const job = graph(
    [
      operator(1, 'source.sequence', { params: { from: 1, to: RECORDS }, language: 'any' }),
      operator(2, 'map', { name: 'work', fns: { function: fn } }),
      operator(3, 'sink.collect', { language: 'any' }),
    ],
    [edge(1, 2), edge(2, 3)],
    { client: 'typescript', parallelism },
  );
  const execution = JobExecution.start(
    { graph: job, blobs: [], functions: [] },
    {
      pool,
      machine: systemMachine,
      makers: () => builtIn,
      onResults: (_operator, _subtask, values) => void results.push(...values),
    },
  );
  return { execution, results };
}

const tell = (what: string) => writeFileSync(join(folder, what), '');
const told = (what: string) => eventually(what, () => existsSync(join(folder, what)));

/** A job of two workers, of which one has come back and the other is held up until it is told to go on. */
async function halfReleased(): Promise<JobExecution> {
  const { execution } = start(udf('ReleasedLate', [folder]), 2);
  await told('releasing');
  await eventually('the other worker is back', () => pool.size.idle === 1);
  expect(pool.size).toEqual({ idle: 1, lent: 1 });
  return execution;
}

describe('a job that ends while it is released', () => {
  test('gives each worker back once', async () => {
    const execution = await halfReleased();
    const cancelled = execution.cancel();
    tell('release');
    await cancelled;
    expect(pool.size).toEqual({ idle: 2, lent: 0 });
    // One more than there are: none of them has two slots.
    const next = start(udf('double'), 3);
    await next.execution.result;
    expect(next.results).toHaveLength(RECORDS);
    expect(pool.size).toEqual({ idle: 3, lent: 0 });
  });

  test.each(['cancel', 'stop'] as const)(
    'by %s: leaves alone a worker that is another job’s by then',
    async (how) => {
      const execution = await halfReleased();
      const next = start(udf('GoesOnLate', [folder]), 1);
      await told('begun');
      expect(pool.size).toEqual({ idle: 0, lent: 2 });
      const ended = execution[how]();
      tell('release');
      await ended;
      expect(pool.size).toEqual({ idle: 1, lent: 1 });
      tell('go on');
      await next.execution.result;
      expect(next.results).toHaveLength(RECORDS);
      expect(pool.size).toEqual({ idle: 2, lent: 0 });
    },
  );
});

describe('a slot whose worker is ended by somebody else', () => {
  const failureOf = async (end: (worker: WorkerProcess, lend: () => void) => Promise<void>) => {
    const { executable } = await resolveInterpreter(findInterpreter(undefined));
    const request: WorkerRequest = {
      executable,
      fingerprint: '',
      startTimeoutMs: 20_000,
      maxFrameBytes: 1 << 20,
      env: {},
      maxWorkers: 1,
      waitTimeoutMs: 20_000,
    };
    const [worker] = (await pool.borrow(request, 1, newPlace(), () => {}).workers) as [
      WorkerProcess,
    ];
    await worker.ready;
    const failures: IsthmusError[] = [];
    let slot!: Slot;
    await end(worker, () => {
      const nothing = () => {};
      slot = new Slot({
        deployment: {
          job: 'a',
          jobName: 'a',
          slot: 0,
          mode: 'STREAMING',
          attempt: 0,
          settings: {},
          python: { mainBundles: [] },
          tasks: [],
        },
        slots: 1,
        clock: systemMachine.clock,
        worker,
        maxFrameBytes: request.maxFrameBytes,
        closeTimeoutMs: 1_000,
        events: {
          channelFrame: nothing,
          splits: nothing,
          deployed: nothing,
          taskDrained: nothing,
          snapshot: nothing,
          taskFinished: nothing,
          metrics: nothing,
          log: nothing,
          failed: (error) => failures.push(error),
          died: nothing,
          parted: async ({ kind }) => {
            expect(kind).toBe('unused');
            await pool.discard(worker);
          },
        },
      });
    });
    await slot.deployed;
    await slot.cancel('over');
    expect(pool.size).toEqual({ idle: 0, lent: 0 });
    return failures.map(({ code }) => code);
  };

  test('fails its job', async () => {
    const failures = await failureOf(async (worker, lend) => {
      lend();
      await worker.discard();
    });
    expect(failures).toEqual(['ISTHMUS_WORKER_DIED']);
  });

  test('fails its job also when it has come too late to see the end', async () => {
    const failures = await failureOf(async (worker, lend) => {
      process.kill(worker.pid, 'SIGKILL');
      await worker.exited;
      lend();
    });
    expect(failures).toEqual(['ISTHMUS_WORKER_DIED']);
  });
});
