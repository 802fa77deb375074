// The waiting records of a join, by side and key, and when to look at them again.
//
//   S1. A key is looked at once for all of its records that are due: there is a timer for the earliest of them, not for each.

import { KeyOriginals } from '../state/key-identity.ts';
import type { OperatorStore } from '../state/store.ts';
import {
  type SavedRecord,
  type TimedRecord,
  insertByTime,
  loadRecords,
  saveRecords,
} from './timed-records.ts';
import { TimerQueue } from './windowing/timer-queue.ts';

export type Side = 0 | 1;
export const LEFT: Side = 0;
export const RIGHT: Side = 1;

/** When the records of a key on a side are to be looked at; Infinity where they are not. Depends on the first two only. */
export type DueOf = (side: Side, records: readonly TimedRecord[]) => number;

export class TwoSides {
  readonly #dueOf: DueOf;
  /** Side → identity of a key → its records in order of time. */
  readonly #records: readonly [Map<unknown, TimedRecord[]>, Map<unknown, TimedRecord[]>] = [
    new Map(),
    new Map(),
  ];
  readonly #timers: readonly [TimerQueue<unknown>, TimerQueue<unknown>] = [
    new TimerQueue(),
    new TimerQueue(),
  ];
  readonly #originals = new KeyOriginals();

  constructor(dueOf: DueOf) {
    this.#dueOf = dueOf;
  }

  /** Adds a record of a key; gives the key's identity. */
  add(side: Side, key: unknown, record: TimedRecord): unknown {
    const identity = this.#originals.keep(key);
    const records = this.#records[side].get(identity);
    if (records === undefined) {
      const first = [record];
      this.#records[side].set(identity, first);
      this.#watch(side, identity, first);
    } else if (insertByTime(records, record) < 2) {
      this.#watch(side, identity, records);
    }
    return identity;
  }

  /** The records of a key, by its identity. */
  of(side: Side, identity: unknown): TimedRecord[] | undefined {
    return this.#records[side].get(identity);
  }

  /** Keys to look at up to `now`, by identity, in order of time; say `looked` of each. */
  due(side: Side, now: number): Iterable<{ time: number; owner: unknown }> {
    return this.#timers[side].due(now);
  }

  key(identity: unknown): unknown {
    return this.#originals.key(identity);
  }

  /** What was due of a key has been taken out of its records. */
  looked(side: Side, identity: unknown): void {
    const records = this.#records[side].get(identity);
    if (records === undefined) return;
    if (records.length > 0) {
      this.#watch(side, identity, records); // S1
      return;
    }
    this.#records[side].delete(identity);
    if (!this.#records[side === LEFT ? RIGHT : LEFT].has(identity)) this.#originals.drop(identity);
  }

  #watch(side: Side, identity: unknown, records: readonly TimedRecord[]): void {
    const due = this.#dueOf(side, records);
    if (due < Infinity) this.#timers[side].register(due, identity);
  }

  /** Declares both sides, and takes over what was restored. */
  declare(state: OperatorStore): void {
    for (const [key, side, saved] of state.namespaced('sides', () => this.#entries())) {
      const identity = this.#originals.keep(key);
      const records = loadRecords(saved);
      this.#records[side].set(identity, records);
      this.#watch(side, identity, records);
    }
  }

  *#entries(): Generator<[key: unknown, side: Side, records: SavedRecord[]]> {
    for (const side of [LEFT, RIGHT]) {
      for (const [identity, records] of this.#records[side]) {
        yield [this.key(identity), side, saveRecords(records)];
      }
    }
  }
}
