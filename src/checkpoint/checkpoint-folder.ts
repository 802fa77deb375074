// The folder of a job's checkpoints: files of state, which the hosts write, and manifests.
//
//   K1. A checkpoint is there when its manifest is, under its own name: written under another one, synced, renamed, and the
//       folder synced.
//   K2. The newest whole one counts; one that is damaged is told of and passed over.
//   K3. A file goes when no retained manifest names it, and no checkpoint that may still be completed can.

import { join } from 'node:path';
import { StateError } from '../errors.ts';
import type { Files } from '../machine/files.ts';
import { UNFINISHED } from '../state/storage/file-storage.ts';
import type { SubtaskState } from '../state/storage/subtask-state.ts';
import { decodeManifest, encodeManifest, type Manifest } from './manifest.ts';

const NAME = /^chk-(\d{10})\.manifest$/;
/** Of files of state (`snapshotName`). */
const STATE = /^(\d{10})-a\d+-t\d+-s\d+\.state(\.part)?$/;

export class CheckpointFolder {
  readonly path: string;
  readonly #files: Files;
  readonly #warn: (message: string) => void;
  /** The files that each checkpoint names, as far as they have been looked at. */
  readonly #named = new Map<number, readonly string[]>();

  constructor(files: Files, path: string, warn: (message: string) => void) {
    this.#files = files;
    this.path = path;
    this.#warn = warn;
  }

  /** Makes it, for nobody else to look into. */
  async make(): Promise<void> {
    await this.#files.makeFolder(this.path, 'private');
  }

  /** Resolves when the checkpoint is there for good (K1). */
  async seal(manifest: Manifest): Promise<void> {
    const path = join(this.path, nameOf(manifest.checkpoint));
    const unfinished = path + UNFINISHED;
    await this.#files.remove(unfinished);
    try {
      const file = await this.#files.open(unfinished, 'private');
      try {
        await file.write(encodeManifest(manifest));
        await file.sync();
      } finally {
        await file.close();
      }
      await this.#files.rename(unfinished, path);
      await this.#files.syncFolder(this.path);
      this.#named.set(manifest.checkpoint, filesOf(manifest));
    } catch (error) {
      // Of one that is not known to be there for good nothing may be found later.
      await this.#files.remove(unfinished).catch(() => {});
      await this.#files.remove(path).catch(() => {});
      throw error;
    }
  }

  /** The newest whole checkpoint (K2), if there is one. */
  async newest(): Promise<Manifest | undefined> {
    for (const checkpoint of (await this.#checkpoints()).reverse()) {
      try {
        const manifest = await this.read(checkpoint);
        await this.#checkFiles(manifest);
        return manifest;
      } catch (error) {
        this.#warn(`${(error as Error).message} The one before it is tried.`);
      }
    }
    return undefined;
  }

  /** @throws StateError when a file that it names is not there, or too short for what it says is in it */
  async #checkFiles({ checkpoint, tasks }: Manifest): Promise<void> {
    for (const { states } of tasks) {
      for (const state of states) {
        for (const [file, bytes] of lengthsOf(state)) {
          const path = join(this.path, file);
          const there = (await this.#files.stat(path))?.bytes;
          if (there !== undefined && there >= bytes) continue;
          const how = there === undefined ? 'is not there' : `has ${there} of ${bytes} bytes`;
          throw new StateError(`Checkpoint ${checkpoint} is not whole: its file ${path} ${how}.`);
        }
      }
    }
  }

  async read(checkpoint: number): Promise<Manifest> {
    return readManifest(this.#files, join(this.path, nameOf(checkpoint)));
  }

  /** The highest number that a checkpoint here has, or a file of one; −1 where there is none. */
  async highest(): Promise<number> {
    const entries = await this.#files.entries(this.path);
    const numbers = entries.map(({ name }) => Number((NAME.exec(name) ?? STATE.exec(name))?.[1]));
    return Math.max(-1, ...numbers.filter((number) => !Number.isNaN(number)));
  }

  /** Removes all but the newest `count` checkpoints, and the files that none of these names (K3). */
  async retain(count: number): Promise<void> {
    const checkpoints = await this.#checkpoints();
    const newest = checkpoints.at(-1);
    if (newest === undefined) return;
    for (const checkpoint of checkpoints.slice(0, -count)) {
      await this.#files.remove(join(this.path, nameOf(checkpoint)));
      this.#named.delete(checkpoint);
    }
    const named = new Set<string>();
    for (const checkpoint of checkpoints.slice(-count)) {
      for (const file of await this.#filesOf(checkpoint)) named.add(file);
    }
    for (const { name } of await this.#files.entries(this.path)) {
      const [, of] = STATE.exec(name) ?? [];
      if (of === undefined || named.has(name) || Number(of) > newest) continue; // K3
      await this.#files.remove(join(this.path, name));
    }
  }

  /** None of one that is damaged: nobody will read it. */
  async #filesOf(checkpoint: number): Promise<readonly string[]> {
    let files = this.#named.get(checkpoint);
    if (files === undefined) {
      files = await this.read(checkpoint).then(filesOf, () => []);
      this.#named.set(checkpoint, files);
    }
    return files;
  }

  /** Nothing of it stays. */
  async clear(): Promise<void> {
    await this.#files.removeFolder(this.path);
  }

  /** Numbers, the newest last. */
  async #checkpoints(): Promise<number[]> {
    const entries = await this.#files.entries(this.path);
    return entries
      .map(({ name }) => NAME.exec(name)?.[1])
      .filter((number) => number !== undefined)
      .map(Number)
      .sort((a, b) => a - b);
  }
}

/** @throws StateError when it is not a whole manifest */
export async function readManifest(files: Files, path: string): Promise<Manifest> {
  const file = await files.open(path, 'read');
  try {
    const bytes = Buffer.alloc(await file.size());
    return decodeManifest(bytes.subarray(0, await file.read(bytes, 0)), path);
  } finally {
    await file.close();
  }
}

/** Those that a checkpoint names, each once. */
export function filesOf({ tasks }: Manifest): string[] {
  return [...new Set(tasks.flatMap(({ states }) => states.flatMap(({ files }) => files)))];
}

/** How long each file is at least. */
function lengthsOf({ files, operators }: SubtaskState): Map<string, number> {
  const lengths = new Map(files.map((file) => [file, 0]));
  for (const { tables } of operators) {
    for (const { chunks } of tables) {
      for (const { file, offset, bytes } of chunks) {
        const name = files[file] as string;
        lengths.set(name, Math.max(lengths.get(name) ?? 0, offset + bytes));
      }
    }
  }
  return lengths;
}

function nameOf(checkpoint: number): string {
  return `chk-${String(checkpoint).padStart(10, '0')}.manifest`;
}
