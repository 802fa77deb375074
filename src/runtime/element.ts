// What travels on a channel inside the runtime's own process. On the wire each has a frame type (docs/protocol.md §3).

import type { Barrier } from '../bridge/frame.ts';

/** Records of one frame. `timestamps` and `keys` are aligned with `values`. */
export interface BatchElement {
  kind: 'batch';
  values: unknown[];
  /** Event timestamps in ms; absent when no record has one. */
  timestamps?: number[];
  /** Keys of a keyed exchange, computed by the sender. */
  keys?: unknown[];
  /** What the batch costs in credit: bytes of its frame, or an estimate for batches that never were one. */
  bytes: number;
}

export interface WatermarkElement {
  kind: 'watermark';
  /** Event time in ms; `MAX_TIMESTAMP` is the final one. */
  timestamp: number;
}

export interface BarrierElement extends Barrier {
  kind: 'barrier';
}

export interface IdleElement {
  kind: 'idle';
  idle: boolean;
}

export interface EndElement {
  kind: 'end';
}

export type ControlElement = WatermarkElement | BarrierElement | IdleElement | EndElement;
export type Element = BatchElement | ControlElement;
