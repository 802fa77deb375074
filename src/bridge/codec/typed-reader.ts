// What only a declared type can tell of a value that came from Python: whether an empty dict is a Map or an object.

import type { TypeSpec } from '../../graph/job-graph.ts';
import { carryMark } from './marks.ts';
import { Row } from './values.ts';

export type ReadValue = (value: unknown) => unknown;

/** What makes a decoded value fit the type; undefined where there is nothing to do. */
export function typedReader(type: TypeSpec | undefined): ReadValue | undefined {
  switch (type?.kind) {
    case 'TUPLE':
      return tupleReader(type.fields.map(typedReader));
    case 'ROW':
      return rowReader(type.fields.map(typedReader));
    case 'LIST':
    case 'PRIMITIVE_ARRAY':
    case 'BASIC_ARRAY':
    case 'OBJECT_ARRAY':
      return listReader(typedReader(type.element));
    case 'MAP':
      return mapReader(type.key, typedReader(type.value));
    default:
      return undefined;
  }
}

type Reads = readonly (ReadValue | undefined)[];

function each(values: readonly unknown[], reads: Reads): unknown[] {
  return values.map((value, i) => reads[i]?.(value) ?? value);
}

function tupleReader(reads: Reads): ReadValue | undefined {
  if (reads.every((read) => read === undefined)) return undefined;
  return (value) => {
    if (!Array.isArray(value)) return value;
    const tuple = each(value, reads);
    carryMark(value, tuple);
    return tuple;
  };
}

function rowReader(reads: Reads): ReadValue | undefined {
  if (reads.every((read) => read === undefined)) return undefined;
  return (value) =>
    value instanceof Row ? new Row(each(value.values, reads), value.names, value.kind) : value;
}

function listReader(read: ReadValue | undefined): ReadValue | undefined {
  if (read === undefined) return undefined;
  return (value) => (Array.isArray(value) ? value.map(read) : value);
}

function mapReader(key: TypeSpec, read: ReadValue | undefined): ReadValue | undefined {
  if (key.kind === 'STRING' || key.kind === 'CHAR') {
    if (read === undefined) return undefined;
    return (value) => (isRecord(value) ? recordOf(Object.entries(value), read) : value);
  }
  return (value) => {
    if (value instanceof Map) {
      return read === undefined ? value : new Map([...value].map(([k, item]) => [k, read(item)]));
    }
    return isRecord(value) && Object.keys(value).length === 0 ? new Map() : value;
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

function recordOf(entries: [string, unknown][], read: ReadValue): Record<string, unknown> {
  return Object.fromEntries(entries.map(([name, item]) => [name, read(item)]));
}
