// Results on their way to the caller of a job that takes checkpoints: they wait for the checkpoint that covers them, so that
// none is given again when the job goes on from one.
//
//   H1. A result is given when a checkpoint is complete whose barrier came behind it on its channel, or at the end of the job.
//   H2. Results of a channel are given in their order, one after the other.
//   H3. What was not given when an attempt fails is dropped: the next one makes it again.
//   H4. Behind the end of a channel no barrier comes: its last results are covered by the next checkpoint, of which its subtask
//       says that it is at its end.

import type { MaybePromise } from './operator.ts';

export type Hand = () => MaybePromise<void>;

interface Segment {
  /** The checkpoint that covers it; undefined: its barrier has not come. */
  checkpoint: number | undefined;
  readonly hands: Hand[];
}

export class HeldResults {
  readonly #channels = new Map<string, Segment[]>();
  /** The last barrier of each channel. */
  readonly #barriers = new Map<string, number>();

  hold(channel: string, hand: Hand): void {
    let segments = this.#channels.get(channel);
    if (segments === undefined) {
      segments = [];
      this.#channels.set(channel, segments);
    }
    const last = segments.at(-1);
    if (last === undefined || last.checkpoint !== undefined) {
      segments.push({ checkpoint: undefined, hands: [hand] });
    } else {
      last.hands.push(hand);
    }
  }

  /** The barrier of a checkpoint has come on the channel. */
  cut(channel: string, checkpoint: number): void {
    this.#barriers.set(channel, checkpoint);
    const last = this.#channels.get(channel)?.at(-1);
    if (last !== undefined) last.checkpoint ??= checkpoint;
  }

  /** The channel has come to its end (H4). */
  end(channel: string): void {
    this.cut(channel, (this.#barriers.get(channel) ?? -1) + 1);
  }

  /** What may be given now that a checkpoint is complete (H1); by channel, in order (H2). */
  take(checkpoint: number): Hand[][] {
    return this.#take((segment) => (segment.checkpoint ?? Infinity) <= checkpoint);
  }

  /** All that is left, at the end of the job. */
  takeAll(): Hand[][] {
    return this.#take(() => true);
  }

  /** H3 */
  drop(): void {
    this.#channels.clear();
  }

  #take(may: (segment: Segment) => boolean): Hand[][] {
    const taken: Hand[][] = [];
    for (const [channel, segments] of this.#channels) {
      const count = segments.findIndex((segment) => !may(segment));
      const given = segments.splice(0, count === -1 ? segments.length : count);
      if (given.length > 0) taken.push(given.flatMap(({ hands }) => hands));
      if (segments.length === 0) this.#channels.delete(channel);
    }
    return taken;
  }
}
