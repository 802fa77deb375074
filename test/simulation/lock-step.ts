// The pipe to the process of all simulated workers: a message, then its answer, and nothing in between.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Packr } from 'msgpackr';
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

export class LockStep {
  readonly #child: ChildProcess;
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

  turn(worker: string, now: number, frames: PlainFrame[]): Promise<Turn> {
    return this.#ask({ worker, now, frames, end: false }) as Promise<Turn>;
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
    const body = packr.pack(message);
    const header = Buffer.alloc(4);
    header.writeUInt32LE(body.byteLength);
    return new Promise((resolve, reject) => {
      if (this.#child.exitCode !== null) throw new Error('The simulated workers have ended.');
      this.#waiting = { resolve, reject };
      this.#child.stdin?.write(Buffer.concat([header, body]));
    });
  }

  #onData(chunk: Buffer): void {
    this.#read = this.#read.length === 0 ? chunk : Buffer.concat([this.#read, chunk]);
    if (this.#read.length < 4) return;
    const end = 4 + this.#read.readUInt32LE();
    if (this.#read.length < end) return;
    const answer: unknown = packr.unpack(this.#read.subarray(4, end));
    this.#read = this.#read.subarray(end);
    this.#waiting?.resolve(answer);
  }
}
