// Bytes of msgpack, written into one buffer that grows.

const FIRST_BYTES = 64 * 1024;
/** A buffer that grew beyond this is not kept for the next batch. */
const KEPT_BYTES = 4 * 1024 * 1024;
/** Up to this length a loop over the characters is faster than a call into the engine. */
const SHORT_CHARS = 40;
/** First bytes of extension values whose body has one of these lengths. */
const FIXED_HEADS: readonly (number | undefined)[] = Object.assign(new Array(17), {
  1: 0xd4,
  2: 0xd5,
  4: 0xd6,
  8: 0xd7,
  16: 0xd8,
});

export class Writer {
  #buffer: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #view = new DataView(this.#buffer.buffer);
  position = 0;

  /** A copy of what was written; the writer is empty again. */
  take(): Uint8Array {
    const bytes = Buffer.allocUnsafe(this.position);
    this.#buffer.copy(bytes, 0, 0, this.position);
    this.position = 0;
    if (this.#buffer.byteLength > KEPT_BYTES) this.#replace(FIRST_BYTES);
    return bytes;
  }

  nil(): void {
    this.byte(0xc0);
  }

  boolean(value: boolean): void {
    this.byte(value ? 0xc3 : 0xc2);
  }

  byte(value: number): void {
    if (this.position + 1 > this.#buffer.byteLength) this.#grow(1);
    this.#buffer[this.position++] = value;
  }

  /** A safe integer. */
  integer(value: number): void {
    if (this.position + 9 > this.#buffer.byteLength) this.#grow(9);
    const buffer = this.#buffer;
    let at = this.position;
    if (value >= 0) {
      if (value < 0x80) {
        buffer[at++] = value;
      } else if (value < 0x100) {
        buffer[at++] = 0xcc;
        buffer[at++] = value;
      } else if (value < 0x10000) {
        buffer[at++] = 0xcd;
        buffer[at++] = value >> 8;
        buffer[at++] = value;
      } else if (value < 0x100000000) {
        buffer[at] = 0xce;
        this.#view.setUint32(at + 1, value);
        at += 5;
      } else {
        buffer[at] = 0xcf;
        this.#view.setUint32(at + 1, Math.floor(value / 0x100000000));
        this.#view.setUint32(at + 5, value >>> 0);
        at += 9;
      }
    } else if (value >= -0x20) {
      buffer[at++] = value;
    } else if (value >= -0x80) {
      buffer[at++] = 0xd0;
      buffer[at++] = value;
    } else if (value >= -0x8000) {
      buffer[at] = 0xd1;
      this.#view.setInt16(at + 1, value);
      at += 3;
    } else if (value >= -0x80000000) {
      buffer[at] = 0xd2;
      this.#view.setInt32(at + 1, value);
      at += 5;
    } else {
      buffer[at] = 0xd3;
      this.#view.setInt32(at + 1, Math.floor(value / 0x100000000));
      this.#view.setUint32(at + 5, value >>> 0);
      at += 9;
    }
    this.position = at;
  }

  /** An integer of −2^63 … 2^64−1. */
  wideInteger(value: bigint): void {
    if (this.position + 9 > this.#buffer.byteLength) this.#grow(9);
    if (value < 0n) {
      this.#buffer[this.position] = 0xd3;
      this.#view.setBigInt64(this.position + 1, value);
    } else {
      this.#buffer[this.position] = 0xcf;
      this.#view.setBigUint64(this.position + 1, value);
    }
    this.position += 9;
  }

  float(value: number): void {
    if (this.position + 9 > this.#buffer.byteLength) this.#grow(9);
    this.#buffer[this.position] = 0xcb;
    this.#view.setFloat64(this.position + 1, value);
    this.position += 9;
  }

  /** Text; false, with nothing written, when it has a lone surrogate. */
  text(value: string): boolean {
    const length = value.length;
    if (this.position + 5 + length * 3 > this.#buffer.byteLength) this.#grow(5 + length * 3);
    const buffer = this.#buffer;
    if (length <= SHORT_CHARS) {
      let at = this.position;
      if (length < 32) {
        buffer[at++] = 0xa0 | length;
      } else {
        buffer[at++] = 0xd9;
        buffer[at++] = length;
      }
      let i = 0;
      for (; i < length; i++) {
        const code = value.charCodeAt(i);
        if (code >= 0x80) break;
        buffer[at++] = code;
      }
      if (i === length) {
        this.position = at;
        return true;
      }
    }
    if (!value.isWellFormed()) return false;
    const bytes = Buffer.byteLength(value);
    this.#textHead(bytes);
    this.position += buffer.write(value, this.position, bytes, 'utf8');
    return true;
  }

  #textHead(bytes: number): void {
    if (bytes < 32) {
      this.#buffer[this.position++] = 0xa0 | bytes;
    } else if (bytes < 0x100) {
      this.#buffer[this.position++] = 0xd9;
      this.#buffer[this.position++] = bytes;
    } else {
      this.#length(bytes, 0xda);
    }
  }

  binary(value: Uint8Array): void {
    const bytes = value.byteLength;
    if (this.position + 5 + bytes > this.#buffer.byteLength) this.#grow(5 + bytes);
    if (bytes < 0x100) {
      this.#buffer[this.position++] = 0xc4;
      this.#buffer[this.position++] = bytes;
    } else {
      this.#length(bytes, 0xc5);
    }
    this.#buffer.set(value, this.position);
    this.position += bytes;
  }

  arrayHead(length: number): void {
    if (this.position + 5 > this.#buffer.byteLength) this.#grow(5);
    if (length < 16) this.#buffer[this.position++] = 0x90 | length;
    else this.#length(length, 0xdc);
  }

  mapHead(length: number): void {
    if (this.position + 5 > this.#buffer.byteLength) this.#grow(5);
    if (length < 16) this.#buffer[this.position++] = 0x80 | length;
    else this.#length(length, 0xde);
  }

  /** 16 bits of length behind `head`, or 32 behind `head + 1`. */
  #length(length: number, head: number): void {
    if (length < 0x10000) {
      this.#buffer[this.position] = head;
      this.#view.setUint16(this.position + 1, length);
      this.position += 3;
    } else {
      this.#buffer[this.position] = head + 1;
      this.#view.setUint32(this.position + 1, length);
      this.position += 5;
    }
  }

  /** The head of an extension value whose body of `bytes` (below 256) follows. */
  extension(type: number, bytes: number): void {
    if (this.position + 3 > this.#buffer.byteLength) this.#grow(3);
    const buffer = this.#buffer;
    const fixed = FIXED_HEADS[bytes];
    if (fixed !== undefined) {
      buffer[this.position++] = fixed;
    } else {
      buffer[this.position++] = 0xc7;
      buffer[this.position++] = bytes;
    }
    buffer[this.position++] = type;
  }

  /** Begins an extension value of unknown length; `endExtension` is given what this returns. */
  beginExtension(type: number): number {
    if (this.position + 6 > this.#buffer.byteLength) this.#grow(6);
    const start = this.position;
    this.#buffer[start] = 0xc9;
    this.#buffer[start + 5] = type;
    this.position = start + 6;
    return start;
  }

  /** Writes the length; a short body moves up, so that a value has the same bytes as in Python. */
  endExtension(start: number): void {
    const buffer = this.#buffer;
    const body = start + 6;
    const bytes = this.position - body;
    if (bytes >= 0x10000) {
      this.#view.setUint32(start + 1, bytes);
      return;
    }
    const type = buffer[start + 5] as number;
    let at = start;
    const fixed = FIXED_HEADS[bytes];
    if (fixed !== undefined) {
      buffer[at++] = fixed;
    } else if (bytes < 0x100) {
      buffer[at++] = 0xc7;
      buffer[at++] = bytes;
    } else {
      buffer[at] = 0xc8;
      this.#view.setUint16(at + 1, bytes);
      at += 3;
    }
    buffer[at++] = type;
    if (bytes > SHORT_CHARS) buffer.copyWithin(at, body, this.position);
    else for (let i = 0; i < bytes; i++) buffer[at + i] = buffer[body + i] as number;
    this.position = at + bytes;
  }

  // Bodies of extension values are little-endian, as frames are.

  int64(value: bigint): void {
    if (this.position + 8 > this.#buffer.byteLength) this.#grow(8);
    this.#view.setBigInt64(this.position, value, true);
    this.position += 8;
  }

  int32(value: number): void {
    if (this.position + 4 > this.#buffer.byteLength) this.#grow(4);
    this.#view.setInt32(this.position, value, true);
    this.position += 4;
  }

  raw(bytes: Uint8Array): void {
    if (this.position + bytes.byteLength > this.#buffer.byteLength) this.#grow(bytes.byteLength);
    this.#buffer.set(bytes, this.position);
    this.position += bytes.byteLength;
  }

  #grow(bytes: number): void {
    const wanted = this.position + bytes;
    const old = this.#buffer;
    this.#replace(Math.max(old.byteLength * 2, wanted));
    old.copy(this.#buffer, 0, 0, this.position);
  }

  #replace(bytes: number): void {
    this.#buffer = Buffer.allocUnsafeSlow(bytes);
    this.#view = new DataView(this.#buffer.buffer);
  }
}
