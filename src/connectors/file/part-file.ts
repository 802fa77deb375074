// A file that a sink writes, on its way to its name. Twin of _worker/connectors/file/part_file.py.
//
//   P1. `.<name>.inprogress.<uuid>`: being written, and in no checkpoint. When its process is dead nobody will finish it, and
//       the next sink that starts on the folder removes it (unfinished-files.ts).
//   P2. `.<name>.pending`: named by a checkpoint, be it whole or still open. It belongs to whoever goes on from there; nobody
//       else touches it.
//   P3. `<name>`: finished, and to be seen. A file gets there by being renamed, so nobody sees half of it.
//   P4. What a checkpoint names is on the disk when it is named, its folder entry included.

import { basename, dirname, join, relative } from 'node:path';
import { GraphError } from '../../errors.ts';
import type { FilesNow, OpenFileNow } from '../../machine/files.ts';
import { diskError } from './disk-error.ts';

/** Where the files of a sink are. */
export interface Place {
  readonly files: FilesNow;
  /** The sink's folder. */
  readonly base: string;
  /** The end of names of this process's files (P1). */
  readonly writer: string;
}

/** What a checkpoint keeps of a file that is open. Plain data. */
export interface OpenPart {
  readonly bucket: string;
  /** Below the sink's folder. */
  readonly name: string;
  readonly bytes: number;
  readonly createdMs: number;
  readonly writtenMs: number;
}

export class PartFile {
  readonly bucket: string;
  /** Below the sink's folder. */
  readonly name: string;
  readonly createdMs: number;
  writtenMs: number;
  /** Written to the file, or in it when it was opened. */
  bytes: number;
  text = '';
  /** Whether a checkpoint names it (P2). */
  pending: boolean;
  readonly #place: Place;
  #hidden: string;
  /** Undefined when nothing follows. */
  #file: OpenFileNow | undefined;
  #onDisk = 0;

  private constructor(place: Place, part: OpenPart, pending: boolean) {
    this.#place = place;
    this.bucket = part.bucket;
    this.name = part.name;
    this.createdMs = part.createdMs;
    this.writtenMs = part.writtenMs;
    this.bytes = part.bytes;
    this.pending = pending;
    this.#hidden = pending ? pendingPath(place.base, part.name) : inProgressPath(place, part.name);
  }

  /** A new one. */
  static begin(place: Place, bucket: string, file: string, now: number): PartFile {
    const name = bucket === '' ? file : `${bucket}/${file}`;
    const part = new PartFile(
      place,
      { bucket, name, bytes: 0, createdMs: now, writtenMs: now },
      false,
    );
    part.#file = place.files.open(part.#hidden, 'write');
    return part;
  }

  /**
   * One that a checkpoint says was open, as it was then; undefined where a later checkpoint has finished it.
   *
   * @throws GraphError when what the checkpoint names is gone
   */
  static resume(place: Place, open: OpenPart): PartFile | undefined {
    const { files } = place;
    const part = new PartFile(place, open, true);
    const found = files.stat(part.#hidden);
    if (found === undefined) {
      if (files.stat(join(place.base, part.name)) !== undefined) return undefined;
      throw lost(part.#hidden, 'is gone', open.bytes);
    }
    if (found.bytes < open.bytes) throw lost(part.#hidden, `has ${found.bytes} bytes`, open.bytes);
    part.#file = files.open(part.#hidden, 'append');
    part.#file.truncate(open.bytes);
    return part;
  }

  write(): void {
    const bytes = Buffer.from(this.text);
    this.text = '';
    this.#of(() => this.#file?.write(bytes));
    this.bytes += bytes.length;
  }

  /** All of it is on the disk. */
  sync(): void {
    this.write();
    if (this.#onDisk < this.bytes) this.#of(() => this.#file?.sync());
    this.#onDisk = this.bytes;
  }

  /** Nothing follows. */
  end(): void {
    this.sync();
    this.#close();
  }

  /** A checkpoint is about to name it (P2). */
  stage(): void {
    if (this.pending) return;
    const to = pendingPath(this.#place.base, this.name);
    this.#place.files.rename(this.#hidden, to);
    this.#hidden = to;
    this.pending = true;
  }

  /** It gets its name, in a job that takes no checkpoints. */
  publish(): void {
    this.#place.files.rename(this.#hidden, join(this.#place.base, this.name));
  }

  saved(): OpenPart {
    const { bucket, name, bytes, createdMs, writtenMs } = this;
    return { bucket, name, bytes, createdMs, writtenMs };
  }

  /** Written no more by this process; removed where no checkpoint names it. */
  drop(): void {
    try {
      if (!this.pending) this.#place.files.remove(this.#hidden);
    } finally {
      this.#close();
    }
  }

  /** What goes wrong with an open file, the system says without its name. */
  #of(act: () => void): void {
    try {
      act();
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      throw Object.assign(new Error(`${message}: ${this.#hidden}`, { cause }), { code });
    }
  }

  #close(): void {
    const file = this.#file;
    this.#file = undefined;
    file?.close();
  }
}

/** A file of a checkpoint gets its name (P3); again, it has it already, or its reader has moved it. */
export function publishPending(files: FilesNow, base: string, name: string): void {
  const hidden = pendingPath(base, name);
  if (files.stat(hidden) !== undefined) files.rename(hidden, join(base, name));
}

export function removePending(files: FilesNow, base: string, name: string): void {
  files.remove(pendingPath(base, name));
}

/** Names in the folders of files are on the disk (P4), and those of the folders, up to the sink's. */
export function syncFolders(files: FilesNow, base: string, names: Iterable<string>): void {
  const folders = new Set<string>();
  for (const name of names) {
    let folder = dirname(join(base, name));
    folders.add(folder);
    while (relative(base, folder) !== '') {
      folder = dirname(folder);
      folders.add(folder);
    }
  }
  for (const folder of folders) files.syncFolder(folder);
}

/** With those above it, and their names on the disk (P4). */
export function makeFolder(files: FilesNow, folder: string): void {
  try {
    const made: string[] = [];
    for (let at = folder; files.stat(at) === undefined; at = dirname(at)) made.push(at);
    if (made.length === 0) return;
    files.makeFolder(folder);
    for (const each of made) files.syncFolder(dirname(each));
  } catch (cause) {
    throw diskError(
      `The output folder ${folder} cannot be made: ${(cause as Error).message}`,
      cause,
    );
  }
}

function pendingPath(base: string, name: string): string {
  return hiddenPath(join(base, name), 'pending');
}

function inProgressPath({ base, writer }: Place, name: string): string {
  return hiddenPath(join(base, name), `inprogress.${writer}`);
}

function hiddenPath(path: string, ending: string): string {
  return join(dirname(path), `.${basename(path)}.${ending}`);
}

function lost(path: string, what: string, bytes: number): GraphError {
  return new GraphError(
    `${path} ${what}; the checkpoint that is restored has ${bytes} bytes of it. Without them records would be missing: put ` +
      'the file back, or restore another checkpoint.',
  );
}
