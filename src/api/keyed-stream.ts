import type { FieldOf, ReduceLike } from './accepts.ts';
import { DataStream } from './data-stream.ts';
import type { Leg } from './transformation.ts';

/** A stream partitioned by key: its operators may keep state and timers of each key. */
export class KeyedStream<T, K> extends DataStream<T> {
  declare protected readonly keyType: K;

  /** The running result of each key: the first record as it is, then `fn(result, record)`. */
  reduce(fn: ReduceLike<T>): DataStream<T> {
    return this.transform({ kind: 'reduce', name: 'Reduce', fn, outputType: this.outputType });
  }

  /** The running sum of a field of each key. */
  sum(field: FieldOf<T> = 0 as FieldOf<T>): DataStream<T> {
    return this.#aggregate('sum', field);
  }

  /** The running minimum of a field; other fields are those of the first record. */
  min(field: FieldOf<T> = 0 as FieldOf<T>): DataStream<T> {
    return this.#aggregate('min', field);
  }

  /** The running maximum of a field; other fields are those of the first record. */
  max(field: FieldOf<T> = 0 as FieldOf<T>): DataStream<T> {
    return this.#aggregate('max', field);
  }

  /** The record with the least field so far, the first of equal ones. */
  minBy(field: FieldOf<T> = 0 as FieldOf<T>): DataStream<T> {
    return this.#aggregate('min_by', field);
  }

  /** The record with the greatest field so far, the first of equal ones. */
  maxBy(field: FieldOf<T> = 0 as FieldOf<T>): DataStream<T> {
    return this.#aggregate('max_by', field);
  }

  /** A union is not keyed any more. */
  override unionLegs(): readonly Leg[] {
    return this.legs.map((leg) => ({ ...leg, partitioning: { kind: 'auto' } }));
  }

  #aggregate(op: string, field: FieldOf<T>): DataStream<T> {
    return this.transform({
      kind: 'aggregate',
      name: 'Keyed Aggregation',
      params: { op, field: field as string | number },
      outputType: this.outputType,
    });
  }
}
