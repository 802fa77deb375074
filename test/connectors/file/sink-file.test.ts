import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OneInputHarness } from '../../../src/testing/index.ts';
import { localJob, op } from '../../runtime/local-job.ts';

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

describe('with checkpoints', () => {
  const params = () => ({ path: folder, bucket: 'base-path' });
  const opened = (more: object = {}) =>
    OneInputHarness.open(undefined, {
      kind: 'sink.file',
      checkpointing: true,
      params: params(),
      ...more,
    });
  /** Names of files that a reader sees, and of the others. */
  const files = async () => {
    const names = (await readdir(folder)).sort();
    return {
      finished: names.filter((name) => !name.startsWith('.')),
      hidden: names.filter((name) => name.startsWith('.')),
    };
  };
  const finished = async () => {
    const texts = (await files()).finished.map((name) => readFile(join(folder, name), 'utf8'));
    return (await Promise.all(texts)).sort();
  };

  test('a file is seen when the checkpoint that covers it is complete, those of the end with the last', async () => {
    const sink = await opened();
    await sink.process('a');
    await sink.processingTime(60_000); // It rolls by its age.
    await sink.process('b');
    await sink.snapshot(7);
    await sink.process('c');
    expect(await finished()).toEqual([]);
    await sink.completeCheckpoint(7);
    expect(await finished()).toEqual(['a\n']);
    await sink.end();
    expect(await finished()).toEqual(['a\n']);
    await sink.snapshot(8);
    await sink.completeCheckpoint(8);
    expect(await finished()).toEqual(['a\n', 'b\nc\n']);
    expect((await files()).hidden).toEqual([]);
    await sink.close();
  });

  test('a hundred checkpoints make one file', async () => {
    const sink = await opened();
    for (let n = 0; n < 100; n++) {
      await sink.process(n);
      await sink.snapshot(n);
      await sink.completeCheckpoint(n);
    }
    const { finished: seen, hidden } = await files();
    expect([seen, hidden.length]).toEqual([[], 1]);
    await sink.end();
    await sink.snapshot(100);
    await sink.completeCheckpoint(100);
    const [text] = await finished();
    expect(text).toBe(Array.from({ length: 100 }, (_, n) => `${n}\n`).join(''));
    await sink.close();
  });

  test('a policy may ask for a file with each', async () => {
    const rolling = { onCheckpoint: true };
    await using sink = await opened({ params: { ...params(), rolling } });
    for (let n = 0; n < 3; n++) {
      await sink.process(n);
      await sink.snapshot(n);
      await sink.completeCheckpoint(n);
    }
    expect(await finished()).toEqual(['0\n', '1\n', '2\n']);
  });

  test('a savepoint leaves nothing open, so it can be restored whatever comes after it', async () => {
    const sink = await opened();
    await sink.process('a');
    const saved = await sink.snapshot(1, 'savepoint');
    await sink.completeCheckpoint(1);
    await sink.process('b');
    await sink.close();
    await using again = await opened({ restore: saved });
    await again.process('c');
    await again.end();
    await again.snapshot(2);
    await again.completeCheckpoint(2);
    expect(await finished()).toEqual(['a\n', 'c\n']);
  });

  test('a restore cuts what was written later, and removes files that were begun later', async () => {
    const sink = await opened();
    await sink.process('a');
    const saved = await sink.snapshot(1);
    await sink.process('later');
    await sink.processingTime(60_000);
    await sink.process('much later');
    await sink.snapshot(2); // Never complete.
    expect((await files()).hidden).toHaveLength(2);
    // Killed here: nothing is closed.
    await using again = await opened({ restore: saved });
    expect((await files()).hidden).toHaveLength(1);
    await again.process('b');
    await again.end();
    await again.snapshot(3);
    await again.completeCheckpoint(3);
    expect(await finished()).toEqual(['a\nb\n']);
  });

  test('other sinks on the folder leave what a checkpoint names alone', async () => {
    const sink = await opened();
    await sink.process('a');
    const saved = await sink.snapshot(1);
    await using other = await opened({ checkpointing: false });
    await other.end();
    await using _again = await opened({ restore: saved });
    expect((await files()).hidden).toHaveLength(1);
  });

  test.each([
    ['is gone', (path: string) => rm(path)],
    ['has 1 bytes', (path: string) => writeFile(path, 'a')],
  ])('a file of a checkpoint that %s is an error', async (what, spoil) => {
    const sink = await opened();
    await sink.process('a');
    const saved = await sink.snapshot(1);
    const [hidden = ''] = (await files()).hidden;
    await spoil(join(folder, hidden));
    await expect(opened({ restore: saved })).rejects.toThrow(
      new RegExp(`${what}; the checkpoint that is restored has 2 bytes of it`),
    );
  });

  test('a file that a later checkpoint has finished stays as it is', async () => {
    const sink = await opened();
    await sink.process('a');
    const saved = await sink.snapshot(1);
    await sink.end();
    await sink.snapshot(2);
    await sink.completeCheckpoint(2);
    await using again = await opened({ restore: saved });
    await again.process('b');
    await again.end();
    await again.snapshot(3);
    await again.completeCheckpoint(3);
    expect(await finished()).toEqual(['a\n', 'b\n']);
  });

  test('one subtask goes on with the files of two', async () => {
    const saved = [];
    for (const subtask of [0, 1]) {
      const sink = await opened({ subtask, parallelism: 2 });
      await sink.process(`of ${subtask}`);
      saved.push(await sink.snapshot(1));
    }
    await using again = await opened({ restore: saved });
    await again.process('more');
    await again.end();
    await again.snapshot(2);
    await again.completeCheckpoint(2);
    expect(await finished()).toEqual(['of 0\nmore\n', 'of 1\n']);
  });
});
