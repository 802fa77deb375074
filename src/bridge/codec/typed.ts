// Values of a declared type to msgpack: where JavaScript cannot tell (1.0 and 1, tuple and list, object and Row), the type
// does. Twin of python/isthmus/_types/coerce.py, which does the same at the Python end of a channel.
//
//   T1. What does not fit the declared type is a CodecError that names path, value's type and declared type.
//   T2. Fields of rows, members of lists (but of PRIMITIVE_ARRAY) and values of maps may be null; nothing else may.
//   T3. A number is cut towards zero for an integer type and rounded to 32 bits for FLOAT, as PyFlink does (typed-scalar.ts).

import { CodecError } from '../../errors.ts';
import type { TypeSpec } from '../../graph/job-graph.ts';
import {
  beginColumns,
  beginRowColumns,
  hasWidth,
  type WriteValue,
  writeRowHead,
  writeValue,
} from './encode.ts';
import { MAP, MAX_COLUMNS, MAX_DEPTH, MIN_COLUMNS_RECORDS, TUPLE, TUPLE_RECORDS } from './ext.ts';
import { stepOf, typeName } from './refusal.ts';
import { Refused, writer } from './scalars.ts';
import { writeScalar } from './typed-scalar.ts';
import { Row } from './values.ts';

/** How values of the type are written; undefined where the type says nothing. */
export function typedWriter(type: TypeSpec | undefined): WriteValue | undefined {
  if (type === undefined || type.kind === 'PICKLED_BYTE_ARRAY') return undefined;
  const write = writerOf(type);
  return Object.assign((value: unknown, depth: number) => write(value, depth), {
    items: write.items ?? itemsOf(write),
    explain: (value: unknown): CodecError | undefined => {
      const found = explain(type, value, 1, '$');
      if (found === undefined) return undefined;
      const [path, culprit, declared, why] = found;
      return new CodecError(
        `A value of type ${typeName(culprit)} at ${path} does not fit the declared type ${declared}: ${why}.`,
        path,
      );
    },
  });
}

function writerOf(type: TypeSpec): WriteValue {
  switch (type.kind) {
    case 'TUPLE':
      return tupleWriter(type.fields.map(writerOf));
    case 'ROW':
      return rowWriter(
        type.names,
        type.fields.map((field) => nullable(writerOf(field))),
      );
    case 'PRIMITIVE_ARRAY':
      return listWriter(writerOf(type.element));
    case 'LIST':
    case 'BASIC_ARRAY':
    case 'OBJECT_ARRAY':
      return listWriter(nullable(writerOf(type.element)));
    case 'MAP':
      return mapWriter(type.key, writerOf(type.key), nullable(writerOf(type.value)));
    default: {
      const { kind } = type;
      return kind === 'PICKLED_BYTE_ARRAY' ? writeValue : (value) => writeScalar(kind, value);
    }
  }
}

function nullable(write: WriteValue): WriteValue {
  return (value, depth) => {
    if (value === null || value === undefined)
      writer.nil(); // T2
    else write(value, depth);
  };
}

function itemsOf(write: WriteValue): (values: readonly unknown[], depth: number) => void {
  return (values, depth) => {
    writer.arrayHead(values.length);
    for (let i = 0; i < values.length; i++) write(values[i], depth + 1);
  };
}

/** The depth of a container is its own; typed values nest no deeper than others (D2 of decode.ts). */
function enter(depth: number): void {
  if (depth > MAX_DEPTH) throw new Refused(`values may nest ${MAX_DEPTH} deep`);
}

function tupleWriter(fields: readonly WriteValue[]): WriteValue {
  const width = fields.length;
  const write: WriteValue = (value, depth) => {
    enter(depth);
    const tuple = tupleOf(value, width);
    const start = writer.beginExtension(TUPLE);
    writer.arrayHead(width);
    for (let i = 0; i < width; i++) (fields[i] as WriteValue)(tuple[i], depth + 1);
    writer.endExtension(start);
  };
  const one = itemsOf(write);
  const items = fields.map((field) => field.items ?? itemsOf(field));
  write.items = (values, depth) => {
    const columns =
      values.length >= MIN_COLUMNS_RECORDS &&
      depth < MAX_DEPTH &&
      width > 0 &&
      width <= MAX_COLUMNS;
    if (!columns || !values.every((value) => hasWidth(value, width))) {
      one(values, depth);
      return;
    }
    const start = beginColumns(TUPLE_RECORDS, width);
    writer.arrayHead(0);
    const column = new Array<unknown>(values.length);
    for (let field = 0; field < width; field++) {
      for (let i = 0; i < values.length; i++) column[i] = (values[i] as unknown[])[field];
      (items[field] as (values: readonly unknown[], depth: number) => void)(column, depth + 1);
    }
    writer.endExtension(start);
  };
  return write;
}

/** The first `width` items, as PyFlink cuts longer tuples. */
function tupleOf(value: unknown, width: number): readonly unknown[] {
  if (!Array.isArray(value)) throw new Refused('an array is wanted');
  if (value.length < width) throw new Refused(`it has ${value.length} of ${width} fields`);
  return value as unknown[];
}

function rowWriter(names: readonly string[], fields: readonly WriteValue[]): WriteValue {
  const write: WriteValue = (value, depth) => {
    enter(depth);
    const items = rowItems(value, names);
    const start = writeRowHead(kindOf(value), names, names.length);
    for (let i = 0; i < fields.length; i++) (fields[i] as WriteValue)(items[i], depth + 1);
    writer.endExtension(start);
  };
  const one = itemsOf(write);
  const width = names.length;
  write.items = (values, depth) => {
    const columns =
      values.length >= MIN_COLUMNS_RECORDS &&
      depth < MAX_DEPTH &&
      width > 0 &&
      width <= MAX_COLUMNS;
    const kind = kindOf(values[0]);
    if (!columns || values.some((value) => kindOf(value) !== kind)) {
      one(values, depth);
      return;
    }
    const rows = values.map((value) => rowItems(value, names));
    const start = beginRowColumns(kind, names, width);
    for (let field = 0; field < width; field++) {
      writer.arrayHead(rows.length);
      for (const row of rows) (fields[field] as WriteValue)(row[field], depth + 2);
    }
    writer.endExtension(start);
  };
  return write;
}

function kindOf(value: unknown): Row['kind'] {
  return value instanceof Row ? value.kind : 'INSERT';
}

/** The fields of what stands for a row, in order of the names. */
function rowItems(value: unknown, names: readonly string[]): readonly unknown[] {
  if (value instanceof Row) {
    if (value.names === undefined) return rowByPosition(value.values, names.length);
    const missing = names.find((name) => !value.names?.includes(name));
    if (missing !== undefined) throw new Refused(`it has no field ${JSON.stringify(missing)}`);
    return names.map((name) => value.get(name));
  }
  if (Array.isArray(value)) return rowByPosition(value, names.length);
  if (typeof value !== 'object' || value === null)
    throw new Refused('a Row or an object is wanted');
  const record = value as Record<string, unknown>;
  for (const name in record) {
    if (!names.includes(name)) {
      throw new Refused(`it has a field ${JSON.stringify(name)} that the type does not name`);
    }
  }
  return names.map((name) => record[name]);
}

function rowByPosition(values: readonly unknown[], width: number): readonly unknown[] {
  if (values.length !== width)
    throw new Refused(`it has ${values.length} fields instead of ${width}`);
  return values;
}

function listWriter(element: WriteValue): WriteValue {
  const items = element.items ?? itemsOf(element);
  return (value, depth) => {
    enter(depth);
    if (value instanceof Uint8Array) writer.binary(value);
    else items(listOf(value), depth);
  };
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  if (ArrayBuffer.isView(value) && Symbol.iterator in value) {
    return Array.from(value as Iterable<unknown>);
  }
  throw new Refused('an array is wanted');
}

function mapWriter(keyType: TypeSpec, key: WriteValue, item: WriteValue): WriteValue {
  const byName = keyType.kind === 'STRING' || keyType.kind === 'CHAR';
  return (value, depth) => {
    enter(depth);
    const entries = entriesOf(value, byName);
    if (byName) {
      writer.mapHead(entries.length);
      for (const [name, of] of entries) {
        key(name, depth + 1);
        item(of, depth + 1);
      }
      return;
    }
    const start = writer.beginExtension(MAP);
    writer.arrayHead(entries.length * 2);
    for (const [name, of] of entries) {
      key(name, depth + 1);
      item(of, depth + 1);
    }
    writer.endExtension(start);
  };
}

function entriesOf(value: unknown, byName: boolean): [unknown, unknown][] {
  if (value instanceof Map) return [...(value as Map<unknown, unknown>)];
  if (!byName) throw new Refused('a Map is wanted, for the keys are no strings');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refused('an object or a Map is wanted');
  }
  return Object.entries(value);
}

// -- T1, by a second walk after a failure -------------------------------------------------------------------------------

type Found = [path: string, culprit: unknown, declared: string, why: string];

function explain(type: TypeSpec, value: unknown, depth: number, path: string): Found | undefined {
  const deep = depth > MAX_DEPTH + 1;
  for (const [step, childType, child, mayBeNull] of deep ? [] : parts(type, value)) {
    if (mayBeNull && (child === null || child === undefined)) continue;
    const found = explain(childType, child, depth + 1, path + step);
    if (found !== undefined) return found;
  }
  writer.position = 0;
  try {
    writerOf(type)(value, depth);
    return undefined;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return [path, value, type.kind, error.message];
  }
}

type Part = [step: string, type: TypeSpec, value: unknown, mayBeNull: boolean];

function parts(type: TypeSpec, value: unknown): Part[] {
  try {
    switch (type.kind) {
      case 'TUPLE': {
        const tuple = tupleOf(value, type.fields.length);
        return type.fields.map((field, i) => [`[${i}]`, field, tuple[i], false]);
      }
      case 'ROW': {
        const items = rowItems(value, type.names);
        return type.fields.map((f, i) => [stepOf(type.names[i] as string), f, items[i], true]);
      }
      case 'LIST':
      case 'PRIMITIVE_ARRAY':
      case 'BASIC_ARRAY':
      case 'OBJECT_ARRAY': {
        const mayBeNull = type.kind !== 'PRIMITIVE_ARRAY';
        return listOf(value).map((item, i) => [`[${i}]`, type.element, item, mayBeNull]);
      }
      case 'MAP':
        return entriesOf(value, type.key.kind === 'STRING' || type.key.kind === 'CHAR').flatMap(
          ([key, item]): Part[] => [
            ['.keys()', type.key, key, false],
            [`[${JSON.stringify(String(key))}]`, type.value, item, true],
          ],
        );
      default:
        return [];
    }
  } catch {
    return []; // It is the container itself that does not fit.
  }
}
