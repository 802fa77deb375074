// Whatever ends, and however: a second later no process is left. Zombies count as ended, their reaper is not ours.
//
// ISTHMUS_ORPHAN_RUNS says how often each case runs (1 by default).

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { descendants, eventually, isRunning, programOf } from '../fixtures/processes.ts';

const program = fileURLToPath(new URL('../fixtures/run-job.ts', import.meta.url));
const runs = Number(process.env.ISTHMUS_ORPHAN_RUNS ?? 1);
const started: ChildProcess[] = [];
const folders: string[] = [];

interface Program {
  child: ChildProcess;
  pid: number;
  output: () => string;
  /** How many workers have called the function. */
  atWork: () => number;
  ended: Promise<number | null>;
}

function start(state: string): Program {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-at-work-'));
  folders.push(folder);
  const child = spawn(process.execPath, [program, state], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ISTHMUS_AT_WORK: folder },
  });
  started.push(child);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) =>
    child.once('close', (code) => resolve(code)),
  );
  const atWork = () => readdirSync(folder).length;
  return { child, pid: child.pid as number, output: () => output, atWork, ended };
}

/** Starts the program and waits until its two workers are in `state`; they, their children and the guard of their groups. */
async function startIn(state: string): Promise<Program & { workers: number[] }> {
  const running = start(state);
  const processes = state === 'with_child' ? 5 : 3;
  await eventually('two workers', () => descendants(running.pid).length >= processes);
  if (state === 'idle')
    await eventually('the end of the job', () => running.output().includes('FINISHED'));
  else if (state !== 'starting')
    await eventually('workers in the function', () => running.atWork() === 2);
  return { ...running, workers: descendants(running.pid) };
}

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const states = [
  'starting',
  'idle',
  'python_loop',
  'sleep_without_gil',
  'c_call_with_gil',
  'with_child',
];

describe.runIf(process.platform === 'linux').each(Array.from({ length: runs }, (_, i) => i + 1))(
  'run %i',
  () => {
    test.each(
      states.flatMap((state) => [
        [state, 'SIGKILL' as const],
        [state, 'SIGTERM' as const],
      ]),
    )('workers %s, the runtime gets %s', async (state, signal) => {
      const { child, workers } = await startIn(state);
      expect(workers.length).toBeGreaterThanOrEqual(state === 'with_child' ? 5 : 3);
      child.kill(signal);
      await eventually('the end of all', () => !workers.some(isRunning));
    });

    test.each(['python_loop', 'sleep_without_gil', 'c_call_with_gil', 'with_child'])(
      'worker %s gets SIGKILL: the job fails, everything ends',
      async (state) => {
        const { workers, output, ended } = await startIn(state);
        process.kill(
          workers.find((pid) => programOf(pid).startsWith('python')) as number,
          'SIGKILL',
        );
        expect(await ended).toBe(0);
        expect(output()).toContain(
          `was killed by SIGKILL (out of memory, or from outside) while running operator "${state}"`,
        );
        await eventually('the end of all', () => !workers.some(isRunning));
      },
    );

    test('a program that is done ends by itself, with its warm workers', async () => {
      const { pid, ended, output } = start('double');
      await eventually('two workers', () => descendants(pid).length >= 3);
      const workers = descendants(pid);
      expect(await ended).toBe(0);
      expect(output()).toContain('FINISHED');
      await eventually('the end of the workers', () => !workers.some(isRunning));
    });
  },
);
