// The runtime as a Python program starts it: its descriptors are told by number (`RuntimeProcess` of the Python package).

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import {
  FLAG_LAST,
  FLAG_PICKLE,
  type Frame,
  FrameType,
  encodeCredit,
} from '../../src/bridge/frame.ts';
import { FrameConnection, mapOf } from '../../src/bridge/frame-connection.ts';
import { findInterpreter } from '../../src/bridge/interpreter.ts';
import type { FunctionRef, JobGraph } from '../../src/graph/job-graph.ts';
import { VERSION } from '../../src/version.ts';
import { descendants, eventually, isRunning } from '../fixtures/processes.ts';
import { packageDir, udf } from '../fixtures/python-jobs.ts';
import { edge, graph, operator } from '../graph/graphs.ts';

const host = fileURLToPath(new URL('../../src/driver/driver-host.ts', import.meta.url));
const folders: string[] = [];
const children: ChildProcess[] = [];

interface Driver {
  child: ChildProcess;
  /** What ends with the program. */
  pipes: { input: Writable; output: Readable; life: Writable };
  connection: FrameConnection;
  frames: Frame[];
  of(type: number, request?: number): Frame[];
  stdout(): string;
  stderr(): string;
  ended: Promise<number | null>;
}

function start(hello: object = {}): Driver {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-driver-'));
  folders.push(folder);
  const path = join(folder, 'stdout');
  const stdout = openSync(path, 'w');
  // User code's own three, frames in and out, the program's stdout and stderr, and what tells that the program lives.
  const child = spawn(process.execPath, [host], {
    stdio: ['ignore', 'inherit', 'pipe', 'pipe', 'pipe', stdout, 'pipe', 'pipe'],
  });
  closeSync(stdout);
  children.push(child);
  let stderr = '';
  const [, , own, input, output, , program, life] = child.stdio as unknown as [
    null,
    null,
    Readable,
    Writable,
    Readable,
    null,
    Readable,
    Writable,
  ];
  for (const stream of [own, program]) {
    stream.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
  }
  const frames: Frame[] = [];
  const connection = new FrameConnection(output, input, {
    frame: (frame) => frames.push(frame),
    violation: (error) => {
      throw error;
    },
    end: () => {},
  });
  connection.sendMap(FrameType.HELLO, {
    protocol: 1,
    isthmus: VERSION,
    python: '3.11.0',
    pid: process.pid,
    executable: findInterpreter(undefined).command,
    role: 'driver',
    packageDir,
    ...hello,
  });
  return {
    child,
    pipes: { input, output, life },
    connection,
    frames,
    of: (type, request) =>
      frames.filter((frame) => frame.type === type && (request ?? frame.channel) === frame.channel),
    stdout: () => readFileSync(path, 'utf8'),
    stderr: () => stderr,
    ended: new Promise((resolve) => child.once('close', resolve)),
  };
}

function job(
  fn: FunctionRef,
  sink: 'sink.print' | 'sink.collect' | 'sink.output',
  count = 3,
): JobGraph {
  return graph(
    [
      operator(1, 'source.sequence', { params: { from: 1, to: count } }),
      operator(2, 'map', { name: 'work', fns: { function: fn } }),
      operator(3, sink, { params: { name: 'out' } }),
    ],
    [edge(1, 2), edge(2, 3)],
  );
}

/** As a program says it: its settings are texts, and resolved by the runtime. */
function submit(driver: Driver, request: number, asked: JobGraph, blobs: number[] = []): void {
  const { version, name, client, parallelism, operators, edges, python } = asked;
  const submitted = { version, name, client, parallelism, operators, edges, python, config: {} };
  driver.connection.sendMap(FrameType.SUBMIT, { graph: submitted, blobs }, request);
}

async function end(driver: Driver, request: number): Promise<Record<string, unknown>> {
  await eventually(
    'the end of the job',
    () => driver.of(FrameType.JOB_FINISHED, request).length > 0,
  );
  return mapOf(driver.of(FrameType.JOB_FINISHED, request)[0] as Frame);
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

test('runs jobs one after the other and at the same time, and prints what nobody reads', async () => {
  const driver = start();
  submit(driver, 1, job(udf('double'), 'sink.print'));
  expect(await end(driver, 1)).toMatchObject({
    status: 'FINISHED',
    job: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  expect(driver.stdout()).toBe('2\n4\n6\n');
  submit(driver, 2, job(udf('double'), 'sink.output'));
  submit(driver, 3, job(udf('double'), 'sink.print'));
  await Promise.all([end(driver, 2), end(driver, 3)]);
  expect(driver.stdout().split('\n').toSorted()).toEqual([
    '',
    '2',
    '2',
    '2',
    '4',
    '4',
    '4',
    '6',
    '6',
    '6',
  ]);
  expect(driver.frames[0]).toMatchObject({ type: FrameType.WELCOME });
  expect(mapOf(driver.of(FrameType.SUBMITTED, 1)[0] as Frame)).toHaveProperty('job');
});

test('blobs come in pieces', async () => {
  const driver = start();
  // A pickle of builtins.abs, in two pieces.
  const pickled = Buffer.from('cbuiltins\nabs\n.');
  driver.connection.send(FrameType.BLOB, 0, 7, 0, pickled.subarray(0, 5));
  driver.connection.send(FrameType.BLOB, FLAG_LAST, 7, 0, pickled.subarray(5));
  submit(
    driver,
    1,
    job({ language: 'python', form: 'pickle', blob: 0, name: 'abs' }, 'sink.print'),
    [7],
  );
  expect(await end(driver, 1)).toMatchObject({ status: 'FINISHED' });
  expect(driver.stdout()).toBe('1\n2\n3\n');
});

test('results wait for credit, and come all', async () => {
  const driver = start();
  submit(driver, 1, job(udf('double'), 'sink.collect', 3_000_000));
  const bytes = () =>
    driver.of(FrameType.RESULTS).reduce((sum, { body }) => sum + body.byteLength, 0);
  let before = -1;
  await eventually('no more results', () => {
    const now = bytes();
    const still = now > 1 << 20 && now === before;
    before = now;
    return still;
  });
  expect(driver.of(FrameType.JOB_FINISHED)).toEqual([]);
  // A window here, one on the channel, and a frame that was let through.
  expect(bytes()).toBeLessThan(4 << 20);
  let credited = 0;
  await eventually('all results', () => {
    const now = bytes();
    if (now > credited)
      driver.connection.send(FrameType.RESULTS_CREDIT, 0, 1, 0, encodeCredit(now - credited));
    credited = now;
    return driver.of(FrameType.JOB_FINISHED).length > 0;
  });
  const results = driver.of(FrameType.RESULTS);
  expect(results.every(({ flags }) => flags === FLAG_PICKLE)).toBe(true);
  expect(results.reduce((sum, { count }) => sum + count, 0)).toBe(3_000_000);
});

test('a job is cancelled, another goes on', async () => {
  const driver = start();
  submit(driver, 1, job(udf('sleep_without_gil'), 'sink.print'));
  await eventually('the job runs', () => driver.of(FrameType.JOB_EVENT, 1).length > 0);
  driver.connection.sendMap(FrameType.JOB_CANCEL, { reason: 'enough' }, 1);
  submit(driver, 2, job(udf('double'), 'sink.print'));
  expect(await end(driver, 1)).toMatchObject({
    status: 'CANCELED',
    error: { code: 'ISTHMUS_CANCELLED' },
  });
  expect(await end(driver, 2)).toMatchObject({ status: 'FINISHED' });
});

test('a failure is told with its report', async () => {
  const driver = start();
  submit(driver, 1, job(udf('fail_at_seven'), 'sink.print', 9));
  expect(await end(driver, 1)).toMatchObject({
    status: 'FAILED',
    error: {
      code: 'ISTHMUS_USER_FUNCTION',
      operator: 'work',
      record: '7',
      exceptionType: 'ValueError',
    },
  });
  submit(driver, 2, graph([], []));
  expect(await end(driver, 2)).toMatchObject({
    status: 'FAILED',
    error: { code: 'ISTHMUS_GRAPH' },
  });
});

test.each(['python_loop', 'with_child'])(
  'when the program goes, everything goes: %s',
  async (state) => {
    const driver = start();
    submit(driver, 1, job(udf(state), 'sink.print'));
    const pid = driver.child.pid as number;
    const wanted = state === 'with_child' ? 3 : 2;
    await eventually('a worker at work', () => driver.of(FrameType.JOB_EVENT, 1).length > 0);
    await eventually('its processes', () => descendants(pid).length >= wanted);
    const all = [pid, ...descendants(pid)];
    for (const pipe of Object.values(driver.pipes)) pipe.destroy();
    await eventually('the end of all', () => !all.some(isRunning));
  },
);

test('another version is refused with a sentence', async () => {
  const driver = start({ isthmus: '0.0.1' });
  expect(await driver.ended).toBe(78);
  expect(driver.stderr()).toMatch(/runs Isthmus 0\.0\.1 .* install the same version of both/);
});

test('bytes that are no frame end the runtime', async () => {
  const driver = start();
  driver.pipes.input.write('this is no frame, somebody printed it');
  expect(await driver.ended).toBe(78);
  expect(driver.stderr()).toContain('The program broke the bridge protocol: magic');
});
