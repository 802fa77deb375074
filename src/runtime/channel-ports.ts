// The two ways out of a subtask: over the bridge as frames, and to a neighbour in this process as arrays.

import { FrameType } from '../bridge/frame.ts';
import { CodecError } from '../errors.ts';
import { type OperatorPlace, blame, inspectRecord } from './failure.ts';
import type { BatchCodec, RecordBatch } from './batch-codec.ts';
import { controlFrame } from './element-frames.ts';
import type { BatchElement } from './element.ts';
import type { ChannelPort } from './output-channel.ts';
import type { SubtaskServices } from './services.ts';

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
    services.sendFrame(channel, FrameType.BATCH, flags, count, body);
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
    control(element) {
      const { type, body } = controlFrame(element);
      services.sendFrame(channel, type, 0, 0, body);
    },
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
