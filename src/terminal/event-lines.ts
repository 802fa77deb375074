// The events of a job (docs/events.md) as JSON lines, in a file or on stderr.
//
//   L1. A line is there whole as soon as its event is told: who is killed leaves what happened until then.
//   L2. Nobody is waited for: what a pipe has no room for is dropped, and the next line that fits is told how many are missing.
//   L3. What can no longer be written is no failure of the job; it is said once.

import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { writeQuietly } from '../bridge/output-stream.ts';
import { SETTINGS } from '../config/table.ts';
import { ConfigurationError } from '../errors.ts';
import type { JobEvent, JobEventListener } from '../runtime/job-events.ts';

/** In place of a file. */
const STDERR = '-';
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

/** Which job the lines are of: several may write to one file. */
export interface OfJob {
  job: string;
  jobId: string;
}

/**
 * Undefined where `wanted`, the option `isthmus.events`, names no file.
 *
 * @throws ConfigurationError when the file cannot be written
 */
export function eventLines(of: OfJob, wanted: string | undefined): JobEventListener | undefined {
  if (wanted === undefined || wanted === '') return undefined;
  if (wanted === STDERR) {
    return (event) => writeQuietly(process.stderr, lineOf(of, event));
  }
  const file = new EventFile(of, wanted);
  return (event) => file.add(event);
}

class EventFile {
  readonly #of: OfJob;
  readonly #path: string;
  #descriptor: number | undefined;
  /** The end of a line of which a pipe has taken the begin. */
  #rest: Uint8Array = Buffer.alloc(0);
  #dropped = 0;

  constructor(of: OfJob, path: string) {
    this.#of = of;
    this.#path = path;
    try {
      this.#descriptor = openSync(path, APPEND, 0o666);
    } catch (cause) {
      throw new ConfigurationError(
        `${SETTINGS.events.key} is "${path}", which cannot be written: ${(cause as Error).message}. ` +
          `Name a file in a folder that is there, or ${STDERR} for stderr.`,
        { cause },
      );
    }
  }

  add(event: JobEvent): void {
    if (this.#descriptor === undefined) return;
    try {
      if (this.#rest.length > 0) this.#write(this.#rest);
      if (this.#rest.length === 0)
        this.#writeLines(event); // L1
      else this.#dropped++; // L2
    } catch (error) {
      const { message } = error as Error;
      writeQuietly(process.stderr, `isthmus: ${this.#path} gets no more events: ${message}\n`); // L3
      this.#close();
    }
    if (isTheEnd(event)) this.#close();
  }

  #writeLines(event: JobEvent): void {
    const { at, attempt } = event;
    const missing: JobEvent = { kind: 'events-dropped', count: this.#dropped, at, attempt };
    const lines = (this.#dropped > 0 ? lineOf(this.#of, missing) : '') + lineOf(this.#of, event);
    this.#dropped = 0;
    this.#write(Buffer.from(lines)); // L1
  }

  /** What does not fit is the rest. */
  #write(bytes: Uint8Array): void {
    this.#rest = bytes;
    try {
      while (this.#rest.length > 0) {
        this.#rest = this.#rest.subarray(writeSync(this.#descriptor as number, this.#rest)); // L1
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }

  #close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

function lineOf(of: OfJob, event: JobEvent): string {
  return `${JSON.stringify({ ...of, ...event })}\n`;
}

/** The last event of a job. */
function isTheEnd(event: JobEvent): boolean {
  return event.kind === 'status' && ['FINISHED', 'FAILED', 'CANCELED'].includes(event.status);
}
