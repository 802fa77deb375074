// Which files a source reads. Twin of python/isthmus/_worker/connectors/file/file_listing.py.
//
// Folders are searched recursively, in order of name. Hidden entries and those that begin with an underscore are left out,
// as Flink does, unless named themselves; so are links that lead nowhere, or back.
//
//   L1. A path counts as the same however it is spelt (`./`, `//`, `..`, `file:`). The first look finds it as often as it is
//       named; a later one finds it once, and not what was found before.
//   L2. What vanishes while it is looked at is passed over; only a path that is not there at the first look is an error.

import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GraphError } from '../../errors.ts';
import type { FoundSplit, SplitEnumerator } from '../../runtime/source.ts';

/** Between a path and its number, where it is read more than once. No path has it. */
const TURN = '\0';

/** A split for each file. */
export class FileListing implements SplitEnumerator<string> {
  readonly discoverMs: number | undefined;
  readonly #paths: readonly string[];

  /** `discoverMs`: look for new files so often. */
  constructor(paths: readonly string[], discoverMs?: number) {
    this.#paths = paths.map((path) =>
      resolve(path.startsWith('file:') ? fileURLToPath(path) : path),
    );
    this.discoverMs = discoverMs;
  }

  /** @throws GraphError when a path does not exist, or a folder cannot be read. */
  async discover(isFirst: boolean): Promise<FoundSplit<string>[]> {
    const found: string[] = [];
    for (const path of this.#paths) {
      const info = await stat(path).catch((cause: unknown) => {
        if (!isFirst) return undefined;
        throw new GraphError(`The input path ${path} does not exist.`, { cause });
      });
      if (info?.isDirectory() === true) await walk(path, found, []);
      else if (info !== undefined) found.push(path);
    }
    const times = new Map<string, number>();
    return found.flatMap((path) => {
      const turn = (times.get(path) ?? 0) + 1;
      times.set(path, turn);
      if (turn > 1 && !isFirst) return []; // L1
      return { id: turn === 1 ? path : `${path}${TURN}${turn}`, of: path };
    });
  }
}

async function walk(folder: string, found: string[], above: readonly string[]): Promise<void> {
  const itself = await unlessGone(realpath(folder), folder);
  if (itself === undefined || above.includes(itself)) return;
  const entries = (await unlessGone(readdir(folder, { withFileTypes: true }), folder)) ?? []; // L2
  const shown = entries
    .filter((entry) => !/^[._]/.test(entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of shown) {
    const path = join(folder, entry.name);
    const kind = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
    if (kind?.isDirectory() === true) await walk(path, found, [...above, itself]);
    else if (kind !== undefined) found.push(path);
  }
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
