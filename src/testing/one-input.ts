import { GraphError } from '../errors.ts';
import type { DataStream } from '../api/data-stream.ts';
import { MIN_TIMESTAMP } from '../runtime/operator.ts';
import { OperatorHarness } from './harness.ts';
import type { HarnessOptions } from './harness-options.ts';
import { operatorOfStream } from './operator-of-stream.ts';

/** Runs a function, or an operator with one input, as a job would. */
export class OneInputHarness extends OperatorHarness {
  /**
   * Opens a function: an object or class with an operator's method, or a plain function with its `kind`.
   *
   * @example
   * await using harness = await OneInputHarness.open((a: number, b: number) => a + b, {
   *   kind: 'reduce',
   *   keyBy: (value: number) => value % 2,
   * });
   * await harness.process(1, 3, 4);
   * harness.output; // [1, 4, 4]
   */
  static async open(fn: unknown, options: HarnessOptions = {}): Promise<OneInputHarness> {
    const harness = new OneInputHarness(fn, options);
    await harness.start();
    return harness;
  }

  /**
   * Opens the one operator that `build` puts on a stream, with its key: windows, asynchronous functions, lookups.
   *
   * @example
   * await OneInputHarness.openStream((visits: DataStream<Visit>) =>
   *   visits.keyBy(({ user }) => user).window(TumblingEventTimeWindows.of(1_000)).reduce(add),
   * );
   */
  static openStream<In>(
    build: (stream: DataStream<In>) => DataStream<unknown>,
    options: Omit<HarnessOptions, 'kind' | 'keyBy' | 'params'> = {},
  ): Promise<OneInputHarness> {
    const { fn, two, ...found } = operatorOfStream((stream) => build(stream as DataStream<In>));
    if (two) throw new GraphError('The operator has two inputs; open it by TwoInputHarness.');
    return OneInputHarness.open(fn, { ...options, ...found });
  }

  /** Records without a timestamp. */
  process(...values: unknown[]): Promise<void> {
    return this.feed(
      0,
      values.map((value) => [value, MIN_TIMESTAMP] as const),
    );
  }

  /** Records of one event time, in milliseconds. */
  processAt(timestamp: number, ...values: unknown[]): Promise<void> {
    return this.feed(
      0,
      values.map((value) => [value, timestamp] as const),
    );
  }

  /** `[record, timestamp]` pairs. */
  processTimed(...records: (readonly [value: unknown, timestamp: number])[]): Promise<void> {
    return this.feed(0, records);
  }
}
