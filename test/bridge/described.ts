// Values as the vectors describe them (test/vectors/README.md), twin of test/python/bridge/described.py.

import { isFrozenSet, isTuple, markFrozenSet, markTuple } from '../../src/bridge/codec/marks.ts';
import {
  DateTime,
  Decimal,
  DTYPES,
  TimeDelta,
  Instant,
  LocalDate,
  LocalDateTime,
  LocalTime,
  NdArray,
  ROW_KINDS,
  Row,
  Uuid,
} from '../../src/bridge/codec/values.ts';

/** JSON: null, booleans and strings stand for themselves, all else is an object with one field that names the type. */
// biome-ignore lint/suspicious/noExplicitAny: it is JSON.
export type Described = any;

export function fromDescription(described: Described): unknown {
  if (described === null || typeof described !== 'object') return described;
  const [[kind, body]] = Object.entries(described) as [[string, Described]];
  switch (kind) {
    case 'int': {
      const value = BigInt(body);
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    }
    case 'float':
      return body === 'nan' ? Number.NaN : Number(body.replace('inf', 'Infinity'));
    case 'bytes':
      return Uint8Array.from(Buffer.from(body, 'hex'));
    case 'list':
      return body.map(fromDescription);
    case 'tuple':
      return markTuple(body.map(fromDescription));
    case 'dict': {
      const record = {};
      for (const [name, value] of body) {
        Object.defineProperty(record, name, {
          value: fromDescription(value),
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
      return record;
    }
    case 'map':
      return new Map(body.map((pair: Described[]) => pair.map(fromDescription)));
    case 'set':
      return new Set(body.map(fromDescription));
    case 'frozenset':
      return markFrozenSet(new Set(body.map(fromDescription)));
    case 'datetime':
      return new LocalDateTime(BigInt(body));
    case 'zoned': {
      const [micros, offset] = [BigInt(body[0]), body[1] as number];
      // What a Date holds is a Date.
      if (offset === 0 && micros % 1000n === 0n) return new Date(Number(micros / 1000n));
      return new DateTime(micros, offset);
    }
    case 'date':
      return new LocalDate(body);
    case 'time':
      return new LocalTime(Number(body[0]), body[1] ?? undefined);
    case 'timedelta':
      return new TimeDelta(BigInt(body));
    case 'decimal':
      return new Decimal(body);
    case 'uuid':
      return new Uuid(body);
    case 'row':
      return new Row(
        body.values.map(fromDescription),
        body.names ?? undefined,
        ROW_KINDS[body.kind] as Row['kind'],
      );
    case 'instant':
      return new Instant(Number(body[0]), body[1]);
    case 'ndarray': {
      const type = DTYPES[body.dtype];
      if (type === undefined) throw new TypeError(body.dtype);
      const data = new type(Uint8Array.from(Buffer.from(body.data, 'hex')).buffer);
      return new NdArray(data, body.shape, body.dtype);
    }
    default:
      throw new TypeError(`nothing is described by ${JSON.stringify(described)}`);
  }
}

/** The description of a value: equal ones describe the same value of the same type. */
export function describeValue(value: unknown): Described {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'bigint':
      return { int: String(value) };
    case 'number':
      return describeNumber(value);
    case 'object':
      return value === null ? null : describeObject(value);
    default:
      throw new TypeError(`a ${typeof value} has no description`);
  }
}

function describeNumber(value: number): Described {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return { int: String(value) };
  if (Object.is(value, -0)) return { float: '-0.0' };
  if (Number.isNaN(value)) return { float: 'nan' };
  if (!Number.isFinite(value)) return { float: value > 0 ? 'inf' : '-inf' };
  return { float: value };
}

function describeObject(value: object): Described {
  if (Array.isArray(value)) {
    const items = value.map(describeValue);
    return isTuple(value) ? { tuple: items } : { list: items };
  }
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') };
  if (value instanceof Map) {
    return { map: [...value].map(([key, item]) => [describeValue(key), describeValue(item)]) };
  }
  if (value instanceof Set) {
    return { [isFrozenSet(value) ? 'frozenset' : 'set']: [...value].map(describeValue) };
  }
  if (value instanceof Date) return { zoned: [String(BigInt(value.getTime()) * 1000n), 0] };
  if (value instanceof DateTime) return { zoned: [String(value.epochMicros), value.offsetSeconds] };
  if (value instanceof LocalDateTime) return { datetime: String(value.micros) };
  if (value instanceof LocalDate) return { date: value.epochDay };
  if (value instanceof LocalTime) {
    return { time: [String(value.micros), value.offsetSeconds ?? null] };
  }
  if (value instanceof TimeDelta) return { timedelta: String(value.micros) };
  if (value instanceof Decimal) return { decimal: value.text };
  if (value instanceof Uuid) return { uuid: value.text };
  if (value instanceof Instant) return { instant: [String(value.seconds), value.nanos] };
  if (value instanceof Row) {
    const kind = ROW_KINDS.indexOf(value.kind);
    return { row: { kind, names: value.names ?? null, values: value.values.map(describeValue) } };
  }
  if (value instanceof NdArray) {
    const { buffer, byteOffset, byteLength } = value.data;
    const data = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('hex');
    return { ndarray: { dtype: value.dtype, shape: value.shape, data } };
  }
  return {
    dict: Object.entries(value).map(([name, item]) => [name, describeValue(item)]),
  };
}

/** A description as `describeValue` would give it: floats as numbers, so that 1e3 and 1000.5 compare as values. */
export function normal(described: Described): Described {
  return describeValue(fromDescription(described));
}
