import { GraphError } from '../errors.ts';
import type { JsonValue } from '../graph/job-graph.ts';
import { PyFunction } from './python-function.ts';

/** How records get their event time, and when watermarks are emitted. */
export interface WatermarkStrategyLike<T> {
  /** Gets `(value, timestamp)`; a Python function needs a strategy that can describe itself. */
  readonly timestampAssigner?: unknown;
  /** A class in Python that makes the watermarks. */
  readonly pythonGenerator?: PyFunction<never, unknown> | undefined;
  /** The rest as JSON: `{generator, maxOutOfOrdernessMs?, idleTimeoutMs?}`. */
  describe?(): { [key: string]: JsonValue } | undefined;
  /** Only for the types; never set. */
  readonly recordType?: (value: T) => void;
}

/** What a strategy makes of the `timestamps` operator. */
export function timestampsInit(strategy: WatermarkStrategyLike<never>): {
  fn: unknown;
  params?: { [key: string]: JsonValue };
} {
  const { timestampAssigner, pythonGenerator } = strategy;
  if (pythonGenerator !== undefined) return pythonGeneratorInit(strategy, pythonGenerator);
  if (!(timestampAssigner instanceof PyFunction)) return { fn: strategy };
  const described = strategy.describe?.();
  if (described === undefined) {
    throw new GraphError(
      'A watermark generator in TypeScript needs its timestamp assigner in TypeScript too; assign timestamps by a ' +
        'TypeScript function, or use one of the generators of Isthmus.',
    );
  }
  return { fn: timestampAssigner, params: { strategy: described } };
}

function pythonGeneratorInit(
  strategy: WatermarkStrategyLike<never>,
  generator: PyFunction<never, unknown>,
): { fn: unknown; params: { [key: string]: JsonValue } } {
  const described = strategy.describe?.() ?? { generator: 'custom' };
  const { timestampAssigner } = strategy;
  if (timestampAssigner === undefined) return { fn: generator, params: { strategy: described } };
  if (!(timestampAssigner instanceof PyFunction)) {
    throw new GraphError(
      'The functions of a watermark strategy must be of one language; its generator is Python, so write its timestamp ' +
        'assigner in Python too.',
    );
  }
  const assigner = timestampAssigner.ref as unknown as JsonValue;
  return { fn: generator, params: { strategy: { ...described, timestampAssigner: assigner } } };
}
