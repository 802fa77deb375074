// The files of the system.

import {
  type Dirent,
  type Stats,
  chmodSync,
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import {
  type FileHandle,
  chmod,
  mkdir,
  mkdtemp,
  open,
  readdir,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  unlink,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  FileStat,
  Files,
  FilesNow,
  FolderEntry,
  OpenFile,
  OpenFileNow,
  OpenMode,
} from './files.ts';

const FLAGS: Record<OpenMode, string> = {
  read: 'r',
  write: 'w',
  new: 'wx',
  private: 'wx',
  append: 'a',
};
/** Of a file that is made; undefined: as the umask has it. */
const accessOf = (mode: OpenMode) => (mode === 'private' ? 0o600 : undefined);
const PRIVATE = 0o700;
const ABSENT = new Set(['ENOENT', 'ENOTDIR']);
const WITH_ALL = { recursive: true, force: true };

const now: FilesNow = {
  open: (path, mode) => openFileNow(openSync(path, FLAGS[mode], accessOf(mode))),
  stat(path) {
    try {
      return statOf(statSync(path));
    } catch (error) {
      return absent(error);
    }
  },
  entries: (folder) => readdirSync(folder, { withFileTypes: true }).map(entryOf),
  realPath: (path) => realpathSync(path),
  makeFolder(folder, access) {
    mkdirSync(folder, { recursive: true });
    if (access === 'private') chmodSync(folder, PRIVATE);
  },
  makeTemporaryFolder: (prefix, within = tmpdir()) => mkdtempSync(join(within, prefix)),
  rename: (from, to) => renameSync(from, to),
  remove(path) {
    try {
      unlinkSync(path);
    } catch (error) {
      if (!isFolder(error, path)) return absent(error) ?? false;
      rmdirSync(path);
    }
    return true;
  },
  removeFolder: (folder) => rmSync(folder, WITH_ALL),
  syncFolder(folder) {
    const descriptor = openSync(folder, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  },
};

export const systemFiles: Files = {
  open: async (path, mode) => openFile(await open(path, FLAGS[mode], accessOf(mode))),
  stat: (path) => stat(path).then(statOf, absent),
  entries: async (folder) => (await readdir(folder, { withFileTypes: true })).map(entryOf),
  realPath: (path) => realpath(path),
  async makeFolder(folder, access) {
    await mkdir(folder, { recursive: true });
    if (access === 'private') await chmod(folder, PRIVATE);
  },
  makeTemporaryFolder: (prefix, within = tmpdir()) => mkdtemp(join(within, prefix)),
  rename: (from, to) => rename(from, to),
  async remove(path) {
    try {
      await unlink(path);
    } catch (error) {
      if (!isFolder(error, path)) return absent(error) ?? false;
      await rmdir(path);
    }
    return true;
  },
  removeFolder: (folder) => rm(folder, WITH_ALL),
  async syncFolder(folder) {
    const opened = await open(folder, 'r');
    try {
      await opened.sync();
    } finally {
      await opened.close();
    }
  },
  now,
};

function openFile(handle: FileHandle): OpenFile {
  return {
    read: async (into, position) => {
      let filled = 0;
      while (filled < into.byteLength) {
        const left = into.byteLength - filled;
        const { bytesRead } = await handle.read(into, filled, left, position + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled;
    },
    write: async (bytes) => {
      for (let written = 0; written < bytes.byteLength; ) {
        written += (await handle.write(bytes, written)).bytesWritten;
      }
    },
    size: async () => (await handle.stat()).size,
    truncate: (bytes) => handle.truncate(bytes),
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}

function openFileNow(descriptor: number): OpenFileNow {
  return {
    read: (into, position) => {
      let filled = 0;
      while (filled < into.byteLength) {
        const left = into.byteLength - filled;
        const read = readSync(descriptor, into, filled, left, position + filled);
        if (read === 0) break;
        filled += read;
      }
      return filled;
    },
    write: (bytes) => {
      for (let written = 0; written < bytes.byteLength; ) {
        written += writeSync(descriptor, bytes, written);
      }
    },
    size: () => fstatSync(descriptor).size,
    truncate: (bytes) => ftruncateSync(descriptor, bytes),
    sync: () => fsyncSync(descriptor),
    close: () => closeSync(descriptor),
  };
}

function statOf(stats: Stats): FileStat {
  return { folder: stats.isDirectory(), bytes: stats.size, modifiedMs: stats.mtimeMs };
}

function entryOf(entry: Dirent): FolderEntry {
  const { name } = entry;
  if (entry.isSymbolicLink()) return { name, kind: 'link' };
  if (entry.isDirectory()) return { name, kind: 'folder' };
  return { name, kind: entry.isFile() ? 'file' : 'other' };
}

/** What is not there is no failure to who looks. */
function absent(error: unknown): undefined {
  if (ABSENT.has((error as NodeJS.ErrnoException).code as string)) return undefined;
  throw error;
}

/** Linux says EISDIR of a folder that is to be unlinked, others EPERM. */
function isFolder(error: unknown, path: string): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EISDIR' || (code === 'EPERM' && now.stat(path)?.folder === true);
}
