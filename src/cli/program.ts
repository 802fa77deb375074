// A program file: what runs it, and how it is started.

import { existsSync, readlinkSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { delimiter } from 'node:path';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';
import { SIGNALS_VARIABLE } from '../api/signals.ts';
import {
  type InterpreterCandidate,
  findInterpreter,
  resolveInterpreter,
} from '../bridge/interpreter.ts';
import { configurationInForce } from '../config/in-force.ts';
import { hostProblem } from '../config/host.ts';
import { CommandError } from './command-error.ts';

export interface ProgramProcess {
  command: string;
  args: string[];
  env: Record<string, string>;
}

export type ProgramLanguage = 'python' | 'typescript';

const LANGUAGES: Record<string, ProgramLanguage> = {
  '.py': 'python',
  '.ts': 'typescript',
  '.mts': 'typescript',
  '.js': 'typescript',
  '.mjs': 'typescript',
};

/** @throws CommandError when there is no such file, or nothing runs it; and where Isthmus runs none */
export function languageOf(file: string): ProgramLanguage {
  const problem = hostProblem();
  if (problem !== undefined) throw new CommandError(problem);
  const language = LANGUAGES[extname(file)];
  if (language === undefined) {
    throw new CommandError(
      `${file} is no program that Isthmus runs; it runs ${Object.keys(LANGUAGES).join(', ')}.`,
    );
  }
  if (!existsSync(file)) throw new CommandError(`There is no file ${file}.`);
  return language;
}

/** The interpreter that workers would have, by what is said outside of a program. */
export function wantedInterpreter(flags: Readonly<Record<string, string>>): InterpreterCandidate {
  const { settings } = configurationInForce({}, { ...process.env, ...flags });
  return findInterpreter(settings.pythonExecutable);
}

/** How Python is started with our package on its import path, and what flags say in its environment. */
export async function pythonProcess(
  args: readonly string[],
  flags: Readonly<Record<string, string>>,
): Promise<ProgramProcess> {
  const { executable } = await resolveInterpreter(wantedInterpreter(flags));
  return {
    command: executable,
    args: [...args],
    env: {
      PYTHONPATH: [packageFolder(), process.env.PYTHONPATH].filter(Boolean).join(delimiter),
      // The runtime of a Python program is to be this Node, not an older one that is on the PATH.
      ISTHMUS_NODE: process.env.ISTHMUS_NODE ?? process.execPath,
    },
  };
}

export function nodeProcess(file: string, args: readonly string[]): ProgramProcess {
  const env = { ...terminal(), [SIGNALS_VARIABLE]: '1' };
  return { command: process.execPath, args: [resolve(file), ...args], env };
}

/** The name of our terminal, for breakpoint() in Python functions of a TypeScript program. */
function terminal(): Record<string, string> {
  if (!isatty(0)) return {};
  try {
    return { ISTHMUS_TERMINAL: readlinkSync('/proc/self/fd/0') };
  } catch {
    return {}; // Not Linux.
  }
}

/** The folder that holds the Python package `isthmus`: beside us in the npm package and the checkout, around us in a wheel. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    for (const candidate of [join(folder, 'python'), folder]) {
      if (existsSync(join(candidate, 'isthmus', '__main__.py'))) return candidate;
    }
    const above = dirname(folder);
    if (above === folder) {
      throw new CommandError('The Python package of Isthmus is missing from this installation.');
    }
    folder = above;
  }
}
