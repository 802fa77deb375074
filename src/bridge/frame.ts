// Frames of the bridge (docs/protocol.md §2–3), twin of python/isthmus/_bridge/frame.py.
//
//   F1. The length is checked against the limit before anything is allocated for the body.
//   F2. Every violation is a BridgeProtocolError that names the field; after one the decoder is not used again.
//   F3. A frame is handed to one write: header and body together, or as a pair for writev.

import { BridgeProtocolError } from '../errors.ts';

export const MAGIC = 0xb5;
export const VERSION = 1;
export const HEADER_BYTES = 16;
export const DEFAULT_MAX_FRAME_BYTES = 64 * 1024 * 1024;

export const FrameType = {
  HELLO: 0x01,
  WELCOME: 0x02,
  BLOB: 0x03,
  DEPLOY: 0x04,
  DEPLOYED: 0x05,
  START: 0x06,
  TASK_FINISHED: 0x07,
  FAILED: 0x08,
  CANCEL: 0x09,
  RELEASE: 0x0a,
  RELEASED: 0x0b,
  SHUTDOWN: 0x0c,
  LOG: 0x0d,
  METRICS: 0x0e,
  PING: 0x0f,
  BATCH: 0x10,
  WATERMARK: 0x11,
  BARRIER: 0x12,
  IDLE: 0x13,
  END: 0x14,
  CREDIT: 0x15,
  TRIGGER_CHECKPOINT: 0x16,
  SNAPSHOT: 0x17,
  PONG: 0x18,
  CHECKPOINT_COMPLETE: 0x19,
  CLOSING: 0x1a,
  STOP: 0x1b,
  TASK_DRAINED: 0x1c,
  SPLITS: 0x1d,
  STATE: 0x1e,
  CHECKPOINT_ABORTED: 0x1f,
  SUBMIT: 0x20,
  SUBMITTED: 0x21,
  RESULTS: 0x23,
  RESULTS_CREDIT: 0x24,
  JOB_FINISHED: 0x25,
  JOB_CANCEL: 0x26,
  JOB_EVENT: 0x27,
  DRIVER_LOG: 0x28,
  JOB_STOP: 0x29,
  CALL: 0x2a,
  ANSWER: 0x2b,
} as const;

export type FrameTypeCode = (typeof FrameType)[keyof typeof FrameType];

/** Name of a frame type, for messages. */
export const frameTypeName: ReadonlyMap<number, string> = new Map(
  Object.entries(FrameType).map(([name, code]) => [code, name]),
);

/** The channel of the CREDIT that answers LOG; no exchange has it. */
export const LOG_CHANNEL = 0xffffffff;

/** Flags of BATCH and RESULTS. */
export const FLAG_TIMESTAMPS = 1;
export const FLAG_KEYS = 2;
export const FLAG_PICKLE = 4;
export const FLAG_MSGPACK = 8;
/** Flag of BLOB and STATE: the last piece. */
export const FLAG_LAST = 1;

/** Flags a type may carry; none where absent. */
const allowedFlags = new Uint8Array(256);
allowedFlags[FrameType.BLOB] = FLAG_LAST;
allowedFlags[FrameType.STATE] = FLAG_LAST;
allowedFlags[FrameType.BATCH] = FLAG_TIMESTAMPS | FLAG_KEYS;
allowedFlags[FrameType.RESULTS] = 15;

/** Sizes of bodies that have a fixed one; −1: any. */
const fixedBodyBytes = new Int8Array(256).fill(-1);
fixedBodyBytes[FrameType.WATERMARK] = 8;
fixedBodyBytes[FrameType.BARRIER] = 17;
fixedBodyBytes[FrameType.IDLE] = 1;
fixedBodyBytes[FrameType.CREDIT] = 4;
fixedBodyBytes[FrameType.RESULTS_CREDIT] = 4;
for (const type of [
  FrameType.END,
  FrameType.START,
  FrameType.STOP,
  FrameType.JOB_STOP,
  FrameType.RELEASE,
  FrameType.SHUTDOWN,
  FrameType.PING,
  FrameType.PONG,
  FrameType.CLOSING,
]) {
  fixedBodyBytes[type] = 0;
}

export interface Frame {
  type: number;
  flags: number;
  channel: number;
  count: number;
  /** A view into what was read; valid as long as somebody holds it. */
  body: Uint8Array;
}

const empty = new Uint8Array(0);

/** The 16 bytes before a body of `length` bytes. */
export function packHeader(
  length: number,
  type: number,
  flags = 0,
  channel = 0,
  count = 0,
): Uint8Array {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt32LE(length, 0);
  header[4] = MAGIC;
  header[5] = VERSION;
  header[6] = type;
  header[7] = flags;
  header.writeUInt32LE(channel, 8);
  header.writeUInt32LE(count, 12);
  return header;
}

/** Header and body, to be written together (F3). */
export function encodeFrame(
  type: number,
  flags: number,
  channel: number,
  count: number,
  body: Uint8Array = empty,
): Uint8Array[] {
  const header = packHeader(body.byteLength, type, flags, channel, count);
  if (body.byteLength === 0) return [header];
  if (body.byteLength <= 16_384) return [Buffer.concat([header, body])];
  return [header, body];
}

/** Cuts a byte stream into frames. */
export class FrameDecoder {
  readonly maxFrameBytes: number;
  #pending: Uint8Array[] = [];
  #have = 0;
  #need = HEADER_BYTES;

  constructor(maxFrameBytes = DEFAULT_MAX_FRAME_BYTES) {
    this.maxFrameBytes = maxFrameBytes;
  }

  /** Takes a chunk as it was read; returns the frames that are complete now. */
  feed(chunk: Uint8Array): Frame[] {
    this.#pending.push(chunk);
    this.#have += chunk.byteLength;
    // A large frame is joined once, when all of it is there.
    if (this.#have < this.#need) return [];
    const buffer = asBuffer(
      this.#pending.length === 1 && this.#pending[0] !== undefined
        ? this.#pending[0]
        : Buffer.concat(this.#pending, this.#have),
    );
    const frames: Frame[] = [];
    let at = 0;
    let need = HEADER_BYTES;
    while (buffer.byteLength - at >= HEADER_BYTES) {
      const length = buffer.readUInt32LE(at);
      const type = buffer[at + 6] ?? 0;
      const flags = buffer[at + 7] ?? 0;
      const count = buffer.readUInt32LE(at + 12);
      this.#check(buffer, at, length, type, flags, count);
      const end = at + HEADER_BYTES + length;
      if (end > buffer.byteLength) {
        need = HEADER_BYTES + length;
        break;
      }
      frames.push({
        type,
        flags,
        channel: buffer.readUInt32LE(at + 8),
        count,
        body: buffer.subarray(at + HEADER_BYTES, end),
      });
      at = end;
    }
    const rest = buffer.subarray(at);
    this.#pending = rest.byteLength > 0 ? [rest] : [];
    this.#have = rest.byteLength;
    this.#need = need;
    return frames;
  }

  /** The stream has ended; throws when it ended inside a frame. */
  end(): void {
    if (this.#have > 0) {
      throw new BridgeProtocolError(
        `the stream ended inside a frame: ${this.#have} of ${this.#need} bytes`,
      );
    }
  }

  #check(
    buffer: Buffer,
    at: number,
    length: number,
    type: number,
    flags: number,
    count: number,
  ): void {
    if (buffer[at + 4] !== MAGIC) {
      throw new BridgeProtocolError(`magic: ${hex(buffer[at + 4])} instead of ${hex(MAGIC)}`); // F2
    }
    if (buffer[at + 5] !== VERSION) {
      throw new BridgeProtocolError(`version: ${buffer[at + 5]}, this side speaks ${VERSION}`);
    }
    if (!frameTypeName.has(type)) throw new BridgeProtocolError(`type: ${hex(type)} is unknown`);
    if (length > this.maxFrameBytes) {
      // F1
      throw new BridgeProtocolError(`length: ${length} bytes, the limit is ${this.maxFrameBytes}`);
    }
    if ((flags & ~(allowedFlags[type] ?? 0)) !== 0) {
      throw new BridgeProtocolError(`flags: ${hex(flags)} are not defined for type ${hex(type)}`);
    }
    const fixed = fixedBodyBytes[type] ?? -1;
    if (fixed >= 0 && length !== fixed) {
      throw new BridgeProtocolError(
        `body: ${length} bytes instead of ${fixed} for type ${hex(type)}`,
      );
    }
    if (count !== 0 && type !== FrameType.BATCH && type !== FrameType.RESULTS) {
      throw new BridgeProtocolError(`count: ${count} in a frame of type ${hex(type)}`);
    }
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function hex(value: number | undefined): string {
  return `0x${(value ?? 0).toString(16).padStart(2, '0')}`;
}

// Small bodies. 2^63 stands for Long.MAX_VALUE, which no double holds.

const LONG_MAX = 2n ** 63n - 1n;

export function encodeWatermark(watermark: number): Uint8Array {
  const body = Buffer.allocUnsafe(8);
  body.writeBigInt64LE(toLong(watermark), 0);
  return body;
}

export function decodeWatermark(body: Uint8Array): number {
  return Number(asBuffer(body).readBigInt64LE(0));
}

/** A timestamp or watermark as i64, the ends of the range clamped. */
export function toLong(value: number): bigint {
  if (value >= 2 ** 63) return LONG_MAX;
  if (value <= -(2 ** 63)) return -(2n ** 63n);
  return BigInt(Math.trunc(value));
}

export function encodeCredit(bytes: number): Uint8Array {
  const body = Buffer.allocUnsafe(4);
  body.writeUInt32LE(bytes, 0);
  return body;
}

export function decodeCredit(body: Uint8Array): number {
  return asBuffer(body).readUInt32LE(0);
}

export function encodeIdle(idle: boolean): Uint8Array {
  return Uint8Array.of(idle ? 1 : 0);
}

export function decodeIdle(body: Uint8Array): boolean {
  if (body[0] !== 0 && body[0] !== 1) {
    throw new BridgeProtocolError(`body: idle is ${body[0]}, must be 0 or 1`);
  }
  return body[0] === 1;
}

/**
 * What a barrier is of, in the order of its number on the wire. `suspend` and `drain` are savepoints that stop the job:
 * `suspend` where it is, `drain` after all that the end of input brings about.
 */
export const BARRIER_KINDS = ['checkpoint', 'savepoint', 'suspend', 'drain'] as const;
export type BarrierKind = (typeof BARRIER_KINDS)[number];

export interface Barrier {
  checkpoint: number;
  timestamp: number;
  of: BarrierKind;
}

export function encodeBarrier(barrier: Barrier): Uint8Array {
  const body = Buffer.allocUnsafe(17);
  body.writeBigUInt64LE(BigInt(barrier.checkpoint), 0);
  body.writeBigInt64LE(toLong(barrier.timestamp), 8);
  body[16] = BARRIER_KINDS.indexOf(barrier.of);
  return body;
}

export function decodeBarrier(body: Uint8Array): Barrier {
  const buffer = asBuffer(body);
  const of = BARRIER_KINDS[buffer[16] ?? 0];
  if (of === undefined) {
    throw new BridgeProtocolError(`body: barrier kind ${buffer[16]}, must be 0 to 3`);
  }
  const checkpoint = Number(buffer.readBigUInt64LE(0));
  if (!Number.isSafeInteger(checkpoint)) {
    throw new BridgeProtocolError(`body: checkpoint ${checkpoint} is beyond 2^53−1`);
  }
  return {
    checkpoint,
    timestamp: Number(buffer.readBigInt64LE(8)),
    of,
  };
}
