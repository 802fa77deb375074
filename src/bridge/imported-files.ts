// What a Python process has imported of the program's modules, as it says itself (python/isthmus/_code/imported.py): whatever is known
// of the process holds as long as these files are what they were.

import { statSync } from 'node:fs';

/** Path and stamp of each file. */
export type ImportedFiles = readonly (readonly [path: string, stamp: string])[];

/** Whether none of the files has changed. `known` remembers stamps that were looked at already. */
export function areUnchanged(files: ImportedFiles, known = new Map<string, string>()): boolean {
  return files.every(([path, stamp]) => {
    let now = known.get(path);
    if (now === undefined) known.set(path, (now = stampOf(path)));
    return now === stamp;
  });
}

/** What tells that a file has changed; the same text as `stamp_of` of `_code/imported.py` gives. */
export function stampOf(path: string): string {
  try {
    const { mtimeNs, size, ino } = statSync(path, { bigint: true });
    return `${mtimeNs}-${size}-${ino}`;
  } catch {
    return 'none'; // Gone, or out of reach.
  }
}
