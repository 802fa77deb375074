// Runs a program as a child: its terminal is ours, its end is our end.

import { spawn } from 'node:child_process';
import type { ProgramProcess } from './program.ts';

/** Resolves to its exit code; a program that a signal ended gives 128 and the signal's number, as in a shell. */
export function start({ command, args, env }: ProgramProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
    // The terminal sends Ctrl-C to the child too; it decides what that means.
    const ignore = () => {};
    process.on('SIGINT', ignore);
    const terminate = () => child.kill('SIGTERM');
    process.on('SIGTERM', terminate);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGINT', ignore);
      process.off('SIGTERM', terminate);
      resolve(code ?? (signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 137));
    });
  });
}
