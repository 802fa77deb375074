// Looks at Python code without running a job: the control plane, over pythonia. Records never take this road.
//
//   I1. Each look has a process of its own, which ends with it; it is bounded in time.
//   I2. What user code prints meanwhile goes to the logger.

import { fork } from 'node:child_process';
import { delimiter, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WorkerError } from '../errors.ts';
import { cancelledBy } from '../abort.ts';
import type { JsonValue } from '../graph/job-graph.ts';
import { areUnchanged, type ImportedFiles } from './imported-files.ts';
import { needDescriptors } from './spare-descriptors.ts';
import { inFull } from './import-path.ts';
import { environmentOf, type WorkerEnvironment } from './worker-environment.ts';

export interface FunctionRequest {
  file?: string;
  module?: string;
  name: string;
  /** The methods that an operator may call on it. */
  methods: readonly string[];
}

/** How something may be called. */
export interface PythonSignature {
  required: number;
  /** Null: any number. */
  most: number | null;
  /** Parameters that may be given by name; null: any name. */
  names: string[] | null;
  keywordOnly: string[];
  /** Whether it is an `async def`. */
  isAsync?: boolean;
  annotations?: Record<string, string>;
}

export type FunctionFound =
  | ({ kind: 'function' } & PythonSignature & Batches)
  | ({
      kind: 'class';
      methods: Record<string, PythonSignature>;
      constructor: PythonSignature;
    } & Batches)
  | ({ kind: 'instance'; methods: Record<string, PythonSignature> } & Batches)
  | { kind: 'value'; type: string }
  | {
      kind?: never;
      problem: 'file' | 'module' | 'name' | 'import';
      message: string;
      /** What there is instead. */
      names: string[];
      traceback?: string;
    };

interface Batches {
  /** Why nobody can tell what batches a vectorised function declares. */
  batchProblem?: string;
}

export type InspectRequest =
  | { kind: 'describe'; functions: FunctionRequest[]; pathEnd: readonly string[] }
  | { kind: 'record'; path: string; args: string[]; cwd: string };

export type InspectAnswer = { text: string } | { error: string };

export interface InspectOptions {
  /** The interpreter's executable. */
  executable: string;
  /** The folder that holds the Python package `isthmus`. */
  packageFolder: string;
  /** Further folders of the import path. */
  path?: readonly string[] | undefined;
  /** Folders at the end of the import path. */
  pathEnd?: readonly string[] | undefined;
  cwd?: string | undefined;
  env?: WorkerEnvironment | undefined;
  signal?: AbortSignal | undefined;
  /** Lines that user code prints. */
  onLine(line: string, stream: 'stdout' | 'stderr'): void;
}

const TIMEOUT_MS = 60_000;

interface Looked {
  found: FunctionFound;
  /** What the answer is of: the file of the function, and of each module that was imported for it. */
  files: ImportedFiles;
}

/** What was found, and has no problem. */
const cache = new Map<string, Looked>();
const MAX_REMEMBERED = 1_000;

/** Looks functions up. What was found is remembered as long as no file that it is of changes. */
export async function describeFunctions(
  requests: readonly FunctionRequest[],
  options: InspectOptions,
): Promise<FunctionFound[]> {
  const { executable, path, pathEnd = [], cwd, env } = options;
  const program = JSON.stringify([executable, path, pathEnd, cwd ?? process.cwd(), env]);
  const keyOf = (request: FunctionRequest) => `${program} ${JSON.stringify(request)}`;
  const stamps = new Map<string, string>();
  const known = requests.map((request) => remembered(keyOf(request), stamps));
  const missing = requests.filter((_, index) => known[index] === undefined);
  if (missing.length === 0) return known as FunctionFound[];
  const text = await ask({ kind: 'describe', functions: missing, pathEnd }, options);
  const looked = JSON.parse(text) as Looked[];
  for (const [index, request] of missing.entries()) {
    const one = looked[index] as Looked;
    if (one.found.kind !== undefined) remember(keyOf(request), one);
  }
  let next = 0;
  return known.map((found) => found ?? (looked[next++] as Looked).found);
}

/** What `record` of the Python package answers: the graph of a pipeline, or why there is none. */
export interface RecordedPipeline {
  graph?: JsonValue;
  /** Base64. */
  blobs?: string[];
  /** The line that executes again: the program runs several jobs. */
  later?: number;
  error?: { message: string; traceback?: string };
}

export async function recordPipeline(
  path: string,
  args: readonly string[],
  options: InspectOptions,
): Promise<RecordedPipeline> {
  const request: InspectRequest = {
    kind: 'record',
    path,
    args: [...args],
    cwd: options.cwd ?? process.cwd(),
  };
  return JSON.parse(await ask(request, options)) as RecordedPipeline;
}

function remembered(key: string, stamps: Map<string, string>): FunctionFound | undefined {
  const looked = cache.get(key);
  return looked !== undefined && areUnchanged(looked.files, stamps) ? looked.found : undefined;
}

function remember(key: string, looked: Looked): void {
  // A program that makes up ever new names must not fill the memory.
  if (cache.size >= MAX_REMEMBERED) cache.clear();
  cache.set(key, looked);
}

function ask(request: InspectRequest, options: InspectOptions): Promise<string> {
  const { executable, packageFolder, path = [], env = {}, cwd, signal } = options;
  if (signal?.aborted === true) return Promise.reject(cancelledBy(signal));
  needDescriptors(executable);
  const inherited = environmentOf(env);
  // An agent of `node --watch` would report what the child imports, over the channel of our answer.
  delete inherited.WATCH_REPORT_DEPENDENCIES;
  // The same file ending as ours: sources run unbuilt.
  const child = fork(
    new URL(`./inspect-child${extname(fileURLToPath(import.meta.url))}`, import.meta.url),
    {
      detached: true,
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      ...(cwd === undefined ? {} : { cwd }),
      env: {
        ...inherited,
        PYTHON_BIN: executable,
        PYTHONPATH: [packageFolder, ...path, inFull(inherited.PYTHONPATH ?? '', process.cwd())]
          .filter(Boolean)
          .join(delimiter),
        PYTHONUTF8: '1',
        // Ours is the limit that counts.
        REQ_TIMEOUT: String(2 * TIMEOUT_MS),
      },
    },
  );
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  forwardLines(child.stdout, (line) => options.onLine(line, 'stdout')); // I2
  const lastLines: string[] = [];
  forwardLines(child.stderr, (line) => {
    lastLines.push(line);
    if (lastLines.length > 20) lastLines.shift();
    options.onLine(line, 'stderr');
  });
  const fail = (what: string) => {
    const tail = lastLines.length === 0 ? '' : ` Its last output: ${lastLines.join('\n')}`;
    const message = `Python code could not be looked at: ${what}${tail}`;
    reject(
      new WorkerError('ISTHMUS_WORKER_START', message, {
        report: { code: 'ISTHMUS_WORKER_START', message },
      }),
    );
  };
  const timer = setTimeout(
    () => fail(`${executable} did not answer within ${TIMEOUT_MS / 1000} s.`),
    TIMEOUT_MS,
  );
  const onAbort = () => reject(cancelledBy(signal));
  signal?.addEventListener('abort', onAbort, { once: true });
  child.once('error', (error) => fail(error.message));
  child.once('exit', (code, by) => fail(`${executable} ended with ${by ?? `exit code ${code}`}.`));
  child.on('message', (message: unknown) => {
    // Agents that are loaded into every Node process may use the channel, too.
    const answer = Object(message) as Partial<Record<'text' | 'error', unknown>>;
    if (typeof answer.text === 'string') resolve(answer.text);
    else if (typeof answer.error === 'string') fail(answer.error);
  });
  child.send(request);
  return promise.finally(async () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    // I1: the group is Node and its Python.
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const exited = new Promise((done) => child.once('close', done));
      process.kill(-child.pid, 'SIGKILL');
      await exited;
    }
  });
}

function forwardLines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  });
  stream?.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}
