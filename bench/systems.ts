// The systems to measure: Isthmus, its peers, and the limit.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Peers } from './peers.ts';
import type { System } from './workload.ts';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const python = join(root, '.venv', 'bin', 'python');
const programs = join(root, 'bench', 'programs');
const env = { PYTHONPATH: join(root, 'python') };

/** What they take in seconds rather than minutes; measured rates decide whether it is enough. */
const FLINK_SCALE = { process: 0.008, thread: 0.04 };

/** The path of a benchmark's program. */
export function programPath(name: string): string {
  return join(programs, name);
}

export function isthmus(program: string, ...args: string[]): System {
  return {
    name: 'Isthmus',
    command: [python, '-m', 'isthmus', programPath(program), ...args],
    env,
  };
}

/** A TypeScript program with a function in Python. */
export function mixed(workload: string): System {
  return {
    name: 'Isthmus',
    command: [process.execPath, programPath('mixed.mjs'), workload, '{n}'],
    env,
  };
}

/** A peer that is a script of `bench/peers`, or of a folder beside it. */
export function script(name: string, path: string, ...args: string[]): System {
  const interpreter = path.endsWith('.py') ? python : process.execPath;
  return { name, command: [interpreter, join(root, 'bench', path), ...args], env };
}

/** The same work as a bare loop. */
export function loop(workload: string): System {
  return script('CPython loop', 'peers/loop.py', workload, '{n}');
}

export function bytewax({ bytewax: bin }: Peers, workload: string): System[] {
  if (bin === undefined) return [];
  const flow = join(root, 'bench', 'peers', 'bytewax_flow.py');
  return [{ name: 'Bytewax', command: [join(bin, 'python'), flow, workload, '{n}'], scale: 0.5 }];
}

/** Both modes of PyFlink, running the program that Isthmus runs. */
export function pyflink({ pyflink: bin }: Peers, program: string, ...args: string[]): System[] {
  if (bin === undefined) return [];
  const main = join(root, 'bench', 'peers', 'pyflink_main.py');
  return (['process', 'thread'] as const).map((mode) => ({
    name: `PyFlink ${mode}`,
    command: [join(bin, 'python'), main, mode, programPath(program), ...args],
    env: { PATH: `${bin}:${process.env['PATH']}` },
    scale: FLINK_SCALE[mode],
  }));
}
