import { GraphError } from '../errors.ts';
import type { DataStream } from '../api/data-stream.ts';
import { MIN_TIMESTAMP } from '../runtime/operator.ts';
import { OperatorHarness } from './harness.ts';
import type { TwoInputOptions } from './harness-options.ts';
import { operatorOfStreams } from './operator-of-stream.ts';

/** Runs a function, or an operator with two inputs; watermarks of the two merge as the minimum. */
export class TwoInputHarness extends OperatorHarness {
  readonly #times: [number, number] = [MIN_TIMESTAMP, MIN_TIMESTAMP];

  /** Opens a function: an object or class with methods of both inputs, or any with its `kind`. */
  static async open(fn: unknown, options: TwoInputOptions = {}): Promise<TwoInputHarness> {
    const harness = new TwoInputHarness(fn, options);
    await harness.start();
    return harness;
  }

  /**
   * Opens the one operator that `build` puts on two streams, with their keys: joins, and whatever streams connect to.
   *
   * @example
   * await TwoInputHarness.openStreams((trades: DataStream<Trade>, quotes: DataStream<Quote>) =>
   *   trades.keyBy(bySymbol).asOfJoin(quotes.keyBy(bySymbol), price),
   * );
   */
  static openStreams<A, B>(
    build: (first: DataStream<A>, second: DataStream<B>) => DataStream<unknown>,
    options: Omit<TwoInputOptions, 'kind' | 'keyBy' | 'keyBy2' | 'params'> = {},
  ): Promise<TwoInputHarness> {
    const { fn, two, ...found } = operatorOfStreams((first, second) =>
      build(first as DataStream<A>, second as DataStream<B>),
    );
    if (!two) throw new GraphError('The operator has one input; open it by OneInputHarness.');
    return TwoInputHarness.open(fn, { ...options, ...found });
  }

  /** Records of the first input, without a timestamp. */
  process1(...values: unknown[]): Promise<void> {
    return this.processAt1(MIN_TIMESTAMP, ...values);
  }

  /** Records of the second input, without a timestamp. */
  process2(...values: unknown[]): Promise<void> {
    return this.processAt2(MIN_TIMESTAMP, ...values);
  }

  /** Records of the first input, of one event time in milliseconds. */
  processAt1(timestamp: number, ...values: unknown[]): Promise<void> {
    return this.feed(
      0,
      values.map((value) => [value, timestamp] as const),
    );
  }

  /** Records of the second input, of one event time in milliseconds. */
  processAt2(timestamp: number, ...values: unknown[]): Promise<void> {
    return this.feed(
      1,
      values.map((value) => [value, timestamp] as const),
    );
  }

  /** Event time of the first input. */
  watermark1(timestamp: number): Promise<void> {
    return this.#merge(0, timestamp);
  }

  /** Event time of the second input. */
  watermark2(timestamp: number): Promise<void> {
    return this.#merge(1, timestamp);
  }

  #merge(which: 0 | 1, timestamp: number): Promise<void> {
    this.#times[which] = Math.max(timestamp, this.#times[which]);
    return this.watermark(Math.min(...this.#times));
  }
}
