import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GraphError } from '../errors.ts';

/**
 * All files under `paths` (paths or file: URLs), folders searched recursively, in order of name. Hidden entries and those
 * that begin with an underscore are left out, unless named themselves; so are links that lead nowhere, or back.
 *
 * @throws GraphError when a path does not exist.
 */
export async function listFiles(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const given of paths) {
    const path = given.startsWith('file:') ? fileURLToPath(given) : given;
    const info = await stat(path).catch((cause: unknown) => {
      throw new GraphError(`The input path ${path} does not exist.`, { cause });
    });
    if (info.isDirectory()) await walk(path, found, []);
    else found.push(path);
  }
  return found;
}

async function walk(folder: string, found: string[], above: readonly string[]): Promise<void> {
  const itself = await realpath(folder);
  if (above.includes(itself)) return;
  const entries = await readdir(folder, { withFileTypes: true });
  const shown = entries
    .filter((entry) => !/^[._]/.test(entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of shown) {
    const path = join(folder, entry.name);
    const kind = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
    if (kind?.isDirectory() === true) {
      await walk(path, found, [...above, itself]);
    } else if (kind !== undefined) {
      found.push(path);
    }
  }
}
