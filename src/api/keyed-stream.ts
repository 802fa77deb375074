import { checkFields } from './arguments.ts';
import type { FieldOf, MaybeAsync, ReduceObject } from './accepts.ts';
import type { BroadcastConnectedStream, BroadcastStream } from './broadcast-stream.ts';
import type { ConnectedStreams } from './connected-streams.ts';
import { CountWindows } from '../operators/windowing/count-windows.ts';
import type { KeyedProcessLike } from './process-functions.ts';
import type { WindowLike } from '../operators/windowing/assigner.ts';
import type { CountWindow } from '../operators/windowing/windows.ts';
import type { WindowAssignerLike } from './window-types.ts';
import { WindowedStream } from './windowed-stream.ts';
import { DataStream } from './data-stream.ts';
import {
  asOfJoin,
  type AsOfJoinLike,
  type AsOfJoinOptions,
  IntervalJoin,
  type JoinKind,
} from './keyed-joins.ts';
import type { PyFunction } from './python-function.ts';
import type { TypeInformation } from './types.ts';
import type { Leg } from './transformation.ts';

/** A stream partitioned by key: its operators may keep state and timers of each key. */
export class KeyedStream<T, K> extends DataStream<T> {
  declare protected readonly keyType: K;

  /** The running result of each key: the first record as it is, then `fn(result, record)`. */
  reduce(fn: (a: T, b: T) => MaybeAsync<T>): DataStream<T>;
  reduce(fn: ReduceObject<T>): DataStream<T>;
  /** Whether a Python function gives a T is its own word: a parameter held to it would make streams invariant. */
  reduce(fn: PyFunction<T, unknown>): DataStream<T>;
  reduce(fn: unknown): DataStream<T> {
    return this.transform({
      kind: 'reduce',
      name: 'Reduce',
      fns: { function: fn },
      outputType: this.outputType,
    });
  }

  /** The running sum of a field of each key. */
  sum(field?: FieldOf<T>): DataStream<T> {
    return this.#aggregate('sum', field);
  }

  /** The running minimum of a field; other fields are those of the first record. */
  min(field?: FieldOf<T>): DataStream<T> {
    return this.#aggregate('min', field);
  }

  /** The running maximum of a field; other fields are those of the first record. */
  max(field?: FieldOf<T>): DataStream<T> {
    return this.#aggregate('max', field);
  }

  /** The record with the least field so far, the first of equal ones. */
  minBy(field?: FieldOf<T>): DataStream<T> {
    return this.#aggregate('min_by', field);
  }

  /** The record with the greatest field so far, the first of equal ones. */
  maxBy(field?: FieldOf<T>): DataStream<T> {
    return this.#aggregate('max_by', field);
  }

  /** Calls `processElement` with each record and a context that has its key, timers and side outputs. */
  override process<Out = never, Timed = Out>(
    fn: KeyedProcessLike<K, T, Out, Timed>,
    type?: TypeInformation<Out>,
  ): DataStream<Out | Timed> {
    return this.transform({
      kind: 'process',
      name: 'KeyedProcess',
      fns: { function: fn },
      outputType: type?.spec,
    });
  }

  /** This stream and another, for operators that tell their records apart. */
  override connect<U>(other: DataStream<U>): ConnectedStreams<T, U>;
  override connect<U>(other: BroadcastStream<U>): BroadcastConnectedStream<T, U, K>;
  override connect(other: never): unknown {
    return super.connect(other);
  }

  /** Cuts the records of each key into windows. */
  window<W extends WindowLike>(assigner: WindowAssignerLike<T, W>): WindowedStream<T, K, W> {
    return new WindowedStream<T, K, W>(this, {
      assigner,
      allowedLatenessMs: 0,
      allWindows: false,
    });
  }

  /** Windows of `size` records of each key, every `slide` records where that is said. */
  countWindow(size: number, slide?: number): WindowedStream<T, K, CountWindow> {
    return this.window<CountWindow>(new CountWindows(size, slide));
  }

  /**
   * Pairs records of two streams that have one key and are near in event time.
   *
   * @example orders.intervalJoin(payments).between(0, Time.minutes(5)).process((order, payment) => [order, payment])
   */
  intervalJoin<U, How extends JoinKind = 'inner'>(
    other: KeyedStream<U, K>,
    options: { how?: How } = {},
  ): IntervalJoin<T, U, How> {
    checkFields('intervalJoin()', options, ['how']);
    return new IntervalJoin<T, U, How>(this, other, options.how ?? ('inner' as How));
  }

  /** Each record with the latest record of the other stream that has its key and is not after it in event time. */
  asOfJoin<U, Out, How extends 'inner' | 'left' = 'inner'>(
    other: KeyedStream<U, K>,
    fn: AsOfJoinLike<T, How extends 'left' ? U | null : U, Out>,
    options: AsOfJoinOptions<How> = {},
    type?: TypeInformation<Out>,
  ): DataStream<Out> {
    return asOfJoin(this, other, fn, options, type);
  }

  /** A union is not keyed any more. */
  override unionLegs(): readonly Leg[] {
    return this.legs.map((leg) => ({ ...leg, partitioning: { kind: 'auto' } }));
  }

  #aggregate(op: string, field: FieldOf<T> = 0 as FieldOf<T>): DataStream<T> {
    return this.transform({
      kind: 'aggregate',
      name: 'Keyed Aggregation',
      params: { op, field: field as string | number },
      outputType: this.outputType,
    });
  }
}
