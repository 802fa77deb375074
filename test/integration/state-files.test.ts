// Workers with more state than a frame may hold: it is in files, which they write and read themselves, and frames name it.

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeValue } from '../../src/bridge/codec/encode.ts';
import {
  FLAG_KEYS,
  type Frame,
  FrameType,
  encodeBarrier,
  encodeCredit,
} from '../../src/bridge/frame.ts';
import { mapOf } from '../../src/bridge/frame-connection.ts';
import { findInterpreter } from '../../src/bridge/interpreter.ts';
import { WorkerProcess } from '../../src/bridge/worker-process.ts';
import { workerSettings, settingsOf } from '../../src/config/resolve.ts';
import { wireCodec } from '../../src/runtime/wire-batch.ts';
import { KeyGroups } from '../../src/state/keys.ts';
import { eventually } from '../fixtures/processes.ts';

const KEYS = 140;
const MAX_PARALLELISM = 128;
const MiB = 1 << 20;
const [IN, OUT] = [1, 2];
const packageDir = fileURLToPath(new URL('../../python', import.meta.url));
const file = fileURLToPath(new URL('../fixtures/python/keeping.py', import.meta.url));

const started: Worker[] = [];
let folder: string;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'isthmus-files-')), 'state');
});

afterEach(async () => {
  await Promise.all(started.splice(0).map(({ process }) => process.discard()));
  rmSync(join(folder, '..'), { recursive: true });
});

/** A worker with one subtask of the job. */
class Worker {
  readonly process: WorkerProcess;
  readonly frames: Frame[] = [];
  readonly records: unknown[][] = [];

  constructor() {
    this.process = new WorkerProcess({
      executable: findInterpreter(undefined).command,
      packageDir,
      startTimeoutMs: 60_000,
      maxFrameBytes: 64 * MiB,
      output: { printed: () => {}, said: () => {}, stderr: () => {} },
    });
    started.push(this);
    this.process.lend({ frame: (frame) => this.#take(frame), exited: () => {} });
  }

  async deploy(subtask: number, parallelism: number, attempt: number, restore: object[]) {
    await this.process.ready;
    const local = { codec: 'msgpack', local: false };
    this.process.sendMap(FrameType.DEPLOY, {
      job: '0'.repeat(32),
      jobName: 'job',
      slot: subtask,
      mode: 'STREAMING',
      attempt,
      settings: workerSettings(settingsOf({})),
      checkpoints: true,
      python: { mainBundles: [] },
      stateFolder: folder,
      restore: { 0: restore },
      tasks: [
        {
          task: 0,
          name: 'keep',
          subtask,
          parallelism,
          maxParallelism: MAX_PARALLELISM,
          chain: [
            {
              id: 1,
              language: 'python',
              chaining: 'always',
              uid: 'keep',
              kind: 'process',
              name: 'keep',
              params: {},
              fns: { function: { language: 'python', form: 'import', file, name: 'KeepMuch' } },
            },
          ],
          keyedInputs: [true, false],
          inputs: [{ channel: IN, input: 0, keyed: true, ...local }],
          outputs: [
            {
              fromOperator: 0,
              partitioner: { kind: 'forward' },
              channels: [{ channel: OUT, receiver: 0, ...local }],
              receivers: 1,
              maxParallelism: MAX_PARALLELISM,
            },
          ],
        },
      ],
    });
    await this.frame(FrameType.DEPLOYED);
    this.process.send(FrameType.START, 0, 0, 0, new Uint8Array(0));
  }

  feed(keys: readonly number[]): void {
    const body = encodeValue([keys.map((key) => `k${key}`), keys]);
    this.process.send(FrameType.BATCH, FLAG_KEYS, IN, keys.length, body);
  }

  async snapshot(checkpoint: number): Promise<object> {
    this.barrier(checkpoint);
    const { state, failed } = mapOf<{ state: object; failed?: string }>(
      await this.frame(FrameType.SNAPSHOT),
    );
    expect(failed).toBeUndefined();
    return state;
  }

  barrier(checkpoint: number): void {
    const body = encodeBarrier({ checkpoint, timestamp: 0, of: 'checkpoint' });
    this.process.send(FrameType.BARRIER, 0, IN, 0, body);
  }

  async frame(type: number): Promise<Frame> {
    await eventually(
      `a frame of type ${type}`,
      () => {
        const failed = this.frames.find((frame) => frame.type === FrameType.FAILED);
        if (failed !== undefined) throw new Error(mapOf<{ message: string }>(failed).message);
        return this.frames.some((frame) => frame.type === type);
      },
      60_000,
    );
    return this.frames.find((frame) => frame.type === type) as Frame;
  }

  #take(frame: Frame): void {
    this.frames.push(frame);
    if (frame.type !== FrameType.BATCH) return;
    const { values } = wireCodec('msgpack', undefined).decode(frame.flags, frame.count, frame.body);
    this.records.push(...(values as unknown[][]));
    const credit = encodeCredit(frame.body.byteLength);
    this.process.send(FrameType.CREDIT, 0, OUT, 0, credit);
  }
}

const keys = Array.from({ length: KEYS }, (_, key) => key);

async function run(parallelism: number, turn: number, restore: object[]): Promise<object[]> {
  const groups = new KeyGroups(MAX_PARALLELISM, parallelism);
  return Promise.all(
    Array.from({ length: parallelism }, async (_, subtask) => {
      const worker = new Worker();
      await worker.deploy(subtask, parallelism, turn, restore);
      const own = keys.filter((key) => groups.target(`k${key}`) === subtask);
      worker.feed(own);
      const state = await worker.snapshot(turn + 1);
      expect(worker.records).toEqual(own.map((key) => [`k${key}`, turn + 1, key, 512 << 10]));
      for (const { type, body } of worker.frames) {
        if (type !== FrameType.BATCH) expect(body.byteLength).toBeLessThan(64 << 10);
      }
      await worker.process.discard();
      return state;
    }),
  );
}

test('more than 64 MiB of a worker go on at parallelism 1, 3 and 2', {
  timeout: 180_000,
}, async () => {
  let states: object[] = [];
  for (const [turn, parallelism] of [1, 3, 2].entries()) {
    states = await run(parallelism, turn, states);
    const bytes = readdirSync(folder)
      .filter((name) => name.startsWith(String(turn + 1).padStart(10, '0')))
      .map((name) => statSync(join(folder, name)).size);
    expect(bytes).toHaveLength(parallelism);
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(64 * MiB);
  }
  expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
});

test('a worker that is killed while it writes leaves nothing that has the name of a whole file', {
  timeout: 120_000,
}, async () => {
  const worker = new Worker();
  await worker.deploy(0, 1, 0, []);
  worker.feed(keys);
  worker.barrier(1);
  const names = (): string[] => {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  };
  while (names().length === 0) await turn();
  process.kill(worker.process.pid, 'SIGKILL');
  await worker.process.exited;
  expect(names()).toEqual(['0000000001-a0-t0-s0.state.part']);
  expect(worker.frames.some(({ type }) => type === FrameType.SNAPSHOT)).toBe(false);
});
