import type { JsonValue } from '../graph/job-graph.ts';
import type { WatermarkGenerator } from '../operators/timestamps.ts';
import type { Instance } from './accepts.ts';
import { PyFunction } from './python-function.ts';
import type { WatermarkStrategyLike } from './timestamps.ts';

/** Gives the event time of a record, in ms since the epoch; `timestamp` is the one it has already. */
export type TimestampAssignerLike<T> =
  | ((value: T, timestamp: number) => number)
  | Instance<{ extractTimestamp(value: T, timestamp: number): number }>
  | PyFunction<T, number>;

type Generator = 'monotonous' | 'bounded' | 'none' | 'custom';

interface Settings {
  generator: Generator;
  maxOutOfOrdernessMs?: number;
  idleTimeoutMs?: number;
  timestampAssigner?: unknown;
  createGenerator?: () => WatermarkGenerator<unknown>;
  pythonGenerator?: PyFunction<never, unknown>;
}

/**
 * How records get their event time, and when watermarks are emitted.
 *
 * @example WatermarkStrategy.forBoundedOutOfOrderness<Trade>(Time.seconds(5)).withTimestampAssigner((trade) => trade.at)
 */
export class WatermarkStrategy<T> implements WatermarkStrategyLike<T> {
  declare readonly recordType?: (value: T) => void;
  readonly generator: Generator;
  readonly maxOutOfOrdernessMs: number | undefined;
  readonly idleTimeoutMs: number | undefined;
  readonly timestampAssigner: unknown;
  readonly createGenerator: (() => WatermarkGenerator<unknown>) | undefined;
  readonly pythonGenerator: PyFunction<never, unknown> | undefined;

  private constructor(settings: Settings) {
    this.generator = settings.generator;
    this.maxOutOfOrdernessMs = settings.maxOutOfOrdernessMs;
    this.idleTimeoutMs = settings.idleTimeoutMs;
    this.timestampAssigner = settings.timestampAssigner;
    this.createGenerator = settings.createGenerator;
    this.pythonGenerator = settings.pythonGenerator;
  }

  /** Timestamps never go back (within a parallel source). */
  static forMonotonousTimestamps<T>(): WatermarkStrategy<T> {
    return new WatermarkStrategy<T>({ generator: 'monotonous' });
  }

  /** Records are at most so many ms behind the latest one. */
  static forBoundedOutOfOrderness<T>(maxOutOfOrdernessMs: number): WatermarkStrategy<T> {
    return new WatermarkStrategy<T>({ generator: 'bounded', maxOutOfOrdernessMs });
  }

  /** No watermarks but the final one. */
  static noWatermarks<T>(): WatermarkStrategy<T> {
    return new WatermarkStrategy<T>({ generator: 'none' });
  }

  /** Watermarks by a generator of one's own; `create` makes one for each subtask. In Python a class with `on_event`. */
  static forGenerator<T>(
    create: (() => WatermarkGenerator<T>) | PyFunction<never, unknown>,
  ): WatermarkStrategy<T> {
    if (create instanceof PyFunction) {
      return new WatermarkStrategy<T>({ generator: 'custom', pythonGenerator: create });
    }
    return new WatermarkStrategy<T>({ generator: 'custom', createGenerator: create });
  }

  withTimestampAssigner<U extends T = T>(assigner: TimestampAssignerLike<U>): WatermarkStrategy<U> {
    return new WatermarkStrategy<U>({ ...this.#settings(), timestampAssigner: assigner });
  }

  /** A stream without records for so many ms does not hold back the others. */
  withIdleness(idleTimeoutMs: number): WatermarkStrategy<T> {
    return new WatermarkStrategy<T>({ ...this.#settings(), idleTimeoutMs });
  }

  /** Accepted; the sources of a job run in one runtime, and need no alignment. */
  withWatermarkAlignment(
    _group: string,
    _maxDriftMs: number,
    _updateIntervalMs?: number,
  ): WatermarkStrategy<T> {
    return new WatermarkStrategy<T>(this.#settings());
  }

  /** Kind and numbers (docs/operators.md). */
  describe(): { [key: string]: JsonValue } {
    const { generator, maxOutOfOrdernessMs, idleTimeoutMs } = this;
    return {
      generator,
      ...(maxOutOfOrdernessMs === undefined ? {} : { maxOutOfOrdernessMs }),
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    };
  }

  #settings(): Settings {
    const { generator, maxOutOfOrdernessMs, idleTimeoutMs, timestampAssigner } = this;
    return {
      generator,
      ...(maxOutOfOrdernessMs === undefined ? {} : { maxOutOfOrdernessMs }),
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
      ...(timestampAssigner === undefined ? {} : { timestampAssigner }),
      ...(this.createGenerator === undefined ? {} : { createGenerator: this.createGenerator }),
      ...(this.pythonGenerator === undefined ? {} : { pythonGenerator: this.pythonGenerator }),
    };
  }
}
