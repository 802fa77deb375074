// The two ways out of a subtask: over the bridge as frames, and to a neighbour in this process as arrays.

import { CodecError, InternalError } from '../errors.ts';
import { type OperatorPlace, blame, inspectRecord } from './failure.ts';
import type { BatchCodec, RecordBatch } from './batch-codec.ts';
import type { BatchElement, ControlElement } from './element.ts';
import { MAX_TIMESTAMP } from './operator.ts';
import type { ChannelPort } from './output-channel.ts';
import type { SubtaskServices } from './services.ts';

/** Frame types of the elements of a channel (docs/protocol.md §3). */
export const FRAME = {
  batch: 0x10,
  watermark: 0x11,
  barrier: 0x12,
  idle: 0x13,
  end: 0x14,
} as const;

const FINAL_WATERMARK = 2n ** 63n - 1n;

export function remotePort(
  channel: number,
  codec: BatchCodec,
  maxFrameBytes: number,
  place: OperatorPlace,
  services: Pick<SubtaskServices, 'sendFrame'>,
): ChannelPort {
  function send(batch: RecordBatch): number | number[] {
    const { flags, body } = encode(batch);
    const count = batch.values.length;
    if (body.byteLength > maxFrameBytes) return sendHalves(batch, body.byteLength);
    services.sendFrame(channel, FRAME.batch, flags, count, body);
    return body.byteLength;
  }

  function encode(batch: RecordBatch): { flags: number; body: Uint8Array } {
    try {
      return codec.encode(batch);
    } catch (thrown) {
      throw blameRecord(thrown, codec, batch, place);
    }
  }

  function sendHalves(batch: RecordBatch, bytes: number): number[] {
    const count = batch.values.length;
    if (count === 1) {
      throw new CodecError(
        `A record of ${bytes} bytes is larger than a frame may be (${maxFrameBytes} bytes): ` +
          `${inspectRecord(batch.values[0]).slice(0, 100)}. Raise isthmus.bridge.max-frame-bytes or split the record.`,
      );
    }
    const half = count >> 1;
    return [sliceBatch(batch, 0, half), sliceBatch(batch, half, count)].flatMap(send);
  }

  return {
    send,
    control: (element) =>
      services.sendFrame(channel, FRAME[element.kind], 0, 0, encodeControl(element)),
  };
}

export function localPort(
  channel: number,
  services: Pick<SubtaskServices, 'deliverLocal'>,
): ChannelPort {
  return {
    send(batch) {
      const element = batch as BatchElement;
      element.kind = 'batch';
      element.bytes = estimateBytes(batch.values);
      services.deliverLocal(channel, element);
      return element.bytes;
    },
    control: (element) => services.deliverLocal(channel, element),
  };
}

export function encodeControl(element: ControlElement): Uint8Array {
  switch (element.kind) {
    case 'watermark': {
      const body = new Uint8Array(8);
      const final = element.timestamp >= MAX_TIMESTAMP;
      const timestamp = final ? FINAL_WATERMARK : BigInt(element.timestamp);
      new DataView(body.buffer).setBigInt64(0, timestamp, true);
      return body;
    }
    case 'barrier': {
      const body = new Uint8Array(17);
      const view = new DataView(body.buffer);
      view.setBigUint64(0, BigInt(element.checkpoint), true);
      view.setBigInt64(8, BigInt(element.timestamp), true);
      view.setUint8(16, element.savepoint ? 1 : 0);
      return body;
    }
    case 'idle':
      return Uint8Array.of(element.idle ? 1 : 0);
    case 'end':
      return new Uint8Array(0);
  }
}

/** The control element of a frame that is not a BATCH. */
export function decodeControl(type: number, body: Uint8Array): ControlElement {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  switch (type) {
    case FRAME.watermark: {
      const timestamp = view.getBigInt64(0, true);
      // Number(2^63−1) is 2^63, which is how MAX_TIMESTAMP stands for it.
      return { kind: 'watermark', timestamp: Number(timestamp) };
    }
    case FRAME.barrier:
      return {
        kind: 'barrier',
        checkpoint: Number(view.getBigUint64(0, true)),
        timestamp: Number(view.getBigInt64(8, true)),
        savepoint: view.getUint8(16) === 1,
      };
    case FRAME.idle:
      return { kind: 'idle', idle: view.getUint8(0) === 1 };
    case FRAME.end:
      return { kind: 'end' };
    default:
      throw new InternalError(`Frame type 0x${type.toString(16)} is no element of a channel.`);
  }
}

/** Says which record of a batch cannot be encoded, by trying one after the other. */
function blameRecord(
  thrown: unknown,
  codec: BatchCodec,
  batch: RecordBatch,
  place: OperatorPlace,
): unknown {
  for (let i = 0; i < batch.values.length; i++) {
    try {
      codec.encode(sliceBatch(batch, i, i + 1));
    } catch (single) {
      return blame(single, place, { record: batch.values[i], hasRecord: true, hasKey: false });
    }
  }
  return blame(thrown, place, { hasRecord: false, hasKey: false });
}

/** A rough size for credits: that of the first record for all. */
function estimateBytes(values: readonly unknown[]): number {
  return values.length * estimateRecordBytes(values[0]);
}

function estimateRecordBytes(value: unknown): number {
  if (typeof value === 'string') return 16 + value.length;
  if (typeof value !== 'object' || value === null) return 16;
  if (ArrayBuffer.isView(value)) return 32 + value.byteLength;
  let bytes = 32;
  for (const field of Object.values(value)) {
    bytes += typeof field === 'string' ? 16 + field.length : 16;
  }
  return bytes;
}

function sliceBatch(batch: RecordBatch, from: number, to: number): RecordBatch {
  const part: RecordBatch = { values: batch.values.slice(from, to) };
  if (batch.timestamps !== undefined) part.timestamps = batch.timestamps.slice(from, to);
  if (batch.keys !== undefined) part.keys = batch.keys.slice(from, to);
  return part;
}
