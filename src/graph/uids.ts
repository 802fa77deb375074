import { createHash } from 'node:crypto';
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
  for (const spec of operators) {
    const inputs = edges
      .filter((edge) => edge.to === spec.id)
      .map((edge) => `${uids.get(edge.from)}:${edge.input}:${edge.sideTag ?? ''}`);
    let uid = spec.uid;
    for (let twin = 0; uid === undefined; twin++) {
      const text = [spec.kind, ...inputs, twin].join('|');
      const candidate = createHash('sha256').update(text).digest('hex').slice(0, 32);
      if (!taken.has(candidate)) uid = candidate;
    }
    taken.add(uid);
    uids.set(spec.id, uid);
  }
  return uids;
}
