// Files that are read and written while workers die, the disk is full or fails, and the power goes.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { SEED } from '../seed.ts';
import { difference } from './difference.ts';
import { fileJob, output, putInput, WRITTEN } from './file-job.ts';
import { checkpointsEvery, type Fortune, type Run, simulate } from './job.ts';
import { LockStep } from './lock-step.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import { type Simulation, randomOf } from './simulation.ts';

/** A run takes about so long (ms). */
const RUN_MS = 120;
const built = fileJob();
let lockStep: LockStep;

beforeAll(async () => {
  lockStep = await LockStep.start();
  await left(SEED); // What is loaded on first use.
});

afterAll(() => lockStep.close());

interface Left {
  disk: SimulatedDisk;
  run?: Run;
  failure?: Error;
}

async function left(seed: number, fortune: Fortune = {}, graph = built): Promise<Left> {
  let disk = fortune.disk as SimulatedDisk;
  const before = (simulation: Simulation) => {
    if (fortune.disk === undefined) putInput(simulation.disk);
    disk = simulation.disk;
    fortune.before?.(simulation);
  };
  try {
    return { run: await simulate(graph, seed, lockStep, { ...fortune, before }), disk };
  } catch (thrown) {
    return { failure: thrown as Error, disk };
  } finally {
    // Whoever looks at the disk finds it well.
    disk.plugIn({ random: randomOf(seed) });
  }
}

/** A path, and what is wrong with it. */
const WRONG =
  /(?:ENOSPC|EIO): \/(?:in|out)\/|(?:No space left on device|Input\/output error): '\/(?:in|out)\//;

/** Every line whole, and at least once: a job that takes no checkpoints begins again. */
function expectAll({ lines, hidden }: ReturnType<typeof output>, seed: number): void {
  expect([...new Set(lines)], `seed ${seed}`).toEqual(WRITTEN);
  expect(hidden, `seed ${seed}`).toEqual([]);
}

test('whatever the seed, each line is written once, and is there for good', async () => {
  for (let seed = SEED; seed < SEED + 4; seed++) {
    const { run, disk } = await left(seed);
    expect(output(disk), `seed ${seed}`).toEqual({ lines: WRITTEN, hidden: [] });
    disk.losePower();
    expect(output(disk).lines, `seed ${seed}, power lost`).toEqual(WRITTEN);
    if (seed > SEED) continue;
    expect((run as Run).trace.filter((line) => line.includes(' disk ')).length).toBeGreaterThan(80);
    const again = await left(seed);
    expect(difference((run as Run).trace, (again.run as Run).trace)).toBeUndefined();
  }
});

test('workers that die leave nothing unfinished, and no line is lost or cut', async () => {
  let begunAgain = 0;
  for (let seed = SEED; seed < SEED + 5; seed++) {
    const { run, disk } = await left(seed, { deaths: 2 });
    expectAll(output(disk), seed);
    begunAgain += (run as Run).trace.filter((line) => line.includes(' log ')).length;
  }
  expect(begunAgain).toBeGreaterThan(2);
});

test('a disk that is full or fails: the output is whole, or the error says what', async () => {
  const once = fileJob({ 'restart-strategy.type': 'none' });
  let failures = 0;
  for (let seed = SEED; seed < SEED + 12; seed++) {
    const { disk, failure } = await left(
      seed,
      { before: (simulation) => failing(simulation) },
      once,
    );
    if (failure === undefined) {
      expect(output(disk).lines, `seed ${seed}`).toEqual(WRITTEN);
      continue;
    }
    failures++;
    expect(failure.message, `seed ${seed}`).toMatch(WRONG);
    expect(output(disk).lines.filter((line) => !WRITTEN.includes(line))).toEqual([]);
  }
  expect(failures).toBeGreaterThan(4);
});

test('a disk that fails for a while costs nothing but time', async () => {
  for (let seed = SEED; seed < SEED + 4; seed++) {
    const { disk, failure } = await left(seed, { before: (simulation) => failing(simulation, 2) });
    expect(failure, `seed ${seed}`).toBeUndefined();
    expect([...new Set(output(disk).lines)], `seed ${seed}`).toEqual(WRITTEN);
  }
});

test('behind a loss of power another run finds its input, and readers no line that is cut', async () => {
  for (let seed = SEED; seed < SEED + 5; seed++) {
    const powerLossAt = RUN_MS * randomOf(seed)();
    const { disk } = await left(seed, { powerLossAt });
    disk.losePower();
    expect(output(disk).lines.filter((line) => !WRITTEN.includes(line))).toEqual([]);
    expect((await left(seed + 1_000, { disk })).failure).toBeUndefined();
    expectAll(output(disk), seed);
  }
});

/** From some operation on, the disk is full or fails: for so many operations. */
function failing(simulation: Simulation, operations = Infinity): void {
  let before = Math.floor(90 * simulation.random());
  let left = operations;
  const full = simulation.random() < 0.5;
  simulation.fault = (operation) => {
    const isOf = full ? operation === 'write' || operation === 'make' : operation !== 'list';
    if (before-- > 0 || !isOf || left-- <= 0) return undefined;
    return full ? 'ENOSPC' : 'EIO';
  };
}

test('with checkpoints each line is written once, whoever dies', async () => {
  const checkpointed = fileJob(checkpointsEvery(20));
  let goneOn = 0;
  for (let seed = SEED; seed < SEED + 4; seed++) {
    const { run, disk } = await left(seed, { deaths: 3 }, checkpointed);
    expect(output(disk).lines, `seed ${seed}`).toEqual(WRITTEN);
    goneOn += run?.trace.filter((line) => line.includes('goes on from checkpoint')).length ?? 0;
  }
  expect(goneOn).toBeGreaterThan(0);
});
