// The body of a BATCH frame (docs/protocol.md §5): timestamps, then the records. Twin of _worker/runtime/wire_batch.py.

import {
  decodeKeyedValues,
  decodeValues,
  encodeValues,
  typedReader,
  typedWriter,
} from '../bridge/codec/index.ts';
import { FLAG_KEYS, FLAG_TIMESTAMPS } from '../bridge/frame.ts';
import { BridgeProtocolError, InternalError } from '../errors.ts';
import type { EdgeCodec } from '../graph/execution-plan.ts';
import type { TypeSpec } from '../graph/job-graph.ts';
import type { BatchCodec, RecordBatch } from './batch-codec.ts';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from './operator.ts';

/** Turns records to and from the bodies of frames of a channel whose other end is in another process. */
export function wireCodec(codec: EdgeCodec, type: TypeSpec | undefined): BatchCodec {
  if (codec !== 'msgpack') {
    throw new InternalError(`A TypeScript subtask cannot read a channel with codec ${codec}.`);
  }
  const write = typedWriter(type);
  const read = typedReader(type);
  if (write === undefined) return msgpackBatches;
  return {
    encode: (batch) => encodeBatch(batch, write),
    decode(flags, count, body) {
      const batch = msgpackBatches.decode(flags, count, body);
      if (read !== undefined) batch.values = batch.values.map(read);
      return batch;
    },
  };
}

function encodeBatch(
  { values, timestamps, keys }: RecordBatch,
  write?: ReturnType<typeof typedWriter>,
): { flags: number; body: Uint8Array } {
  const payload = encodeValues(values, keys, write);
  const flags =
    (timestamps === undefined ? 0 : FLAG_TIMESTAMPS) | (keys === undefined ? 0 : FLAG_KEYS);
  return {
    flags,
    body: timestamps === undefined ? payload : withTimestamps(timestamps, payload),
  };
}

const msgpackBatches: BatchCodec = {
  encode: (batch) => encodeBatch(batch),
  decode(flags, count, body) {
    const timed = (flags & FLAG_TIMESTAMPS) !== 0;
    if (timed && body.byteLength < 8 * count) {
      throw new BridgeProtocolError(
        `body: ${body.byteLength} bytes are too few for ${count} timestamps`,
      );
    }
    const payload = timed ? body.subarray(8 * count) : body;
    const batch: RecordBatch =
      (flags & FLAG_KEYS) === 0 ? { values: decodeValues(payload) } : decodeKeyedValues(payload);
    checkCount(batch.values, count);
    if (batch.keys !== undefined) checkCount(batch.keys, count);
    if (timed) batch.timestamps = readTimestamps(body, count);
    return batch;
  },
};

function checkCount(list: readonly unknown[], count: number): void {
  if (list.length === count) return;
  throw new BridgeProtocolError(
    `count: ${count} announced, the batch carries ${list.length} records`,
  );
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
