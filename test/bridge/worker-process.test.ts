// Real processes that speak the protocol and misbehave (test/fixtures/fake_worker.py).

import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { type Frame, FrameType } from '../../src/bridge/frame.ts';
import { findInterpreter } from '../../src/bridge/interpreter.ts';
import { type WorkerExit, workerExitError } from '../../src/bridge/worker-exit.ts';
import { WorkerProcess, type WorkerProcessOptions } from '../../src/bridge/worker-process.ts';
import { systemClock } from '../../src/machine/system-clock.ts';
import { watchSlot } from '../../src/runtime/slot-watch.ts';
import { eventually, isRunning } from '../fixtures/processes.ts';

const fixture = fileURLToPath(new URL('../fixtures/fake_worker.py', import.meta.url));
const started: WorkerProcess[] = [];

interface Lent {
  worker: WorkerProcess;
  frames: Frame[];
  stderr: () => string;
}

function start(mode: string, more: Partial<WorkerProcessOptions> = {}): Lent {
  const frames: Frame[] = [];
  let stderr = '';
  const worker = new WorkerProcess({
    executable: findInterpreter(undefined).command,
    packageDir: '/nowhere',
    startTimeoutMs: 20_000,
    maxFrameBytes: 1 << 20,
    output: {
      printed: () => {},
      said: () => {},
      stderr: (chunk) => {
        stderr += Buffer.from(chunk).toString();
      },
    },
    bootstrap: `import runpy, sys; sys.argv = [${JSON.stringify(fixture)}, ${JSON.stringify(mode)}]; runpy.run_path(sys.argv[0], run_name="__main__")`,
    ...more,
  });
  started.push(worker);
  worker.lend({ frame: (frame) => frames.push(frame), exited: () => {} });
  return { worker, frames, stderr: () => stderr };
}

const poke = (worker: WorkerProcess, body = Buffer.from('x')) =>
  worker.send(FrameType.BATCH, 0, 7, 1, body);

async function exitOf(mode: string): Promise<{ exit: WorkerExit } & Lent> {
  const lent = start(mode);
  await lent.worker.ready;
  poke(lent.worker);
  return { ...lent, exit: await lent.worker.exited };
}

const text = (frame: Frame | undefined) => Buffer.from(frame?.body ?? []).toString();

afterEach(async () => {
  await Promise.all(started.splice(0).map((worker) => worker.discard()));
});

test('greets, echoes and shuts down', async () => {
  const { worker, frames } = start('echo');
  expect(await worker.ready).toMatchObject({ protocol: 1, pid: worker.pid });
  const bodies = ['a', 'b'.repeat(100_000), ''];
  for (const body of bodies) poke(worker, Buffer.from(body));
  await eventually('three echoes', () => frames.length === 3);
  expect(frames.map(text)).toEqual(bodies);
  expect(frames[0]).toMatchObject({ channel: 7, count: 1, type: FrameType.BATCH });
  await worker.shutDown();
  expect(await worker.exited).toEqual({ kind: 'drained' });
  expect(isRunning(worker.pid)).toBe(false);
});

test('an exit is told with its code and the last output', async () => {
  const { exit, stderr } = await exitOf('exit');
  expect(exit).toEqual({
    kind: 'crashed',
    exitCode: 3,
    signal: undefined,
    stderrTail: 'MemoryError\n',
  });
  expect(stderr()).toBe('MemoryError\n');
  const work = {
    operators: [{ id: 4, name: 'score', functions: ['score'], parallelism: 4 }],
    slot: 1,
    slots: 4,
  };
  const error = workerExitError(exit, work);
  expect(error.message).toBe(
    'Python worker exited with code 3 while running operator "score" (subtask 2/4). Its last output: MemoryError',
  );
  expect(error.report).toMatchObject({
    code: 'ISTHMUS_WORKER_DIED',
    operatorId: 4,
    exitCode: 3,
    subtask: 1,
  });
});

test('what was written before the end still arrives', async () => {
  const { frames } = await exitOf('last-words');
  expect(frames.map(text)).toEqual(['last']);
});

test('a signal is told by its name', async () => {
  const { exit } = await exitOf('killed');
  expect(exit).toMatchObject({ kind: 'crashed', signal: 'SIGKILL' });
  expect(workerExitError(exit).message).toMatch(/^Python worker was killed by SIGKILL/);
});

test('a crash in C leaves the dump of faulthandler', async () => {
  const { exit } = await exitOf('segfault');
  expect(exit).toMatchObject({ kind: 'crashed', signal: 'SIGSEGV' });
  expect(workerExitError(exit).message).toContain('fake_worker.py');
});

test('a worker that is silent for too long is dumped and killed', async () => {
  const { worker } = start('hang');
  await worker.ready;
  poke(worker);
  const stop = watchSlot(worker, systemClock, { timeoutMs: 200, memoryBytes: undefined });
  const exit = await worker.exited;
  stop();
  expect(exit).toMatchObject({ kind: 'hung', limitMs: 200 });
  const work = {
    operators: [
      { id: 1, name: 'first', functions: ['other'], parallelism: 1 },
      { id: 2, name: 'second', functions: ['score'], parallelism: 1 },
    ],
    slot: 0,
    slots: 1,
  };
  const error = workerExitError(exit, work);
  // The dump names the function, so the operator is known among the two.
  expect(error.message).toContain(
    'gave no sign of life for 200 ms while running operator "second" (subtask 1/1)',
  );
  expect(error.code).toBe('ISTHMUS_WORKER_TIMEOUT');
});

test('a worker that answers is left alone', async () => {
  const { worker, frames } = start('echo');
  await worker.ready;
  const stop = watchSlot(worker, systemClock, { timeoutMs: 600, memoryBytes: undefined });
  // It is asked four times in that.
  await eventually('many answers', () => frames.length >= 5);
  stop();
  expect(worker.isGone).toBe(false);
});

test.runIf(process.platform === 'linux')('a worker that outgrows its cap is killed', async () => {
  const { worker } = start('grow');
  await worker.ready;
  poke(worker);
  const stop = watchSlot(worker, systemClock, { timeoutMs: 0, memoryBytes: 100 << 20 });
  const exit = await worker.exited;
  stop();
  expect(exit).toMatchObject({ kind: 'outgrew', limitBytes: 100 << 20 });
  expect(workerExitError(exit).message).toContain('python.worker.memory-limit = 100 MiB');
});

test.each([
  ['cannot-start', /could not start: no such thing as a good day\.$/],
  ['not-hello', /began with frame type 24 instead of HELLO/],
  ['old', /runs Isthmus 0\.0\.1 .* install the same version on both sides/],
  ['other-protocol', /\(protocol 99\)/],
])('%s is a start failure', async (mode, message) => {
  const { worker } = start(mode);
  await expect(worker.ready).rejects.toMatchObject({
    code: 'ISTHMUS_WORKER_START',
    message: expect.stringMatching(message),
  });
  await worker.exited;
  expect(isRunning(worker.pid)).toBe(false);
});

test('a worker that does not come up in time is a start failure', async () => {
  const { worker } = start('silent', { startTimeoutMs: 100 });
  await expect(worker.ready).rejects.toThrow(/did not come up within 100 ms/);
});

test('an interpreter that is not there is a start failure', async () => {
  const { worker } = start('echo', { executable: '/nowhere/python' });
  await expect(worker.ready).rejects.toThrow(/could not start: .*ENOENT/);
  expect(await worker.exited).toMatchObject({ kind: 'unusable' });
});

test('an environment that no process can be given is a start failure', async () => {
  // One variable may have 128 KiB on Linux, and none a zero.
  for (const text of ['a'.repeat(200_000), 'a\0b']) {
    const { worker } = start('echo', {
      env: { MUCH: process.platform === 'linux' ? text : 'a\0' },
    });
    await expect(worker.ready).rejects.toThrow(/could not start: /);
    expect(await worker.exited).toMatchObject({ kind: 'unusable' });
    await worker.shutDown();
  }
});

test('a tenant that comes after the end hears of it', async () => {
  const { worker } = start('echo');
  await worker.ready;
  process.kill(worker.pid, 'SIGKILL');
  const exit = await worker.exited;
  const heard: WorkerExit[] = [];
  worker.lend({ frame: () => {}, exited: (told) => heard.push(told) });
  expect(heard).toEqual([exit]);
});

test('bytes that are no frame end the worker, not the runtime', async () => {
  const { exit } = await exitOf('garbage');
  expect(exit).toMatchObject({ kind: 'violated', message: expect.stringContaining('magic') });
});

test.each(['child', 'child-then-exit'])(
  '%s: what user code started goes with the worker',
  async (mode) => {
    const { worker, frames } = start(mode);
    await worker.ready;
    poke(worker);
    await eventually('the pid of the child', () => frames.length === 1);
    const child = Number(text(frames[0]));
    if (mode === 'child') await worker.discard();
    expect((await worker.exited).kind).toBe(mode === 'child' ? 'discarded' : 'crashed');
    await eventually('the end of the child', () => !isRunning(child));
    expect(isRunning(worker.pid)).toBe(false);
  },
);

test('what user code prints comes on a pipe of its own', async () => {
  let printed = '';
  const { worker, frames } = start('print', {
    output: {
      printed: () => {},
      said: (chunk) => {
        printed += Buffer.from(chunk).toString();
      },
      stderr: () => {},
    },
  });
  await worker.ready;
  poke(worker);
  await eventually('a frame', () => frames.length === 1);
  await eventually('the line', () => printed === 'printed by a function\n');
});
