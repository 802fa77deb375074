import { closeSync, openSync, readFileSync } from 'node:fs';
import { WorkerError } from '../errors.ts';

/** What the pipes of a worker, and of the guard of its group, take while they are made. */
const NEEDED = 24;

/**
 * Whether this process may open what a child needs. Asked first: a spawn that fails half way leaves an error that nobody handles.
 *
 * @throws WorkerError ISTHMUS_WORKER_START
 */
export function needDescriptors(executable: string): void {
  const opened: number[] = [];
  try {
    while (opened.length < NEEDED) opened.push(openSync('/dev/null', 'r'));
  } catch (error) {
    // Those are needed to find out what the limit is.
    for (const descriptor of opened.splice(0)) closeSync(descriptor);
    const { code = '' } = error as NodeJS.ErrnoException;
    const message =
      `Python worker (${executable}) could not start: no more files may be open (${code}${limitText(code)}). ` +
      'Raise the limit (ulimit -n), or use fewer workers (a lower parallelism).';
    throw new WorkerError('ISTHMUS_WORKER_START', message, {
      cause: error,
      report: { code: 'ISTHMUS_WORKER_START', message },
    });
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}

function limitText(code: string): string {
  if (code !== 'EMFILE') return '';
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? '' : `; the limit is ${limit}`;
  } catch {
    return ''; // Not Linux, or nothing can be opened at all.
  }
}
