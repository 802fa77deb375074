import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemMachine } from '../../../src/machine/system-machine.ts';
import { sinkFileOperator } from '../../../src/connectors/file/sink-file.ts';
import type { OperatorContext } from '../../../src/runtime/operator.ts';
import { localJob, op } from '../../runtime/local-job.ts';
import { SubtaskStore } from '../../../src/state/store.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sink-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('writes a bucket of the hour, visible under its name at the end', async () => {
  const sink = op('sink.file', undefined, { path: folder, prefix: 'out', suffix: '.txt' });
  await localJob([{ chain: [op('source.collection', ['a', 'b']), sink] }], []).run();
  const [bucket] = await readdir(folder);
  expect(bucket).toMatch(/^\d{4}-\d\d-\d\d--\d\d$/);
  const names = await readdir(join(folder, bucket as string));
  expect(names).toHaveLength(1);
  expect(names[0]).toMatch(
    /^out-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}-0\.txt$/,
  );
  expect(await readFile(join(folder, bucket as string, names[0] as string), 'utf8')).toBe('a\nb\n');
});

test('a folder that cannot be made is named', async () => {
  const file = join(folder, 'taken');
  await writeFile(file, '');
  const sink = op('sink.file', undefined, { path: join(file, 'out') });
  const job = localJob([{ chain: [op('source.collection', ['a']), sink] }], []);
  await expect(job.run()).rejects.toThrow(/output folder .*taken.out cannot be made: ENOTDIR/);
});

test('rolls by size', async () => {
  const rolling = { maxPartBytes: 4 };
  const sink = op('sink.file', undefined, { path: folder, bucket: 'base-path', rolling });
  await localJob([{ chain: [op('source.collection', ['aa', 'bb', 'cc']), sink] }], []).run();
  const names = (await readdir(folder)).sort();
  expect(names.map((name) => name.slice(-2))).toEqual(['-0', '-1']);
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  expect(texts).toEqual(['aa\nbb\n', 'cc\n']);
});

test('leaves nothing behind after a failure', async () => {
  const sink = op('sink.file', undefined, { path: folder, bucket: 'base-path' });
  const fail = (x: number) => {
    if (x === 2) throw new Error('two');
    return x;
  };
  await localJob([{ chain: [op('source.collection', [1, 2]), op('map', fail), sink] }], [])
    .run()
    .catch(() => {});
  expect(await readdir(folder)).toEqual([]);
});

test('with checkpoints, a part is seen when the one that covers it is complete', async () => {
  const spec = op('sink.file', undefined, { path: folder, bucket: 'base-path' });
  let now = 1_000;
  const requested: number[] = [];
  const place = { subtask: 0, parallelism: 1, maxParallelism: 128 };
  const store = new SubtaskStore(place);
  const context = {
    state: store.of('sink'),
    checkpointing: true,
    clock: { now: () => now, monotonic: () => now, at: () => () => {} },
    random: Math.random,
    files: systemMachine.files,
    requestProcessingTime: (at: number) => requested.push(at),
  } as unknown as OperatorContext;
  const sink = sinkFileOperator(spec);
  await sink.open?.(context, () => undefined);
  await sink.process('a');
  now = requested[0] as number;
  await sink.onProcessingTime?.(now);
  await sink.process('b');
  await sink.beforeBarrier?.(7);
  const saved = store.freeze().saved();
  await sink.process('c');
  const visible = async () =>
    (await readdir(folder)).filter((name) => !name.startsWith('.')).length;
  expect(await visible()).toBe(0);
  await sink.notifyCheckpointComplete?.(7);
  expect(await visible()).toBe(2);
  // Restored after a crash between the checkpoint and its notification: nothing is lost, nothing doubled.
  const state = new SubtaskStore(place, [saved]).of('sink');
  await sinkFileOperator(spec).open?.({ ...context, state }, () => undefined);
  expect(await visible()).toBe(2);
  // The tail waits for the last checkpoint.
  await sink.finish?.();
  expect(await visible()).toBe(2);
  await sink.beforeBarrier?.(8);
  await sink.notifyCheckpointComplete?.(8);
  expect(await visible()).toBe(3);
  await sink.close?.();
});
