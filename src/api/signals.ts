// What signals mean to a program that `isthmus run` has started: its jobs end first, in order, and the program after them.
//
//   S1. A library takes no signals from the program that uses it: without `isthmus run` nothing here happens. Handlers are there
//       only while jobs run, and only for signals that nobody else handles.
//   S2. The first signal cancels what runs, or stops it where `isthmus.stop-on` names it. A second one ends the program at once.
//   S3. After a cancel the program has a moment for its own `finally`; its exit code is 128 and the signal's number.

import { constants } from 'node:os';
import { stopSignals } from '../config/stop-signals.ts';
import type { Settings } from '../config/table.ts';
import { JobCancelledError } from '../errors.ts';
import type { JobExecution } from '../runtime/job-execution.ts';

/** Set by `isthmus run` for the program it becomes. */
export const SIGNALS_VARIABLE = 'ISTHMUS_HEEDS_SIGNALS';

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Ending = (typeof ENDING)[number];
const OWN_END_MS = 1_000;

/** Jobs that run, with the signals that stop them. */
const running = new Map<JobExecution, readonly NodeJS.Signals[]>();
const handlers = new Map<Ending, () => void>();
let heeding: boolean | undefined;
let stopped = false;
let ending = false;

/** From now until its end signals end `job` first. */
export function heedSignals(job: JobExecution, settings: Settings): void {
  if (!isHeeding()) return; // S1
  running.set(job, stopSignals(settings));
  install();
  const over = () => {
    running.delete(job);
    if (running.size === 0) uninstall();
  };
  job.result.then(over, over);
}

/** Asked once: what the program starts is not what `isthmus run` has started. */
function isHeeding(): boolean {
  heeding ??= process.env[SIGNALS_VARIABLE] === '1';
  delete process.env[SIGNALS_VARIABLE];
  return heeding;
}

function install(): void {
  for (const signal of ENDING) {
    if (handlers.has(signal) || process.listenerCount(signal) > 0) continue; // S1
    const handler = () => void onSignal(signal);
    handlers.set(signal, handler);
    process.on(signal, handler);
  }
}

function uninstall(): void {
  // While the program comes to its end a second signal still means what it did.
  if (ending) return;
  stopped = false;
  for (const [signal, handler] of handlers) process.off(signal, handler);
  handlers.clear();
}

async function onSignal(signal: Ending): Promise<void> {
  const exitCode = 128 + constants.signals[signal];
  if (ending) process.exit(exitCode); // S2
  if (!stopped) {
    const stops = [...running].filter(([, stopOn]) => stopOn.includes(signal));
    if (stops.length > 0) {
      stopped = true;
      for (const [job] of stops) void job.stop();
      return;
    }
  }
  ending = true;
  endQuietly(exitCode);
  await Promise.all([...running.keys()].map((job) => job.cancel(`The program got ${signal}.`)));
  process.exitCode = exitCode;
  setTimeout(() => process.exit(exitCode), OWN_END_MS).unref(); // S3
}

/** The program may let the cancellation of its job pass: that is no error of it. */
function endQuietly(exitCode: number): void {
  process.on('uncaughtException', (error) => {
    if (error instanceof JobCancelledError) process.exit(exitCode);
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  });
}
