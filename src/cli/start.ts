// Becomes the program: its terminal, its signals and its end are ours, and whoever kills us kills it.

import { spawn } from 'node:child_process';
import { isAbsolute } from 'node:path';
import type { ProgramProcess } from './program.ts';

/**
 * Does not come back where a process can become another one. Elsewhere it resolves to the program's exit code; one that a
 * signal ended gives 128 and the signal's number, as in a shell.
 */
export function start(program: ProgramProcess): Promise<number> {
  const { command, args, env } = program;
  makeBlocking(process.stdout);
  makeBlocking(process.stderr);
  if (process.execve !== undefined && isAbsolute(command)) {
    process.execve(command, [command, ...args], { ...process.env, ...env });
  }
  return asChild(program);
}

/** Node makes a pipe non-blocking that it looks at: what the program then prints faster than it is read would be lost. */
function makeBlocking(stream: object): void {
  if (!('_handle' in stream)) return;
  const { _handle: handle } = stream as { _handle?: { setBlocking?(on: boolean): void } };
  handle?.setBlocking?.(true);
}

function asChild({ command, args, env }: ProgramProcess): Promise<number> {
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
