import { GraphError } from '../../errors.ts';
import type { OperatorSpec } from '../../graph/job-graph.ts';
import type { MaybePromise, OperatorContext } from '../../runtime/operator.ts';
import type { Source } from '../../runtime/source.ts';
import { functionSource } from '../function/source-function.ts';
import { linesSource } from '../file/lines.ts';

/**
 * `source.input`: a named input. its `function` is what whoever starts the job feeds it with (as for `source.function`); where
 * nobody does, the pipeline's own default: a function, or the lines of the files in `params.default`.
 */
export function inputSource(spec: OperatorSpec, ctx: OperatorContext): MaybePromise<Source> {
  if (spec.fns?.function !== undefined) return functionSource(spec, ctx);
  const paths =
    typeof spec.params.default === 'string' ? [spec.params.default] : spec.params.default;
  if (!Array.isArray(paths) || paths.length === 0) {
    throw new GraphError(
      `Input "${spec.params.name as string}" is fed by nobody and has no default; ` +
        'name it in the inputs when starting the pipeline, or give it a default.',
    );
  }
  return linesSource({ ...spec, params: { ...spec.params, paths } }, ctx.files);
}
