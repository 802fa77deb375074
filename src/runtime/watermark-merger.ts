// The event time of a task with several input channels. Twin of python/isthmus/_worker/gate.py.
//
//   W1. The merged watermark is the minimum over the channels that are not idle, and never goes back. A channel that has
//       ended holds nobody back, and nobody who is idle holds it back.
//   W2. Where all channels are idle, the task is idle and its event time stays where it is.
//   W3. The final watermark comes with the end of the last channel, not before: what upstream emits while it finishes
//       is then not late. Where the others have ended and the rest is idle, event time goes as far as it can before that.

import { MAX_TIMESTAMP, MIN_TIMESTAMP } from './operator.ts';

/** The last event time before the final watermark that a double can hold. */
const LAST_BEFORE_END = 2 ** 63 - 1024;

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
    let counted = false;
    for (const time of this.#channels) {
      if (time.ended) {
        counted = true;
        continue; // W1
      }
      if (time.idle) continue;
      counted = true;
      if (time.watermark < merged) merged = time.watermark;
      else if (time.watermark >= MAX_TIMESTAMP) return undefined; // W3: its end is on the way.
    }
    if (!counted || this.#open === 0) return undefined; // W2, W3
    merged = Math.min(merged, LAST_BEFORE_END);
    if (merged <= this.#merged) return undefined;
    this.#merged = merged;
    return merged;
  }

  #at(channel: number): ChannelTime {
    return this.#channels[channel] as ChannelTime;
  }
}
