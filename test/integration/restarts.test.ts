// What a restart does to real Python workers: those that are well stay, and so do all counts.

import { readFileSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WorkerPool } from '../../src/bridge/worker-pool.ts';
import { builtIn } from '../../src/built-in.ts';
import type { JobGraph } from '../../src/graph/job-graph.ts';
import { systemMachine } from '../../src/machine/system-machine.ts';
import type { JobEvent } from '../../src/runtime/job-events.ts';
import { JobExecution } from '../../src/runtime/job-execution.ts';
import { allEvents, ofKind } from '../fixtures/happened.ts';
import { packageDir, udf } from '../fixtures/python-jobs.ts';
import { edge, graph, operator } from '../graph/graphs.ts';

const SLOTS = 2;
const RECORDS = 100;

let pool: WorkerPool;

beforeAll(() => {
  const nowhere = () => {};
  pool = new WorkerPool({
    packageDir,
    output: { printed: nowhere, said: nowhere, stderr: nowhere },
  });
});

afterAll(() => pool.close());

const config = {
  'restart-strategy.type': 'fixed-delay',
  'restart-strategy.fixed-delay.attempts': '60',
  'restart-strategy.fixed-delay.delay': '1 ms',
  'isthmus.close-timeout': '300 ms',
};

/** Source and sink of TypeScript, a Python map between. */
function job(...args: (string | number)[]): JobGraph {
  return graph(
    [
      operator(1, 'source.sequence', { params: { from: 1, to: RECORDS }, language: 'any' }),
      operator(2, 'map', { name: 'work', fns: { function: udf('FailsUntil', args) } }),
      operator(3, 'sink.function', {
        language: 'typescript',
        fns: { function: { language: 'typescript', form: 'closure', id: 0, name: 'take' } },
      }),
    ],
    [edge(1, 2), edge(2, 3)],
    { client: 'typescript', parallelism: SLOTS, config },
  );
}

type Seen = [attempt: number, attemptsOfProcess: number, pid: number];

async function run(asked: JobGraph, onRecord: (seen: Seen) => void = () => {}) {
  const seen: Seen[] = [];
  const take = (record: Seen) => {
    seen.push(record);
    onRecord(record);
  };
  const execution = JobExecution.start(
    { graph: asked, blobs: [], functions: [take] },
    { pool, machine: systemMachine, makers: () => builtIn },
  );
  const told = allEvents(execution);
  const result = await execution.result;
  const events = await told;
  return { result, events, seen };
}

/** By slot. */
const pidsOf = (events: readonly JobEvent[], attempt: number): number[] =>
  ofKind(events, 'worker-started')
    .filter((event) => event.attempt === attempt)
    .toSorted((a, b) => a.slot - b.slot)
    .map(({ pid }) => pid);

describe('after a failure', () => {
  test('of a Python function all workers stay, and their modules with them', async () => {
    const { events, seen, result } = await run(job('raises', 2));
    expect(new Set(pidsOf(events, 0)).size).toBe(SLOTS);
    expect(pidsOf(events, 1)).toEqual(pidsOf(events, 0));
    expect(pidsOf(events, 2)).toEqual(pidsOf(events, 0));
    const restarted = ofKind(events, 'worker-started').filter(({ attempt }) => attempt > 0);
    expect(restarted.every(({ inPlace }) => inPlace)).toBe(true);
    expect(result.restarts).toBe(2);
    const last = seen.filter(([attempt]) => attempt === 2);
    expect(last).toHaveLength(RECORDS);
    // Modules live as long as the process does.
    expect(new Set(last.map(([, attemptsOfProcess]) => attemptsOfProcess))).toEqual(new Set([3]));
  });

  test('of a TypeScript function all workers stay', async () => {
    let failures = 2;
    const { events, result } = await run(job('never', 0), () => {
      if (failures-- > 0) throw new Error('not yet');
    });
    expect(result.restarts).toBe(2);
    expect(pidsOf(events, 2)).toEqual(pidsOf(events, 0));
  });

  test.each(['dies', 'leaves a thread', 'does not close'])(
    'in which a worker %s, that one is replaced and the other stays',
    async (how) => {
      const { events, result, seen } = await run(job(how, 1));
      expect(result.restarts).toBe(1);
      const [gone, stays] = pidsOf(events, 0);
      const [fresh, stayed] = pidsOf(events, 1);
      expect(stayed).toBe(stays);
      expect(fresh).not.toBe(gone);
      expect(ofKind(events, 'worker-started').map(({ inPlace }) => inPlace)).toEqual([
        false,
        false,
        false,
        true,
      ]);
      const parted = ofKind(events, 'worker-released').find(({ pid }) => pid === gone);
      expect(parted).toMatchObject({ isOfUse: false });
      if (how === 'leaves a thread') expect(parted?.threads).toEqual(['of the user']);
      if (how === 'dies') {
        expect(ofKind(events, 'worker-died')).toMatchObject([
          { pid: gone, slot: 0, cause: 'crashed', signal: 'SIGKILL', attempt: 0 },
        ]);
      }
      expect(seen.filter(([attempt]) => attempt === 1)).toHaveLength(RECORDS);
      expect(() => process.kill(gone as number, 0)).toThrow();
    },
  );
});

test('counts go on over attempts', async () => {
  const { result, seen } = await run(job('raises', 2));
  const work = result.metrics.find(({ name }) => name === 'work');
  // Each attempt that failed has seen 20 records in the subtask that failed.
  expect(work?.in).toBeGreaterThanOrEqual(RECORDS + 2 * 20);
  const counted = work?.userMetrics?.seen;
  if (counted?.kind !== 'counter') throw new Error('no counter');
  expect(counted.count).toBeGreaterThanOrEqual(RECORDS + 2 * 20);
  // Records that no function was called with do not count.
  expect(work?.in).toBe(counted.count);
  const taken = result.metrics.find(({ id }) => id === 3)?.in;
  expect(taken).toBe(seen.length);
});

test('50 restarts in place leak nothing', async () => {
  const sizes: { attempt: number; rss: number; threads: number; descriptors: number }[] = [];
  const own: number[] = [];
  let last = -1;
  await run(job('raises', 50), ([attempt, , pid]) => {
    if (attempt === last) return;
    last = attempt;
    sizes.push({ attempt, ...sizeOf(pid) });
    own.push(readdirSync('/proc/self/fd').length);
  });
  const early = sizes.filter(({ attempt }) => attempt >= 10 && attempt < 20);
  const late = sizes.filter(({ attempt }) => attempt >= 40);
  expect(late.length).toBeGreaterThan(5);
  const most = (list: typeof sizes, what: 'rss' | 'threads' | 'descriptors') =>
    Math.max(...list.map((size) => size[what]));
  // One that looks after slow calls begins with the first of them.
  expect(most(late, 'threads')).toBeLessThanOrEqual(most(early, 'threads') + 1);
  expect(most(late, 'descriptors')).toBeLessThanOrEqual(most(early, 'descriptors'));
  expect(most(late, 'rss')).toBeLessThan(most(early, 'rss') + 4_096);
  expect(Math.max(...own.slice(-10))).toBeLessThanOrEqual(Math.max(...own.slice(10, 20)) + 2);
});

/** Of a process; memory in KiB. */
function sizeOf(pid: number): { rss: number; threads: number; descriptors: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const number = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return {
    rss: number('VmRSS'),
    threads: number('Threads'),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}
