// What every storage does, and what files alone do; test/python/state/storage/test_storage.py is the twin.

import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StateError } from '../../../src/errors.ts';
import { systemFiles } from '../../../src/machine/system-files.ts';
import { BridgeStorage } from '../../../src/state/storage/bridge-storage.ts';
import { FileStorage } from '../../../src/state/storage/file-storage.ts';
import {
  type StateStorage,
  type Stored,
  snapshotName,
} from '../../../src/state/storage/storage.ts';
import type { ChunkHandle } from '../../../src/state/storage/subtask-state.ts';
import { ForgetfulFiles } from './forgetful-files.ts';

const NAME = snapshotName(0, 7, 2, 1);
const WHOSE = 'The state of operator "count" (uid "c"), table "value:n"';
const NOT_WHOLE = 'Restore from another checkpoint: this one is not whole.';

let above: string;
let folder: string;

beforeEach(() => {
  above = mkdtempSync(join(tmpdir(), 'isthmus-storage-'));
  folder = join(above, 'state');
});

afterEach(() => {
  rmSync(above, { recursive: true });
});

const bytes = (text: string) => Buffer.from(text);

function handle(stored: Stored, text: string, other: Partial<ChunkHandle> = {}): ChunkHandle {
  return { codec: 0, group: 5, kind: 0, ...stored, bytes: text.length, ...other };
}

async function refusedBy(act: Promise<unknown>): Promise<string> {
  const error: unknown = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(StateError);
  return (error as StateError).message;
}

function looped(): BridgeStorage {
  const storage: BridgeStorage = new BridgeStorage((number, isLast, piece) => {
    expect(piece.byteLength).toBeLessThanOrEqual(5);
    storage.receive(number, isLast, piece);
  }, 5);
  return storage;
}

describe.each<[string, () => StateStorage]>([
  ['files', () => new FileStorage(systemFiles, folder)],
  ['bridge', looped],
])('%s', (_, make) => {
  test('what was kept is read again, in any order', async () => {
    const storage = make();
    const chunks = ['one', '', 'three, longer than a frame', 'four'];
    const writer = storage.writer(NAME);
    const handles: ChunkHandle[] = [];
    for (const text of chunks) handles.push(handle(await writer.add(bytes(text)), text));
    const reader = storage.reader(await writer.commit());
    const found: string[] = [];
    for (const each of handles.reverse()) {
      found.push(Buffer.from(await reader.read(each, WHOSE)).toString());
    }
    expect(found).toEqual(chunks.reverse());
    await reader.close();
  });

  test('what is not what was written is not given out', async () => {
    const storage = make();
    const writer = storage.writer(NAME);
    const written = handle(await writer.add(bytes('12345678')), '12345678');
    const reader = storage.reader(await writer.commit());
    for (const other of [
      { checksum: Buffer.alloc(32) },
      { bytes: 7 },
      { bytes: 9 },
      { bytes: 2 ** 52 },
    ]) {
      const message = await refusedBy(reader.read({ ...written, ...other }, WHOSE));
      expect(message.startsWith(WHOSE) && message.endsWith(NOT_WHOLE)).toBe(true);
    }
    await reader.close();
  });
});

describe('files', () => {
  async function kept(...chunks: string[]): Promise<[path: string, handles: ChunkHandle[]]> {
    const writer = new FileStorage(systemFiles, folder).writer(NAME);
    const handles: ChunkHandle[] = [];
    for (const text of chunks) handles.push(handle(await writer.add(bytes(text)), text));
    const [name] = await writer.commit();
    return [join(folder, name as string), handles];
  }

  async function refused(given: ChunkHandle, names = [NAME]): Promise<string> {
    const reader = new FileStorage(systemFiles, folder).reader(names);
    try {
      return await refusedBy(reader.read(given, WHOSE));
    } finally {
      await reader.close();
    }
  }

  test('one file a snapshot, which nobody else may read', async () => {
    const [path, handles] = await kept('one', 'two');
    expect(basename(path)).toBe('0000000007-a0-t2-s1.state');
    expect(readFileSync(path, 'utf8')).toBe('onetwo');
    expect(handles.map(({ offset }) => offset)).toEqual([0, 3]);
    expect(readdirSync(folder)).toEqual([basename(path)]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test('a folder that others may read is not left so', async () => {
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    await kept('one');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test('what is wrong with a file is said', async () => {
    const [path, handles] = await kept('one', 'second');
    const second = handles[1] as ChunkHandle;
    writeFileSync(path, 'onesecund');
    expect(await refused(second)).toBe(
      `${WHOSE} is damaged in the file ${path}: its 6 bytes from 3 on are not those that were written, by their ` +
        `SHA-256. ${NOT_WHOLE}`,
    );
    truncateSync(path, 5);
    expect(await refused(second)).toBe(
      `${WHOSE} is cut short in the file ${path}: 2 of 6 bytes from 3 on. ${NOT_WHOLE}`,
    );
    unlinkSync(path);
    expect(await refused(second)).toBe(
      `${WHOSE} is missing: there is no file ${path}. ${NOT_WHOLE}`,
    );
    mkdirSync(path);
    expect(await refused(second)).toContain(`${WHOSE} cannot be read from the file ${path}: `);
  });

  test.each(['../outside', 'a/b', '/etc/passwd', ''])(
    'a file elsewhere is never read: "%s"',
    async (name) => {
      await kept('one');
      writeFileSync(join(above, 'outside'), 'one');
      const given = handle({ file: 0, offset: 0, checksum: Buffer.alloc(32) }, 'one');
      expect(await refused(given, [name])).toContain('which is none of its folder');
    },
  );

  test('a snapshot without state makes no file', async () => {
    expect(await new FileStorage(systemFiles, folder).writer(NAME).commit()).toEqual([]);
    expect(readdirSync(above)).toEqual([]);
  });

  test('what is discarded leaves nothing', async () => {
    const writer = new FileStorage(systemFiles, folder).writer(NAME);
    await writer.add(bytes('one'));
    expect(readdirSync(folder)).toEqual([`${NAME}.part`]);
    await writer.discard();
    await writer.discard();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('no file is written over', async () => {
    const [path] = await kept('one');
    const again = new FileStorage(systemFiles, folder).writer(NAME);
    await expect(again.add(bytes('two'))).rejects.toThrow(`the file ${path} is there already`);
    await again.discard();
    expect(readFileSync(path, 'utf8')).toBe('one');
  });
});

describe('a loss of power', () => {
  test('what is committed stays', async () => {
    const disk = new ForgetfulFiles();
    const writer = new FileStorage(disk.files, 'state').writer(NAME);
    await writer.add(bytes('one'));
    await writer.add(bytes('two'));
    expect(disk.left(`state/${NAME}`)).toBeUndefined();
    expect(await writer.commit()).toEqual([NAME]);
    expect(disk.left(`state/${NAME}`)).toBe('onetwo');
  });

  test.each(['sync', 'rename', 'syncFolder'] as const)(
    'what could not be committed goes: %s fails',
    async (failing) => {
      const disk = new ForgetfulFiles();
      const writer = new FileStorage(disk.files, 'state').writer(NAME);
      await writer.add(bytes('one'));
      disk.failing = failing;
      await expect(writer.commit()).rejects.toThrow('no space left');
      await writer.discard();
      expect(disk.names).toEqual([]);
    },
  );
});
