// BATCH execution of a keyed operator: all input first, then key by key. Twin of python/isthmus/_worker/operators/batch_keyed.py.
//
//   B1. Keys come in order: numbers ascending, strings shorter first, everything else by its canonical bytes, shorter
//       first. Within a key records come by timestamp, then as they arrived.
//   B2. A key's records, then its final watermark, then its processing-time timers; then the next key begins with no
//       watermark.
//   B3. `reduce` and `aggregate` emit the last value of a key only.
//   B4. Results leave before the final watermark does. A broadcast input is taken at once, before any keyed
//       record; a stream that is not keyed waits for it just so, in the order in which it came.
//   B5. What a key's records without a timestamp come to is known as they arrive: `reduce` and `aggregate` take them then
//       and keep one value, not the records. Those with a timestamp come after them (B1).
//   B6. Asynchronous functions are handed all records in order of B1, without a pause between keys; their results leave as
//       they would in STREAMING.

import { encodeKey } from '../state/keys.ts';
import type { OperatorSpec } from '../graph/job-graph.ts';
import { kindOf } from '../graph/kinds.ts';
import { RecordFailure } from '../runtime/failure.ts';
import {
  type Emit,
  MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  type MaybePromise,
  type Operator,
  type OperatorContext,
} from '../runtime/operator.ts';
import { keyIdentity } from '../state/key-identity.ts';

/** Wraps the operator that would run in STREAMING mode. */
export function batchKeyed(inner: Operator, spec: OperatorSpec): Operator {
  return new BatchKeyedOperator(inner, spec);
}

/** What waits of a key. */
interface KeyRecords {
  readonly key: unknown;
  readonly records: Waiting[];
  /** The last value emitted (B3). */
  last: { value: unknown; timestamp: number } | undefined;
}

interface Waiting {
  readonly timestamp: number;
  readonly input: 0 | 1;
  readonly value: unknown;
}

class BatchKeyedOperator implements Operator {
  readonly holdsWatermarks = true;
  readonly #inner: Operator;
  readonly #finalOnly: boolean;
  readonly #secondIsBroadcast: boolean;
  readonly #isAsync: boolean;
  #keys = new Map<unknown, KeyRecords>();
  #ctx!: OperatorContext;
  #emit!: Emit;
  /** Whose results `#take` gets, where only the last counts. */
  #current: KeyRecords | undefined;

  constructor(inner: Operator, spec: OperatorSpec) {
    this.#inner = inner;
    const { lastOfKey, broadcast, asynchronous } = kindOf(spec);
    this.#finalOnly = lastOfKey === true;
    this.#secondIsBroadcast = broadcast === true;
    this.#isAsync = asynchronous === true;
  }

  open(ctx: OperatorContext, emit: Emit): MaybePromise<void> {
    this.#ctx = ctx;
    this.#emit = emit;
    return this.#inner.open?.(ctx, this.#finalOnly ? (value) => this.#take(value) : emit);
  }

  process(value: unknown): MaybePromise<void> {
    return this.#keep(value, 0);
  }

  processSecond(value: unknown): MaybePromise<void> {
    return this.#secondIsBroadcast ? this.#inner.processSecond?.(value) : this.#keep(value, 1); // B4
  }

  #keep(value: unknown, input: 0 | 1): MaybePromise<void> {
    const { key, timestamp } = this.#ctx.cursor;
    const identity = keyIdentity(key);
    let of = this.#keys.get(identity);
    if (of === undefined) {
      of = { key, records: [], last: undefined };
      this.#keys.set(identity, of);
    }
    if (this.#finalOnly && timestamp === MIN_TIMESTAMP) {
      this.#current = of;
      return this.#inner.process(value); // B5
    }
    of.records.push({ timestamp, input, value });
    return undefined;
  }

  #take(value: unknown): void {
    const { timestamp } = this.#ctx.cursor;
    (this.#current as KeyRecords).last = { value, timestamp };
  }

  onWatermark(watermark: number): MaybePromise<void> {
    return watermark === MAX_TIMESTAMP ? this.#replay() : undefined;
  }

  onIdle(idle: boolean): void {
    void this.#ctx.emitIdle(idle);
  }

  async finish(): Promise<void> {
    await this.#replay();
    await this.#inner.finish?.();
  }

  async #replay(): Promise<void> {
    const ctx = this.#ctx;
    const outer = ctx.watermark;
    const keys = this.#keys;
    this.#keys = new Map();
    for (const of of inOrder(keys)) {
      ctx.watermark = MIN_TIMESTAMP;
      await this.#replayKey(of);
    }
    ctx.watermark = outer;
    if (this.#isAsync) await this.#inner.onWatermark?.(MAX_TIMESTAMP); // B6
  }

  async #replayKey(of: KeyRecords): Promise<void> {
    const inner = this.#inner;
    const { cursor } = this.#ctx;
    this.#current = of;
    for (const { timestamp, input, value } of this.#ctx.keyed ? inTime(of.records) : of.records) {
      cursor.key = of.key;
      cursor.timestamp = timestamp;
      try {
        const wait = input === 0 ? inner.process(value) : inner.processSecond?.(value);
        if (wait !== undefined) await wait;
      } catch (thrown) {
        throw new RecordFailure(thrown, value, of);
      }
    }
    if (this.#isAsync) return;
    cursor.key = of.key;
    this.#ctx.watermark = MAX_TIMESTAMP; // B2
    await inner.onWatermark?.(MAX_TIMESTAMP);
    await inner.onProcessingTime?.(MAX_TIMESTAMP);
    if (of.last === undefined) return;
    cursor.key = of.key;
    cursor.timestamp = of.last.timestamp;
    await this.#emit(of.last.value);
  }

  close(): MaybePromise<void> {
    return this.#inner.close?.();
  }
}

/** As they arrived, unless an earlier one came later. */
function inTime(records: Waiting[]): Waiting[] {
  for (let i = 1; i < records.length; i++) {
    if ((records[i] as Waiting).timestamp < (records[i - 1] as Waiting).timestamp) {
      return records.sort((a, b) => a.timestamp - b.timestamp);
    }
  }
  return records;
}

/** B1 */
function inOrder(keys: Map<unknown, KeyRecords>): KeyRecords[] {
  const ranked = [...keys.values()].map((of) => ({ of, rank: rankOf(of.key) }));
  ranked.sort((a, b) => compareRanks(a.rank, b.rank));
  return ranked.map(({ of }) => of);
}

type Rank = number | bigint | { readonly group: 1 | 2; readonly bytes: Uint8Array };

function rankOf(key: unknown): Rank {
  if (typeof key === 'boolean') return Number(key);
  if (typeof key === 'bigint' || (typeof key === 'number' && !Number.isNaN(key))) return key;
  if (typeof key === 'string') return { group: 1, bytes: Buffer.from(key, 'utf8') };
  return { group: 2, bytes: encodeKey(key) };
}

function compareRanks(a: Rank, b: Rank): number {
  if (typeof a === 'object' && typeof b === 'object') {
    if (a.group !== b.group) return a.group - b.group;
    return a.bytes.length - b.bytes.length || Buffer.compare(a.bytes, b.bytes);
  }
  if (typeof a === 'object') return 1;
  if (typeof b === 'object') return -1;
  return a < b ? -1 : a > b ? 1 : 0;
}
