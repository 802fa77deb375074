// The body of a BATCH frame (docs/protocol.md §5): timestamps, then one value. Twin of _worker/channels.py.

import { FLAG_KEYS, FLAG_TIMESTAMPS } from '../bridge/frame.ts';
import { BridgeProtocolError } from '../errors.ts';
import type { BatchCodec, RecordBatch } from './batch-codec.ts';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from './operator.ts';

/** Turns one value into bytes and back. */
export interface ValueCodec {
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

export function batchFrames(values: ValueCodec): BatchCodec {
  return {
    encode({ values: records, timestamps, keys }) {
      const payload = values.encode(keys === undefined ? records : [keys, records]);
      const flags =
        (timestamps === undefined ? 0 : FLAG_TIMESTAMPS) | (keys === undefined ? 0 : FLAG_KEYS);
      return {
        flags,
        body: timestamps === undefined ? payload : withTimestamps(timestamps, payload),
      };
    },
    decode(flags, count, body) {
      const timed = (flags & FLAG_TIMESTAMPS) !== 0;
      if (timed && body.byteLength < 8 * count) {
        throw new BridgeProtocolError(
          `body: ${body.byteLength} bytes are too few for ${count} timestamps`,
        );
      }
      const payload = values.decode(timed ? body.subarray(8 * count) : body);
      const keyed = (flags & FLAG_KEYS) !== 0;
      const batch: RecordBatch = { values: listOf(keyed ? pairOf(payload)[1] : payload, count) };
      if (keyed) batch.keys = listOf(pairOf(payload)[0], count);
      if (timed) batch.timestamps = readTimestamps(body, count);
      return batch;
    },
  };
}

function pairOf(payload: unknown): [unknown, unknown] {
  if (Array.isArray(payload) && payload.length === 2) return payload as [unknown, unknown];
  throw new BridgeProtocolError('body: a keyed batch is not a pair of lists');
}

function listOf(payload: unknown, count: number): unknown[] {
  if (Array.isArray(payload) && payload.length === count) return payload;
  const carries = Array.isArray(payload) ? `${payload.length}` : 'no list of';
  throw new BridgeProtocolError(`count: ${count} announced, the batch carries ${carries} records`);
}

const TWO_32 = 2 ** 32;

/** In halves of 32 bits: a BigInt a record would cost more than all the rest. */
function withTimestamps(timestamps: readonly number[], payload: Uint8Array): Uint8Array {
  const start = timestamps.length * 8;
  const body = Buffer.allocUnsafe(start + payload.byteLength);
  for (let i = 0; i < timestamps.length; i++) {
    const timestamp = timestamps[i] as number;
    const final = timestamp >= MAX_TIMESTAMP;
    const high = final ? 0x7fffffff : Math.floor(Math.max(timestamp, MIN_TIMESTAMP) / TWO_32);
    const low = final ? 0xffffffff : Math.trunc(Math.max(timestamp, MIN_TIMESTAMP)) - high * TWO_32;
    body.writeUInt32LE(low >>> 0, i * 8);
    body.writeInt32LE(high, i * 8 + 4);
  }
  body.set(payload, start);
  return body;
}

function readTimestamps(body: Uint8Array, count: number): number[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const timestamps: number[] = [];
  for (let i = 0; i < count; i++) {
    timestamps.push(view.getInt32(i * 8 + 4, true) * TWO_32 + view.getUint32(i * 8, true));
  }
  return timestamps;
}
