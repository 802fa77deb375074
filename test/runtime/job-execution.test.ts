// Jobs of TypeScript tasks alone: what a job does is the same whatever runs in it.

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { WorkerPool } from '../../src/bridge/worker-pool.ts';
import { GraphError, JobCancelledError, UserFunctionError } from '../../src/errors.ts';
import type { FunctionRef, JobGraph, PartitionerSpec } from '../../src/graph/job-graph.ts';
import { builtIn } from '../../src/built-in.ts';
import { systemMachine } from '../../src/machine/system-machine.ts';
import { JobExecution, type JobOptions } from '../../src/runtime/job-execution.ts';
import { eventually } from '../fixtures/processes.ts';
import { type GraphOptions, edge, graph, operator } from '../graph/graphs.ts';
import { happened } from '../fixtures/happened.ts';

const pool = new WorkerPool({
  packageDir: '/nowhere',
  output: { printed: () => {}, said: () => {}, stderr: () => {} },
});

const closure = (id: number): FunctionRef => ({
  language: 'typescript',
  form: 'closure',
  id,
  name: `f${id}`,
});
const language = 'typescript' as const;

/** source (function 0) → map (function 1) → collect. */
function job(more: GraphOptions = {}, partitioner: PartitionerSpec['kind'] = 'auto'): JobGraph {
  return graph(
    [
      operator(1, 'source.function', {
        language,
        fns: { function: closure(0) },
        parallelism: 1,
        nonParallel: true,
      }),
      operator(2, 'map', { language, fns: { function: closure(1) }, name: 'work' }),
      operator(3, 'sink.collect', { language }),
    ],
    [edge(1, 2, partitioner), edge(2, 3)],
    { client: 'typescript', ...more },
  );
}

function start(
  graphOfJob: JobGraph,
  functions: unknown[],
  options: Partial<JobOptions> = {},
): { execution: JobExecution; results: unknown[]; statuses: string[] } {
  const results: unknown[] = [];
  const statuses: string[] = [];
  const execution = JobExecution.start(
    { graph: graphOfJob, blobs: [], functions },
    {
      pool,
      machine: systemMachine,
      makers: () => builtIn,
      onResults: (_operator, _subtask, values) => void results.push(...values),
      ...options,
      listeners: [
        (event) => void (event.kind === 'status' && statuses.push(event.status)),
        ...(options.listeners ?? []),
      ],
    },
  );
  return { execution, results, statuses };
}

const numbers = (count: number) => () => Array.from({ length: count }, (_, i) => i);
const same = (value: unknown) => value;
const never = () => new Promise<never>(() => {});

async function* endless(): AsyncGenerator<number> {
  for (let i = 0; ; i++) {
    yield i;
    if (i % 100 === 0) await sleep(1);
  }
}

test.each([1, 2, 3])('gives results and counts at parallelism %i', async (parallelism) => {
  const { execution, results, statuses } = start(job({ parallelism }), [
    numbers(5_000),
    (n: number) => n * 2,
  ]);
  const result = await execution.result;
  expect(results.toSorted((a, b) => (a as number) - (b as number))).toEqual(
    numbers(5_000)().map((n) => n * 2),
  );
  expect(result).toMatchObject({ jobId: execution.jobId, status: 'FINISHED' });
  expect(result.jobId).toMatch(/^[0-9a-f]{32}$/);
  const work = result.metrics.find(({ name }) => name === 'work');
  expect(work).toMatchObject({ in: 5_000, out: 5_000, parallelism, language });
  expect(statuses).toEqual(['RUNNING', 'FINISHED']);
});

test('values that no codec carries stay what they are', async () => {
  class Point {
    readonly x = 1;
  }
  const { execution, results } = start(job(), [() => [new Point()], same]);
  await execution.result;
  expect(results[0]).toBeInstanceOf(Point);
});

test('a job goes no faster than its results are taken', async () => {
  let pulled = 0;
  let taken = 0;
  function* source() {
    for (; pulled < 200_000; pulled++) yield 'x'.repeat(1_000);
  }
  const { execution } = start(
    job({ config: { 'isthmus.channel.window-bytes': '100 kb' } }),
    [source, same],
    {
      onResults: async (_operator, _subtask, values) => {
        if (taken > 0) await never();
        taken += values.length;
      },
      metricsEveryMs: 10,
    },
  );
  // A window before and behind the map, and what is in hand.
  await happened(execution, 'subtask-blocked', ({ task }) => task === 0);
  expect(pulled).toBeLessThan(10_000);
  await execution.cancel();
});

test('a failing function fails the job with its operator and record', async () => {
  const { execution, statuses } = start(job({ parallelism: 2 }), [
    numbers(10),
    (n: number) => {
      if (n === 7) throw new RangeError('seven');
      return n;
    },
  ]);
  const error = await execution.result.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserFunctionError);
  expect((error as UserFunctionError).report).toMatchObject({ operator: 'work', record: '7' });
  expect(statuses).toEqual(['RUNNING', 'FAILED']);
});

test('a handler of results that fails, fails the job', async () => {
  const { execution } = start(job(), [endless, same], {
    onResults: () => {
      throw new Error('no disk');
    },
  });
  await expect(execution.result).rejects.toThrow('no disk');
});

test('cancel ends a job, and tells its functions', async () => {
  let closed = false;
  async function* source() {
    try {
      yield* endless();
    } finally {
      closed = true;
    }
  }
  const { execution, statuses, results } = start(job(), [source, same]);
  await eventually('the first results', () => results.length > 0);
  await execution.cancel('enough');
  await expect(execution.result).rejects.toThrow(JobCancelledError);
  await expect(execution.result).rejects.toThrow('enough');
  expect(statuses).toEqual(['RUNNING', 'CANCELLING', 'CANCELED']);
  expect(closed).toBe(true);
  await execution.cancel(); // Again is no error.
});

test('a signal cancels, before the start too', async () => {
  const abort = new AbortController();
  const running = start(job(), [endless, same], { signal: abort.signal });
  abort.abort();
  await expect(running.execution.result).rejects.toThrow(JobCancelledError);
  const late = start(job(), [endless, same], { signal: abort.signal });
  await expect(late.execution.result).rejects.toThrow(JobCancelledError);
  expect(late.results).toEqual([]);
});

test('what is wrong with the graph is told by the result', async () => {
  const { execution } = start(graph([], []), []);
  await expect(execution.result).rejects.toThrow(GraphError);
  expect(execution.status).toBe('FAILED');
});

test('a restart begins from the beginning, with the next attempt number', async () => {
  const attempts: number[] = [];
  class FailsTwice {
    open(context: { attemptNumber?: number; getAttemptNumber?(): number }) {
      const attempt = context.attemptNumber ?? context.getAttemptNumber?.() ?? attempts.length;
      attempts.push(attempt);
      if (attempts.length < 3) throw new Error(`failure ${attempts.length}`);
    }
    map(value: unknown) {
      return value;
    }
  }
  const config = {
    'restart-strategy.type': 'fixed-delay',
    'restart-strategy.fixed-delay.attempts': '2',
    'restart-strategy.fixed-delay.delay': '1 ms',
  };
  const { execution, results, statuses } = start(job({ config }), [numbers(3), FailsTwice]);
  await execution.result;
  expect(attempts).toEqual([0, 1, 2]);
  expect(results).toEqual([0, 1, 2]);
  expect(statuses).toEqual([
    'RUNNING',
    'RESTARTING',
    'RUNNING',
    'RESTARTING',
    'RUNNING',
    'FINISHED',
  ]);
});

const restarts = {
  'restart-strategy.type': 'fixed-delay',
  'restart-strategy.fixed-delay.attempts': '2',
  'restart-strategy.fixed-delay.delay': '1 ms',
};

/** Fails at 2, as often as told. */
function failing(times: number): (value: unknown) => unknown {
  return (value) => {
    if (value === 2 && times-- > 0) throw new Error(`failure ${times}`);
    return value;
  };
}

test('a restart is told, with its error and the pause', async () => {
  const log: unknown[] = [];
  const asked = { ...job({ config: restarts }), name: 'orders' };
  asked.operators[2] = operator(3, 'sink.function', { language, fns: { function: closure(2) } });
  const { execution } = start(asked, [numbers(3), failing(2), same], {
    listeners: [(event) => void (event.kind === 'log' && log.push(event))],
  });
  await execution.result;
  expect(log).toEqual(
    [1, 2].map((attempt) => ({
      kind: 'log',
      at: expect.any(Number),
      attempt: attempt - 1,
      level: 'warn',
      logger: 'isthmus',
      message: expect.stringMatching(
        new RegExp(
          `^Attempt ${attempt} of job "orders" failed; attempt ${attempt + 1} begins in 1 ms, from the beginning. ` +
            `.*: failure ${2 - attempt}\n  record: 2`,
        ),
      ),
    })),
  );
});

/** Source and map of a job that fails the first time, when its first results are out. */
function failsLate(results: unknown[]): unknown[] {
  let failed = false;
  async function* source() {
    yield* [0, 1];
    while (results.length < 2) await sleep(1);
    yield 2;
  }
  const work = (value: unknown) => {
    if (value !== 2 || failed) return value;
    failed = true;
    throw new Error('once');
  };
  return [source, work];
}

test('a job that has given results fails rather than give them again', async () => {
  const results: unknown[] = [];
  const onResults = (_o: number, _s: number, values: unknown[]) => void results.push(...values);
  const { execution } = start(job({ config: restarts }), failsLate(results), { onResults });
  const error = await execution.result.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserFunctionError);
  expect((error as Error).message).toMatch(
    /Error in operator .*: once\n[^]*The job was not restarted/,
  );
  expect(results).toEqual([0, 1]);
  expect(execution.status).toBe('FAILED');
});

test('a job whose results can be taken back starts again', async () => {
  const results: unknown[] = [];
  const { execution } = start(job({ config: restarts }), failsLate(results), {
    onResults: (_operator, _subtask, values) => void results.push(...values),
    takeBackResults: () => {
      results.length = 0;
      // What the source waits for.
      results.push('taken back', 'twice');
      return true;
    },
  });
  await execution.result;
  expect(results.slice(2)).toEqual([0, 1, 2]);
});

test('a job that waits to restart can be cancelled', async () => {
  const config = {
    'restart-strategy.type': 'fixed-delay',
    'restart-strategy.fixed-delay.delay': '1 h',
  };
  const boom = () => {
    throw new Error('boom');
  };
  const { execution } = start(job({ config }), [numbers(3), boom]);
  await happened(execution, 'restart');
  await execution.cancel();
  await expect(execution.result).rejects.toThrow(JobCancelledError);
});

test('several jobs run at the same time', async () => {
  const jobs = Array.from({ length: 5 }, () => start(job(), [numbers(100), same]));
  await Promise.all(jobs.map(({ execution }) => execution.result));
  for (const { results } of jobs) expect(results).toEqual(numbers(100)());
});

test('progress is told while a job runs', async () => {
  const seen: number[] = [];
  const { execution } = start(job(), [endless, same], { metricsEveryMs: 10 });
  for await (const event of execution.events()) {
    if (event.kind !== 'metrics') continue;
    seen.push(event.operators.find(({ name }) => name === 'work')?.in ?? -1);
    if (seen.length >= 3 && seen.at(-1) !== 0) break;
  }
  await execution.cancel();
  expect(seen.every((count, i) => count >= (seen[i - 1] ?? 0))).toBe(true);
});
