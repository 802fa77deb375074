// Files that a sink has not finished: their hidden names say who writes them, so that those of the dead can be told.
//
// A killed process removes nothing. The name of a hidden file ends in a UUID (version 8, RFC 9562, whose content is free) of
// the process that writes it: its number, when it started, and where it runs (boot of the system and namespace of process
// numbers). So a sink that starts on a folder knows of each such file in it:
//
//   U1. Of this place, and no process of that number that started then: nobody will finish it. It is removed.
//   U2. Of this place, and the process lives: it is at work. The file is left alone.
//   U3. Of another place (another machine or container, or before the last boot): nobody here can know. It is reported.
//   U4. Any other name: not ours, left alone.
//
// Twin of python/isthmus/_worker/connectors/file/unfinished_files.py.

import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const NAME =
  /^\..+\.inprogress\.([0-9a-f]{8})-([0-9a-f]{4})-8([0-9a-f]{3})-8([0-9a-f]{3})-([0-9a-f]{12})$/;
/** Folders that are looked through. */
const MOST_FOLDERS = 10_000;

/** The end of the names of this process's hidden files; a random one where a process cannot be told. */
export function writerId(): string {
  const started = startedAt(process.pid);
  const place = placeOfProcesses();
  if (started === undefined || place === undefined) return randomUUID();
  const pid = process.pid.toString(16).padStart(8, '0');
  const [high, middle, low] = [started.slice(0, 4), started.slice(4, 7), started.slice(7)];
  return `${pid}-${high}-8${middle}-8${low}-${place}`;
}

export interface LeftBehind {
  removed: string[];
  /** Of processes that nobody here can know (U3). */
  unknown: string[];
}

/** What is to be done with hidden files in and below `folder` when a sink starts there. */
export function removeLeftBehind(folder: string): LeftBehind {
  const left: LeftBehind = { removed: [], unknown: [] };
  const here = placeOfProcesses();
  if (here === undefined) return left;
  for (const [path, name] of pathsBelow(folder)) {
    const found = NAME.exec(name);
    if (found === null) continue; // U4
    const [, pid = '', high = '', middle = '', low = '', place] = found;
    if (place !== here) left.unknown.push(path);
    else if (startedAt(Number.parseInt(pid, 16)) !== high + middle + low && removed(path)) {
      left.removed.push(path); // U1; else it is U2.
    }
  }
  return left;
}

/** What is in and below a folder: paths, and names without their folders. */
export function* pathsBelow(folder: string): Generator<[path: string, name: string]> {
  const folders = [folder];
  for (let i = 0; i < folders.length && i < MOST_FOLDERS; i++) {
    for (const entry of entriesOf(folders[i] as string)) {
      const path = join(folders[i] as string, entry.name);
      if (entry.isDirectory()) folders.push(path);
      yield [path, entry.name];
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
        : `Removed ${files(gone)} of processes that are gone: ${some(gone)}`,
    warn:
      unknown.length === 0
        ? undefined
        : `${files(unknown)} of another machine or container, or from before the last boot, may be left over: ${some(unknown)}`,
  };
}

function files({ length }: string[]): string {
  return `${length} unfinished file${length > 1 ? 's' : ''}`;
}

function some(paths: string[]): string {
  return paths.slice(0, 3).join(', ') + (paths.length > 3 ? ', …' : '');
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // It has gone meanwhile, or is not ours to read.
  }
}

function removed(path: string): boolean {
  try {
    rmSync(path);
    return true;
  } catch {
    return false; // Another sink was faster, or it is not ours to remove.
  }
}

/** Clock ticks from the boot to the start of a process, as 10 hexadecimal digits; undefined where there is none that runs. */
function startedAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 1)
      .trim()
      .split(/\s+/);
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return (BigInt(fields[19] as string) & 0xffffffffffn).toString(16).padStart(10, '0');
  } catch {
    return undefined;
  }
}

let knownPlace: string | undefined;

/** Where process numbers mean the same; undefined where the system does not tell (it is no Linux). */
function placeOfProcesses(): string | undefined {
  try {
    knownPlace ??= createHash('sha256')
      .update(
        `${readFileSync('/proc/sys/kernel/random/boot_id', 'ascii').trim()} ${readlinkSync('/proc/self/ns/pid')}`,
      )
      .digest('hex')
      .slice(0, 12);
    return knownPlace;
  } catch {
    return undefined;
  }
}
