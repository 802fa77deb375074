// msgpack to JavaScript values, twin of python/isthmus/_bridge/codec/decode.py.
//
//   D1. Whatever the bytes are: a value, or a CodecError. No length is believed before it is compared with what is left.
//   D2. Values nest at most 64 deep; columns count as the list of records that they stand for.
//   D3. A map with a repeated key, and a Map or Set with repeated members, is refused.

import { CodecError } from '../../errors.ts';
import { isNames, recordsOf } from './column-records.ts';
import {
  readBigInt,
  readDecimal,
  readInstant,
  readLocalDate,
  readLocalDateTime,
  readTime,
  readUuid,
  readZoned,
} from './decode-scalars.ts';
import {
  BIG_INT,
  COLUMNS,
  DATE,
  DATETIME,
  DATETIME_ZONED,
  DECIMAL,
  FROZENSET,
  INSTANT,
  MAP,
  MAX_COLUMNS,
  MAX_DEPTH,
  NDARRAY,
  ROW,
  SET,
  TIME,
  TIMEDELTA,
  TUPLE,
  UUID,
} from './ext.ts';
import { MAX_SHAPE_FIELDS, MapShape, setField } from './map-shape.ts';
import { isTuple, markFrozenSet, markTuple } from './marks.ts';
import { Reader } from './reader.ts';
import { DTYPES, NdArray, ROW_KINDS, Row, TimeDelta } from './values.ts';

/**
 * One value.
 *
 * @throws CodecError when the bytes are no value of the protocol.
 */
export function decodeValue(body: Uint8Array): unknown {
  return whole(body, (reader) => readValue(reader, 1));
}

/**
 * One value without extension types, as the bodies of control frames are.
 *
 * @throws CodecError when the bytes are no such value.
 */
export function decodePlain(body: Uint8Array): unknown {
  return whole(body, (reader) => {
    reader.plain = true;
    return readValue(reader, 1);
  });
}

/**
 * The records of a batch.
 *
 * @throws CodecError when the bytes are no batch.
 */
export function decodeValues(body: Uint8Array): unknown[] {
  return whole(body, readBatch);
}

/**
 * Keys and records of a keyed batch.
 *
 * @throws CodecError when the bytes are no keyed batch.
 */
export function decodeKeyedValues(body: Uint8Array): { keys: unknown[]; values: unknown[] } {
  return whole(body, (reader) => {
    if (reader.uint8() !== 0x92) {
      throw new CodecError('The payload of a keyed batch is not a pair of lists.');
    }
    return { keys: readBatch(reader), values: readBatch(reader) };
  });
}

function whole<T>(body: Uint8Array, read: (reader: Reader) => T): T {
  const reader = new Reader(body);
  const value = read(reader);
  if (reader.position < reader.end) {
    throw new CodecError(`The bytes are no value: ${reader.end - reader.position} follow its end.`);
  }
  return value;
}

function readBatch(reader: Reader): unknown[] {
  const value = readValue(reader, 0);
  if (!Array.isArray(value) || isTuple(value)) {
    throw new CodecError('The payload of a batch is not a list.');
  }
  return value as unknown[];
}

/** Reads any value; `depth` is how many containers it is in, itself included. */
function readValue(reader: Reader, depth: number): unknown {
  const head = reader.uint8();
  if (head < 0x80) return head;
  if (head < 0x90) return readMap(reader, head & 0x0f, depth);
  if (head < 0xa0) return readArray(reader, head & 0x0f, depth);
  if (head < 0xc0) return reader.text(head & 0x1f);
  if (head >= 0xe0) return head - 0x100;
  switch (head) {
    case 0xc0:
      return null;
    case 0xc2:
      return false;
    case 0xc3:
      return true;
    case 0xc4:
      return reader.bytes(reader.uint8());
    case 0xc5:
      return reader.bytes(reader.uint16());
    case 0xc6:
      return reader.bytes(reader.uint32());
    case 0xc7:
      return readExtension(reader, reader.uint8(), depth);
    case 0xc8:
      return readExtension(reader, reader.uint16(), depth);
    case 0xc9:
      return readExtension(reader, reader.uint32(), depth);
    case 0xca:
      return reader.float32();
    case 0xcb:
      return reader.float64();
    case 0xcc:
      return reader.uint8();
    case 0xcd:
      return reader.uint16();
    case 0xce:
      return reader.uint32();
    case 0xcf:
      return reader.uint64();
    case 0xd0:
      return reader.int8();
    case 0xd1:
      return reader.int16();
    case 0xd2:
      return reader.int32();
    case 0xd3:
      return reader.int64();
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
      return readExtension(reader, 1 << (head - 0xd4), depth);
    case 0xd9:
      return reader.text(reader.uint8());
    case 0xda:
      return reader.text(reader.uint16());
    case 0xdb:
      return reader.text(reader.uint32());
    case 0xdc:
      return readArray(reader, reader.uint16(), depth);
    case 0xdd:
      return readArray(reader, reader.uint32(), depth);
    case 0xde:
      return readMap(reader, reader.uint16(), depth);
    case 0xdf:
      return readMap(reader, reader.uint32(), depth);
    default:
      throw new CodecError(`The bytes are no value: 0x${head.toString(16)} begins nothing.`);
  }
}

function enter(depth: number): void {
  if (depth > MAX_DEPTH) throw new CodecError(`The value nests deeper than ${MAX_DEPTH}.`);
}

function readArray(reader: Reader, length: number, depth: number): unknown[] {
  enter(depth);
  reader.expect(length);
  const array: unknown[] = [];
  for (let i = 0; i < length; i++) array.push(readValue(reader, depth + 1));
  return array;
}

function readMap(reader: Reader, size: number, depth: number): Record<string, unknown> {
  enter(depth);
  reader.expect(size, 2); // D1
  const shape = size <= MAX_SHAPE_FIELDS ? reader.shapes[size] : undefined;
  if (shape !== undefined) return readShaped(reader, size, depth, shape);
  const fresh = size <= MAX_SHAPE_FIELDS && size > 0 ? new MapShape() : undefined;
  const record: Record<string, unknown> = {};
  readEntries(reader, size, depth, record, fresh);
  if (fresh !== undefined) reader.shapes[size] = fresh;
  return record;
}

/** A map of a size that the body had before: most have the same names. */
function readShaped(
  reader: Reader,
  size: number,
  depth: number,
  shape: MapShape,
): Record<string, unknown> {
  const values = new Array<unknown>(size);
  for (let i = 0; i < size; i++) {
    const end = shape.match(reader.buffer, reader.position, i);
    if (end < 0) {
      if (shape.missed()) reader.shapes[size] = undefined;
      const record = shape.recordOf(values, i);
      readEntries(reader, size - i, depth, record);
      return record;
    }
    reader.position = end;
    values[i] = readValue(reader, depth + 1);
  }
  return shape.record(values);
}

function readEntries(
  reader: Reader,
  count: number,
  depth: number,
  record: Record<string, unknown>,
  shape?: MapShape,
): void {
  for (let i = 0; i < count; i++) {
    const start = reader.position;
    const key = readValue(reader, depth + 1);
    if (typeof key !== 'string') throw new CodecError('A map has a key that is no string.');
    if (Object.hasOwn(record, key)) {
      throw new CodecError(`A map has the key ${JSON.stringify(key)} twice.`);
    }
    shape?.add(key, start, reader.position);
    setField(record, key, readValue(reader, depth + 1));
  }
}

function readExtension(reader: Reader, length: number, depth: number): unknown {
  const type = reader.uint8();
  if (reader.plain) throw new CodecError(`Extension type ${hex(type)} has no place here.`);
  reader.expect(length);
  const end = reader.position + length;
  const value = readExtensionBody(reader, type, length, depth);
  if (reader.position !== end) {
    throw new CodecError(`The body of extension type ${hex(type)} is not ${length} bytes long.`);
  }
  return value;
}

function readExtensionBody(reader: Reader, type: number, length: number, depth: number): unknown {
  switch (type) {
    case TUPLE:
      return markTuple(readParts(reader, depth));
    case SET:
      return readSet(reader, depth);
    case FROZENSET:
      return markFrozenSet(readSet(reader, depth));
    case BIG_INT:
      return readBigInt(reader.ascii(length));
    case DATETIME:
      return readLocalDateTime(reader);
    case DATETIME_ZONED:
      return readZoned(reader);
    case DATE:
      return readLocalDate(reader);
    case TIME:
      return readTime(reader, length);
    case TIMEDELTA:
      return new TimeDelta(reader.littleInt64());
    case DECIMAL:
      return readDecimal(reader.ascii(length));
    case UUID:
      return readUuid(reader);
    case MAP:
      return readPairs(reader, depth);
    case ROW:
      return readRow(reader, depth);
    case NDARRAY:
      return readNdArray(reader, depth);
    case INSTANT:
      return readInstant(reader);
    case COLUMNS:
      return readColumns(reader, depth);
    default:
      throw new CodecError(`Extension type ${hex(type)} is unknown.`);
  }
}

/** The array that is the body of an extension value. It is no container of its own: the value is. */
function readParts(reader: Reader, depth: number): unknown[] {
  enter(depth);
  return readArray(reader, readArrayHead(reader), depth);
}

function readArrayHead(reader: Reader): number {
  const head = reader.uint8();
  if (head >= 0x90 && head < 0xa0) return head & 0x0f;
  if (head === 0xdc) return reader.uint16();
  if (head === 0xdd) return reader.uint32();
  throw new CodecError('The body of an extension value is no array.');
}

function readSet(reader: Reader, depth: number): Set<unknown> {
  const parts = readParts(reader, depth);
  const set = new Set(parts);
  if (set.size !== parts.length) throw new CodecError('A set has a member twice.'); // D3
  return set;
}

function readPairs(reader: Reader, depth: number): Map<unknown, unknown> {
  const parts = readParts(reader, depth);
  if (parts.length % 2 !== 0) throw new CodecError('A map has a key without a value.');
  const map = new Map<unknown, unknown>();
  for (let i = 0; i < parts.length; i += 2) map.set(parts[i], parts[i + 1]);
  if (map.size * 2 !== parts.length) throw new CodecError('A map has a key twice.'); // D3
  return map;
}

function readRow(reader: Reader, depth: number): Row {
  const [kind, names, ...values] = readParts(reader, depth);
  const rowKind = typeof kind === 'number' ? ROW_KINDS[kind] : undefined;
  if (rowKind === undefined) throw new CodecError('A row has no kind.');
  if (names === null) return new Row(values, undefined, rowKind);
  if (!isNames(names) || names.length !== values.length) {
    throw new CodecError('The names of a row do not fit its values.');
  }
  return new Row(values, names, rowKind);
}

function readNdArray(reader: Reader, depth: number): NdArray {
  const parts = readParts(reader, depth);
  const [dtype, shape, data] = parts;
  const type =
    typeof dtype === 'string' && Object.hasOwn(DTYPES, dtype) ? DTYPES[dtype] : undefined;
  const fits =
    parts.length === 3 &&
    type !== undefined &&
    Array.isArray(shape) &&
    shape.every((n) => Number.isSafeInteger(n) && (n as number) >= 0) &&
    data instanceof Uint8Array &&
    data.byteLength % type.BYTES_PER_ELEMENT === 0;
  if (!fits) throw new CodecError('An array has no dtype, shape and data that fit each other.');
  try {
    return new NdArray(new type(data.slice().buffer), shape as number[], dtype as string);
  } catch (cause) {
    throw new CodecError('The data of an array do not fit its shape.', '$', { cause });
  }
}

/** `[head, names, column…]` to records (D2). */
function readColumns(reader: Reader, depth: number): unknown[] {
  enter(depth);
  const width = readArrayHead(reader) - 2;
  const head = readArray(reader, readArrayHead(reader), depth + 1);
  const names = readArray(reader, readArrayHead(reader), depth + 1);
  if (width < 1 || width > MAX_COLUMNS) {
    throw new CodecError(`Columns are of 1 to ${MAX_COLUMNS} fields.`);
  }
  reader.expect(width);
  const columns: unknown[][] = [];
  for (let i = 0; i < width; i++) {
    const column = readValue(reader, depth + 1);
    if (!Array.isArray(column) || isTuple(column)) throw new CodecError('A column is no array.');
    if (column.length !== (columns[0] ?? column).length) {
      throw new CodecError('Columns differ in length.');
    }
    columns.push(column);
  }
  return recordsOf(head, names, columns);
}

function hex(type: number): string {
  return `0x${type.toString(16).padStart(2, '0')}`;
}
