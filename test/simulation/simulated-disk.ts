// A disk in memory that loses power. What an operation did is seen by all that come after it; it is there for good only when it
// has been synced (F1 of src/machine/files.ts).
//
//   D1. `losePower` leaves of each file what was synced and, of what was written since, a begin that may end anywhere, or
//       the right length with zeros at its end; of each folder the names that were synced and the changes since up to some point.
//   D2. A fault is decided before an operation does anything; of bytes that are written a begin may have arrived.
//   D3. An operation that is waited for happens at its end.

import { posix } from 'node:path';
import type {
  Files,
  FilesNow,
  FolderEntry,
  OpenFile,
  OpenFileNow,
  OpenMode,
} from '../../src/machine/files.ts';

export type Operation =
  | 'open'
  | 'read'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'make'
  | 'rename'
  | 'remove'
  | 'list';

export interface DiskOptions {
  /** In [0, 1). */
  random: () => number;
  now?: () => number;
  /** What an operation that is waited for takes. */
  wait?: () => Promise<void>;
  /** The code of the error that an operation ends with (ENOSPC, EIO); undefined: none. */
  fault?: (operation: Operation, path: string) => string | undefined;
  /** Hears of each operation before it. */
  note?: (operation: Operation, path: string) => void;
}

class FileNode {
  bytes = Buffer.alloc(0);
  modifiedMs = 0;
  synced = Buffer.alloc(0);
  /** Since it was synced it was made shorter, or emptied: what it was before may be there again. */
  cut = false;
}

class FolderNode {
  names = new Map<string, FileNode | FolderNode>();
  synced = new Map<string, FileNode | FolderNode>();
  /** What was done to the names since, in order; undefined: the name has gone. One rename is one change. */
  changes: [name: string, node: FileNode | FolderNode | undefined][][] = [];
}

export class SimulatedDisk {
  readonly files: Files;
  #options: DiskOptions;
  readonly #root = new FolderNode();
  #made = 0;
  /** Open files of before are of no use behind a loss of power. */
  #power = 0;

  constructor(options: DiskOptions) {
    this.#options = options;
    this.files = waited(this.#now(), () => this.#options.wait?.() ?? Promise.resolve());
  }

  /** It is another machine's from now on. */
  plugIn(options: DiskOptions): void {
    this.#options = options;
  }

  /** D1 */
  losePower(): void {
    this.#power++;
    this.#lose(this.#root);
  }

  #lose(folder: FolderNode): void {
    const kept = Math.floor(this.#options.random() * (folder.changes.length + 1));
    const names = new Map(folder.synced);
    for (const change of folder.changes.slice(0, kept)) apply(names, change);
    folder.names = names;
    folder.synced = new Map(names);
    folder.changes = [];
    for (const node of names.values()) {
      if (node instanceof FolderNode) this.#lose(node);
      else this.#tear(node);
    }
  }

  #tear(file: FileNode): void {
    const { random } = this.#options;
    const { bytes, synced } = file;
    const base =
      file.cut && random() < 0.5 ? synced : bytes.subarray(0, commonLength(bytes, synced));
    let left = base;
    if (base !== synced && bytes.length > base.length) {
      const end = base.length + Math.floor(random() * (bytes.length - base.length + 1));
      left = bytes.subarray(0, end);
      if (random() < 0.2) left = Buffer.concat([left, Buffer.alloc(bytes.length - end)]);
    }
    file.bytes = Buffer.from(left);
    file.synced = file.bytes;
    file.cut = false;
  }

  #now(): FilesNow {
    return {
      open: (path, mode) => this.#open(path, mode),
      stat: (path) => {
        const node = this.#find(path);
        if (node === undefined) return undefined;
        return node instanceof FolderNode
          ? { folder: true, bytes: 0, modifiedMs: 0 }
          : { folder: false, bytes: node.bytes.length, modifiedMs: node.modifiedMs };
      },
      entries: (path) => {
        this.#fail('list', path);
        return [...this.#folder(path).names].map(([name, node]): FolderEntry => {
          return { name, kind: node instanceof FolderNode ? 'folder' : 'file' };
        });
      },
      realPath: (path) => {
        if (this.#find(path) === undefined) throw fault('ENOENT', path);
        return posix.resolve(path);
      },
      makeFolder: (path) => {
        this.#fail('make', path);
        this.#makeFolder(path);
      },
      makeTemporaryFolder: (prefix, within = '/tmp') => {
        this.#fail('make', within);
        const path = posix.join(within, `${prefix}${String(this.#made++).padStart(6, '0')}`);
        this.#makeFolder(path);
        return path;
      },
      rename: (from, to) => this.#rename(from, to),
      remove: (path) => this.#remove(path),
      removeFolder: (path) => {
        this.#fail('remove', path);
        const [above, name] = this.#above(path);
        if (above?.names.has(name) === true) change(above, [[name, undefined]]);
      },
      syncFolder: (path) => {
        this.#fail('sync', path);
        const folder = this.#folder(path);
        folder.synced = new Map(folder.names);
        folder.changes = [];
      },
    };
  }

  #open(path: string, mode: OpenMode): OpenFileNow {
    this.#fail('open', path);
    const [above, name] = this.#above(path);
    let node = above?.names.get(name);
    if (node instanceof FolderNode) throw fault('EISDIR', path);
    const mustBeNew = mode !== 'read' && mode !== 'write' && mode !== 'append';
    if (node !== undefined && mustBeNew) throw fault('EEXIST', path);
    if (node === undefined) {
      if (mode === 'read' || above === undefined) throw fault('ENOENT', path);
      node = new FileNode();
      change(above, [[name, node]]);
    } else if (mode === 'write') {
      node.cut = true;
      node.bytes = Buffer.alloc(0);
    }
    return this.#opened(node, path, mode);
  }

  #opened(file: FileNode, path: string, mode: OpenMode): OpenFileNow {
    const power = this.#power;
    const check = (operation: Operation, writes = false): void => {
      if (this.#power !== power) throw fault('EIO', path);
      if (writes && mode === 'read') throw fault('EBADF', path);
      this.#fail(operation, path);
    };
    return {
      read: (into, position) => {
        check('read');
        const part = file.bytes.subarray(position, position + into.byteLength);
        into.set(part);
        return part.length;
      },
      write: (bytes) => {
        try {
          check('write', true);
        } catch (error) {
          const arrived = Math.floor(this.#options.random() * bytes.byteLength); // D2
          if (this.#power === power)
            file.bytes = Buffer.concat([file.bytes, bytes.subarray(0, arrived)]);
          throw error;
        }
        file.bytes = Buffer.concat([file.bytes, bytes]);
        file.modifiedMs = this.#options.now?.() ?? 0;
      },
      size: () => file.bytes.length,
      truncate: (bytes) => {
        check('truncate', true);
        file.cut ||= bytes < file.bytes.length;
        file.bytes = Buffer.concat([file.bytes.subarray(0, bytes)], bytes);
      },
      sync: () => {
        check('sync');
        file.synced = file.bytes;
        file.cut = false;
      },
      close: () => {},
    };
  }

  #rename(from: string, to: string): void {
    this.#fail('rename', from);
    const [source, name] = this.#above(from);
    const [target, newName] = this.#above(to);
    const node = source?.names.get(name);
    if (source === undefined || target === undefined || node === undefined)
      throw fault('ENOENT', from);
    const there = target.names.get(newName);
    if (there instanceof FolderNode && !(node instanceof FolderNode)) throw fault('EISDIR', to);
    if (there instanceof FolderNode && there.names.size > 0) throw fault('ENOTEMPTY', to);
    if (there instanceof FileNode && node instanceof FolderNode) throw fault('ENOTDIR', to);
    if (source === target) {
      change(source, [
        [name, undefined],
        [newName, node],
      ]);
    } else {
      // Between two folders it may be seen in both when the power has gone: in none it would be lost.
      change(target, [[newName, node]]);
      change(source, [[name, undefined]]);
    }
  }

  #remove(path: string): boolean {
    this.#fail('remove', path);
    const [above, name] = this.#above(path);
    const node = above?.names.get(name);
    if (above === undefined || node === undefined) return false;
    if (node instanceof FolderNode && node.names.size > 0) throw fault('ENOTEMPTY', path);
    change(above, [[name, undefined]]);
    return true;
  }

  #makeFolder(path: string): void {
    let folder = this.#root;
    for (const name of partsOf(path)) {
      let next = folder.names.get(name);
      if (next instanceof FileNode) throw fault('ENOTDIR', path);
      if (next === undefined) {
        next = new FolderNode();
        change(folder, [[name, next]]);
      }
      folder = next;
    }
  }

  #find(path: string): FileNode | FolderNode | undefined {
    let node: FileNode | FolderNode | undefined = this.#root;
    for (const name of partsOf(path)) {
      if (!(node instanceof FolderNode)) return undefined;
      node = node.names.get(name);
    }
    return node;
  }

  #folder(path: string): FolderNode {
    const node = this.#find(path);
    if (node === undefined) throw fault('ENOENT', path);
    if (node instanceof FileNode) throw fault('ENOTDIR', path);
    return node;
  }

  /** The folder that a name is in, where there is one. */
  #above(path: string): [FolderNode | undefined, string] {
    const node = this.#find(posix.dirname(posix.resolve(path)));
    return [node instanceof FolderNode ? node : undefined, posix.basename(path)];
  }

  #fail(operation: Operation, path: string): void {
    this.#options.note?.(operation, path);
    const code = this.#options.fault?.(operation, path);
    if (code !== undefined) throw fault(code, path);
  }
}

function commonLength(one: Buffer, other: Buffer): number {
  let length = 0;
  while (length < one.length && length < other.length && one[length] === other[length]) length++;
  return length;
}

function change(
  folder: FolderNode,
  names: [name: string, node: FileNode | FolderNode | undefined][],
): void {
  folder.changes.push(names);
  apply(folder.names, names);
}

function apply(
  to: Map<string, FileNode | FolderNode>,
  names: [name: string, node: FileNode | FolderNode | undefined][],
): void {
  for (const [name, node] of names) {
    if (node === undefined) to.delete(name);
    else to.set(name, node);
  }
}

/** The same, waited for (D3). */
function waited(now: FilesNow, wait: () => Promise<void>): Files {
  const open = async (path: string, mode: OpenMode): Promise<OpenFile> => {
    await wait();
    return later(now.open(path, mode), wait) as unknown as OpenFile;
  };
  return { ...(later(now, wait) as unknown as Files), open, now };
}

function later(methods: object, wait: () => Promise<void>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(methods).map(([name, method]) => [
      name,
      async (...args: unknown[]) => {
        await wait();
        return (method as (...given: unknown[]) => unknown)(...args);
      },
    ]),
  );
}

function partsOf(path: string): string[] {
  return posix.resolve(path).split('/').filter(Boolean);
}

function fault(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${path}`), { code, path });
}
