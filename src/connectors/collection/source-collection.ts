import { GraphError } from '../../errors.ts';
import type { OperatorSpec } from '../../graph/job-graph.ts';
import { recordIsolator } from '../../runtime/isolate.ts';
import type { OperatorContext } from '../../runtime/operator.ts';
import type { Source } from '../../runtime/source.ts';
import { type Range, RangeSource } from '../sequence/source-sequence.ts';

/** `source.collection`: the elements of an array; with a parallelism above 1, each subtask has a contiguous part. */
export async function collectionSource(
  { name }: OperatorSpec,
  ctx: OperatorContext,
): Promise<Source<unknown, Range>> {
  const values = await ctx.load('elements');
  if (!Array.isArray(values)) throw new GraphError(`Source "${name}" needs an array of elements.`);
  const isolate = recordIsolator(ctx.settings);
  // Copies: functions may change their records, and the array is the program's.
  return new RangeSource([0, values.length - 1], (first, end) =>
    values.slice(first, end).map(isolate),
  );
}
