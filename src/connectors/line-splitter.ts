import { TextDecoder } from 'node:util';

const LINE_FEED = 0x0a;

/** Cuts blocks of bytes into lines, without their `\n`, `\r\n` or `\r` (as Flink); the last line needs none. */
export class LineSplitter {
  /** Of the first byte after the lines given out so far. */
  offset: number;
  readonly #decoder: TextDecoder;
  #rest: Buffer[] = [];
  #restBytes = 0;

  /** `encoding` must write a line feed as the byte 0x0a and use that byte for nothing else (utf-8, latin1 …). */
  constructor(encoding: string, offset = 0) {
    this.#decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
    this.offset = offset;
  }

  /** The lines that end in `block`. */
  push(block: Buffer): string[] {
    const last = block.lastIndexOf(LINE_FEED);
    if (last < 0) {
      this.#keep(block);
      return [];
    }
    const whole = block.subarray(0, last);
    const lines = this.#decode(
      this.#rest.length === 0 ? whole : Buffer.concat([...this.#rest, whole]),
    );
    this.offset += this.#restBytes + last + 1;
    this.#rest = [];
    this.#restBytes = 0;
    this.#keep(block.subarray(last + 1));
    return lines;
  }

  /** The last line, if it has no line feed. */
  end(): string[] {
    if (this.#restBytes === 0) return [];
    const lines = this.#decode(Buffer.concat(this.#rest));
    this.offset += this.#restBytes;
    this.#rest = [];
    this.#restBytes = 0;
    return lines;
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#rest.push(bytes);
    this.#restBytes += bytes.length;
  }

  #decode(bytes: Buffer): string[] {
    // One decode for the block, not one a line.
    const text = this.#decoder.decode(bytes);
    if (!text.includes('\r')) return text.split('\n');
    // At its end stands the first half of the line break that was cut off, or the end of the last line.
    return (text.endsWith('\r') ? text.slice(0, -1) : text).split(/\r\n|\r|\n/);
  }
}
