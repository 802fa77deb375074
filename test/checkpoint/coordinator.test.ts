import { beforeEach, describe, expect, test } from 'vitest';
import { CheckpointFolder } from '../../src/checkpoint/checkpoint-folder.ts';
import {
  type SnapshotAnswer,
  type CheckpointNews,
  type CheckpointSettings,
  Coordinator,
} from '../../src/checkpoint/coordinator.ts';
import { Simulation } from '../simulation/simulation.ts';
import { type Written, changed, kept, read, whole } from './states.ts';

const FOLDER = '/c';
const SETTINGS: CheckpointSettings = {
  intervalMs: 100,
  timeoutMs: 50,
  minPauseMs: 0,
  tolerable: undefined,
  retained: 3,
};

/** Two tasks, the second with two subtasks, which answer as they are told to. */
class Job {
  readonly simulation = new Simulation(1);
  readonly files = this.simulation.machine.files;
  readonly news: CheckpointNews[] = [];
  readonly told: string[] = [];
  readonly failures: string[] = [];
  readonly folder = new CheckpointFolder(this.files, FOLDER, () => {});
  /** Of each checkpoint, what subtasks say; absent: nothing. */
  answers: (
    checkpoint: number,
    task: number,
    subtask: number,
  ) => Promise<SnapshotAnswer> | undefined = (checkpoint, task, subtask) =>
    this.saved(checkpoint, task, subtask, [whole(0, `${task}${subtask}`)]);
  coordinator!: Coordinator;
  /** When checkpoints began. */
  readonly began: number[] = [];

  begin(settings: Partial<CheckpointSettings> = {}): void {
    let number = 1;
    this.files.now.makeFolder(FOLDER);
    this.coordinator = new Coordinator({
      job: 'j',
      jobName: 'job',
      attempt: 0,
      tasks: [
        { task: 0, name: 'Source', parallelism: 1 },
        { task: 1, name: 'Sums', parallelism: 2 },
      ],
      settings: { ...SETTINGS, ...settings },
      clock: this.simulation.machine.clock,
      folder: this.folder,
      number: () => number++,
      participants: {
        trigger: (checkpoint) => {
          this.began.push(this.simulation.now);
          for (const [task, subtask] of SUBTASKS) void this.#answer(checkpoint, task, subtask);
        },
        completed: (checkpoint) => this.told.push(`completed ${checkpoint}`),
        aborted: (checkpoint) => this.told.push(`aborted ${checkpoint}`),
      },
      tell: (news) => this.news.push(news),
      fail: (error) => this.failures.push(error.message),
    });
    this.coordinator.start();
  }

  async saved(
    checkpoint: number,
    task: number,
    subtask: number,
    chunks: Written[],
    base?: number,
  ): Promise<SnapshotAnswer> {
    const where = { checkpoint, task, subtask, parallelism: task + 1, ...(base && { base }) };
    return { kind: 'saved', state: await kept(this.files, FOLDER, where, chunks) };
  }

  async #answer(checkpoint: number, task: number, subtask: number): Promise<void> {
    const answer = await this.answers(checkpoint, task, subtask);
    if (answer !== undefined) this.coordinator.answer(checkpoint, task, subtask, answer);
  }

  later(ms: number, answer: SnapshotAnswer): Promise<SnapshotAnswer> {
    return new Promise((resolve) => void this.simulation.in(ms, () => resolve(answer)));
  }

  async pass(ms: number): Promise<void> {
    await this.simulation.until(
      new Promise((resolve) => void this.simulation.in(ms, () => resolve(undefined))),
    );
  }

  /** What the newest checkpoint has, by task. */
  async contents(): Promise<Record<number, string[]>> {
    const tasks = (await this.simulation.until(this.folder.newest()))?.tasks ?? [];
    const found: Record<number, string[]> = {};
    for (const { task, states } of tasks) {
      const texts = states.map((state) => this.simulation.until(read(this.files, FOLDER, state)));
      found[task] = (await Promise.all(texts)).flat();
    }
    return found;
  }
}

const SUBTASKS = [
  [0, 0],
  [1, 0],
  [1, 1],
] as const;

let job: Job;

beforeEach(() => {
  job = new Job();
});

test('one that all have answered is sealed, then told of', async () => {
  job.begin();
  await job.pass(190);
  expect(job.told).toEqual(['completed 1']);
  expect(job.news.map(({ kind }) => kind)).toEqual(['checkpoint-started', 'checkpoint-completed']);
  expect(job.news[1]).toMatchObject({ checkpoint: 1, bytes: 6 });
  expect(await job.contents()).toEqual({ 0: ['0 00'], 1: ['0 10', '0 11'] });
});

test('increments go on top of the last completed one', async () => {
  job.answers = (checkpoint, task, subtask) =>
    checkpoint === 1
      ? job.saved(1, task, subtask, [whole(0, 'a'), whole(1, 'b')])
      : job.saved(checkpoint, task, subtask, [changed(1, `+${checkpoint}`)], checkpoint - 1);
  job.begin();
  await job.pass(390);
  expect(job.told).toEqual(['completed 1', 'completed 2', 'completed 3']);
  expect((await job.contents())[0]).toEqual(['0 a', '1 b', '1 +2', '1 +3']);
});

describe('one that is never complete', () => {
  test('is given up when its time is over, and who is missing is named', async () => {
    job.answers = (checkpoint, task, subtask) =>
      checkpoint === 1 && subtask === 1
        ? undefined
        : job.saved(checkpoint, task, subtask, [whole(0, 'x')]);
    job.begin();
    await job.pass(290);
    expect(job.told).toEqual(['aborted 1', 'completed 2']);
    expect(job.news[1]).toEqual({
      kind: 'checkpoint-failed',
      checkpoint: 1,
      reason: 'it was not complete within 50 ms; not heard of "Sums" (subtask 2/2)',
    });
    expect(job.failures).toEqual([]);
  });

  test('hears nothing more: a late answer is dropped', async () => {
    job.answers = () => undefined;
    job.begin();
    await job.pass(190);
    expect(job.told).toEqual(['aborted 1']);
    for (const [task, subtask] of SUBTASKS) {
      job.coordinator.answer(
        1,
        task,
        subtask,
        await job.simulation.until(job.saved(1, task, subtask, [])),
      );
    }
    await job.pass(5);
    expect(job.told).toEqual(['aborted 1']);
    // Nor while the next one is under way.
    await job.pass(25);
    expect(job.news).toHaveLength(3);
    for (const [task, subtask] of SUBTASKS) {
      const late = await job.simulation.until(job.saved(1, task, subtask, []));
      job.coordinator.answer(1, task, subtask, late);
    }
    await job.pass(70);
    expect(job.told).toEqual(['aborted 1', 'aborted 2']);
    expect(await job.simulation.until(job.folder.newest())).toBeUndefined();
  });

  test('is given up at once where a subtask could not keep its state', async () => {
    job.answers = async (_, task, subtask) =>
      task === 0 ? { kind: 'failed', message: 'no space' } : job.saved(1, task, subtask, []);
    job.begin({ tolerable: 1 });
    await job.pass(140);
    expect(job.news[1]).toEqual({ kind: 'checkpoint-failed', checkpoint: 1, reason: 'no space' });
    expect(job.failures).toEqual([]);
    await job.pass(100);
    expect(job.failures).toEqual([
      'Checkpoint 2 of job "job" has failed, the 2 last ones in a row: no space',
    ]);
  });

  test('leaves the base as it was: what was built on it is not known', async () => {
    job.answers = (checkpoint, task, subtask) =>
      checkpoint === 2 && subtask === 1
        ? job.later(30, { kind: 'failed', message: 'no' })
        : job.saved(
            checkpoint,
            task,
            subtask,
            [changed(0, String(checkpoint))],
            checkpoint === 1 ? undefined : 1,
          );
    job.begin();
    await job.pass(390);
    expect(job.told).toEqual(['completed 1', 'aborted 2', 'completed 3']);
    expect((await job.contents())[0]).toEqual(['0 1', '0 3']);
  });

  test('is one whose disk does not take the manifest', async () => {
    job.begin();
    job.files.rename = () => Promise.reject(new Error('ENOSPC: no space left'));
    job.answers = async () => ({ kind: 'finished' });
    await job.pass(190);
    expect(job.told).toEqual(['aborted 1']);
    expect(job.news[1]).toMatchObject({
      kind: 'checkpoint-failed',
      reason: 'ENOSPC: no space left',
    });
  });
});

test('changes since a checkpoint that is not known make none', async () => {
  job.answers = (checkpoint, task, subtask) =>
    job.saved(checkpoint, task, subtask, [changed(0, 'x')], 7);
  job.begin();
  await job.pass(140);
  expect(job.told).toEqual(['aborted 1']);
});

describe('time', () => {
  test('the next begins an interval after the last', async () => {
    job.begin();
    await job.pass(450);
    const gaps = job.began.slice(1).map((at, i) => at - (job.began[i] as number));
    expect(gaps).toHaveLength(3);
    for (const gap of gaps) {
      expect(gap).toBeGreaterThan(98);
      expect(gap).toBeLessThan(110);
    }
  });

  test('and a pause after its end', async () => {
    job.begin({ intervalMs: 20, minPauseMs: 60 });
    await job.pass(300);
    for (const [i, at] of job.began.slice(1).entries()) {
      expect(at - (job.began[i] as number)).toBeGreaterThan(60);
    }
    expect(job.began.length).toBeGreaterThan(2);
  });
});

describe('the end', () => {
  const drain = () => {
    for (const [task, subtask] of SUBTASKS) job.coordinator.drained(task, subtask);
  };

  test('begins the last one at once, and no other', async () => {
    job.begin({ intervalMs: 10_000 });
    await job.pass(20);
    drain();
    await job.pass(40);
    expect(job.told).toEqual(['completed 1']);
    await job.pass(5_000);
    expect(job.told).toEqual(['completed 1']);
  });

  test('behind one that began before', async () => {
    job.begin();
    await job.pass(102);
    expect(job.news).toHaveLength(1);
    drain();
    await job.pass(40);
    expect(job.told).toEqual(['completed 1', 'completed 2']);
  });

  test('a subtask that has finished has what it had', async () => {
    job.answers = (checkpoint, task, subtask) =>
      checkpoint > 1 && task === 0
        ? Promise.resolve({ kind: 'finished' })
        : job.saved(checkpoint, task, subtask, [whole(0, `${checkpoint}`)]);
    job.begin();
    await job.pass(290);
    expect(await job.contents()).toEqual({ 0: ['0 1'], 1: ['0 2', '0 2'] });
  });

  test('without which a job cannot end fails it after three tries', async () => {
    job.answers = () => Promise.resolve({ kind: 'failed', message: 'full' });
    job.begin({ intervalMs: 10_000 });
    await job.pass(20);
    drain();
    await job.pass(1_000);
    expect(job.failures).toHaveLength(1);
    expect(job.told).toEqual(['aborted 1', 'aborted 2', 'aborted 3']);
  });
});

test('one that is being sealed when the coordinator stops is completed, and no other begins', async () => {
  const seal = job.folder.seal.bind(job.folder);
  let stopped: Promise<void> | undefined;
  job.folder.seal = async (manifest) => {
    await Promise.resolve();
    stopped = job.coordinator.stop();
    await seal(manifest);
  };
  job.begin();
  await job.pass(300);
  await job.simulation.until(stopped as Promise<void>);
  expect(job.told).toEqual(['completed 1']);
  expect(job.began).toHaveLength(1);
});

test('a coordinator that has stopped takes no answer any more', async () => {
  job.begin();
  await job.pass(102);
  await job.simulation.until(job.coordinator.stop());
  await job.pass(300);
  expect(job.told).toEqual([]);
  expect(job.began).toHaveLength(1);
});
