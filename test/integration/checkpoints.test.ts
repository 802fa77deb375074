// Jobs with checkpoints whose workers are killed: what comes out is as if nothing had happened.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { FileSink, StreamExecutionEnvironment, py } from '../../src/index.ts';
import { happened } from '../fixtures/happened.ts';

const FUNCTIONS = fileURLToPath(new URL('../fixtures/running_sums.py', import.meta.url));
/** So many that several checkpoints come before the end. */
const RECORDS = 24_000;
const KEYS = 7;

type Sum = [key: number, n: number, sum: number];

function stream(env: StreamExecutionEnvironment) {
  return env
    .fromSequence(1, RECORDS)
    .map(py<number, number>(FUNCTIONS, 'worked'))
    .keyBy((n) => n % KEYS)
    .process(py<number, Sum>(FUNCTIONS, 'Sums'));
}

function environment(dir?: string): StreamExecutionEnvironment {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 2 });
  env.enableCheckpointing(30, dir === undefined ? {} : { dir });
  return env.configure({ 'restart-strategy.exponential-delay.initial-backoff': '10 ms' });
}

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-checkpoints-test-'));
  folders.push(folder);
  return folder;
}

/** Every number once, and of each key one sum after the other. */
function checkSums(sums: Sum[]): void {
  const numbers = Array.from({ length: RECORDS }, (_, i) => i + 1);
  expect(sums.map(([, n]) => n).sort((a, b) => a - b)).toEqual(numbers);
  const last = new Map<number, number>();
  for (const [key, n, sum] of sums.toSorted((a, b) => a[2] - b[2])) {
    expect({ key, n, sum }).toEqual({ key, n, sum: (last.get(key) ?? 0) + n });
    last.set(key, sum);
  }
}

describe('a worker that is killed', () => {
  test('costs its caller no result, and gives none twice', async () => {
    const env = environment();
    const results = stream(env).executeAndCollect();
    const job = await results.job();
    const { pid } = await happened(job, 'worker-started', ({ slot }) => slot === 1);
    const killed = (async () => {
      await happened(job, 'checkpoint-completed', ({ checkpoint }) => checkpoint >= 1);
      process.kill(pid, 'SIGKILL');
    })();
    const sums: Sum[] = [];
    for await (const sum of results) sums.push(sum);
    await killed;
    expect((await job.result).restarts).toBe(1);
    checkSums(sums);
  });

  test('costs a file nothing, and no record is in it twice', async () => {
    const folder = temporaryFolder();
    const dir = join(folder, 'state');
    const out = join(folder, 'out');
    const env = environment(dir);
    stream(env)
      .map((sum) => JSON.stringify(sum))
      .sinkTo(FileSink.forRowFormat(out).build());
    const job = await env.executeAsync();
    const killed = (async () => {
      const { pid } = await happened(job, 'worker-started');
      await happened(job, 'checkpoint-completed', ({ checkpoint }) => checkpoint >= 1);
      const [kept] = readdirSync(dir);
      expect(statSync(join(dir, kept as string)).mode & 0o077).toBe(0);
      process.kill(pid, 'SIGKILL');
    })();
    const { restarts } = await job.result;
    await killed;
    expect(restarts).toBe(1);
    const lines = readdirSync(out, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(out, name)).isFile())
      .flatMap((name) => readFileSync(join(out, name), 'utf8').trimEnd().split('\n'));
    checkSums(lines.map((line) => JSON.parse(line) as Sum));
    // The job has ended: its checkpoints are of no use any more.
    expect(readdirSync(dir)).toEqual([]);
  });
});

test('a generator whose subtasks end at different times gives each record once', async () => {
  const module = fileURLToPath(new URL('../fixtures/uneven_source.py', import.meta.url));
  const results = environment()
    .fromSource(py(module, 'numbers'))
    .setParallelism(2)
    .map(py<unknown, [number, number]>(module, 'same'))
    .executeAndCollect();
  const job = await results.job();
  const killed = (async () => {
    const { pid } = await happened(job, 'worker-started', ({ slot }) => slot === 1);
    await happened(job, 'subtask-drained');
    await happened(job, 'checkpoint-started');
    await happened(job, 'checkpoint-completed');
    await happened(job, 'checkpoint-completed', ({ checkpoint }) => checkpoint >= 4);
    process.kill(pid, 'SIGKILL');
  })();
  const seen: string[] = [];
  for await (const [subtask, n] of results) seen.push(`${subtask}/${n}`);
  await killed;
  expect((await job.result).restarts).toBe(1);
  expect(seen).toHaveLength(405);
  expect(new Set(seen).size).toBe(405);
});

test('a process does not end before the last checkpoint of its job', async () => {
  const program = fileURLToPath(new URL('../fixtures/short-job.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  expect(stdout).toBe('100 results\n');
});

test('a job that has failed is taken up by another, at another parallelism', async () => {
  const folder = temporaryFolder();
  const dir = join(folder, 'state');
  const out = join(folder, 'out');
  const run = (env: StreamExecutionEnvironment) => {
    stream(env)
      .map((sum) => JSON.stringify(sum))
      .sinkTo(FileSink.forRowFormat(out).build());
    return env.executeAsync();
  };
  const first = await run(environment(dir).configure({ 'restart-strategy.type': 'none' }));
  const { pid } = await happened(first, 'worker-started');
  await happened(first, 'checkpoint-completed', ({ checkpoint }) => checkpoint >= 1);
  process.kill(pid, 'SIGKILL');
  await expect(first.result).rejects.toThrow(/SIGKILL/);
  const [left] = readdirSync(dir) as [string];
  const second = environment(dir).setParallelism(3);
  second.configure({ 'execution.state-recovery.path': join(dir, left) });
  await (await run(second)).result;
  const lines = readdirSync(out, { recursive: true, encoding: 'utf8' })
    .filter((name) => !basename(name).startsWith('.') && statSync(join(out, name)).isFile())
    .flatMap((name) => readFileSync(join(out, name), 'utf8').trimEnd().split('\n'));
  checkSums(lines.map((line) => JSON.parse(line) as Sum));
  // That of the first is still there, for whoever wants to begin from it again.
  expect(readdirSync(dir)).toEqual([left]);
});

test('a job that takes no checkpoints begins from none', async () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1 });
  env.configure({ 'execution.state-recovery.path': '/nowhere' });
  stream(env).toOutput('out');
  const job = await env.executeAsync();
  await expect(job.result).rejects.toThrow(/takes no checkpoints: set execution.checkpointing.int/);
});

test('a job cannot begin from a folder without a checkpoint', async () => {
  const env = environment();
  env.configure({ 'execution.state-recovery.path': '/nowhere' });
  stream(env).toOutput('out');
  const job = await env.executeAsync();
  await expect(job.result).rejects.toThrow(
    /cannot begin from \/nowhere: there is no such file or folder/,
  );
});

test('a job in BATCH mode takes none, and says so', async () => {
  const env = environment().setRuntimeMode('BATCH');
  env.fromCollection([1, 2]).map(py<number, number>(FUNCTIONS, 'worked')).toOutput('out');
  const job = await env.executeAsync();
  const { message } = await happened(job, 'log');
  expect(message).toMatch(/takes no checkpoints, as it runs in BATCH mode/);
  await job.result;
});

test('a folder that cannot be made is refused, once', async () => {
  const env = environment('/etc/hostname/state');
  env.fromCollection([1]).map(py<number, number>(FUNCTIONS, 'worked')).toOutput('out');
  const job = await env.executeAsync();
  await expect(job.result).rejects.toThrow(
    /cannot be kept in \/etc\/hostname\/state\/.*ENOTDIR.*Set execution.checkpointing.dir/,
  );
});

test('a folder that is none of this machine is refused', async () => {
  const env = environment('hdfs://somewhere/state');
  env.fromCollection([1]).map(py<number, number>(FUNCTIONS, 'worked')).toOutput('out');
  const job = await env.executeAsync();
  await expect(job.result).rejects.toThrow(/execution.checkpointing.dir is "hdfs:.*give its path/);
});
