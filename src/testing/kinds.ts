// Which operator runs a function object.

import { GraphError } from '../errors.ts';
import { tellingMethods } from '../graph/function-parts.ts';
import type { OperatorName } from '../graph/kinds.ts';
import { inspectRecord } from '../runtime/failure.ts';

/**
 * The operator kind of an object, or of a class of such.
 *
 * @throws GraphError where it could be several: a plain function could be any
 */
export function kindOf(fn: unknown): OperatorName {
  const instance =
    typeof fn === 'function' ? (fn as { prototype?: unknown }).prototype : (fn as unknown);
  if (typeof instance === 'object' && instance !== null) {
    const methods = instance as Record<string, unknown>;
    const has = (method: string) => typeof methods[method] === 'function';
    const found = tellingMethods().find(([names, all]) =>
      all ? names.every(has) : names.some(has),
    );
    if (found !== undefined) return found[2];
  }
  throw new GraphError(
    `Which operator is to run ${inspectRecord(fn)}? Say it: { kind: 'map' }, 'filter', 'flat_map', 'reduce' … ` +
      'Windows, joins and whatever else takes more than a function are opened by openStream().',
  );
}
