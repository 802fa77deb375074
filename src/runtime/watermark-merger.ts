// The event time of a task with several input channels. Twin of python/isthmus/_worker/gate.py.
//
//   W1. The merged watermark is the minimum over the channels that are neither idle nor ended, and never goes back.
//   W2. Where all that is left is idle, the task is idle and its event time stays where it is.
//   W3. The final watermark comes with the end of the last channel, not before: what upstream emits while it finishes
//       is then not late.

import { MAX_TIMESTAMP, MIN_TIMESTAMP } from './operator.ts';

interface ChannelTime {
  watermark: number;
  idle: boolean;
  ended: boolean;
}

export class WatermarkMerger {
  readonly #channels: ChannelTime[];
  #merged = MIN_TIMESTAMP;
  #idle = false;
  #open: number;

  /** Channels are named by index. */
  constructor(channels: number) {
    this.#channels = Array.from({ length: channels }, () => ({
      watermark: MIN_TIMESTAMP,
      idle: false,
      ended: false,
    }));
    this.#open = channels;
  }

  get watermark(): number {
    return this.#merged;
  }

  get ended(): boolean {
    return this.#open === 0;
  }

  /** The new merged watermark, if it advanced. */
  advance(channel: number, watermark: number): number | undefined {
    const time = this.#at(channel);
    if (watermark > time.watermark) time.watermark = watermark;
    return this.#merge();
  }

  /** What followed from a channel that became idle or active again; `undefined` where nothing did. */
  setIdle(channel: number, idle: boolean): { watermark?: number; idle?: boolean } {
    this.#at(channel).idle = idle;
    return this.#consequences();
  }

  end(channel: number): { watermark?: number; idle?: boolean } {
    const time = this.#at(channel);
    if (!time.ended) {
      time.ended = true;
      this.#open--;
    }
    return this.#consequences();
  }

  #consequences(): { watermark?: number; idle?: boolean } {
    const result: { watermark?: number; idle?: boolean } = {};
    const watermark = this.#merge();
    if (watermark !== undefined) result.watermark = watermark;
    const idle = this.#open > 0 && this.#channels.every((c) => c.ended || c.idle); // W2
    if (idle !== this.#idle) {
      this.#idle = idle;
      result.idle = idle;
    }
    return result;
  }

  #merge(): number | undefined {
    let merged = MAX_TIMESTAMP;
    let active = false;
    for (const time of this.#channels) {
      if (time.idle || time.ended) continue; // W1
      active = true;
      if (time.watermark < merged) merged = time.watermark;
    }
    if (!active || merged <= this.#merged || merged >= MAX_TIMESTAMP) return undefined; // W2, W3
    this.#merged = merged;
    return merged;
  }

  #at(channel: number): ChannelTime {
    return this.#channels[channel] as ChannelTime;
  }
}
