// Values without parts to msgpack, and the buffer that all values are written to.

import {
  BIG_INT,
  DATE,
  DATETIME,
  DATETIME_ZONED,
  DECIMAL,
  INSTANT,
  MAX_INT_DIGITS,
  NDARRAY,
  TIME,
  TIMEDELTA,
  UUID,
} from './ext.ts';
import {
  DateTime,
  Decimal,
  TimeDelta,
  Instant,
  LocalDate,
  LocalDateTime,
  LocalTime,
  NdArray,
  Uuid,
} from './values.ts';
import { Writer } from './writer.ts';

/** Why a value cannot travel; becomes a CodecError with a path. */
export class Refused extends Error {}

export const MIN_WIDE = -(2n ** 63n);
export const MAX_WIDE = 2n ** 64n - 1n;

/** The one buffer that all values are written to; typed.ts writes to it too. */
export const writer = new Writer();

export function writeNumber(value: number): void {
  if (Number.isSafeInteger(value)) {
    // -0 is a float to Python, and stays one.
    if (value === 0 && Object.is(value, -0)) writer.float(value);
    else writer.integer(value);
    return;
  }
  if (Number.isInteger(value)) {
    throw new Refused(
      'an integer beyond ±(2^53−1) may have lost digits already; send a BigInt, or declare the type DOUBLE',
    );
  }
  writer.float(value);
}

export function writeBigInt(value: bigint): void {
  if (value >= MIN_WIDE && value <= MAX_WIDE) {
    if (value >= -0x1fffffffffffffn && value <= 0x1fffffffffffffn) writer.integer(Number(value));
    else writer.wideInteger(value);
    return;
  }
  const text = value.toString();
  if (text.length > MAX_INT_DIGITS + (value < 0n ? 1 : 0)) {
    throw new Refused(
      `an integer may have ${MAX_INT_DIGITS} digits; send its digits as a text, or its bytes`,
    );
  }
  writeAscii(BIG_INT, text);
}

/** Writers of classes whose instances have no parts. */
export const scalarWriters: readonly [unknown, (value: never, depth: number) => void][] = [
  [Uint8Array, (value: Uint8Array) => writer.binary(value)],
  [Buffer, (value: Uint8Array) => writer.binary(value)],
  [Date, writeDate],
  [DateTime, (value: DateTime) => writeZoned(value.epochMicros, value.offsetSeconds)],
  [LocalDateTime, writeLocalDateTime],
  [LocalTime, writeTime],
  [LocalDate, writeLocalDate],
  [TimeDelta, (value: TimeDelta) => writeMicros(TIMEDELTA, value.micros)],
  [Decimal, (value: Decimal) => writeAscii(DECIMAL, value.text)],
  [Uuid, writeUuid],
  [Instant, writeInstant],
  [NdArray, writeNdArray],
];

function writeAscii(type: number, text: string): void {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.byteLength < 0x100) {
    writer.extension(type, bytes.byteLength);
    writer.raw(bytes);
    return;
  }
  const start = writer.beginExtension(type);
  writer.raw(bytes);
  writer.endExtension(start);
}

/** Python has the years 1 to 9999. */
export function isPythonDay(epochDay: number): boolean {
  return Number.isInteger(epochDay) && epochDay >= -719_162 && epochDay <= 2_932_896;
}

export function isPythonWall(micros: bigint): boolean {
  return micros >= -62_135_596_800_000_000n && micros <= 253_402_300_799_999_999n;
}

/** Less than a day, in whole seconds. */
export function isPythonOffset(seconds: number): boolean {
  return Number.isInteger(seconds) && Math.abs(seconds) < 86_400;
}

const YEARS = 'Python has the years 1 to 9999';
const OFFSETS = 'a UTC offset is less than a day, in whole seconds';

function writeMicros(type: number, micros: bigint): void {
  if (BigInt.asIntN(64, micros) !== micros) throw new Refused('it is out of range');
  writer.extension(type, 8);
  writer.int64(micros);
}

function writeLocalDateTime(value: LocalDateTime): void {
  if (!isPythonWall(value.micros)) throw new Refused(YEARS);
  writeMicros(DATETIME, value.micros);
}

function writeDate(value: Date): void {
  const millis = value.getTime();
  if (Number.isNaN(millis)) throw new Refused('it is an invalid Date');
  writeZoned(BigInt(millis) * 1000n, 0);
}

function writeZoned(micros: bigint, offsetSeconds: number): void {
  if (!isPythonOffset(offsetSeconds)) throw new Refused(OFFSETS);
  if (!isPythonWall(micros + BigInt(offsetSeconds) * 1_000_000n)) throw new Refused(YEARS);
  writer.extension(DATETIME_ZONED, 12);
  writer.int64(micros);
  writer.int32(offsetSeconds);
}

function writeTime(value: LocalTime): void {
  const { micros, offsetSeconds } = value;
  if (!Number.isInteger(micros) || micros < 0 || micros >= 86_400_000_000) {
    throw new Refused('it is no time of day');
  }
  if (offsetSeconds !== undefined && !isPythonOffset(offsetSeconds)) throw new Refused(OFFSETS);
  writer.extension(TIME, offsetSeconds === undefined ? 8 : 12);
  writer.int64(BigInt(micros));
  if (offsetSeconds !== undefined) writer.int32(offsetSeconds);
}

function writeLocalDate(value: LocalDate): void {
  if (!isPythonDay(value.epochDay)) throw new Refused(YEARS);
  writer.extension(DATE, 4);
  writer.int32(value.epochDay);
}

function writeUuid(value: Uuid): void {
  writer.extension(UUID, 16);
  writer.raw(Buffer.from(value.text.replaceAll('-', ''), 'hex'));
}

function writeInstant(value: Instant): void {
  const { seconds, nanos } = value;
  if (!Number.isSafeInteger(seconds) || !Number.isInteger(nanos) || nanos < 0 || nanos >= 1e9) {
    throw new Refused('it is out of range');
  }
  writer.extension(INSTANT, 12);
  writer.int64(BigInt(seconds));
  writer.int32(nanos);
}

export function writeNdArray(value: NdArray): void {
  const start = writer.beginExtension(NDARRAY);
  writer.arrayHead(3);
  writer.text(value.dtype);
  writer.arrayHead(value.shape.length);
  for (const n of value.shape) writer.integer(n);
  const { buffer, byteOffset, byteLength } = value.data;
  writer.binary(new Uint8Array(buffer, byteOffset, byteLength));
  writer.endExtension(start);
}
