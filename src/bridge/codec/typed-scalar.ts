// Single values of a declared type. Twin of python/isthmus/_types/wanted.py.

import type { ScalarTypeKind } from '../../graph/job-graph.ts';
import { bigDecimal } from './big-decimal.ts';
import { writeValue } from './encode.ts';
import { Refused, writeNumber, writer } from './scalars.ts';
import { DateTime, Decimal, Instant, LocalDate, LocalDateTime, LocalTime } from './values.ts';

const RANGES: { readonly [kind: string]: readonly [low: number, high: number] } = {
  BYTE: [-(2 ** 7), 2 ** 7 - 1],
  SHORT: [-(2 ** 15), 2 ** 15 - 1],
  INT: [-(2 ** 31), 2 ** 31 - 1],
};
const MILLIS_PER_DAY = 86_400_000;

export function writeScalar(
  kind: Exclude<ScalarTypeKind, 'PICKLED_BYTE_ARRAY'>,
  value: unknown,
): void {
  switch (kind) {
    case 'STRING':
    case 'CHAR':
      if (typeof value !== 'string') throw new Refused('a string is wanted');
      if (!writer.text(value)) throw new Refused('it has a lone surrogate, which is no valid text');
      return;
    case 'BYTE':
    case 'SHORT':
    case 'INT':
      writeInteger(value, kind);
      return;
    case 'LONG':
      writeLong(value);
      return;
    case 'BIG_INT':
      if (typeof value === 'bigint') writeValue(value, 1);
      else writeNumber(integral(value));
      return;
    case 'DOUBLE':
      writer.float(realNumber(value));
      return;
    case 'FLOAT':
      writer.float(Math.fround(realNumber(value)));
      return;
    case 'BOOLEAN':
      if (typeof value !== 'boolean' && typeof value !== 'number') {
        throw new Refused('a boolean is wanted');
      }
      writer.boolean(Boolean(value) || Number.isNaN(value));
      return;
    case 'BIG_DEC':
      writeValue(decimalOf(value), 1);
      return;
    case 'SQL_DATE':
      writeValue(dateOf(value), 1);
      return;
    case 'SQL_TIME':
      writeValue(timeOf(value), 1);
      return;
    case 'SQL_TIMESTAMP':
      writeValue(timestampOf(value), 1);
      return;
    case 'INSTANT':
      writeValue(instantOf(value), 1);
      return;
  }
}

function integral(value: unknown): number {
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new Refused('an integer is wanted');
  }
  return Math.trunc(value) + 0; // T3 of typed.ts; no −0
}

function writeInteger(value: unknown, kind: string): void {
  const number = typeof value === 'bigint' ? Number(value) : integral(value);
  const [low, high] = RANGES[kind] as readonly [number, number];
  if (number < low || number > high) throw new Refused(`it is beyond ${low} … ${high}`);
  writer.integer(number);
}

function writeLong(value: unknown): void {
  if (typeof value !== 'bigint') {
    writeNumber(integral(value));
    return;
  }
  if (BigInt.asIntN(64, value) !== value) throw new Refused('it is beyond −2^63 … 2^63−1');
  writeValue(value, 1);
}

function realNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  throw new Refused('a number is wanted');
}

export function decimalOf(value: unknown): Decimal {
  if (value instanceof Decimal) return bigDecimal(value);
  if (typeof value === 'string' || typeof value === 'bigint' || typeof value === 'number') {
    const decimal = decimalFrom(value);
    if (decimal !== undefined) return bigDecimal(decimal);
  }
  throw new Refused('a Decimal is wanted, or what is one as text');
}

function decimalFrom(value: string | bigint | number): Decimal | undefined {
  try {
    return new Decimal(value);
  } catch {
    return undefined;
  }
}

/** A Date stands for its day in UTC, a DateTime for the day that it was told in. */
export function dateOf(value: unknown): LocalDate {
  if (value instanceof LocalDate) return value;
  if (value instanceof DateTime) return dateOf(wallClock(value));
  if (value instanceof LocalDateTime) {
    return new LocalDate(Math.floor(Number(value.micros) / 1000 / MILLIS_PER_DAY));
  }
  if (value instanceof Date && !Number.isNaN(value.getTime())) {
    return new LocalDate(Math.floor(value.getTime() / MILLIS_PER_DAY));
  }
  throw new Refused('a LocalDate is wanted');
}

/** A Date stands for its wall clock in UTC, a DateTime for the one that it was told in. */
export function timestampOf(value: unknown): LocalDateTime {
  if (value instanceof LocalDateTime) return value;
  if (value instanceof DateTime) return wallClock(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) {
    return new LocalDateTime(BigInt(value.getTime()) * 1000n);
  }
  throw new Refused('a LocalDateTime or a Date is wanted');
}

function wallClock(value: DateTime): LocalDateTime {
  return new LocalDateTime(value.epochMicros + BigInt(value.offsetSeconds) * 1_000_000n);
}

/** A time of day, without its offset. */
export function timeOf(value: unknown): LocalTime {
  if (!(value instanceof LocalTime)) throw new Refused('a LocalTime is wanted');
  return value.offsetSeconds === undefined ? value : new LocalTime(value.micros);
}

export function instantOf(value: unknown): Instant {
  if (value instanceof Instant) return value;
  if (value instanceof Date && !Number.isNaN(value.getTime())) {
    const millis = value.getTime();
    const seconds = Math.floor(millis / 1000);
    return new Instant(seconds, (millis - seconds * 1000) * 1_000_000);
  }
  throw new Refused('an Instant or a Date is wanted');
}
