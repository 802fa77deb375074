// Bodies of extension values without parts.

import { CodecError } from '../../errors.ts';
import { MAX_INT_DIGITS } from './ext.ts';
import type { Reader } from './reader.ts';
import { isPythonDay, isPythonOffset, isPythonWall, MAX_WIDE, MIN_WIDE } from './scalars.ts';
import { DateTime, Decimal, Instant, LocalDate, LocalDateTime, LocalTime, Uuid } from './values.ts';

const MICROS_PER_DAY = 86_400_000_000;

export function readBigInt(text: string): bigint {
  if (!/^-?[1-9]\d*$/.test(text)) throw new CodecError('A big integer is no decimal number.');
  if (text.length > MAX_INT_DIGITS + (text.startsWith('-') ? 1 : 0)) {
    throw new CodecError(`A big integer has more than ${MAX_INT_DIGITS} digits.`);
  }
  const value = BigInt(text);
  if (value >= MIN_WIDE && value <= MAX_WIDE) throw new CodecError('A big integer is not big.');
  return value;
}

export function readLocalDateTime(reader: Reader): LocalDateTime {
  const micros = reader.littleInt64();
  if (!isPythonWall(micros)) throw new CodecError('A datetime is out of range.');
  return new LocalDateTime(micros);
}

export function readLocalDate(reader: Reader): LocalDate {
  const day = reader.littleInt32();
  if (!isPythonDay(day)) throw new CodecError('A date is out of range.');
  return new LocalDate(day);
}

export function readTime(reader: Reader, length: number): LocalTime {
  const micros = Number(reader.littleInt64());
  if (micros < 0 || micros >= MICROS_PER_DAY) throw new CodecError('A time is no time of day.');
  if (length !== 12) return new LocalTime(micros);
  const offset = reader.littleInt32();
  if (!isPythonOffset(offset)) throw new CodecError('A time has no UTC offset.');
  return new LocalTime(micros, offset);
}

export function readZoned(reader: Reader): Date | DateTime {
  const micros = reader.littleInt64();
  const offset = reader.littleInt32();
  if (!isPythonOffset(offset) || !isPythonWall(micros + BigInt(offset) * 1_000_000n)) {
    throw new CodecError('A datetime is out of range.');
  }
  if (offset === 0 && micros % 1000n === 0n) {
    const date = new Date(Number(micros / 1000n));
    if (!Number.isNaN(date.getTime())) return date;
  }
  return new DateTime(micros, offset);
}

export function readDecimal(text: string): Decimal {
  try {
    return new Decimal(text);
  } catch (cause) {
    throw new CodecError('A Decimal is no decimal number.', '$', { cause });
  }
}

export function readUuid(reader: Reader): Uuid {
  const start = reader.skip(16);
  const hexText = reader.buffer.toString('hex', start, start + 16);
  return new Uuid(hexText.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'));
}

export function readInstant(reader: Reader): Instant {
  const seconds = Number(reader.littleInt64());
  const nanos = reader.littleInt32();
  if (!Number.isSafeInteger(seconds) || nanos < 0 || nanos >= 1e9) {
    throw new CodecError('An Instant is out of range.');
  }
  return new Instant(seconds, nanos);
}
