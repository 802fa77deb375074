// Which part of a value cannot travel: found by a second walk after a failure, as the first one carries no path.

import { CodecError } from '../../errors.ts';
import { MAX_DEPTH } from './ext.ts';
import { Refused, writer } from './scalars.ts';
import { Row } from './values.ts';

/** The CodecError for what `error` refused somewhere in `value`. */
export function located(
  value: unknown,
  error: unknown,
  write: (value: unknown, depth: number) => void,
  what: 'value' | 'key' = 'value',
): unknown {
  if (!(error instanceof Refused)) return error;
  const [path, culprit, why] = find(value, 1, '$', write) ?? ['$', value, error.message];
  return new CodecError(
    `A ${what} of type ${typeName(culprit)} at ${path} cannot travel to Python: ${why}.`,
    path,
  );
}

type Found = [path: string, culprit: unknown, why: string];

function find(
  value: unknown,
  depth: number,
  path: string,
  write: (value: unknown, depth: number) => void,
): Found | undefined {
  // Looked at first: a value that contains itself has no deepest child.
  if (typeof value === 'object' && value !== null && depth > MAX_DEPTH && isContainer(value)) {
    return [path, value, `values may nest ${MAX_DEPTH} deep`];
  }
  for (const [step, child] of children(value)) {
    const found = find(child, depth + 1, path + step, write);
    if (found !== undefined) return found;
  }
  writer.position = 0;
  try {
    write(value, depth);
    return undefined;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return [path, value, error.message];
  }
}

function isContainer(value: object): boolean {
  return !children(value).next().done || Array.isArray(value);
}

function* children(value: unknown): Generator<[step: string, child: unknown]> {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) yield [`[${i}]`, value[i]];
  } else if (value instanceof Map) {
    for (const [key, item] of value) {
      yield ['.keys()', key];
      yield [`[${typeof key === 'string' ? JSON.stringify(key) : String(key)}]`, item];
    }
  } else if (value instanceof Set) {
    for (const item of value) yield ['{}', item];
  } else if (value instanceof Row) {
    for (let i = 0; i < value.values.length; i++) {
      const name = value.names?.[i];
      yield [name === undefined ? `[${i}]` : stepOf(name), value.values[i]];
    }
  } else {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return;
    for (const [name, item] of Object.entries(value)) yield [stepOf(name), item];
  }
}

export function stepOf(name: string): string {
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  return (value as { constructor?: { name?: string } }).constructor?.name ?? 'object';
}
