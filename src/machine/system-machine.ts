import { randomUUID } from 'node:crypto';
import type { Machine } from './machine.ts';
import { systemClock } from './system-clock.ts';
import { systemFiles } from './system-files.ts';
import { systemProcesses } from './system-processes.ts';

/** The machine itself. */
export const systemMachine: Machine = {
  clock: systemClock,
  files: systemFiles,
  processes: systemProcesses,
  random: Math.random,
  uuid: randomUUID,
};
