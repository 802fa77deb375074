import { nameOf } from './kinds.ts';
import { createHash } from 'node:crypto';
import { EdgeIndex } from './edge-index.ts';
import type { EdgeSpec, OperatorSpec } from './job-graph.ts';

/**
 * A uid for each operator that was given none: 32 hex digits of its kind and of what it reads from, so that it stays the
 * same as long as nothing before it changes, whatever names and parallelism become.
 *
 * @param operators upstream first
 */
export function assignUids(
  operators: readonly OperatorSpec[],
  edges: readonly EdgeSpec[],
): Map<number, string> {
  const uids = new Map<number, string>();
  const taken = new Set(operators.map((spec) => spec.uid));
  const index = new EdgeIndex(edges);
  /** Twins that there have been of an operator. */
  const twins = new Map<string, number>();
  for (const spec of operators) {
    const inputs = index
      .into(spec.id)
      .map((edge) => `${uids.get(edge.from)}:${edge.input}:${edge.sideTag ?? ''}`);
    let uid = spec.uid;
    const described = [nameOf(spec), ...inputs].join('|');
    for (let twin = twins.get(described) ?? 0; uid === undefined; twin++) {
      const text = `${described}|${twin}`;
      twins.set(described, twin + 1);
      const candidate = createHash('sha256').update(text).digest('hex').slice(0, 32);
      if (!taken.has(candidate)) uid = candidate;
    }
    taken.add(uid);
    uids.set(spec.id, uid);
  }
  return uids;
}
