// Which files a subtask reads. Twin of python/isthmus/_worker/connectors/file/file_listing.py.
//
// Folders are searched recursively, in order of name. Hidden entries and those that begin with an underscore are left out,
// as Flink does, unless named themselves; so are links that lead nowhere, or back.
//
//   L1. Subtasks list for themselves, each at its own moment, and may see different files. So to whom a file belongs follows
//       from what all of them know: of a path that names a file its place among the paths, of a file in a folder a hash of
//       its path.
//   L2. A path counts as the same however it is spelt (`./`, `//`, `..`, `file:`), and is given out once for each time that
//       the first look finds it.
//   L3. What vanishes while it is looked at is passed over; only a path that is not there at the first look is an error.

import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keyGroup } from '../../state/keys.ts';
import { GraphError } from '../../errors.ts';

export class FileListing {
  readonly #paths: readonly string[];
  readonly #subtask: number;
  readonly #parallelism: number;
  /** Own files that were given out. */
  readonly seen: Set<string>;
  #looked: boolean;

  /** `seen`: of a listing before this one, which has looked. */
  constructor(
    paths: readonly string[],
    subtask: number,
    parallelism: number,
    seen?: Iterable<string>,
  ) {
    this.#paths = paths.map((path) =>
      resolve(path.startsWith('file:') ? fileURLToPath(path) : path),
    );
    this.#subtask = subtask;
    this.#parallelism = parallelism;
    this.seen = new Set(seen);
    this.#looked = seen !== undefined;
  }

  /**
   * Files of this subtask that no look before has found.
   *
   * @throws GraphError when a path does not exist, or a folder cannot be read.
   */
  async look(): Promise<string[]> {
    const found: string[] = [];
    for (const [turn, path] of this.#paths.entries()) {
      const info = await stat(path).catch((cause: unknown) => {
        if (this.#looked) return undefined;
        throw new GraphError(`The input path ${path} does not exist.`, { cause });
      });
      if (info?.isDirectory() === true) await this.#walk(path, found, []);
      else if (info !== undefined && turn % this.#parallelism === this.#subtask) found.push(path); // L1
    }
    const fresh = this.#looked ? [...new Set(found)].filter((path) => !this.seen.has(path)) : found;
    this.#looked = true;
    for (const path of fresh) this.seen.add(path);
    return fresh;
  }

  async #walk(folder: string, found: string[], above: readonly string[]): Promise<void> {
    const itself = await unlessGone(realpath(folder), folder);
    if (itself === undefined || above.includes(itself)) return;
    const entries = (await unlessGone(readdir(folder, { withFileTypes: true }), folder)) ?? []; // L3
    const shown = entries
      .filter((entry) => !/^[._]/.test(entry.name))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of shown) {
      const path = join(folder, entry.name);
      const kind = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
      if (kind?.isDirectory() === true) {
        await this.#walk(path, found, [...above, itself]);
      } else if (kind !== undefined && subtaskOfPath(path, this.#parallelism) === this.#subtask) {
        found.push(path);
      }
    }
  }
}

/** To whom a file in a folder belongs. */
export function subtaskOfPath(path: string, parallelism: number): number {
  return keyGroup(Buffer.from(path), parallelism);
}

async function unlessGone<T>(answer: Promise<T>, folder: string): Promise<T | undefined> {
  try {
    return await answer;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new GraphError(`The folder ${folder} cannot be read: ${message}`, { cause });
  }
}
