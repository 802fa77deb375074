// What every implementation of `Files` does, waited for or at once.

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FileStat, Files, FolderEntry, OpenMode } from '../../src/machine/files.ts';

type MaybePromise<T> = T | Promise<T>;

/** `Files` and `FilesNow` both. */
interface AnyFiles {
  open(
    path: string,
    mode: OpenMode,
  ): MaybePromise<{
    read(into: Uint8Array, position: number): MaybePromise<number>;
    write(bytes: Uint8Array): MaybePromise<void>;
    size(): MaybePromise<number>;
    truncate(bytes: number): MaybePromise<void>;
    sync(): MaybePromise<void>;
    close(): MaybePromise<void>;
  }>;
  stat(path: string): MaybePromise<FileStat | undefined>;
  entries(folder: string): MaybePromise<FolderEntry[]>;
  realPath(path: string): MaybePromise<string>;
  makeFolder(folder: string, access?: 'private'): MaybePromise<void>;
  makeTemporaryFolder(prefix: string, within?: string): MaybePromise<string>;
  rename(from: string, to: string): MaybePromise<void>;
  remove(path: string): MaybePromise<boolean>;
  removeFolder(folder: string): MaybePromise<void>;
  syncFolder(folder: string): MaybePromise<void>;
}

/** `folder` gives one that is empty. */
export function filesContract(what: string, make: () => { files: Files; folder: string }): void {
  describe.each(['waited for', 'at once'])(`${what}, %s`, (how) => {
    const begin = (): { files: AnyFiles; folder: string } => {
      const { files, folder } = make();
      return { files: how === 'at once' ? files.now : files, folder };
    };
    const code = async (act: () => MaybePromise<unknown>): Promise<string | undefined> => {
      try {
        await act();
        return undefined;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code;
      }
    };
    const put = async (
      files: AnyFiles,
      path: string,
      text: string,
      mode: OpenMode = 'write',
    ): Promise<void> => {
      const file = await files.open(path, mode);
      await file.write(Buffer.from(text));
      await file.sync();
      await file.close();
    };
    const textOf = async (files: AnyFiles, path: string): Promise<string> => {
      const file = await files.open(path, 'read');
      const bytes = Buffer.alloc(await file.size());
      await file.read(bytes, 0);
      await file.close();
      return bytes.toString();
    };

    test('a file holds what was written, and what was added', async () => {
      const { files, folder } = begin();
      const path = join(folder, 'a');
      await put(files, path, 'one');
      await put(files, path, ' two', 'append');
      expect(await textOf(files, path)).toBe('one two');
      await put(files, path, '3');
      expect(await textOf(files, path)).toBe('3');
      expect(await files.stat(path)).toMatchObject({ folder: false, bytes: 1 });
    });

    test('a part is read from a position, as far as the file goes', async () => {
      const { files, folder } = begin();
      const path = join(folder, 'a');
      await put(files, path, 'abcdef');
      const file = await files.open(path, 'read');
      const into = Buffer.alloc(4, '.');
      expect(await file.read(into, 1)).toBe(4);
      expect(into.toString()).toBe('bcde');
      expect(await file.read(into, 5)).toBe(1);
      expect(into.toString()).toBe('fcde');
      expect(await file.read(into, 6)).toBe(0);
      await file.close();
    });

    test('one cut short goes on at its end', async () => {
      const { files, folder } = begin();
      const path = join(folder, 'a');
      await put(files, path, 'abcdef');
      const file = await files.open(path, 'append');
      await file.truncate(2);
      expect(await file.size()).toBe(2);
      await file.write(Buffer.from('X'));
      await file.close();
      expect(await textOf(files, path)).toBe('abX');
    });

    test('a new file must not be there, one to read must', async () => {
      const { files, folder } = begin();
      await put(files, join(folder, 'a'), '', 'new');
      expect(await code(() => files.open(join(folder, 'a'), 'new'))).toBe('EEXIST');
      expect(await code(() => files.open(join(folder, 'b'), 'read'))).toBe('ENOENT');
      expect(await code(() => files.open(join(folder, 'c', 'd'), 'write'))).toBe('ENOENT');
    });

    test('what is not there has no stat and is not removed', async () => {
      const { files, folder } = begin();
      const path = join(folder, 'a');
      expect(await files.stat(path)).toBeUndefined();
      expect(await files.remove(path)).toBe(false);
      await put(files, path, 'a');
      expect(await files.stat(join(path, 'below'))).toBeUndefined();
      expect(await files.remove(path)).toBe(true);
      expect(await files.stat(path)).toBeUndefined();
      await files.removeFolder(join(folder, 'none'));
      expect(await code(() => files.entries(join(folder, 'none')))).toBe('ENOENT');
    });

    test('folders are made with those above, listed, and removed', async () => {
      const { files, folder } = begin();
      const deep = join(folder, 'x', 'y');
      await files.makeFolder(deep);
      await files.makeFolder(deep);
      await put(files, join(folder, 'x', 'f'), 'f');
      const entries = await files.entries(join(folder, 'x'));
      expect(entries.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
        { name: 'f', kind: 'file' },
        { name: 'y', kind: 'folder' },
      ]);
      expect(await files.stat(deep)).toMatchObject({ folder: true });
      await files.syncFolder(folder);
      expect(await code(() => files.remove(join(folder, 'x')))).toBe('ENOTEMPTY');
      expect(await files.remove(deep)).toBe(true);
      await files.removeFolder(join(folder, 'x'));
      expect(await files.entries(folder)).toEqual([]);
    });

    test('a file takes the place of another', async () => {
      const { files, folder } = begin();
      await put(files, join(folder, 'a'), 'new');
      await put(files, join(folder, 'b'), 'old');
      await files.rename(join(folder, 'a'), join(folder, 'b'));
      expect(await textOf(files, join(folder, 'b'))).toBe('new');
      expect(await files.stat(join(folder, 'a'))).toBeUndefined();
      expect(await code(() => files.rename(join(folder, 'a'), join(folder, 'c')))).toBe('ENOENT');
    });

    test('temporary folders have names of their own', async () => {
      const { files, folder } = begin();
      const one = await files.makeTemporaryFolder('t-', folder);
      const two = await files.makeTemporaryFolder('t-', folder);
      expect(one).not.toBe(two);
      expect(one.startsWith(join(folder, 't-'))).toBe(true);
      expect(await files.stat(two)).toMatchObject({ folder: true });
    });
  });
}
