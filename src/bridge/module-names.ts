// Which modules and packages a folder offers. A warm worker knows the files that it has imported; one that is new may take the
// place of another on the import path, or of one that was not there.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

interface Listing {
  changedNs: bigint;
  modules: string[];
  /** Folders that may be packages. */
  folders: string[];
}

/** By path; good as long as nothing has been added to the folder, or taken from it. */
const listings = new Map<string, Listing>();
const MAX_REMEMBERED = 100;
/** Times of change are those of a coarser clock, which is behind by so much. */
const BEHIND_NS = 10_000_000n;
const MODULE = /\.(?:py|so|pyd)$/;
const PACKAGE = /^[\p{L}_][\p{L}\p{N}_]*$/u;

/** File names of modules, and names of packages; none of a folder that cannot be read. */
export function moduleNames(folder: string): string[] {
  const { modules, folders } = listing(folder);
  return [...modules, ...folders.filter((name) => existsSync(join(folder, name, '__init__.py')))];
}

function listing(folder: string): Listing {
  const changedNs = statSync(folder, { bigint: true, throwIfNoEntry: false })?.mtimeNs ?? 0n;
  const known = listings.get(folder);
  if (known?.changedNs === changedNs) return known;
  const now = BigInt(Date.now()) * 1_000_000n;
  const listed: Listing = { changedNs, modules: [], folders: [] };
  for (const entry of entries(folder)) {
    if (MODULE.test(entry.name)) listed.modules.push(entry.name);
    else if (!entry.isFile() && PACKAGE.test(entry.name) && entry.name !== '__pycache__') {
      listed.folders.push(entry.name);
    }
  }
  listed.modules.sort();
  listed.folders.sort();
  listings.delete(folder);
  if (changedNs + BEHIND_NS < now) listings.set(folder, listed);
  if (listings.size > MAX_REMEMBERED) listings.delete(listings.keys().next().value as string);
  return listed;
}

function entries(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
