// Looks at Python code without running a job: the control plane, over pythonia. Records never take this road.
//
//   I1. Each look has a process of its own, which ends with it; it is bounded in time.
//   I2. What user code prints meanwhile goes to the logger.

import { fork } from 'node:child_process';
import { statSync } from 'node:fs';
import { delimiter, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WorkerError } from '../errors.ts';
import type { JsonValue } from '../graph/job-graph.ts';

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
  | { kind: 'describe'; functions: FunctionRequest[] }
  | { kind: 'record'; path: string; args: string[]; cwd: string };

export type InspectAnswer = { text: string } | { error: string };

export interface InspectOptions {
  /** The interpreter's executable. */
  executable: string;
  /** The folder that holds the Python package `isthmus`. */
  packageFolder: string;
  /** Further folders of the import path. */
  path?: readonly string[] | undefined;
  cwd?: string | undefined;
  env?: Readonly<Record<string, string>> | undefined;
  signal?: AbortSignal | undefined;
  /** Lines that user code prints. */
  onLine(line: string, stream: 'stdout' | 'stderr'): void;
}

const TIMEOUT_MS = 60_000;

const cache = new Map<string, { modifiedMs: number; found: FunctionFound }>();

/** Looks functions up. What was found in a file is remembered as long as the file does not change. */
export async function describeFunctions(
  requests: readonly FunctionRequest[],
  options: InspectOptions,
): Promise<FunctionFound[]> {
  const keyOf = (request: FunctionRequest) => JSON.stringify([options.executable, request]);
  const missing = requests.filter((request) => remembered(keyOf(request), request) === undefined);
  const fresh = new Map<string, FunctionFound>();
  if (missing.length > 0) {
    const text = await ask({ kind: 'describe', functions: missing }, options);
    const found = JSON.parse(text) as FunctionFound[];
    for (const [index, request] of missing.entries()) {
      const key = keyOf(request);
      const one = found[index] as FunctionFound;
      fresh.set(key, one);
      if (request.file !== undefined && one.kind !== undefined) {
        cache.set(key, { modifiedMs: modifiedMs(request.file), found: one });
      }
    }
  }
  return requests.map((request) => {
    const key = keyOf(request);
    return (fresh.get(key) ?? cache.get(key)?.found) as FunctionFound;
  });
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

function remembered(key: string, request: FunctionRequest): FunctionFound | undefined {
  const entry = cache.get(key);
  if (entry === undefined || request.file === undefined) return undefined;
  return entry.modifiedMs === modifiedMs(request.file) ? entry.found : undefined;
}

function modifiedMs(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? -1;
}

function ask(request: InspectRequest, options: InspectOptions): Promise<string> {
  const { executable, packageFolder, path = [], env = {}, cwd, signal } = options;
  // The same file ending as ours: sources run unbuilt.
  const child = fork(
    new URL(`./inspect-child${extname(fileURLToPath(import.meta.url))}`, import.meta.url),
    {
      detached: true,
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      ...(cwd === undefined ? {} : { cwd }),
      env: {
        ...process.env,
        ...env,
        PYTHON_BIN: executable,
        PYTHONPATH: [packageFolder, ...path, env.PYTHONPATH ?? process.env.PYTHONPATH]
          .filter(Boolean)
          .join(delimiter),
        PYTHONUTF8: '1',
        // Ours is the limit that counts.
        REQ_TIMEOUT: String(2 * TIMEOUT_MS),
      },
    },
  );
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  forwardLines(child.stdout, (line) => options.onLine(line, 'stdout'));
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
  const onAbort = () => fail('it was cancelled.');
  signal?.addEventListener('abort', onAbort, { once: true });
  child.once('error', (error) => fail(error.message));
  child.once('exit', (code, by) => fail(`${executable} ended with ${by ?? `exit code ${code}`}.`));
  child.on('message', (answer: InspectAnswer) => {
    if ('text' in answer) resolve(answer.text);
    else fail(answer.error);
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
