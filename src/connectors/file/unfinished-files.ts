// Files that a sink has not finished: their hidden names say who writes them, so that those of the dead can be told.
//
// A killed process removes nothing. The name of a hidden file ends in the id of the process that writes it
// (src/machine/processes.ts). So a sink that starts on a folder knows of each such file in it:
//
//   U1. Of a process that is gone: nobody will finish it. It is removed.
//   U2. Of one that lives: it is at work. The file is left alone.
//   U3. Of one that nobody here can know of (of another machine or container, or from before the last boot): it is reported.
//   U4. Any other name: not ours, left alone.
//
// Twin of python/isthmus/_worker/connectors/file/unfinished_files.py.

import { join } from 'node:path';
import type { FilesNow, FolderEntry } from '../../machine/files.ts';
import type { Processes } from '../../machine/processes.ts';

const NAME = /^\..+\.inprogress\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
/** Folders that are looked through. */
const MOST_FOLDERS = 10_000;

export interface LeftBehind {
  removed: string[];
  /** Of processes that nobody here can know (U3). */
  unknown: string[];
}

/** What is to be done with hidden files in and below `folder` when a sink starts there. */
export function removeLeftBehind(
  files: FilesNow,
  processes: Processes,
  folder: string,
): LeftBehind {
  const left: LeftBehind = { removed: [], unknown: [] };
  for (const [path, name] of pathsBelow(files, folder)) {
    const writer = NAME.exec(name)?.[1]; // U4, where it is none.
    const fate = writer === undefined ? undefined : processes.fateOf(writer);
    if (fate === 'unknown')
      left.unknown.push(path); // U3
    else if (fate === 'gone' && removed(files, path)) left.removed.push(path); // U1; else it is U2.
  }
  return left;
}

/** What is in and below a folder: paths, and names without their folders. */
export function* pathsBelow(
  files: FilesNow,
  folder: string,
): Generator<[path: string, name: string]> {
  const folders = [folder];
  for (let i = 0; i < folders.length && i < MOST_FOLDERS; i++) {
    for (const { name, kind } of entriesOf(files, folders[i] as string)) {
      const path = join(folders[i] as string, name);
      if (kind === 'folder') folders.push(path);
      else yield [path, name];
    }
  }
}

/** What a log says of the files; undefined where there are none. */
export function toldOf({ removed: gone, unknown }: LeftBehind): {
  info: string | undefined;
  warn: string | undefined;
} {
  return {
    info:
      gone.length === 0
        ? undefined
        : `Removed ${counted(gone)} of processes that are gone: ${some(gone)}`,
    warn:
      unknown.length === 0
        ? undefined
        : `${counted(unknown)} of another machine or container, or from before the last boot, may be left over: ${some(unknown)}`,
  };
}

function counted({ length }: string[]): string {
  return `${length} unfinished file${length > 1 ? 's' : ''}`;
}

function some(paths: string[]): string {
  return paths.slice(0, 3).join(', ') + (paths.length > 3 ? ', …' : '');
}

function entriesOf(files: FilesNow, folder: string): FolderEntry[] {
  try {
    return files.entries(folder);
  } catch {
    return []; // It has gone meanwhile, or is not ours to read.
  }
}

function removed(files: FilesNow, path: string): boolean {
  try {
    return files.remove(path);
  } catch {
    return false; // It is not ours to remove.
  }
}
