// What the aggregates of a field reckon with. JavaScript's own `+` and `<` make something of anything: null is 0, '5' + 9 is
// '59', Decimals compare as text. Here two values either have a sum and an order as in Python, or are refused.

import {
  DateTime,
  Instant,
  LocalDate,
  LocalDateTime,
  LocalTime,
  TimeDelta,
  Uuid,
} from '../../bridge/codec/values.ts';

/** The sum; undefined where the two have none. */
export function sumOf(a: unknown, b: unknown): unknown {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (isNumeric(a) && isNumeric(b)) return mixedSum(a, b);
  if (a instanceof TimeDelta && b instanceof TimeDelta) return new TimeDelta(a.micros + b.micros);
  return undefined;
}

/** Whether `a` is less; undefined where the two have no order. */
export function isLess(a: unknown, b: unknown): boolean | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  if (typeof a === 'string' && typeof b === 'string') return a < b;
  if (isNumeric(a) && isNumeric(b)) return a < b;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return undefined;
  const [left, right] = [ranked(a), ranked(b)];
  if (left === undefined || right === undefined || left[0] !== right[0]) return undefined;
  return left[1] < right[1];
}

type Numeric = number | bigint | boolean;

function isNumeric(value: unknown): value is Numeric {
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';
}

/** A big integer of Python is a bigint here and a small one a number, so integers of both kinds have an exact sum. */
function mixedSum(a: Numeric, b: Numeric): number | bigint {
  const bigints = Number(typeof a === 'bigint') + Number(typeof b === 'bigint');
  const [left, right] = [integer(a), integer(b)];
  if (bigints === 0 || left === undefined || right === undefined) return Number(a) + Number(b);
  const sum = left + right;
  return bigints === 1 && Number.isSafeInteger(Number(sum)) ? Number(sum) : sum;
}

function integer(value: Numeric): bigint | undefined {
  if (typeof value === 'bigint') return value;
  const number = Number(value);
  return Number.isInteger(number) ? BigInt(number) : undefined;
}

/** What kind of order a value is in, and its place there. */
function ranked(value: object): [kind: string, place: number | bigint | string] | undefined {
  if (value instanceof Date) {
    const millis = value.getTime();
    return Number.isNaN(millis) ? undefined : ['moment', BigInt(millis) * 1000n];
  }
  if (value instanceof DateTime) return ['moment', value.epochMicros];
  if (value instanceof LocalDateTime) return ['wall clock', value.micros];
  if (value instanceof LocalDate) return ['day', value.epochDay];
  if (value instanceof LocalTime) {
    const { micros, offsetSeconds } = value;
    return offsetSeconds === undefined
      ? ['time of day', micros]
      : ['time of day of a zone', micros - offsetSeconds * 1_000_000];
  }
  if (value instanceof TimeDelta) return ['span', value.micros];
  if (value instanceof Instant) {
    return ['instant', BigInt(value.seconds) * 1_000_000_000n + BigInt(value.nanos)];
  }
  if (value instanceof Uuid) return ['UUID', value.text];
  return undefined;
}
