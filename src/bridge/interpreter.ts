// Which Python runs the workers, found once and resolved to its real executable: a pyenv shim or a wrapper script would cost
// its own start with every worker.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { execa, type Result } from 'execa';
import { WorkerError } from '../errors.ts';
import { needDescriptors } from './spare-descriptors.ts';
import { distrust, distrustLink } from './trust.ts';

export interface Interpreter {
  /** Python's own `sys.executable`. */
  executable: string;
  /** As in "3.11.7". */
  version: string;
  /** What led to it, as in "VIRTUAL_ENV" or ".venv of /home/me/project". */
  source: string;
}

export interface InterpreterCandidate {
  command: string;
  source: string;
  /** Why it is not run, where it is not: a sentence. */
  refused?: string;
}

/** What a worker imports. */
export const WORKER_PACKAGES = ['msgspec', 'cloudpickle'] as const;
const OLDEST: readonly [number, number] = [3, 10];
const PROBE_TIMEOUT_MS = 20_000;

/** What is looked at of a probe that failed. */
type ProbeResult = Pick<Result, 'timedOut' | 'code' | 'signal' | 'exitCode'>;

const PROBE = `
import sys
found = [sys.executable, ".".join(map(str, sys.version_info[:3]))]
try:
    from importlib.util import find_spec
    found += [name for name in sys.argv[1:] if find_spec(name) is None]
except ImportError:
    pass
sys.stdout.write("\\n".join(found))
`;

/** The first that is said or found: explicit, ISTHMUS_PYTHON, VIRTUAL_ENV, `.venv` in `cwd` or above it, python3. */
export function findInterpreter(
  explicit: string | undefined,
  environment: Readonly<Record<string, string | undefined>> = process.env,
  cwd = process.cwd(),
): InterpreterCandidate {
  if (explicit !== undefined && explicit !== '') {
    return { command: asCommand(explicit, cwd), source: 'the configuration' };
  }
  if (environment.ISTHMUS_PYTHON) {
    return { command: asCommand(environment.ISTHMUS_PYTHON, cwd), source: 'ISTHMUS_PYTHON' };
  }
  if (environment.VIRTUAL_ENV) {
    const command = pythonOf(environment.VIRTUAL_ENV);
    if (existsSync(command)) return { command, source: 'VIRTUAL_ENV' };
  }
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const command = pythonOf(join(folder, '.venv'));
    if (existsSync(command)) return found(join(folder, '.venv'), command, folder);
    if (folder === dirname(folder)) return { command: 'python3', source: 'PATH' };
  }
}

/** It was found and not named: it may have been put there by somebody else, in a folder above that many may write to. */
function found(environment: string, command: string, folder: string): InterpreterCandidate {
  const source = `.venv of ${folder}`;
  for (const part of [environment, dirname(command), command, join(environment, 'pyvenv.cfg')]) {
    // The interpreter that the link leads to may be anybody's who is named in an environment of ours.
    const why = part === command ? distrustLink(part) : distrust(part);
    if (why === undefined) continue;
    const refused =
      `The Python interpreter ${command} was found above the working directory and is not run: ${part} ${why}. ` +
      'If it is meant, name it in the option python.executable or in ISTHMUS_PYTHON.';
    return { command, source, refused };
  }
  return { command, source };
}

const known = new Map<string, Promise<Interpreter>>();

/**
 * Asks the interpreter for its executable and version; once for each, as long as this process lives.
 *
 * @throws WorkerError (ISTHMUS_WORKER_START) when it cannot be run, is too old, or lacks a package
 */
export function resolveInterpreter(candidate: InterpreterCandidate): Promise<Interpreter> {
  if (candidate.refused !== undefined) return Promise.reject(startError(candidate.refused));
  let resolved = known.get(candidate.command);
  if (resolved === undefined) {
    const version = venvVersion(candidate.command);
    // The python of a venv is what it seems, and its version stands beside it: asking it would cost as much as a worker's
    // start. What it lacks, the worker says.
    resolved =
      version === undefined || isTooOld(version)
        ? probe(candidate)
        : Promise.resolve({ executable: candidate.command, version, source: candidate.source });
    known.set(candidate.command, resolved);
    // What failed may be put right, and is asked again then. The caller handles the rejection.
    resolved.catch(() => known.delete(candidate.command));
  }
  return resolved;
}

/** Takes an interpreter's own word for what it is: the program that submits jobs has said so in its HELLO. */
export function rememberInterpreter(executable: string, version: string): void {
  known.set(executable, Promise.resolve({ executable, version, source: 'the program' }));
}

async function probe({ command, source }: InterpreterCandidate): Promise<Interpreter> {
  needDescriptors(command);
  const result = await execa(command, ['-X', 'utf8', '-c', PROBE, ...WORKER_PACKAGES], {
    reject: false,
    stdin: 'ignore',
    timeout: PROBE_TIMEOUT_MS,
  });
  const where = `${command} (from ${source})`;
  if (result.exitCode !== 0) {
    throw startError(
      result.code === 'ENOENT'
        ? `There is no Python interpreter ${where}; name one in the option python.executable or in ISTHMUS_PYTHON.`
        : `The Python interpreter ${where} cannot be run: ${result.stderr.trim() || howItFailed(result)}`,
      result.originalMessage,
    );
  }
  const [executable = '', version = '', ...missing] = result.stdout.split('\n');
  if (!/^\d+\.\d+/.test(version)) {
    throw startError(
      `${where} is no Python interpreter: it did not say its version; name one in the option python.executable or in ISTHMUS_PYTHON.`,
    );
  }
  if (isTooOld(version)) {
    throw startError(
      `Isthmus needs Python ${OLDEST.join('.')} or newer, and ${where} is ${version}; ` +
        'name another in the option python.executable or in ISTHMUS_PYTHON.',
    );
  }
  if (missing.length > 0) throw startError(missingPackagesText(executable || command, missing));
  return { executable: executable || command, version, source };
}

/** In words, without the script that it was given. */
function howItFailed({ timedOut, code, signal, exitCode }: ProbeResult): string {
  if (timedOut) return `it did not answer within ${PROBE_TIMEOUT_MS / 1000} s`;
  if (exitCode !== undefined) return `it ended with exit code ${exitCode}`;
  return signal === undefined
    ? `it is no program that can be started (${code})`
    : `it was killed by ${signal}`;
}

function isTooOld(version: string): boolean {
  const [major, minor] = version.split('.').map(Number) as [number, number];
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}

/** The version that pyvenv.cfg names, if `command` is the python of a venv. */
function venvVersion(command: string): string | undefined {
  try {
    const settings = readFileSync(join(dirname(dirname(command)), 'pyvenv.cfg'), 'utf8');
    return /^version(?:_info)?\s*=\s*(\d+\.\d+[\d.]*)/m.exec(settings)?.[1];
  } catch {
    return undefined;
  }
}

/** What to do about packages that a worker imports and the interpreter has not. */
export function missingPackagesText(executable: string, missing: readonly string[]): string {
  const names = missing.map((name) => `"${name}"`).join(' and ');
  return (
    `The Python interpreter ${executable} lacks ${names}, which Isthmus needs in its workers; ` +
    `install with: ${executable} -m pip install ${missing.join(' ')}`
  );
}

function startError(message: string, cause?: unknown): WorkerError {
  return new WorkerError('ISTHMUS_WORKER_START', message, {
    ...(cause === undefined ? {} : { cause }),
    report: { code: 'ISTHMUS_WORKER_START', message },
  });
}

/** A bare name is looked up on PATH; anything with a slash is a path. */
function asCommand(text: string, cwd: string): string {
  return text.includes('/') && !isAbsolute(text) ? resolve(cwd, text) : text;
}

function pythonOf(environment: string): string {
  return process.platform === 'win32'
    ? join(environment, 'Scripts', 'python.exe')
    : join(environment, 'bin', 'python');
}
