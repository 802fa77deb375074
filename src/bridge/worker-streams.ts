// What a worker writes beside its frames: read while there is room for it, and taken before the frame that comes after it.

import { readSync } from 'node:fs';
import type { Readable } from 'node:stream';

/**
 * Takes what a worker writes, chunk by chunk; an empty one at the end of a job and of the worker. A promise holds the worker
 * back until it settles.
 */
export type OutputReceiver = (
  chunk: Uint8Array,
  from: OutputOrigin,
) => Promise<void> | undefined | void;

export interface WorkerOutput {
  /** Whole lines of print sinks. */
  printed: OutputReceiver;
  /** What functions print. */
  said: OutputReceiver;
  stderr: OutputReceiver;
}

/** Where output of a worker comes from: the subtask its job gave it, and the operator where there is but one. */
export interface OutputOrigin {
  pid: number;
  subtask?: number;
  operator?: string;
}

const STDERR_TAIL_BYTES = 16 << 10;
const NOTHING = new Uint8Array(0);

export class WorkerStreams {
  readonly #receivers = new Map<Readable, OutputReceiver>();
  readonly #origin: () => OutputOrigin;
  #tail = Buffer.alloc(0);
  #hasEnded = false;

  constructor(
    streams: Record<keyof WorkerOutput, Readable>,
    output: WorkerOutput,
    origin: () => OutputOrigin,
  ) {
    this.#origin = origin;
    this.#listen(streams.stderr, (chunk, from) => {
      this.#keepTail(chunk);
      return output.stderr(chunk, from);
    });
    this.#listen(streams.printed, output.printed);
    this.#listen(streams.said, output.said);
  }

  /** The last of what it wrote to stderr. */
  get stderrTail(): string {
    return this.#tail.toString('utf8');
  }

  /** Hands over what it has written so far, also what is no whole line. */
  take(): void {
    for (const [stream, receive] of this.#receivers) {
      // What is read already, then what is in the pipe.
      while (stream.read() !== null);
      const descriptor = (stream as DescriptorStream)._handle?.fd ?? -1;
      for (let chunk = readNow(descriptor); chunk !== undefined; chunk = readNow(descriptor)) {
        this.#receive(stream, receive, chunk);
      }
      void receive(NOTHING, this.#origin());
    }
  }

  /** The worker has ended: there is no more than its pipes hold, which is read whether or not there is room. */
  end(): void {
    this.#hasEnded = true;
    for (const stream of this.#receivers.keys()) stream.resume();
  }

  #listen(stream: Readable, receive: OutputReceiver): void {
    this.#receivers.set(stream, receive);
    stream.on('data', (chunk: Uint8Array) => this.#receive(stream, receive, chunk));
    stream.on('end', () => void receive(NOTHING, this.#origin()));
    stream.on('error', ignore);
  }

  #receive(stream: Readable, receive: OutputReceiver, chunk: Uint8Array): void {
    const room = receive(chunk, this.#origin());
    if (room === undefined || this.#hasEnded) return;
    stream.pause(); // W1 of worker-process.ts
    void room.then(() => stream.resume());
  }

  #keepTail(chunk: Uint8Array): void {
    const kept = Buffer.concat([this.#tail, chunk]);
    this.#tail = Buffer.from(kept.subarray(Math.max(0, kept.length - STDERR_TAIL_BYTES)));
  }
}

/** A stream over a descriptor; Node has no public way to ask which. */
interface DescriptorStream extends Readable {
  readonly _handle?: { readonly fd: number };
}

const scratch = Buffer.alloc(64 << 10);

/** What can be read without waiting, if anything. */
function readNow(descriptor: number): Uint8Array | undefined {
  if (descriptor < 0) return undefined;
  try {
    const bytes = readSync(descriptor, scratch);
    return bytes === 0 ? undefined : Buffer.from(scratch.subarray(0, bytes));
  } catch {
    return undefined; // There is nothing (EAGAIN), or nobody left to write.
  }
}

function ignore(): void {}
