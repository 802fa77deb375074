// The waiting records of a join, by side and key, and when each stops to wait.

import type { OperatorContext } from '../runtime/operator.ts';
import { KeyOriginals } from '../state/key-identity.ts';
import { type SavedRecord, type TimedRecord, loadRecords, saveRecords } from './timed-records.ts';
import { TimerQueue } from './windowing/timer-queue.ts';
import { fromGroups, toGroups } from './windowing/partition.ts';

export type Side = 0 | 1;
export const LEFT: Side = 0;
export const RIGHT: Side = 1;

type SavedSide = [side: Side, records: SavedRecord[]];

export class TwoSides {
  /** Side → identity of a key → its records in order of time. */
  readonly records: readonly [Map<unknown, TimedRecord[]>, Map<unknown, TimedRecord[]>] = [
    new Map(),
    new Map(),
  ];
  readonly ends: readonly [TimerQueue<unknown>, TimerQueue<unknown>] = [
    new TimerQueue(),
    new TimerQueue(),
  ];
  readonly #originals = new KeyOriginals();

  /** The identity of a key under which its records are kept. */
  identity(key: unknown): unknown {
    return this.#originals.keep(key);
  }

  key(identity: unknown): unknown {
    return this.#originals.key(identity);
  }

  /** Forgets a key that has no records on a side. */
  dropIfEmpty(side: Side, identity: unknown): void {
    const own = this.records[side];
    if (own.get(identity)?.length === 0) own.delete(identity);
    if (!own.has(identity) && !this.records[1 - side]?.has(identity)) {
      this.#originals.drop(identity);
    }
  }

  snapshot(ctx: OperatorContext): unknown {
    return toGroups(ctx, this.#entries());
  }

  *#entries(): Generator<[key: unknown, entry: SavedSide]> {
    for (const side of [LEFT, RIGHT]) {
      for (const [identity, records] of this.records[side]) {
        yield [this.key(identity), [side, saveRecords(records)]];
      }
    }
  }

  /** `endOf` says when a record of a side stops to wait. */
  restore(
    ctx: OperatorContext,
    states: readonly unknown[],
    endOf: (side: Side, timestamp: number) => number,
  ): void {
    for (const [key, entry] of fromGroups(ctx, states)) {
      const [side, saved] = entry as SavedSide;
      const identity = this.identity(key);
      this.records[side].set(identity, loadRecords(saved));
      for (const [timestamp] of saved) this.ends[side].register(endOf(side, timestamp), identity);
    }
  }
}
