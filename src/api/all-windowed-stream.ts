import type { FieldOf, MaybeAsync, ReduceObject, Results } from './accepts.ts';
import type { DataStream } from './data-stream.ts';
import type { OutputTag } from './output-tag.ts';
import type { PyFunction } from './python-function.ts';
import type { TypeInformation } from './types.ts';
import type {
  AggregateLike,
  ApplyAllLike,
  ProcessAllWindowLike,
  TriggerLike,
} from './window-types.ts';
import { checkLateness, checkTrigger, type Windowing, windowOperator } from './windowing.ts';

/** Windows of all records of a stream, at parallelism 1; say what becomes of their records next. */
export class AllWindowedStream<T, W> {
  readonly #stream: DataStream<T>;
  readonly #windowing: Windowing;
  declare protected readonly windowType: W;

  /** Made by `windowAll`. */
  constructor(stream: DataStream<T>, windowing: Windowing) {
    this.#stream = stream;
    this.#windowing = windowing;
  }

  /** When windows are evaluated, in place of the assigner's own trigger. */
  trigger(trigger: TriggerLike<T, W>): AllWindowedStream<T, W> {
    checkTrigger(this.#windowing.assigner, trigger as TriggerLike);
    return this.#with({ trigger: trigger as TriggerLike });
  }

  /** How long after the watermark a window is kept for late records, in milliseconds. */
  allowedLateness(ms: number): AllWindowedStream<T, W> {
    checkLateness(ms, this.#windowing.assigner);
    return this.#with({ allowedLatenessMs: ms });
  }

  /** Records that are too late go to a side output; they are dropped otherwise. */
  sideOutputLateData(tag: OutputTag<T>): AllWindowedStream<T, W> {
    return this.#with({ lateTag: tag as OutputTag<unknown> });
  }

  /** Combines the records of a window as they come; `windowFn` gets the one result. */
  reduce(fn: (a: T, b: T) => MaybeAsync<T>): DataStream<T>;
  reduce(fn: ReduceObject<T>): DataStream<T>;
  reduce(fn: PyFunction<T, unknown>): DataStream<T>;
  reduce<Out>(
    fn: (a: T, b: T) => MaybeAsync<T>,
    windowFn: ApplyAllLike<T, Out, W> | ProcessAllWindowLike<T, Out, W>,
    type?: TypeInformation<Out>,
  ): DataStream<Out>;
  reduce<Out>(
    fn: ReduceObject<T>,
    windowFn: ApplyAllLike<T, Out, W> | ProcessAllWindowLike<T, Out, W>,
    type?: TypeInformation<Out>,
  ): DataStream<Out>;
  reduce<Out>(
    fn: PyFunction<T, unknown>,
    windowFn: PyFunction<T, Results<Out>>,
    type?: TypeInformation<Out>,
  ): DataStream<Out>;
  reduce<Out>(fn: unknown, windowFn?: unknown, type?: TypeInformation<Out>): DataStream<Out> {
    return windowOperator(this.#stream, this.#windowing, { how: 'reduce', fn, windowFn }, type);
  }

  /** Accumulates the records of a window as they come; `windowFn` gets the one result. */
  aggregate<Acc, R>(fn: AggregateLike<T, Acc, R>): DataStream<R>;
  aggregate<R>(fn: PyFunction<T, R>): DataStream<R>;
  aggregate<Acc, R, Out>(
    fn: AggregateLike<T, Acc, R>,
    windowFn: ApplyAllLike<R, Out, W> | ProcessAllWindowLike<R, Out, W>,
    type?: TypeInformation<Out>,
  ): DataStream<Out>;
  aggregate<R, Out>(
    fn: PyFunction<T, R>,
    windowFn: PyFunction<R, Results<Out>>,
    type?: TypeInformation<Out>,
  ): DataStream<Out>;
  aggregate<Out>(fn: unknown, windowFn?: unknown, type?: TypeInformation<Out>): DataStream<Out> {
    return windowOperator(this.#stream, this.#windowing, { how: 'aggregate', fn, windowFn }, type);
  }

  /** Calls `fn` with all records of a window. */
  apply<Out>(fn: ApplyAllLike<T, Out, W>, type?: TypeInformation<Out>): DataStream<Out> {
    return windowOperator(this.#stream, this.#windowing, { how: 'apply', fn }, type);
  }

  /** Calls `process` with all records of a window, and a context that has state. */
  process<Out>(fn: ProcessAllWindowLike<T, Out, W>, type?: TypeInformation<Out>): DataStream<Out> {
    return windowOperator(this.#stream, this.#windowing, { how: 'process', fn }, type);
  }

  /** The sum of a field; other fields are those of the first record. */
  sum(field?: FieldOf<T>): DataStream<T> {
    return this.#fold('sum', field);
  }

  /** The minimum of a field; other fields are those of the first record. */
  min(field?: FieldOf<T>): DataStream<T> {
    return this.#fold('min', field);
  }

  /** The maximum of a field; other fields are those of the first record. */
  max(field?: FieldOf<T>): DataStream<T> {
    return this.#fold('max', field);
  }

  /** The record with the least field, the first of equal ones. */
  minBy(field?: FieldOf<T>): DataStream<T> {
    return this.#fold('min_by', field);
  }

  /** The record with the greatest field, the first of equal ones. */
  maxBy(field?: FieldOf<T>): DataStream<T> {
    return this.#fold('max_by', field);
  }

  #fold(op: string, field: FieldOf<T> = 0 as FieldOf<T>): DataStream<T> {
    return windowOperator(this.#stream, this.#windowing, { how: 'fold', op, field }, undefined);
  }

  #with(change: Partial<Windowing>): AllWindowedStream<T, W> {
    return new AllWindowedStream(this.#stream, { ...this.#windowing, ...change });
  }
}
