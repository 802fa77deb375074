// msgpack read from one buffer. Lengths are compared with what is left before anything is allocated.

import { isUtf8 } from 'node:buffer';
import { CodecError } from '../../errors.ts';
import type { MapShape } from './map-shape.ts';

/** Strings up to this length are cut out of one string for the whole body; a longer one would keep that alive. */
const CUT_CHARS = 12;

/** Methods that Node has and its types do not tell of: `toString` without the look at the encoding's name. */
interface SlicingBuffer extends Buffer {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
}

export class Reader {
  readonly buffer: SlicingBuffer;
  readonly #view: DataView;
  readonly end: number;
  position = 0;
  /** Whether extension values are refused. */
  plain = false;
  /** By number of entries, the shape that maps of the body have. */
  readonly shapes: (MapShape | undefined)[] = [];
  /** The body as Latin-1, made when the first short string is read. */
  #latin1: string | undefined;

  constructor(body: Uint8Array) {
    this.buffer = (
      Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    ) as SlicingBuffer;
    this.#view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    this.end = body.byteLength;
  }

  /** Moves over `bytes` bytes; returns where they begin. */
  skip(bytes: number): number {
    const start = this.position;
    if (bytes > this.end - start) throw truncated(bytes, this.end - start);
    this.position = start + bytes;
    return start;
  }

  uint8(): number {
    return this.buffer[this.skip(1)] as number;
  }

  int8(): number {
    return ((this.buffer[this.skip(1)] as number) << 24) >> 24;
  }

  uint16(): number {
    return this.#view.getUint16(this.skip(2));
  }

  int16(): number {
    return this.#view.getInt16(this.skip(2));
  }

  uint32(): number {
    return this.#view.getUint32(this.skip(4));
  }

  int32(): number {
    return this.#view.getInt32(this.skip(4));
  }

  float32(): number {
    return this.#view.getFloat32(this.skip(4));
  }

  float64(): number {
    return this.#view.getFloat64(this.skip(8));
  }

  uint64(): number | bigint {
    const at = this.skip(8);
    const high = this.#view.getUint32(at);
    if (high < 0x200000) return high * 0x100000000 + this.#view.getUint32(at + 4);
    return this.#view.getBigUint64(at);
  }

  int64(): number | bigint {
    const at = this.skip(8);
    const high = this.#view.getInt32(at);
    if (high < 0x200000 && high >= -0x200000) {
      const number = high * 0x100000000 + this.#view.getUint32(at + 4);
      // −2^53 itself has the high word of numbers that are safe.
      if (number >= Number.MIN_SAFE_INTEGER) return number;
    }
    return this.#view.getBigInt64(at);
  }

  // Bodies of extension values are little-endian.

  littleInt64(): bigint {
    return this.#view.getBigInt64(this.skip(8), true);
  }

  littleInt32(): number {
    return this.#view.getInt32(this.skip(4), true);
  }

  bytes(length: number): Uint8Array {
    const start = this.skip(length);
    // A copy: a view would keep the whole frame alive.
    return new Uint8Array(this.buffer.subarray(start, start + length));
  }

  ascii(length: number): string {
    const start = this.skip(length);
    return this.buffer.latin1Slice(start, start + length);
  }

  text(length: number): string {
    const start = this.skip(length);
    const end = start + length;
    if (length <= CUT_CHARS) {
      let at = start;
      while (at < end && (this.buffer[at] as number) < 0x80) at++;
      if (at === end) {
        this.#latin1 ??= this.buffer.latin1Slice(0, this.end);
        return this.#latin1.substring(start, end);
      }
    }
    const text = this.buffer.utf8Slice(start, end);
    // Bytes that are no UTF-8 become U+FFFD; that character itself is rare enough to look twice.
    if (text.includes('\ufffd') && !isUtf8(this.buffer.subarray(start, end))) {
      throw new CodecError('A string is not valid UTF-8.');
    }
    return text;
  }

  /** Checks that `count` values can be there at all, each of `bytes` bytes at least. */
  expect(count: number, bytes = 1): number {
    if (count * bytes > this.end - this.position) {
      throw truncated(count * bytes, this.end - this.position);
    }
    return count;
  }
}

function truncated(wanted: number, left: number): CodecError {
  return new CodecError(`The bytes are no value: ${wanted} bytes are announced and ${left} left.`);
}
