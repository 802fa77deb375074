// The pipe to the process of all simulated workers: a message, then its answer; in between only what the workers do with files,
// which are those of the simulation.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Packr } from 'msgpackr';
import type { FilesNow, OpenFileNow, OpenMode } from '../../src/machine/files.ts';
import type { Processes } from '../../src/machine/processes.ts';
import { findInterpreter, resolveInterpreter } from '../../src/bridge/interpreter.ts';
import { packageDir } from '../fixtures/python-jobs.ts';

export type PlainFrame = [
  type: number,
  flags: number,
  channel: number,
  count: number,
  body: Uint8Array,
];

export interface Turn {
  frames: PlainFrame[];
  more: boolean;
  waitMs: number | null;
  tookMs: number;
}

const PROGRAM = fileURLToPath(new URL('./workers.py', import.meta.url));
const packr = new Packr({ useRecords: false });

interface Asked {
  /** Of an open file; null: of a path. */
  handle: number | null;
  method: string;
  args: unknown[];
}

function methodOf(of: object, name: string): (...args: unknown[]) => unknown {
  return (of as Record<string, (...args: unknown[]) => unknown>)[name] as never;
}

export class LockStep {
  readonly #child: ChildProcess;
  #files: FilesNow | undefined;
  #processes: Processes | undefined;
  readonly #opened = new Map<number, OpenFileNow>();
  #handles = 0;
  #read: Buffer = Buffer.alloc(0);
  #waiting: { resolve: (answer: unknown) => void; reject: (error: Error) => void } | undefined;

  static async start(): Promise<LockStep> {
    const { executable } = await resolveInterpreter(
      findInterpreter(undefined, process.env, undefined),
    );
    const path = [packageDir, process.env.PYTHONPATH].filter(Boolean).join(delimiter);
    const env = { ...process.env, PYTHONPATH: path, PYTHONHASHSEED: '0' };
    return new LockStep(
      spawn(executable, ['-X', 'utf8', PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'], env }),
    );
  }

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on('data', (chunk: Buffer) => this.#onData(chunk));
    child.on('exit', (code, signal) =>
      this.#waiting?.reject(new Error(`The simulated workers ended: ${code ?? signal}`)),
    );
    child.stdin?.on('error', () => {}); // Its end is told.
  }

  turn(
    worker: string,
    now: number,
    frames: PlainFrame[],
    files: FilesNow,
    processes: Processes,
  ): Promise<Turn> {
    this.#files = files;
    this.#processes = processes;
    const { own } = processes;
    return this.#ask({ worker, now, frames, own, end: false }) as Promise<Turn>;
  }

  /** Runs the tests that all files pass in the process of the workers; the names of those that fail. */
  async contract(files: FilesNow): Promise<string[]> {
    this.#files = files;
    const { failed } = (await this.#ask({ contract: true })) as { failed: string[] };
    return failed;
  }

  async end(worker: string): Promise<void> {
    await this.#ask({ worker, end: true });
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await ended;
  }

  #ask(message: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#child.exitCode !== null) throw new Error('The simulated workers have ended.');
      this.#waiting = { resolve, reject };
      this.#send(message);
    });
  }

  #send(message: object): void {
    const body = packr.pack(message);
    const header = Buffer.alloc(4);
    header.writeUInt32LE(body.byteLength);
    this.#child.stdin?.write(Buffer.concat([header, body]));
  }

  #onData(chunk: Buffer): void {
    this.#read = this.#read.length === 0 ? chunk : Buffer.concat([this.#read, chunk]);
    if (this.#read.length < 4) return;
    const end = 4 + this.#read.readUInt32LE();
    if (this.#read.length < end) return;
    const answer = packr.unpack(this.#read.subarray(4, end)) as { ask?: Asked };
    this.#read = this.#read.subarray(end);
    if (answer.ask === undefined) this.#waiting?.resolve(answer);
    else this.#send(this.#served(answer.ask));
  }

  /** What a worker wants of a file; its part of it is `remote_files.py`. */
  #served({ handle, method, args }: Asked): { result?: unknown; code?: string } {
    try {
      if (handle !== null) return { result: this.#onOpenFile(handle, method, args) };
      if (method === 'fateOf') {
        return { result: this.#processes?.fateOf(args[0] as string) ?? null };
      }
      const files = this.#files as FilesNow;
      if (method !== 'open') return { result: methodOf(files, method)(...args) ?? null };
      this.#opened.set(++this.#handles, files.open(...(args as [string, OpenMode])));
      return { result: this.#handles };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      return { code };
    }
  }

  #onOpenFile(handle: number, method: string, args: unknown[]): unknown {
    const file = this.#opened.get(handle) as OpenFileNow;
    if (method === 'close') this.#opened.delete(handle);
    if (method !== 'read') return methodOf(file, method)(...args) ?? null;
    const [size, position] = args as [number, number];
    const into = Buffer.alloc(size);
    return into.subarray(0, file.read(into, position));
  }
}
