// The vectors that both languages read (test/vectors/README.md); test/python/bridge/test_vectors.py is the twin.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeControl, encodeControl } from '../../src/bridge/codec/control.ts';
import {
  decodeKeyedValues,
  decodeValue,
  decodeValues,
  encodeValue,
  encodeValues,
} from '../../src/bridge/codec/index.ts';
import { DTYPES } from '../../src/bridge/codec/values.ts';
import {
  BARRIER_KINDS,
  type BarrierKind,
  decodeBarrier,
  decodeCredit,
  decodeIdle,
  decodeWatermark,
  encodeBarrier,
  encodeCredit,
  encodeFrame,
  encodeIdle,
  encodeWatermark,
  FLAG_MSGPACK,
  FrameDecoder,
  FrameType,
} from '../../src/bridge/frame.ts';
import {
  encodeKey,
  KeyGroups,
  keyGroup,
  keyGroupRange,
  keyHash,
  subtaskOfKeyGroup,
} from '../../src/state/keys.ts';
import { BridgeProtocolError, CodecError } from '../../src/errors.ts';
import { wireCodec } from '../../src/runtime/wire-batch.ts';
import { type Described, describeValue, fromDescription, normal } from './described.ts';

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'));
const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

const values = read('values');
const keys = read('keys');
const frames = read('frames');

/** A vector of many forms. */
type Vector = Record<string, Described>;

interface ValueVector {
  name: string;
  value: Described;
  bytes: string;
  also?: string[];
  /** What TypeScript reads, where JavaScript cannot tell. */
  typescript?: Described;
  refusedBy?: 'typescript';
}
interface BatchVector {
  name: string;
  records: Described[];
  keys?: Described[];
  bytes: string;
}

describe('values', () => {
  test('dtypes of arrays', () => {
    expect(new Set(Object.keys(DTYPES))).toEqual(new Set(values.dtypes));
  });

  test.each<ValueVector>(values.values)('$name', (vector) => {
    const { value, bytes, also = [], typescript = value } = vector;
    for (const encoded of [bytes, ...also]) {
      expect(describeValue(decodeValue(bytesOf(encoded)))).toEqual(normal(typescript));
    }
    if (vector.refusedBy === 'typescript') {
      expect(() => encodeValue(fromDescription(value))).toThrow(CodecError);
      return;
    }
    if (vector.typescript !== undefined) return; // JavaScript cannot tell, so it does not write these bytes.
    expect([bytes, ...also]).toContain(hexOf(encodeValue(fromDescription(value))));
  });

  test.each<BatchVector>(values.batches)('batch: $name', ({ records, keys: keyed, bytes }) => {
    const decoded =
      keyed === undefined
        ? { values: decodeValues(bytesOf(bytes)), keys: undefined }
        : decodeKeyedValues(bytesOf(bytes));
    expect(decoded.values.map(describeValue)).toEqual(records.map(normal));
    expect(decoded.keys?.map(describeValue)).toEqual(keyed?.map(normal));
    const encoded = encodeValues(records.map(fromDescription), keyed?.map(fromDescription));
    expect(hexOf(encoded)).toBe(bytes);
  });

  const readers = { value: decodeValue, batch: decodeValues, keyed: decodeKeyedValues };
  test.each<{ name: string; reads: keyof typeof readers; bytes: string }>(values.refused)(
    'refused: $name',
    ({ reads, bytes }) => {
      expect(() => readers[reads](bytesOf(bytes))).toThrow(CodecError);
      if (reads === 'value') {
        expect(() => decodeValues(bytesOf(`91${bytes}`))).toThrow(CodecError);
      }
    },
  );
});

describe('keys', () => {
  test.each<Vector>(keys.keys)('$name', (vector) => {
    for (const key of vector.keys.map(fromDescription)) {
      const encoded = encodeKey(key);
      expect(hexOf(encoded)).toBe(vector.bytes);
      expect(keyHash(encoded)).toBe(vector.hash);
      for (const [max, group] of Object.entries(vector.groups)) {
        expect(keyGroup(encoded, Number(max))).toBe(group);
      }
      for (const [shape, subtask] of Object.entries(vector.subtasks)) {
        const [parallelism, max] = shape.split('/').map(Number) as [number, number];
        const router = new KeyGroups(max, parallelism);
        expect(subtaskOfKeyGroup(router.group(key), parallelism, max)).toBe(subtask);
        expect(router.targets([key, key])).toEqual([subtask, subtask]);
      }
    }
  });

  test('no two vectors share their bytes, unless they are equal keys', () => {
    const seen = new Set(keys.keys.map(({ bytes }: { bytes: string }) => bytes));
    expect(seen.size).toBe(keys.keys.length);
  });

  test.each<Vector>(keys.ranges)(
    'ranges of $parallelism subtasks over $maxParallelism groups',
    ({ parallelism, maxParallelism, ranges }) => {
      for (let subtask = 0; subtask < parallelism; subtask++) {
        expect(keyGroupRange(subtask, parallelism, maxParallelism)).toEqual(ranges[subtask]);
      }
    },
  );
});

describe('frames', () => {
  test.each<Vector>(frames.frames)('$type, flags $flags', (vector) => {
    const { code, flags, channel, count } = vector;
    expect(FrameType[vector.type as keyof typeof FrameType]).toBe(code);
    const body = bytesOf(vector.body);
    expect(hexOf(Buffer.concat(encodeFrame(code, flags, channel, count, body)))).toBe(vector.bytes);

    // Whole, and byte by byte.
    const bytes = bytesOf(vector.bytes);
    const decoder = new FrameDecoder();
    const decoded = [
      ...decoder.feed(bytes),
      ...[...bytes].flatMap((b) => decoder.feed(Uint8Array.of(b))),
    ];
    decoder.end();
    expect(decoded).toHaveLength(2);
    for (const frame of decoded) {
      expect({ ...frame, body: hexOf(frame.body) }).toEqual({
        type: code,
        flags,
        channel,
        count,
        body: vector.body,
      });
    }
    checkBody(vector, body);
  });

  test('every type has a vector', () => {
    const types = new Set(frames.frames.map(({ type }: { type: string }) => type));
    expect(types).toEqual(new Set(Object.keys(FrameType)));
  });

  test.each<Vector>(frames.refusedHeaders)('refused: $name', ({ field, bytes, end }) => {
    for (const size of [1, 5, 1 << 20]) {
      const decoder = new FrameDecoder();
      const decode = () => {
        const all = bytesOf(bytes);
        for (let at = 0; at < all.length; at += size) decoder.feed(all.subarray(at, at + size));
        if (end) decoder.end();
      };
      expect(decode).toThrow(BridgeProtocolError);
    }
    const decoder = new FrameDecoder();
    const decode = () => {
      decoder.feed(bytesOf(bytes));
      if (end) decoder.end();
    };
    expect(decode).toThrow(end ? /stream ended inside a frame/ : new RegExp(`^${field}: `));
  });

  test.each<Vector>(frames.refusedBodies)('refused: $name', ({ type, body }) => {
    const decode = { IDLE: decodeIdle, BARRIER: decodeBarrier, HELLO: decodeControl }[
      type as 'IDLE'
    ];
    expect(() => decode(bytesOf(body))).toThrow(BridgeProtocolError);
  });
});

function checkBody(vector: Described, body: Uint8Array): void {
  if (vector.map !== undefined) {
    expect(decodeControl(body)).toEqual(vector.map);
    expect(decodeControl(encodeControl(vector.map))).toEqual(vector.map);
  }
  if (vector.watermark !== undefined) {
    const watermark = Number(vector.watermark);
    expect(decodeWatermark(body)).toBe(watermark);
    expect(hexOf(encodeWatermark(watermark))).toBe(vector.body);
  }
  if (vector.barrier !== undefined) {
    const barrier = {
      checkpoint: Number(vector.barrier.checkpoint),
      timestamp: Number(vector.barrier.timestamp),
      of: BARRIER_KINDS[vector.barrier.kind] as BarrierKind,
    };
    expect(decodeBarrier(body)).toEqual(barrier);
    expect(hexOf(encodeBarrier(barrier))).toBe(vector.body);
  }
  if (vector.idle !== undefined) {
    expect(decodeIdle(body)).toBe(vector.idle);
    expect(hexOf(encodeIdle(vector.idle))).toBe(vector.body);
  }
  if (vector.credit !== undefined) {
    expect(decodeCredit(body)).toBe(vector.credit);
    expect(hexOf(encodeCredit(vector.credit))).toBe(vector.body);
  }
  if (vector.records !== undefined) {
    const codec = wireCodec('msgpack', undefined);
    const batch = {
      values: vector.records.map(fromDescription),
      ...(vector.keys === undefined ? {} : { keys: vector.keys.map(fromDescription) }),
      ...(vector.timestamps === undefined ? {} : { timestamps: vector.timestamps.map(Number) }),
    };
    const flags = vector.flags & ~FLAG_MSGPACK;
    expect(codec.decode(flags, vector.count, body)).toEqual(batch);
    const encoded = codec.encode(batch);
    expect([encoded.flags, hexOf(encoded.body)]).toEqual([flags, vector.body]);
  }
}
