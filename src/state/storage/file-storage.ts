// State in files of a folder, one for each snapshot of a subtask. Twin of python/isthmus/_worker/state/storage/file_storage.py.
//
//   S1. A file is written under another name, synced, renamed, and its folder synced: under its own name it is whole.
//   S2. No file is ever written over, and nobody else may read one.
//   S3. A snapshot without state makes no file.

import { basename, join } from 'node:path';
import type { Files, OpenFile } from '../../machine/files.ts';
import {
  type StateReader,
  type StateStorage,
  type StateWriter,
  type Stored,
  checkWhole,
  checksumOf,
  unusable,
} from './storage.ts';
import type { ChunkHandle } from './subtask-state.ts';

/** Behind the name of a file that is being written. */
export const UNFINISHED = '.part';

export class FileStorage implements StateStorage {
  readonly #files: Files;
  readonly #folder: string;

  constructor(files: Files, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  writer(name: string): StateWriter {
    return new FileWriter(this.#files, this.#folder, name);
  }

  reader(files: readonly string[]): StateReader {
    return new FileReader(this.#files, this.#folder, files);
  }
}

class FileWriter implements StateWriter {
  readonly #files: Files;
  readonly #folder: string;
  readonly #name: string;
  readonly #path: string;
  #file: OpenFile | undefined;
  /** What is to be removed if it does not come to an end. */
  #left: string | undefined;
  #offset = 0;

  constructor(files: Files, folder: string, name: string) {
    this.#files = files;
    this.#folder = folder;
    this.#name = name;
    this.#path = join(folder, name);
  }

  async add(data: Uint8Array): Promise<Stored> {
    this.#file ??= await this.#open();
    await this.#file.write(data);
    const stored = { file: 0, offset: this.#offset, checksum: checksumOf(data) };
    this.#offset += data.byteLength;
    return stored;
  }

  async #open(): Promise<OpenFile> {
    await this.#files.makeFolder(this.#folder, 'private');
    if ((await this.#files.stat(this.#path)) !== undefined) {
      throw new Error(`the file ${this.#path} is there already`); // S2
    }
    const file = await this.#files.open(this.#path + UNFINISHED, 'private');
    this.#left = this.#path + UNFINISHED;
    return file;
  }

  async commit(): Promise<string[]> {
    const file = this.#file;
    if (file === undefined) return []; // S3
    await file.sync(); // S1
    await file.close();
    await this.#files.rename(this.#path + UNFINISHED, this.#path);
    this.#left = this.#path;
    await this.#files.syncFolder(this.#folder);
    this.#left = undefined;
    return [this.#name];
  }

  async discard(): Promise<void> {
    const left = this.#left;
    this.#left = undefined;
    if (left === undefined) return;
    // It may be closed already, and the disk be one that takes nothing any more.
    await this.#file?.close().catch(() => {});
    await this.#files.remove(left).catch(() => {});
  }
}

/** Opens each file once. */
class FileReader implements StateReader {
  readonly #files: Files;
  readonly #folder: string;
  readonly #names: readonly string[];
  readonly #open = new Map<number, OpenFile>();

  constructor(files: Files, folder: string, names: readonly string[]) {
    this.#files = files;
    this.#folder = folder;
    this.#names = names;
  }

  async read(handle: ChunkHandle, whose: string): Promise<Uint8Array> {
    const name = this.#names[handle.file] ?? '';
    const path = join(this.#folder, name);
    if (name === '' || basename(name) !== name) {
      throw unusable(whose, `is said to be in the file ${path}, which is none of its folder.`);
    }
    const data = await this.#bytes(handle, path).catch((error: unknown) => {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') throw unusable(whose, `is missing: there is no file ${path}.`);
      throw unusable(whose, `cannot be read from the file ${path}: ${message}.`, error);
    });
    checkWhole(data, handle, whose, `the file ${path}`);
    return data;
  }

  async #bytes({ file, offset, bytes }: ChunkHandle, path: string): Promise<Uint8Array> {
    let opened = this.#open.get(file);
    if (opened === undefined) {
      opened = await this.#files.open(path, 'read');
      this.#open.set(file, opened);
    }
    // A size that is not true must not make us allocate it.
    const there = Math.max(0, (await opened.size()) - offset);
    const data = Buffer.allocUnsafe(Math.min(bytes, there));
    return data.subarray(0, await opened.read(data, offset));
  }

  async close(): Promise<void> {
    for (const file of this.#open.values()) await file.close();
    this.#open.clear();
  }
}
