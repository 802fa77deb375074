// Turns that come to nothing: the next job in the queue has them.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { findInterpreter, resolveInterpreter } from '../../src/bridge/interpreter.ts';
import { WorkerPool } from '../../src/bridge/worker-pool.ts';
import type { WorkerRequest } from '../../src/bridge/worker-link.ts';
import type { WorkerProcess } from '../../src/bridge/worker-process.ts';
import { JobCancelledError } from '../../src/errors.ts';
import { newPlace } from '../../src/runtime/job-place.ts';
import { packageDir } from '../fixtures/python-jobs.ts';

let pool: WorkerPool;
let request: WorkerRequest;

const nowhere = () => {};
const output = { printed: nowhere, said: nowhere, stderr: nowhere };

beforeEach(async () => {
  pool = new WorkerPool({ packageDir, output });
  const { executable } = await resolveInterpreter(findInterpreter(undefined));
  request = {
    executable,
    fingerprint: 'one',
    startTimeoutMs: 20_000,
    maxFrameBytes: 1 << 20,
    env: {},
    maxWorkers: 1,
    waitTimeoutMs: 2 ** 31 - 1,
  };
});

afterEach(() => pool.close());

const borrow = (of = pool) => of.borrow(request, 1, newPlace(), nowhere);

async function one(workers: Promise<WorkerProcess[]>): Promise<WorkerProcess> {
  const [worker] = (await workers) as [WorkerProcess];
  await worker.ready;
  return worker;
}

test('a job that leaves at the moment of its turn takes no worker along', async () => {
  const worker = await one(borrow().workers);
  const [second, third] = [borrow(), borrow()];
  pool.release(worker, request, []);
  // Behind the step that says whose turn it is, before the one that takes the worker.
  queueMicrotask(() => second.leave());
  await expect(second.workers).rejects.toThrow(JobCancelledError);
  expect(await one(third.workers)).toBe(worker);
  expect(pool.size).toEqual({ idle: 0, lent: 1 });
  await pool.discard(worker);
});

test('a start that fails keeps no turn', async () => {
  // No argument of a process may have a zero in it.
  const broken = new WorkerPool({ packageDir: 'zero\0', output });
  await expect(borrow(broken).workers).rejects.toThrow(/null byte/);
  await Promise.resolve();
  // Whoever has to wait for a turn is not told at once.
  await expect(borrow(broken).workers).rejects.toThrow(/null byte/);
  expect(broken.size).toEqual({ idle: 0, lent: 0 });
});

test('a warm worker that has imported what cannot be looked at is not taken', async () => {
  const worker = await one(borrow().workers);
  pool.release(worker, request, [[`/${'a'.repeat(5_000)}`, '1-1-1']]);
  const other = await one(borrow().workers);
  expect(other).not.toBe(worker);
  expect(await worker.exited).toMatchObject({ kind: 'drained' });
  await pool.discard(other);
});
