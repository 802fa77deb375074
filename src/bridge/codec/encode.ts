// JavaScript values to msgpack, twin of python/isthmus/_bridge/codec/encode.py.
//
//   - What Python could not give back as it was is a CodecError that names path and type; nothing is dropped silently.
//   - The path is found by a second walk, after a failure (refusal.ts): the first one carries none.

import type { CodecError } from '../../errors.ts';
import { adviceFor } from './advice.ts';
import {
  COLUMNS,
  DICT_RECORDS,
  FROZENSET,
  MAP,
  MAX_COLUMNS,
  MAX_DEPTH,
  MIN_COLUMNS_RECORDS,
  ROW,
  ROW_RECORDS,
  SET,
  TUPLE,
  TUPLE_RECORDS,
} from './ext.ts';
import { isFrozenSet, isTuple, markTuple } from './marks.ts';
import { columnReader } from './record-maker.ts';
import { located } from './refusal.ts';
import {
  Refused,
  scalarWriters,
  writeBigInt,
  writeNdArray,
  writeNumber,
  writer,
} from './scalars.ts';
import { dtypeOf, NdArray, ROW_KINDS, Row } from './values.ts';

const objectPrototype = Object.prototype;

/** Writes a value; `depth` is how many containers it is in, itself included. Of a declared type (typed.ts), or any: `writeValue`. */
export interface WriteValue {
  (value: unknown, depth: number): void;
  /** Writes an array of such values. */
  items?: (values: readonly unknown[], depth: number) => void;
  /** The error for a value that does not fit the declared type. */
  explain?: (value: unknown) => CodecError | undefined;
}

/**
 * One value as msgpack.
 *
 * @throws CodecError when something in it cannot travel; the message names path and type.
 */
export function encodeValue(value: unknown): Uint8Array {
  writer.position = 0;
  try {
    writeValue(value, 1);
  } catch (error) {
    throw located(value, error, writeValue);
  }
  return writer.take();
}

/**
 * The payload of a batch: the records, or a pair of keys and records.
 *
 * @throws CodecError when a record or a key cannot travel; path (inside of it) and type are named.
 */
export function encodeValues(
  records: readonly unknown[],
  keys?: readonly unknown[],
  write: WriteValue = writeValue,
): Uint8Array {
  writer.position = 0;
  try {
    if (keys !== undefined) {
      writer.arrayHead(2);
      writeItems(keys.some(Array.isArray) ? keys.map(asKey) : keys, 0, writeValue);
    }
    if (write.items === undefined) writeItems(records, 0, write);
    else write.items(records, 0);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    for (const key of keys ?? []) tryWrite(key, writeValue, 'key');
    for (const record of records) tryWrite(record, write);
    throw error;
  }
  return writer.take();
}

/** A list cannot be a key in Python: arrays in keys are tuples. */
function asKey(key: unknown): unknown {
  return Array.isArray(key) ? markTuple(key.map(asKey)) : key;
}

function tryWrite(record: unknown, write: WriteValue, what: 'value' | 'key' = 'value'): void {
  if (write.explain !== undefined) {
    const error = write.explain(record);
    if (error !== undefined) throw error;
    return;
  }
  try {
    writer.position = 0;
    write(record, 1);
  } catch (error) {
    throw located(record, error, write, what);
  }
}

/** Writes any value; `depth` is how many containers it is in, itself included. */
export function writeValue(value: unknown, depth: number): void {
  switch (typeof value) {
    case 'string':
      if (!writer.text(value)) {
        throw new Refused('it has a lone surrogate, which is no valid text');
      }
      return;
    case 'number':
      writeNumber(value);
      return;
    case 'boolean':
      writer.boolean(value);
      return;
    case 'bigint':
      writeBigInt(value);
      return;
    case 'object':
      if (value === null) writer.nil();
      else writeObject(value, depth);
      return;
    case 'undefined':
      throw new Refused('Python has no undefined; leave the field out, or send null');
    default:
      throw new Refused('Python has nothing like it; send plain values');
  }
}

function writeObject(value: object, depth: number): void {
  if (depth > MAX_DEPTH) throw new Refused(`values may nest ${MAX_DEPTH} deep`);
  if (Array.isArray(value)) {
    if (isTuple(value)) {
      const start = writer.beginExtension(TUPLE);
      writeItems(value, depth, writeValue);
      writer.endExtension(start);
    } else {
      writeItems(value, depth, writeValue);
    }
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === objectPrototype || prototype === null) {
    writeRecord(value as Record<string, unknown>, depth);
    return;
  }
  const write = classWriters.get((value as { constructor: unknown }).constructor);
  if (write === undefined) {
    const dtype = ArrayBuffer.isView(value) ? dtypeOf(value) : undefined;
    if (dtype === undefined) throw new Refused(adviceFor(value));
    writeNdArray(new NdArray(value as Float64Array));
    return;
  }
  write(value as never, depth);
}

function writeRecord(value: Record<string, unknown>, depth: number): void {
  const names = Object.keys(value);
  writer.mapHead(names.length);
  for (const name of names) {
    if (!writer.text(name)) throw new Refused('a name has a lone surrogate');
    writeValue(value[name], depth + 1);
  }
}

/** An array, as columns where that is possible; `depth` is its own. */
export function writeItems(values: readonly unknown[], depth: number, write: WriteValue): void {
  const length = values.length;
  if (length >= MIN_COLUMNS_RECORDS && depth < MAX_DEPTH && write === writeValue) {
    const first = values[0];
    if (typeof first === 'object' && first !== null) {
      if (Array.isArray(first)) {
        if (isTuple(first) && writeTupleColumns(values, first.length, depth)) return;
      } else if (first instanceof Row) {
        if (writeRowColumns(values, first, depth)) return;
      } else if (writeDictColumns(values, first, depth)) return;
    }
  }
  writer.arrayHead(length);
  for (let i = 0; i < length; i++) write(values[i], depth + 1);
}

function writeDictColumns(records: readonly unknown[], first: object, depth: number): boolean {
  if (Object.getPrototypeOf(first) !== objectPrototype) return false;
  const names = Object.keys(first);
  if (names.length === 0 || names.length > MAX_COLUMNS) return false;
  for (const record of records) {
    if (!hasShape(record, names)) return false;
  }
  const start = beginColumns(DICT_RECORDS, names.length);
  writer.arrayHead(names.length);
  for (const name of names) {
    if (!writer.text(name)) throw new Refused('a name has a lone surrogate');
  }
  for (const column of columnReader(names)(records as object[])) {
    writeItems(column, depth + 1, writeValue);
  }
  writer.endExtension(start);
  return true;
}

function hasShape(record: unknown, names: readonly string[]): boolean {
  if (typeof record !== 'object' || record === null) return false;
  if (Object.getPrototypeOf(record) !== objectPrototype) return false;
  let i = 0;
  for (const name in record) {
    if (name !== names[i++]) return false;
  }
  return i === names.length;
}

function writeTupleColumns(records: readonly unknown[], width: number, depth: number): boolean {
  if (width === 0 || width > MAX_COLUMNS) return false;
  for (const record of records) {
    if (!hasWidth(record, width) || !isTuple(record as unknown[])) return false;
  }
  const start = beginColumns(TUPLE_RECORDS, width);
  writer.arrayHead(0);
  const column = new Array<unknown>(records.length);
  for (let field = 0; field < width; field++) {
    for (let i = 0; i < records.length; i++) column[i] = (records[i] as unknown[])[field];
    writeItems(column, depth + 1, writeValue);
  }
  writer.endExtension(start);
  return true;
}

function writeRowColumns(rows: readonly unknown[], first: Row, depth: number): boolean {
  const { names, kind } = first;
  const width = first.values.length;
  if (width === 0 || width > MAX_COLUMNS) return false;
  if (names !== undefined && new Set(names).size < names.length) return false;
  for (const row of rows) {
    if (!(row instanceof Row) || row.kind !== kind || row.values.length !== width) return false;
    if (!areSame(row.names, names)) return false;
  }
  const start = beginRowColumns(kind, names, width);
  const column = new Array<unknown>(rows.length);
  for (let field = 0; field < width; field++) {
    for (let i = 0; i < rows.length; i++) column[i] = (rows[i] as Row).values[field];
    writeItems(column, depth + 1, writeValue);
  }
  writer.endExtension(start);
  return true;
}

function areSame(
  left: readonly string[] | undefined,
  right: readonly string[] | undefined,
): boolean {
  if (left === right) return true;
  return left?.length === right?.length && left?.every((name, i) => name === right?.[i]) === true;
}

/** The head of columns of rows; columns and the end of the extension follow. */
export function beginRowColumns(
  kind: Row['kind'],
  names: readonly string[] | undefined,
  width: number,
): number {
  const start = writer.beginExtension(COLUMNS);
  writer.arrayHead(width + 2);
  writer.arrayHead(3);
  writer.integer(ROW_RECORDS);
  writer.integer(ROW_KINDS.indexOf(kind));
  writer.boolean(names !== undefined);
  writer.arrayHead(names?.length ?? 0);
  for (const name of names ?? []) {
    if (!writer.text(name)) throw new Refused('a name has a lone surrogate');
  }
  return start;
}

export function hasWidth(record: unknown, width: number): boolean {
  return Array.isArray(record) && record.length === width;
}

export function beginColumns(kind: number, width: number): number {
  const start = writer.beginExtension(COLUMNS);
  writer.arrayHead(width + 2);
  writer.arrayHead(1);
  writer.integer(kind);
  return start;
}

const classWriters = new Map<unknown, (value: never, depth: number) => void>([
  ...scalarWriters,
  [Map, writeMap],
  [Set, writeSet],
  [Row, writeRow],
]);

function writeSet(value: Set<unknown>, depth: number): void {
  const start = writer.beginExtension(isFrozenSet(value) ? FROZENSET : SET);
  writer.arrayHead(value.size);
  for (const item of value) writeValue(item, depth + 1);
  writer.endExtension(start);
}

function writeMap(value: Map<unknown, unknown>, depth: number): void {
  const start = writer.beginExtension(MAP);
  writer.arrayHead(value.size * 2);
  for (const [key, item] of value) {
    writeValue(key, depth + 1);
    writeValue(item, depth + 1);
  }
  writer.endExtension(start);
}

function writeRow(value: Row, depth: number): void {
  const start = writeRowHead(value.kind, value.names, value.values.length);
  for (const item of value.values) writeValue(item, depth + 1);
  writer.endExtension(start);
}

/** Kind and names of a row, to be followed by its values and the end of the extension that this returns. */
export function writeRowHead(
  kind: Row['kind'],
  names: readonly string[] | undefined,
  width: number,
): number {
  const start = writer.beginExtension(ROW);
  writer.arrayHead(width + 2);
  writer.integer(ROW_KINDS.indexOf(kind));
  if (names === undefined) {
    writer.nil();
  } else {
    writer.arrayHead(names.length);
    for (const name of names) {
      if (!writer.text(name)) throw new Refused('a name has a lone surrogate');
    }
  }
  return start;
}
