import { GraphError } from '../errors.ts';
import type { OperatorContext } from './operator.ts';

/** A function of an operator that makes no sense without it. */
export async function requiredFunction(
  { spec, load }: Pick<OperatorContext, 'spec' | 'load'>,
  part = 'function',
): Promise<unknown> {
  if (spec.fns?.[part] === undefined) {
    throw new GraphError(`Operator "${spec.name}" (${spec.kind}) has no ${part}.`);
  }
  return load(part);
}
