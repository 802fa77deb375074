// Files of a disk that loses its power: what was not synced is gone, and names whose folder was not. As far as a storage
// asks for them.

import type { FileStat, Files, OpenFile, OpenMode } from '../../../src/machine/files.ts';

interface Node {
  now: Buffer;
  synced: Buffer;
}

export class ForgetfulFiles {
  readonly #now = new Map<string, Node>();
  #synced = new Map<string, Node>();
  /** What fails from now on. */
  failing: 'sync' | 'rename' | 'syncFolder' | undefined;

  get files(): Files {
    return this as unknown as Files;
  }

  get names(): string[] {
    return [...this.#now.keys()];
  }

  /** What is of a file after a loss of power; undefined where its name is gone. */
  left(path: string): string | undefined {
    return this.#synced.get(path)?.synced.toString();
  }

  async open(path: string, mode: OpenMode): Promise<Partial<OpenFile>> {
    if (mode !== 'private' || this.#now.has(path)) throw new Error(`${path} opened for ${mode}`);
    const node: Node = { now: Buffer.alloc(0), synced: Buffer.alloc(0) };
    this.#now.set(path, node);
    return {
      write: async (bytes) => {
        node.now = Buffer.concat([node.now, bytes]);
      },
      sync: async () => {
        this.#mayFail('sync');
        node.synced = node.now;
      },
      close: async () => {},
    };
  }

  async stat(path: string): Promise<FileStat | undefined> {
    const node = this.#now.get(path);
    return node && { folder: false, bytes: node.now.byteLength, modifiedMs: 0 };
  }

  async makeFolder(): Promise<void> {}

  async rename(from: string, to: string): Promise<void> {
    this.#mayFail('rename');
    this.#now.set(to, this.#now.get(from) as Node);
    this.#now.delete(from);
  }

  async remove(path: string): Promise<boolean> {
    return this.#now.delete(path);
  }

  async syncFolder(): Promise<void> {
    this.#mayFail('syncFolder');
    this.#synced = new Map(this.#now);
  }

  #mayFail(what: string): void {
    if (this.failing === what) throw new Error('no space left on device');
  }
}
