// Which files a source reads. Twin of python/isthmus/_worker/connectors/file/file_listing.py.
//
// Folders are searched recursively, in order of name. Hidden entries and those that begin with an underscore are left out,
// as Flink does, unless named themselves; so are links that lead nowhere, or back.
//
//   L1. A path counts as the same however it is spelt (`./`, `//`, `..`, `file:`). The first look finds it as often as it is
//       named; a later one finds it once, and not what was found before.
//   L2. What vanishes while it is looked at is passed over; only a path that is not there at the first look is an error.

import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GraphError } from '../../errors.ts';
import type { Files } from '../../machine/files.ts';
import type { FoundSplit, SplitEnumerator } from '../../runtime/source.ts';
import { diskError } from './disk-error.ts';

/** Between a path and its number, where it is read more than once. No path has it. */
const TURN = '\0';

/** A split for each file. */
export class FileListing implements SplitEnumerator<string> {
  readonly discoverMs: number | undefined;
  readonly #files: Files;
  readonly #paths: readonly string[];

  /** `discoverMs`: look for new files so often. */
  constructor(files: Files, paths: readonly string[], discoverMs?: number) {
    this.#files = files;
    this.#paths = paths.map((path) =>
      resolve(path.startsWith('file:') ? fileURLToPath(path) : path),
    );
    this.discoverMs = discoverMs;
  }

  /** @throws GraphError when a path does not exist, or a folder cannot be read. */
  async discover(isFirst: boolean): Promise<FoundSplit<string>[]> {
    const found: string[] = [];
    for (const path of this.#paths) {
      const info = await this.#files.stat(path).catch((cause: unknown) => {
        throw diskError(`The input path ${path} cannot be read: ${messageOf(cause)}`, cause);
      });
      if (info?.folder === true) await this.#walk(path, found, []);
      else if (info !== undefined) found.push(path);
      else if (isFirst) throw new GraphError(`The input path ${path} does not exist.`);
    }
    const times = new Map<string, number>();
    return found.flatMap((path) => {
      const turn = (times.get(path) ?? 0) + 1;
      times.set(path, turn);
      if (turn > 1 && !isFirst) return []; // L1
      return { id: turn === 1 ? path : `${path}${TURN}${turn}`, of: path };
    });
  }

  async #walk(folder: string, found: string[], above: readonly string[]): Promise<void> {
    const files = this.#files;
    const itself = await unlessGone(files.realPath(folder), folder);
    if (itself === undefined || above.includes(itself)) return;
    const entries = (await unlessGone(files.entries(folder), folder)) ?? []; // L2
    const shown = entries
      .filter(({ name }) => !/^[._]/.test(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name, kind } of shown) {
      const path = join(folder, name);
      const leadsTo = kind === 'link' ? await this.#ofLink(path) : kind;
      if (leadsTo === 'folder') await this.#walk(path, found, [...above, itself]);
      else if (leadsTo !== undefined) found.push(path);
    }
  }

  async #ofLink(path: string): Promise<'file' | 'folder' | undefined> {
    const info = await this.#files.stat(path).catch(() => undefined); // Round and round.
    return info && (info.folder ? 'folder' : 'file');
  }
}

async function unlessGone<T>(answer: Promise<T>, folder: string): Promise<T | undefined> {
  try {
    return await answer;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw diskError(`The folder ${folder} cannot be read: ${messageOf(cause)}`, cause);
  }
}

function messageOf(cause: unknown): string {
  return (cause as Error).message;
}
