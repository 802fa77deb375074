// Charsets of text files that the runtime reads itself, by name without case and punctuation. Others are read in Python.

import { TextDecoder } from 'node:util';
import { GraphError } from '../errors.ts';

export interface Charset {
  /** A line feed as it writes it; its length is that of a unit. */
  readonly lineFeed: Buffer;
  /** @throws TypeError for bytes that are no text. */
  decode(bytes: Buffer): string;
}

type ByteOrder = 'le' | 'be';

interface Mark {
  bytes: Buffer;
  charset: Charset;
}

const UTF_8: Charset = byDecoder('utf-8', [0x0a]);
const LATIN_1: Charset = {
  lineFeed: Buffer.from([0x0a]),
  decode: (bytes) => bytes.toString('latin1'),
};
const UTF_16 = {
  le: byDecoder('utf-16le', [0x0a, 0]),
  be: byDecoder('utf-16be', [0, 0x0a]),
};
const UTF_32 = { le: utf32('le', [0x0a, 0, 0, 0]), be: utf32('be', [0, 0, 0, 0x0a]) };

/**
 * What a file is in, by its first bytes. As in Java the high byte comes first unless something says otherwise, and in UTF-16
 * of a named byte order a byte order mark is a character as any other.
 */
export type ByHead = (head: Buffer) => MarkedCharset;

export interface MarkedCharset {
  charset: Charset;
  markBytes: number;
}

const UTF_16_MARKS: readonly Mark[] = [
  { bytes: Buffer.from([0xff, 0xfe]), charset: UTF_16.le },
  { bytes: Buffer.from([0xfe, 0xff]), charset: UTF_16.be },
];
const UTF_32_LE_MARK: Mark = { bytes: Buffer.from([0xff, 0xfe, 0, 0]), charset: UTF_32.le };
const UTF_32_BE_MARK: Mark = { bytes: Buffer.from([0, 0, 0xfe, 0xff]), charset: UTF_32.be };

const CHARSETS: { readonly [name: string]: Charset | ByHead } = {
  utf8: UTF_8,
  utf16: marked(UTF_16_MARKS, UTF_16.be),
  utf16le: UTF_16.le,
  utf16be: UTF_16.be,
  utf32: marked([UTF_32_LE_MARK, UTF_32_BE_MARK], UTF_32.be),
  utf32le: marked([UTF_32_LE_MARK], UTF_32.le),
  utf32be: marked([UTF_32_BE_MARK], UTF_32.be),
  iso88591: LATIN_1,
  latin1: LATIN_1,
};

/** @throws GraphError when there is no such charset. */
export function charsetOf(name: string): Charset | ByHead {
  const found =
    CHARSETS[
      String(name)
        .toLowerCase()
        .replaceAll(/[^a-z0-9]/g, '')
    ];
  if (found !== undefined) return found;
  throw new GraphError(
    `There is no charset ${JSON.stringify(name)} for files that TypeScript reads; ` +
      'known: utf-8, utf-16, utf-16le, utf-16be, utf-32, utf-32le, utf-32be, latin1.',
  );
}

function marked(marks: readonly Mark[], unmarked: Charset): ByHead {
  return (head) => {
    const mark = marks.find(({ bytes }) => head.subarray(0, bytes.length).equals(bytes));
    return mark === undefined
      ? { charset: unmarked, markBytes: 0 }
      : { charset: mark.charset, markBytes: mark.bytes.length };
  };
}

function byDecoder(encoding: string, lineFeed: number[]): Charset {
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  return { lineFeed: Buffer.from(lineFeed), decode: (bytes) => decoder.decode(bytes) };
}

function utf32(order: ByteOrder, lineFeed: number[]): Charset {
  return {
    lineFeed: Buffer.from(lineFeed),
    decode(bytes) {
      if (bytes.length % 4 !== 0)
        throw new TypeError('The encoded data was cut within a character');
      let text = '';
      for (let at = 0; at < bytes.length; at += 4) {
        const point = order === 'le' ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
        if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
          throw new TypeError('The encoded data was not valid for encoding utf-32');
        }
        text += String.fromCodePoint(point);
      }
      return text;
    },
  };
}
