// Frames to break, and ways to break them, each at one field. Twin of test/python/bridge/mutations.py.

import { readFileSync } from 'node:fs';
import { Packr, Unpackr } from 'msgpackr';

/** A frame of the vectors, in the parts that a mutation can change. */
export interface SeedFrame {
  type: string;
  header: Buffer;
  body: Buffer;
  /** Fields of the body by name: where each is, or of which map entry it is the value. */
  fields: readonly BodyField[];
}

type BodyField =
  | { name: string; kind: 'range'; start: number; end: number }
  | { name: string; kind: 'entry' };

export interface Mutant {
  bytes: Buffer;
  type: string;
  field: string;
  how: string;
}

export const HEADER_FIELDS = {
  length: [0, 4],
  magic: [4, 5],
  version: [5, 6],
  type: [6, 7],
  flags: [7, 8],
  channel: [8, 12],
  count: [12, 16],
} as const;

const packr = new Packr({ useRecords: false, variableMapSize: true });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true });

/** The frames of test/vectors/frames.json, and the values of values.json as batches of one record. */
export function seedFrames(): SeedFrame[] {
  const read = (name: string) =>
    JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'));
  const frames = read('frames').frames.map(
    (vector: { type: string; bytes: string; flags: number; count: number; map?: object }) => {
      const bytes = Buffer.from(vector.bytes, 'hex');
      const body = bytes.subarray(16);
      const fields = bodyFields(vector.type, vector.flags, vector.count, body, vector.map);
      return { type: vector.type, header: bytes.subarray(0, 16), body, fields };
    },
  );
  const { values, batches } = read('values');
  const records = [
    ...values.map(({ bytes }: { bytes: string }) => [1, 0, `91${bytes}`]),
    ...batches.map(({ records, keys, bytes }: Record<string, string>) => [
      records?.length ?? 0,
      keys === undefined ? 0 : 2,
      bytes,
    ]),
  ];
  const batchHeader = frames.find(({ type }: SeedFrame) => type === 'BATCH').header;
  for (const [count, flags, payload] of records) {
    const body = Buffer.from(payload, 'hex');
    const header = Buffer.from(batchHeader);
    header.writeUInt32LE(body.byteLength, 0);
    header[7] = flags;
    header.writeUInt32LE(count, 12);
    frames.push({ type: 'BATCH', header, body, fields: bodyFields('BATCH', flags, count, body) });
  }
  return frames;
}

function bodyFields(
  type: string,
  flags: number,
  count: number,
  body: Buffer,
  map?: object,
): BodyField[] {
  const range = (name: string, start: number, end: number): BodyField => {
    return { name, kind: 'range', start, end };
  };
  if (map !== undefined || type === 'SNAPSHOT') {
    const entries = Object.keys(map ?? (unpackr.unpack(body) as object));
    return [
      range('map', 0, body.byteLength),
      ...entries.map((name): BodyField => ({ name, kind: 'entry' })),
    ];
  }
  if (type === 'BARRIER') {
    return [range('checkpoint', 0, 8), range('timestamp', 8, 16), range('kind', 16, 17)];
  }
  if (type === 'BATCH' || type === 'RESULTS') {
    const start = (flags & 1) === 0 ? 0 : 8 * count;
    const payload = range('payload', start, body.byteLength);
    return start === 0 ? [payload] : [range('timestamps', 0, start), payload];
  }
  return body.byteLength === 0 ? [] : [range('body', 0, body.byteLength)];
}

/** Heads of msgpack that announce more than can be there, and values at the ends of ranges. */
const HEADS = [0xc1, 0xc6, 0xc9, 0xdb, 0xdd, 0xdf, 0xd4, 0xc7, 0x9f, 0x8f, 0xbf, 0xcb, 0xcf, 0xd3];
const VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  2 ** 53,
  2n ** 63n,
  0.5,
  Number.NaN,
  '',
  'x'.repeat(300),
  [],
  [[[]]],
  {},
  { a: { b: 1 } },
  Buffer.alloc(3, 0xff),
  Buffer.from('ffffffff', 'hex'),
];

/** Ways to change some bytes; the length of the frame is told anew. */
const BYTE_MUTATIONS: { readonly [how: string]: (bytes: Buffer, random: Random) => Buffer } = {
  flip(bytes, random) {
    const at = random.below(bytes.length);
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random.below(8)), at);
    return bytes;
  },
  set(bytes, random) {
    bytes.writeUInt8(random.below(256), random.below(bytes.length));
    return bytes;
  },
  head(bytes, random) {
    bytes.writeUInt8(random.pick(HEADS), random.below(bytes.length));
    return bytes;
  },
  ones(bytes, random) {
    const at = random.below(bytes.length);
    bytes.subarray(at, at + 1 + random.below(4)).fill(0xff);
    return bytes;
  },
  zeros(bytes, random) {
    const at = random.below(bytes.length);
    bytes.subarray(at, at + 1 + random.below(4)).fill(0);
    return bytes;
  },
  truncate: (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  remove(bytes, random) {
    const at = random.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(4))]);
  },
  insert(bytes, random) {
    const at = random.below(bytes.length + 1);
    const more = Buffer.from(Array.from({ length: 1 + random.below(4) }, () => random.below(256)));
    return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
  },
  repeat(bytes, random) {
    const at = random.below(bytes.length);
    const part = bytes.subarray(at, at + 1 + random.below(8));
    return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
  },
  nest(bytes, random) {
    const at = random.below(bytes.length);
    const around = Buffer.alloc(1 + random.below(100), random.pick([0x91, 0x81, 0xd4]));
    return Buffer.concat([bytes.subarray(0, at), around, bytes.subarray(at)]);
  },
};
export const BODY_MUTATIONS = Object.keys(BYTE_MUTATIONS);

/** Breaks one field of a frame. */
export function mutate(seed: SeedFrame, field: string, random: Random): Mutant {
  if (field in HEADER_FIELDS) {
    const header = mutatedHeader(seed.header, field as keyof typeof HEADER_FIELDS, random);
    return { bytes: Buffer.concat([header, seed.body]), type: seed.type, field, how: 'header' };
  }
  const of = seed.fields.find(({ name }) => name === field);
  if (of === undefined) throw new TypeError(`${seed.type} has no field ${field}`);
  if (of.kind === 'entry') {
    const map = unpackr.unpack(seed.body) as Record<string, unknown>;
    if (random.below(4) === 0) delete map[field];
    else map[field] = random.pick(VALUES);
    return withBody(seed, packr.pack(map), field, 'entry');
  }
  const how = random.pick(BODY_MUTATIONS);
  const part = Buffer.from(seed.body.subarray(of.start, of.end));
  const changed = BYTE_MUTATIONS[how]?.(part, random) ?? part;
  const body = Buffer.concat([
    seed.body.subarray(0, of.start),
    changed,
    seed.body.subarray(of.end),
  ]);
  return withBody(seed, body, field, how);
}

function mutatedHeader(
  original: Buffer,
  field: keyof typeof HEADER_FIELDS,
  random: Random,
): Buffer {
  const header = Buffer.from(original);
  const [start, end] = HEADER_FIELDS[field];
  if (end - start === 1) {
    header.writeUInt8(random.below(256), start);
  } else {
    const near = header.readUInt32LE(start) + random.pick([-1, 1, 8, 256]);
    const value = random.pick([near, 0, 1, 0xffffffff, 0x7fffffff, random.below(2 ** 32)]);
    header.writeUInt32LE(value >>> 0, start);
  }
  return header;
}

function withBody(seed: SeedFrame, body: Buffer, field: string, how: string): Mutant {
  const header = Buffer.from(seed.header);
  header.writeUInt32LE(body.byteLength, 0);
  return { bytes: Buffer.concat([header, body]), type: seed.type, field, how };
}

/** Numbers from a seed (mulberry32), so that a failure can be had again. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer of 0 … `limit` − 1. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}
