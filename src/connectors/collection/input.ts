import { GraphError } from '../../errors.ts';
import type { OperatorSpec } from '../../graph/job-graph.ts';
import type { MaybePromise, OperatorContext, Source, SourceBatch } from '../../runtime/operator.ts';
import type { Splits } from '../../runtime/splits.ts';
import { functionSource } from '../function/source-function.ts';
import { linesSource } from '../file/lines.ts';

/**
 * `source.input`: a named input. its `function` is what whoever starts the job feeds it with (as for `source.function`); where
 * nobody does, the pipeline's own default: a function, or the lines of the files in `params.default`.
 */
export function inputSource(spec: OperatorSpec): Source {
  return new InputSource(spec);
}

class InputSource implements Source {
  readonly #source: Source;
  /** Absent where the source has none: whoever stops it then does not ask it any more. */
  readonly finish?: () => void;

  constructor(spec: OperatorSpec) {
    if (spec.fns?.function !== undefined) {
      this.#source = functionSource(spec);
    } else {
      const paths =
        typeof spec.params.default === 'string' ? [spec.params.default] : spec.params.default;
      if (!Array.isArray(paths) || paths.length === 0) {
        throw new GraphError(
          `Input "${spec.params.name as string}" is fed by nobody and has no default; ` +
            'name it in the inputs when starting the pipeline, or give it a default.',
        );
      }
      this.#source = linesSource({ ...spec, params: { ...spec.params, paths } });
    }
    if (this.#source.finish !== undefined) this.finish = () => this.#source.finish?.();
  }

  open(ctx: OperatorContext, splits: Splits): MaybePromise<void> {
    return this.#source.open?.(ctx, splits);
  }

  next(signal: AbortSignal): MaybePromise<SourceBatch | undefined> {
    return this.#source.next(signal);
  }

  close(): MaybePromise<void> {
    return this.#source.close?.();
  }
}
