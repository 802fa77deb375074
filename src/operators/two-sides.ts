// The waiting records of a join, by side and key. Twin of python/isthmus/_worker/operators/timed_records.py.
//
//   S1. A key is looked at once for all of its records that are due: there is a timer for the earliest of them, not for each.

import type { OperatorContext } from '../runtime/operator.ts';
import type { Changes } from '../state/changes.ts';
import { KeyOriginals, keyIdentity } from '../state/key-identity.ts';
import type { Own } from '../state/tables.ts';
import type { Unit } from '../state/views.ts';
import { stateStore } from './state-store.ts';
import { StoredSides } from './stored-sides.ts';
import {
  type SavedRecord,
  type TimedRecord,
  firstAfter,
  firstFrom,
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

/** Records of a key that have been taken away, in order of time. */
export interface Taken {
  readonly key: unknown;
  readonly records: readonly TimedRecord[];
}

/** On the heap or on disk. */
export interface TwoSides {
  /** Whether `take` gives single records in order of time, rather than all of a key. */
  readonly inOrder: boolean;
  /** It waits from now on. */
  add(side: Side, key: unknown, record: TimedRecord): void;
  /** Those of the other side whose times are from `first` to `last`: they and `record` have met. */
  partners(
    side: Side,
    key: unknown,
    record: TimedRecord,
    first: number,
    last: number,
  ): readonly TimedRecord[];
  /** The last of a key that is not after a time. */
  latest(side: Side, key: unknown, time: number): TimedRecord | undefined;
  /**
   * Takes away what is not after `until`, of the keys that are to be looked at by `now`.
   *
   * @param wanted whether it is given
   */
  take(side: Side, now: number, until: number, wanted: boolean): Iterable<Taken>;
  /** Takes away those that are not after `now` but for the last of each key. */
  keepLatest(side: Side, now: number): void;
}

/** Both sides, with what was restored. */
export function twoSides(ctx: OperatorContext, dueOf: DueOf): TwoSides {
  const disk = stateStore(ctx);
  if (disk !== undefined) {
    return ctx.state.keptBy(
      'sides',
      'namespaced',
      () => new StoredSides(disk, ctx.spec.name, ctx.state.changes()),
    );
  }
  const sides = new HeapSides(dueOf);
  const { restored, changes } = ctx.state.own<Side, SavedRecord[]>('sides', sides);
  for (const entry of restored) sides.restore(...entry);
  sides.changes = changes;
  return sides;
}

const NONE: readonly TimedRecord[] = [];

/** Units are sides of keys. */
class HeapSides implements TwoSides, Own<unknown> {
  readonly inOrder = false;
  readonly #dueOf: DueOf;
  /** Undefined where no checkpoints are taken. */
  changes: Changes<unknown> | undefined;
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

  add(side: Side, key: unknown, record: TimedRecord): void {
    const identity = this.#originals.keep(key);
    this.changes?.touch(identity, key, side);
    const records = this.#records[side].get(identity);
    if (records === undefined) {
      const first = [record];
      this.#records[side].set(identity, first);
      this.#watch(side, identity, first);
    } else if (insertByTime(records, record) < 2) {
      this.#watch(side, identity, records);
    }
  }

  partners(
    side: Side,
    key: unknown,
    record: TimedRecord,
    first: number,
    last: number,
  ): readonly TimedRecord[] {
    const other = side === LEFT ? RIGHT : LEFT;
    const identity = keyIdentity(key);
    const others = this.#records[other].get(identity);
    if (others === undefined) return NONE;
    const begin = firstFrom(others, first);
    const end = firstAfter(others, last);
    if (begin >= end) return NONE;
    this.changes?.touch(identity, key, other);
    const found = others.slice(begin, end);
    record.matched = true;
    for (const partner of found) partner.matched = true;
    return found;
  }

  latest(side: Side, key: unknown, time: number): TimedRecord | undefined {
    const identity = keyIdentity(key);
    const records = this.#records[side].get(identity);
    // Its value is given out.
    if (records !== undefined) this.changes?.touch(identity, key, side);
    return records?.[firstAfter(records, time) - 1];
  }

  *take(side: Side, now: number, until: number, wanted: boolean): Generator<Taken> {
    for (const { owner } of this.#timers[side].due(now)) {
      const records = this.#records[side].get(owner);
      if (records === undefined) continue;
      const key = this.#originals.key(owner);
      this.changes?.touch(owner, key, side);
      const taken = records.splice(0, firstAfter(records, until));
      this.#looked(side, owner, records);
      if (wanted) yield { key, records: taken };
    }
  }

  keepLatest(side: Side, now: number): void {
    for (const { owner } of this.#timers[side].due(now)) {
      const records = this.#records[side].get(owner);
      if (records === undefined) continue;
      this.changes?.touch(owner, this.#originals.key(owner), side);
      records.splice(0, Math.max(0, firstAfter(records, now) - 1));
      this.#looked(side, owner, records);
    }
  }

  #looked(side: Side, identity: unknown, records: readonly TimedRecord[]): void {
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

  restore(key: unknown, side: Side, saved: readonly SavedRecord[]): void {
    const identity = this.#originals.keep(key);
    const records = loadRecords(saved);
    this.#records[side].set(identity, records);
    this.#watch(side, identity, records);
  }

  *units(): Generator<Unit<unknown>> {
    for (const side of [LEFT, RIGHT]) {
      for (const identity of this.#records[side].keys()) {
        yield [identity, this.#originals.key(identity), side];
      }
    }
  }

  entriesOf(
    identity: unknown,
    side: unknown,
  ): [key: unknown, side: Side, records: SavedRecord[]][] {
    const records = this.#records[side as Side].get(identity);
    if (records === undefined) return [];
    return [[this.#originals.key(identity), side as Side, saveRecords(records)]];
  }

  addressOf(key: unknown, side: unknown): unknown[] {
    return [key, side];
  }
}
