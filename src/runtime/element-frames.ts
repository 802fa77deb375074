// Control elements as frames (docs/protocol.md §3), and back.

import {
  FrameType,
  decodeBarrier,
  decodeIdle,
  decodeWatermark,
  encodeBarrier,
  encodeIdle,
  encodeWatermark,
} from '../bridge/frame.ts';
import { InternalError } from '../errors.ts';
import type { ControlElement } from './element.ts';

const NOTHING = new Uint8Array(0);

export function controlFrame(element: ControlElement): { type: number; body: Uint8Array } {
  switch (element.kind) {
    case 'watermark':
      return { type: FrameType.WATERMARK, body: encodeWatermark(element.timestamp) };
    case 'barrier':
      return { type: FrameType.BARRIER, body: encodeBarrier(element) };
    case 'idle':
      return { type: FrameType.IDLE, body: encodeIdle(element.idle) };
    case 'end':
      return { type: FrameType.END, body: NOTHING };
  }
}

/** @throws InternalError for a type that is no control element of a channel. */
export function controlElement(type: number, body: Uint8Array): ControlElement {
  switch (type) {
    case FrameType.WATERMARK:
      // Number(2^63 − 1) is 2^63, which is how MAX_TIMESTAMP stands for it.
      return { kind: 'watermark', timestamp: decodeWatermark(body) };
    case FrameType.BARRIER:
      return { kind: 'barrier', ...decodeBarrier(body) };
    case FrameType.IDLE:
      return { kind: 'idle', idle: decodeIdle(body) };
    case FrameType.END:
      return { kind: 'end' };
    default:
      throw new InternalError(`Frame type 0x${type.toString(16)} is no element of a channel.`);
  }
}
