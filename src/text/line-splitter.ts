// Blocks of bytes to lines of text. Twin of python/isthmus/_text/line_splitter.py.
//
// Lines end at `\n`, `\r\n` or a lone `\r`, as Flink's do; the last one needs no end. Blocks may be cut anywhere.
//
//   S1. Bytes are looked through for the line feed as the charset writes it, at multiples of its length: in UTF-16 the byte
//       0x0a is half of many characters.
//   S2. Only whole lines are decoded, so that no character is cut, and the position is where a line begins.

import type { Charset } from './charset.ts';

export class LineSplitter {
  /** Of the first byte after the lines given out so far. */
  offset: number;
  readonly #charset: Charset;
  readonly #width: number;
  #rest: Buffer[] = [];
  #restBytes = 0;
  /** Bytes of a unit that was cut. */
  #cut: Buffer = Buffer.alloc(0);

  constructor(charset: Charset, offset = 0) {
    this.#charset = charset;
    this.#width = charset.lineFeed.length;
    this.offset = offset;
  }

  /** The lines that end in `block`. */
  push(given: Buffer): string[] {
    const block = this.#width === 1 ? given : this.#wholeUnits(given);
    const last = this.#lastLineFeed(block);
    if (last < 0) {
      this.#keep(block);
      return [];
    }
    const whole = block.subarray(0, last);
    const lines = this.#decode(
      this.#rest.length === 0 ? whole : Buffer.concat([...this.#rest, whole]),
    );
    this.offset += this.#restBytes + last + this.#width; // S2
    this.#rest = [];
    this.#restBytes = 0;
    this.#keep(block.subarray(last + this.#width));
    return lines;
  }

  /** The last line, if it has no line feed. */
  end(): string[] {
    this.#keep(this.#cut);
    if (this.#restBytes === 0) return [];
    const lines = this.#decode(Buffer.concat(this.#rest));
    this.offset += this.#restBytes;
    this.#rest = [];
    this.#restBytes = 0;
    this.#cut = Buffer.alloc(0);
    return lines;
  }

  #wholeUnits(given: Buffer): Buffer {
    const block = this.#cut.length === 0 ? given : Buffer.concat([this.#cut, given]);
    const whole = block.length - (block.length % this.#width);
    this.#cut = block.subarray(whole);
    return block.subarray(0, whole);
  }

  #lastLineFeed(block: Buffer): number {
    let at = block.lastIndexOf(this.#charset.lineFeed);
    while (at > 0 && at % this.#width !== 0) {
      at = block.lastIndexOf(this.#charset.lineFeed, at - 1); // S1
    }
    return at;
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#rest.push(bytes);
    this.#restBytes += bytes.length;
  }

  #decode(bytes: Buffer): string[] {
    // One decode for the block, not one a line.
    const text = this.#charset.decode(bytes);
    if (!text.includes('\r')) return text.split('\n');
    // At its end stands the first half of the line break that was cut off, or the end of the last line.
    return (text.endsWith('\r') ? text.slice(0, -1) : text).split(/\r\n|\r|\n/);
  }
}
