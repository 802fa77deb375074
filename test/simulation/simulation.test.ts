import { afterAll, beforeAll, expect, test } from 'vitest';
import { SEED } from '../seed.ts';
import { difference } from './difference.ts';
import { RECORDS, type Run, keyedJob, really, simulate } from './job.ts';
import { LockStep } from './lock-step.ts';

const SEEDS = 20;
const DEADLY_SEEDS = 10;
const built = keyedJob();
let lockStep: LockStep;

beforeAll(async () => {
  lockStep = await LockStep.start();
});

afterAll(() => lockStep.close());

test('whatever the seed, results are those of a real run; a seed gives one trace', async () => {
  const expected = await really(built);
  const total = expected.reduce((sum, label) => sum + Number(label.split(' ')[2]), 0);
  expect(total).toBe((RECORDS * (RECORDS + 1)) / 2);
  const runs: Run[] = [];
  for (let i = 0; i < SEEDS; i++) {
    const run = await simulate(built, SEED + i, lockStep);
    expect(run.results, `npm run simulate -- --seed ${SEED + i}`).toEqual(expected);
    runs.push(run);
  }
  expect(new Set(runs.map(({ trace }) => trace.join('\n'))).size).toBe(SEEDS);
  // In a process that has simulated nothing before.
  const fresh = await LockStep.start();
  try {
    for (const i of [SEEDS - 1, 0]) {
      const again = await simulate(built, SEED + i, fresh);
      expect(difference((runs[i] as Run).trace, again.trace)).toBeUndefined();
    }
  } finally {
    await fresh.close();
  }
});

test('workers that die cost nothing but time', async () => {
  const expected = await really(built);
  let restarts = 0;
  let late = 0;
  for (let i = 0; i < DEADLY_SEEDS; i++) {
    const run = await simulate(built, SEED + i, lockStep, { deaths: 2 });
    expect(run.results, `npm run simulate -- --deaths 2 --seed ${SEED + i}`).toEqual(expected);
    restarts += run.trace.filter((line) => line.includes(' log ')).length;
    late += run.trace.filter((line) => line.includes(' late from ')).length;
    if (i > 0) continue;
    const again = await simulate(built, SEED + i, lockStep, { deaths: 2 });
    expect(difference(run.trace, again.trace)).toBeUndefined();
  }
  expect(restarts).toBeGreaterThan(DEADLY_SEEDS / 2);
  expect(late).toBeGreaterThan(0);
});

test('with checkpoints it goes on from the last, and gives each result once', async () => {
  const expected = await really(built);
  const checkpointed = keyedJob(20);
  let goneOn = 0;
  for (let i = 0; i < DEADLY_SEEDS; i++) {
    const run = await simulate(checkpointed, SEED + i, lockStep, { deaths: 3 });
    const again = `npm run simulate -- --deaths 3 --checkpoints 20 --seed ${SEED + i}`;
    expect(run.results, again).toEqual(expected);
    goneOn += run.trace.filter((line) => line.includes('goes on from checkpoint')).length;
    if (i > 0) continue;
    const other = await simulate(checkpointed, SEED + i, lockStep, { deaths: 3 });
    expect(difference(run.trace, other.trace)).toBeUndefined();
  }
  expect(goneOn).toBeGreaterThan(DEADLY_SEEDS / 2);
});

test('a simulated job is stuck where nothing is left to happen', async () => {
  const { Simulation } = await import('./simulation.ts');
  const simulation = new Simulation(1);
  let rang = 0;
  simulation.machine.clock.after(5, () => rang++);
  simulation.machine.clock.after(6, () => rang++)();
  await expect(simulation.until(new Promise(() => {}))).rejects.toThrow(
    /nothing is left to happen/,
  );
  expect(rang).toBe(1);
  expect(simulation.now).toBeGreaterThanOrEqual(5);
});
