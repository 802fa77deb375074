// One of a program's two outputs: lines of print sinks and of functions, on their way to its stdout or stderr.
//
//   O1. One writer: who has lines hands them over here whole, and they leave in the order in which they came.
//   O2. The event loop never waits for a reader. Who hands over more than there is room for is given a promise of room.
//   O3. Into a pipe, lines leave in pieces of at most PIPE_BUF, which the system writes whole: no line of somebody else (the
//       program itself, a child of a function) falls into one. A longer line is a piece of its own.
//   O4. What cannot be written is dropped, and told to those who listen. What comes later is tried again.

import { fstatSync, write, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { isatty } from 'node:tty';

const PIPE_BUF = 4_096;
const ROOM_BYTES = 256 << 10;
const LINE_FEED = 10;
/** How long to wait for a descriptor that somebody has made non-blocking, and whose reader is behind. */
const AGAIN_MS = [1, 1, 2, 5, 10, 20];

type Failure = NodeJS.ErrnoException;

/** Where pieces go, one at a time. */
interface Target {
  readonly pieceBytes: number;
  write(piece: Uint8Array, done: (failure?: Failure | null) => void): void;
}

/** Both outputs of a program. */
export interface ProgramOutput {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

export class OutputStream {
  readonly #target: Target;
  readonly #listeners = new Set<(failure: Failure) => void>();
  readonly #holders: (() => void)[] = [];
  readonly #queue: Uint8Array[] = [];
  /** Bytes of all text so far: what was handed over, what has left. */
  #taken = 0;
  #left = 0;
  #waiting: { left: number; resolve: () => void }[] = [];
  #isWriting = false;

  private constructor(target: Target) {
    this.#target = target;
  }

  /** Writes to a descriptor that stays open. */
  static to(descriptor: number): OutputStream {
    return new OutputStream(descriptorTarget(descriptor));
  }

  /** Writes as others in this process do, in turn with them: to `process.stdout` or `process.stderr`. */
  static along(stream: () => Writable): OutputStream {
    return new OutputStream(streamTarget(stream));
  }

  /** Whether there is text that has not left yet. */
  get isBusy(): boolean {
    return this.#isWriting;
  }

  /** Hands over whole lines. The promise, where there is one, resolves when there is room for more (O2). */
  write(lines: string | Uint8Array): Promise<void> | undefined {
    const bytes = typeof lines === 'string' ? Buffer.from(lines) : lines;
    if (bytes.byteLength === 0) return undefined;
    this.#queue.push(bytes); // O1
    this.#taken += bytes.byteLength;
    if (!this.#isWriting) this.#writeQueued();
    return this.room();
  }

  /** Resolves when there is room for more; undefined where there is. */
  room(): Promise<void> | undefined {
    return this.#once(this.#taken - ROOM_BYTES);
  }

  /** Somebody who holds back an unfinished line is asked for it by `settled`. */
  holdingBack(letGo: () => void): void {
    this.#holders.push(letGo);
  }

  /** Resolves when all that has been handed over so far has left, or was dropped. */
  async settled(): Promise<void> {
    for (const letGo of this.#holders) letGo();
    await this.#once(this.#taken);
  }

  /** Calls back at each failure (O4), until the function returned is called. */
  onFailure(listener: (failure: Failure) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #once(left: number): Promise<void> | undefined {
    if (this.#left >= left) return undefined;
    return new Promise((resolve) => this.#waiting.push({ left, resolve }));
  }

  #writeQueued(): void {
    this.#isWriting = true;
    // A loop, not a recursion: some targets are done before `write` returns.
    while (this.#queue.length > 0) {
      const piece = this.#nextPiece();
      let isLater = false;
      let isDone = false;
      this.#target.write(piece, (failure) => {
        isDone = true;
        this.#pieceDone(piece, failure ?? undefined);
        if (isLater) this.#writeQueued();
      });
      // oxlint-disable-next-line typescript/no-unnecessary-condition -- set by the callback
      if (!isDone) {
        isLater = true;
        return;
      }
    }
    this.#isWriting = false;
  }

  #nextPiece(): Uint8Array {
    const { pieceBytes } = this.#target;
    const [first] = this.#queue as [Uint8Array];
    if (first.byteLength > pieceBytes) {
      const end = endOfPiece(first, pieceBytes);
      if (end < first.byteLength) this.#queue[0] = first.subarray(end);
      else this.#queue.shift();
      return first.subarray(0, end);
    }
    let bytes = 0;
    let count = 0;
    for (const { byteLength } of this.#queue) {
      if (bytes + byteLength > pieceBytes) break;
      bytes += byteLength;
      count++;
    }
    const parts = this.#queue.splice(0, count);
    return parts.length === 1 ? first : Buffer.concat(parts);
  }

  #pieceDone(piece: Uint8Array, failure: Failure | undefined): void {
    this.#left += piece.byteLength;
    if (failure !== undefined) for (const listener of this.#listeners) listener(failure);
    if (this.#waiting.length === 0) return;
    const due = this.#waiting.filter(({ left }) => this.#left >= left);
    this.#waiting = this.#waiting.filter(({ left }) => this.#left < left);
    for (const { resolve } of due) resolve();
  }
}

let ofThisProcess: ProgramOutput | undefined;

/** The outputs of a TypeScript program, which this process is. */
export function processOutput(): ProgramOutput {
  ofThisProcess ??= {
    stdout: OutputStream.along(() => process.stdout),
    stderr: OutputStream.along(() => process.stderr),
  };
  return ofThisProcess;
}

/** Whether a failure says that there is nobody to read. */
export function isClosed({ code }: Failure): boolean {
  return (
    code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' || code === 'ERR_STREAM_WRITE_AFTER_END'
  );
}

/** As many whole lines as fit; a line that is longer as a whole. */
function endOfPiece(bytes: Uint8Array, pieceBytes: number): number {
  const lastEnd = bytes.lastIndexOf(LINE_FEED, pieceBytes - 1);
  if (lastEnd >= 0) return lastEnd + 1;
  const end = bytes.indexOf(LINE_FEED, pieceBytes);
  return end < 0 ? bytes.byteLength : end + 1;
}

function descriptorTarget(descriptor: number): Target {
  const { waits, isPipe } = kindOf(descriptor);
  return {
    pieceBytes: isPipe ? PIPE_BUF : Infinity, // O3
    write: (piece, done) => {
      if (waits) writeBeside(descriptor, piece, done, 0);
      else writeAtOnce(descriptor, piece, done);
    },
  };
}

/** Files and most devices take everything at once; a reader of a pipe or a socket, and a terminal, may let one wait. */
function kindOf(descriptor: number): { waits: boolean; isPipe: boolean } {
  try {
    const stat = fstatSync(descriptor);
    const isPipe = stat.isFIFO() || stat.isSocket();
    return { waits: isPipe || isatty(descriptor), isPipe };
  } catch {
    return { waits: false, isPipe: false };
  }
}

function writeAtOnce(
  descriptor: number,
  piece: Uint8Array,
  done: (failure?: Failure) => void,
): void {
  try {
    for (let rest = piece; rest.byteLength > 0; ) rest = rest.subarray(writeSync(descriptor, rest));
  } catch (error) {
    done(error as Failure);
    return;
  }
  done();
}

function writeBeside(
  descriptor: number,
  piece: Uint8Array,
  done: (failure?: Failure) => void,
  tries: number,
): void {
  write(descriptor, piece, (error, written) => {
    if (error?.code === 'EAGAIN') {
      const pauseMs = AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)];
      setTimeout(() => writeBeside(descriptor, piece, done, tries + 1), pauseMs);
    } else if (error !== null) {
      done(error);
    } else if (written < piece.byteLength) {
      writeBeside(descriptor, piece.subarray(written), done, 0);
    } else {
      done();
    }
  });
}

function streamTarget(stream: () => Writable): Target {
  return {
    pieceBytes: Infinity,
    write: (piece, done) => writeQuietly(stream(), piece, done),
  };
}

/** How many writes of ours are on their way, by stream. */
const onTheirWay = new WeakMap<Writable, number>();

/** Writes to a stream of the process; its failure is the callback's, and no 'error' that nobody handles ends the process. */
export function writeQuietly(
  stream: Writable,
  text: string | Uint8Array,
  done: (failure?: Failure | null) => void = ignore,
): void {
  const before = onTheirWay.get(stream) ?? 0;
  if (before === 0) stream.on('error', ignore);
  onTheirWay.set(stream, before + 1);
  stream.write(text, (failure) => {
    // The event of a failure comes after its callback.
    setImmediate(() => {
      const left = (onTheirWay.get(stream) as number) - 1;
      onTheirWay.set(stream, left);
      if (left === 0) stream.off('error', ignore);
    });
    done(failure);
  });
}

function ignore(): void {}
