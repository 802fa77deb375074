// The event time of a task with several input channels. Twin of python/isthmus/_worker/runtime/watermarks.py; the rules are those of
// Flink's valve, but for W3.
//
//   W1. The merged watermark is the minimum over the channels that are active, and never goes back. One that was idle counts
//       again when its own watermark has caught up; while it is idle it has none to say.
//   W2. Where all channels that go on are idle, the task is idle: event time goes to the largest watermark of any, in
//       whatever order they fell silent, and as far as it can where a channel has come to its end.
//   W3. The final watermark comes with the end of the last channel, not before: what upstream emits while it finishes
//       is then not late. A channel that has ended, or whose final watermark has come, holds nobody back.

import { MAX_TIMESTAMP, MIN_TIMESTAMP } from './operator.ts';

/** The last event time before the final watermark that a double can hold. */
export const LAST_BEFORE_END = 2 ** 63 - 1024;

interface ChannelTime {
  watermark: number;
  idle: boolean;
  ended: boolean;
}

/**
 * What followed; what is absent did not change. Who is told of both is told that the task is active before the watermark, and
 * that it is idle after it.
 */
export interface TimeChange {
  watermark?: number;
  idle?: boolean;
}

const NOTHING: TimeChange = {};

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

  advance(channel: number, watermark: number): TimeChange {
    const time = this.#at(channel);
    if (watermark <= time.watermark || (time.idle && watermark < MAX_TIMESTAMP)) return NOTHING; // W1
    time.watermark = watermark;
    return this.#consequences();
  }

  setIdle(channel: number, idle: boolean): TimeChange {
    this.#at(channel).idle = idle;
    return this.#consequences();
  }

  end(channel: number): TimeChange {
    const time = this.#at(channel);
    if (!time.ended) {
      time.ended = true;
      this.#open--;
    }
    return this.#consequences();
  }

  #consequences(): TimeChange {
    let active = 0;
    let silent = 0;
    let lowest = Infinity;
    let highest = MIN_TIMESTAMP;
    for (const time of this.#channels) {
      if (time.ended || time.watermark >= MAX_TIMESTAMP) {
        highest = LAST_BEFORE_END; // W3
      } else if (time.idle) {
        silent++;
        highest = Math.max(highest, time.watermark);
      } else {
        active++;
        if (time.watermark >= this.#merged) lowest = Math.min(lowest, time.watermark); // W1
      }
    }
    const change: TimeChange = {};
    const idle = active === 0 && silent > 0;
    const merged = idle ? highest : lowest; // W2
    if (merged > this.#merged && merged !== Infinity) {
      this.#merged = merged;
      change.watermark = merged;
    }
    if (idle !== this.#idle) {
      this.#idle = idle;
      change.idle = idle;
    }
    return change;
  }

  #at(channel: number): ChannelTime {
    return this.#channels[channel] as ChannelTime;
  }
}
