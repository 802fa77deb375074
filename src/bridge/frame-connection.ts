// Frames over a pair of streams: to a worker, or to the program that submits jobs.
//
//   C1. Frames sent in one turn of the event loop leave in one write.
//   C2. Bodies are not opened: what came from one worker is written to the next as the bytes it was.
//   C3. After `close`, or an error of either stream, nothing is handed over and nothing is written.
//   C5. What costs no credit (log records, progress) is sent by whoever asks `room` first: a peer that does not read must not
//       fill the memory of this process.
//   C4. A body that its reader finds malformed is a violation like a header is; no frame of the peer ends this process.

import type { Readable, Writable } from 'node:stream';
import { BridgeProtocolError } from '../errors.ts';
import { decodeControl, encodeControl } from './codec/control.ts';
import { DEFAULT_MAX_FRAME_BYTES, type Frame, FrameDecoder, encodeFrame } from './frame.ts';

/** Bytes that may wait for the operating system before senders that can wait do. */
const ROOM_BYTES = 256 << 10;

export interface FrameHandlers {
  frame: (frame: Frame) => void;
  /** The peer broke the protocol; the connection is closed. */
  violation: (error: BridgeProtocolError) => void;
  /** The peer has closed its end, or a stream failed. Called once at most. */
  end: () => void;
}

export class FrameConnection {
  readonly #output: Writable;
  readonly #decoder: FrameDecoder;
  readonly #handlers: FrameHandlers;
  #corked = false;
  #room: Promise<void> | undefined;
  #closed = false;

  constructor(
    input: Readable,
    output: Writable,
    handlers: FrameHandlers,
    maxFrameBytes = DEFAULT_MAX_FRAME_BYTES,
  ) {
    this.#output = output;
    this.#handlers = handlers;
    this.#decoder = new FrameDecoder(maxFrameBytes);
    input.on('data', this.#onData);
    input.on('end', this.#onEnd);
    input.on('close', this.#onEnd);
    // A stream without an error handler ends the process. What the peer's death means is told by `end`.
    input.on('error', this.#onEnd);
    output.on('error', this.#onEnd);
  }

  /** Sends a frame. `body` must not be changed afterwards. */
  send(type: number, flags: number, channel: number, count: number, body: Uint8Array): void {
    if (this.#closed || !this.#output.writable) return; // C3
    if (!this.#corked) {
      this.#corked = true;
      this.#output.cork();
      process.nextTick(this.#uncork); // C1
    }
    for (const part of encodeFrame(type, flags, channel, count, body)) this.#output.write(part);
  }

  /** Passes on a frame of another connection, unopened. */
  forward(frame: Frame): void {
    this.send(frame.type, frame.flags, frame.channel, frame.count, frame.body); // C2
  }

  /** Sends a frame whose body is a map. */
  sendMap(type: number, value: object, channel = 0): void {
    this.send(type, 0, channel, 0, encodeControl(value));
  }

  /** Bytes accepted and not yet taken by the operating system. */
  get queuedBytes(): number {
    return this.#output.writableLength;
  }

  /** Resolves when the peer has taken most of what was sent (C5); undefined where little waits. */
  room(): Promise<void> | undefined {
    const output = this.#output;
    if (this.#closed || !output.writable || output.writableLength < ROOM_BYTES) return undefined;
    this.#room ??= new Promise((resolve) => {
      const done = () => {
        output.off('drain', done);
        output.off('close', done);
        this.#room = undefined;
        resolve();
      };
      output.on('drain', done);
      output.on('close', done);
    });
    return this.#room;
  }

  close(): void {
    this.#closed = true;
  }

  readonly #uncork = (): void => {
    this.#corked = false;
    this.#output.uncork();
  };

  readonly #onData = (chunk: Uint8Array): void => {
    if (this.#closed) return;
    try {
      for (const frame of this.#decoder.feed(chunk)) {
        if (this.#closed) return;
        this.#handlers.frame(frame);
      }
    } catch (error) {
      if (!(error instanceof BridgeProtocolError)) throw error; // C4
      this.#closed = true;
      this.#handlers.violation(error);
    }
  };

  readonly #onEnd = (): void => {
    if (this.#closed) return;
    this.#closed = true;
    this.#handlers.end();
  };
}

/** The map in the body of a control frame. */
export function mapOf<T>(frame: Frame): T {
  return decodeControl(frame.body) as T;
}
