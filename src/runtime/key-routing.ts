import type { TypeSpec } from '../graph/job-graph.ts';

export function subtaskOfKey(
  receivers: number,
  _maxParallelism: number,
  _keyType: TypeSpec | undefined,
): (key: unknown) => number {
  return (key) => {
    let hash = 0;
    for (const c of String(key)) hash = (hash * 31 + (c.codePointAt(0) as number)) | 0;
    return (hash >>> 0) % receivers;
  };
}
