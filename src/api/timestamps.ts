import type { JsonValue } from '../graph/job-graph.ts';
import type { PyFunction } from './python-function.ts';
import type { Parts } from './transformation.ts';

/** How records get their event time, and when watermarks are emitted. */
export interface WatermarkStrategyLike<T> {
  /** Gets `(value, timestamp)`;  */
  readonly timestampAssigner?: unknown;
  /** Makes the watermark generator of a subtask. */
  readonly createGenerator?: unknown;
  /** A class in Python that makes the watermarks. */
  readonly pythonGenerator?: PyFunction<never, unknown> | undefined;
  /** The rest as JSON: `{generator, maxOutOfOrdernessMs?, idleTimeoutMs?}`. */
  describe?(): { [key: string]: JsonValue } | undefined;
  /** Only for the types; never set. */
  readonly recordType?: (value: T) => void;
}

/** What a strategy makes of the `timestamps` operator. */
export function timestampsInit(strategy: WatermarkStrategyLike<never>): {
  fns: Parts;
  params: { [key: string]: JsonValue };
} {
  const { timestampAssigner, createGenerator, pythonGenerator } = strategy;
  const said = strategy.describe?.();
  // A bare assigner, as of old.
  if (said === undefined) {
    return { fns: { timestampAssigner: strategy }, params: { generator: 'monotonous' } };
  }
  return {
    fns: { timestampAssigner, generator: pythonGenerator ?? createGenerator },
    params: said,
  };
}
