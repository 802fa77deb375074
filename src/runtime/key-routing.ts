import { inspect } from 'node:util';
import type { TypeSpec } from '../graph/job-graph.ts';

/**
 * The receiving subtask of a key. Equal keys go to one subtask whichever TypeScript subtask sends; a hash that Python
 * shares needs the canonical encoding of keys.
 */
export function subtaskOfKey(
  receivers: number,
  _maxParallelism: number,
  _keyType: TypeSpec | undefined,
): (key: unknown) => number {
  return (key) => {
    const text =
      typeof key === 'string'
        ? key
        : inspect(key, { depth: Infinity, sorted: true, breakLength: Infinity });
    let hash = 0;
    for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
    return (hash >>> 0) % receivers;
  };
}
