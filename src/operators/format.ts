import { inspect } from 'node:util';
import type { TypeSpec } from '../graph/job-graph.ts';

/** Records as print and file sinks show them: by the declared type where there is one, strings as they are. */
export function printFormatter(_type: TypeSpec | undefined): (value: unknown) => string {
  return plainText;
}

function plainText(value: unknown): string {
  if (typeof value === 'string') return value;
  return inspect(value, {
    depth: Infinity,
    breakLength: Infinity,
    maxArrayLength: null,
    maxStringLength: null,
  });
}

/** As `printFormatter`, for files (the two differ for rows). */
export function fileFormatter(_type: TypeSpec | undefined): (value: unknown) => string {
  return plainText;
}
