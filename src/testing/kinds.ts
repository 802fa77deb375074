// Which operator runs a function object.

import { GraphError } from '../errors.ts';
import type { OperatorKind } from '../graph/job-graph.ts';
import { inspectRecord } from '../runtime/failure.ts';

/** By a method of the object; the first that it has decides. */
const BY_METHOD: readonly (readonly [method: string, kind: OperatorKind])[] = [
  ['processBroadcastElement', 'broadcast_process'],
  ['processElement1', 'co_process'],
  ['processElement', 'process'],
  ['flatMap1', 'co_flat_map'],
  ['map1', 'co_map'],
  ['flatMap', 'flat_map'],
  ['flatMapBatch', 'flat_map_batch'],
  ['mapBatch', 'map_batch'],
  ['map', 'map'],
  ['filter', 'filter'],
  ['reduce', 'reduce'],
  ['asyncInvoke', 'async'],
  ['write', 'sink.function'],
  ['invoke', 'sink.function'],
];

/**
 * The operator kind of an object, or of a class of such.
 *
 * @throws GraphError where it could be several: a plain function could be any
 */
export function kindOf(fn: unknown): OperatorKind {
  const instance =
    typeof fn === 'function' ? (fn as { prototype?: unknown }).prototype : (fn as unknown);
  if (typeof instance === 'object' && instance !== null) {
    const methods = instance as Record<string, unknown>;
    const found = BY_METHOD.find(([method]) => typeof methods[method] === 'function');
    if (found !== undefined) return found[1];
  }
  throw new GraphError(
    `Which operator is to run ${inspectRecord(fn)}? Say it: { kind: 'map' }, 'filter', 'flat_map', 'reduce' … ` +
      'Windows, joins and whatever else takes more than a function are opened by openStream().',
  );
}
