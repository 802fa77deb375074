// What Python's types become where JavaScript has none of the kind. All are immutable, print as Python or ISO 8601 would,
// and go back to Python as what they were. Microseconds that a double does not hold are bigints.

const MICROS_PER_SECOND = 1_000_000n;
const MICROS_PER_DAY = 86_400_000_000n;

/** A point in time with the UTC offset it was told in: `datetime` with a tzinfo. A `Date` stands for it where nothing is lost. */
export class DateTime {
  /** Microseconds since the epoch (UTC). */
  readonly epochMicros: bigint;
  /** Of UTC. */
  readonly offsetSeconds: number;

  constructor(epochMicros: bigint, offsetSeconds = 0) {
    this.epochMicros = epochMicros;
    this.offsetSeconds = offsetSeconds;
  }

  /** As a `Date`: microseconds below the millisecond and the offset are lost. */
  toDate(): Date {
    return new Date(Number(floorDiv(this.epochMicros, 1000n)));
  }

  toString(): string {
    const wall = this.epochMicros + BigInt(this.offsetSeconds) * MICROS_PER_SECOND;
    return wallText(wall) + offsetText(this.offsetSeconds);
  }

  toJSON(): string {
    return this.toString();
  }
}

/** A date and a time of day without a time zone: a naive `datetime`. */
export class LocalDateTime {
  /** Microseconds of the wall clock since 1970-01-01T00:00. */
  readonly micros: bigint;

  constructor(micros: bigint) {
    this.micros = micros;
  }

  /** `month` counts from 1. */
  static of(
    year: number,
    month: number,
    day: number,
    hour = 0,
    minute = 0,
    second = 0,
    micro = 0,
  ): LocalDateTime {
    const days = BigInt(LocalDate.of(year, month, day).epochDay);
    return new LocalDateTime(
      days * MICROS_PER_DAY + BigInt(LocalTime.of(hour, minute, second, micro).micros),
    );
  }

  toString(): string {
    return wallText(this.micros);
  }

  toJSON(): string {
    return this.toString();
  }
}

/** A calendar day: `date`. */
export class LocalDate {
  /** Days since 1970-01-01. */
  readonly epochDay: number;

  constructor(epochDay: number) {
    this.epochDay = epochDay;
  }

  /** `month` counts from 1. */
  static of(year: number, month: number, day: number): LocalDate {
    const date = new Date(0);
    date.setUTCFullYear(year, month - 1, day);
    return new LocalDate(Math.round(date.getTime() / 86_400_000));
  }

  toString(): string {
    return dateText(this.epochDay);
  }

  toJSON(): string {
    return this.toString();
  }
}

/** A time of day: `time`, with a UTC offset if it has one. */
export class LocalTime {
  /** Microseconds since midnight. */
  readonly micros: number;
  /** Of UTC; undefined where it has none. */
  readonly offsetSeconds: number | undefined;

  constructor(micros: number, offsetSeconds?: number) {
    this.micros = micros;
    this.offsetSeconds = offsetSeconds;
  }

  /** Of hour, minute, second and microsecond. */
  static of(hour: number, minute = 0, second = 0, micro = 0): LocalTime {
    return new LocalTime(((hour * 60 + minute) * 60 + second) * 1_000_000 + micro);
  }

  toString(): string {
    const text = timeText(this.micros);
    return this.offsetSeconds === undefined ? text : text + offsetText(this.offsetSeconds);
  }

  toJSON(): string {
    return this.toString();
  }
}

/** A span of time: `timedelta`. */
export class TimeDelta {
  /** Microseconds. */
  readonly micros: bigint;

  constructor(micros: bigint) {
    this.micros = micros;
  }

  /** So many milliseconds. */
  static ofMillis(millis: number): TimeDelta {
    return new TimeDelta(BigInt(Math.round(millis * 1000)));
  }

  /** Milliseconds, with a fraction. */
  toMillis(): number {
    return Number(this.micros) / 1000;
  }

  /** As Python's `str`: `-1 day, 23:59:59.500000`. */
  toString(): string {
    const days = floorDiv(this.micros, MICROS_PER_DAY);
    const rest = Number(this.micros - days * MICROS_PER_DAY);
    const time = timeText(rest).replace(/^0/, '');
    if (days === 0n) return time;
    return `${days} day${days === 1n || days === -1n ? '' : 's'}, ${time}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** A decimal number of any length, as text: `Decimal`. Reckon with a library of your choice and give its text back. */
export class Decimal {
  /** As Python's `str` of it: `1.10`. */
  readonly text: string;

  constructor(text: string | number | bigint) {
    this.text = String(text);
    if (!/^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|Infinity|s?NaN\d*)$/.test(this.text)) {
      throw new TypeError(`${JSON.stringify(text.toString())} is no decimal number`);
    }
  }

  /** The nearest number. */
  toNumber(): number {
    return Number(this.text);
  }

  toString(): string {
    return this.text;
  }

  toJSON(): string {
    return this.text;
  }
}

/** `UUID`. */
export class Uuid {
  /** Lower case, with hyphens. */
  readonly text: string;

  constructor(text: string) {
    this.text = text.toLowerCase();
    if (!/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(this.text)) {
      throw new TypeError(`${JSON.stringify(text)} is no UUID`);
    }
  }

  toString(): string {
    return this.text;
  }

  toJSON(): string {
    return this.text;
  }
}

/** A point in time with nanoseconds: PyFlink's `Instant`. */
export class Instant {
  /** Since the epoch. */
  readonly seconds: number;
  /** From 0 to 999,999,999. */
  readonly nanos: number;

  constructor(seconds: number, nanos = 0) {
    this.seconds = seconds;
    this.nanos = nanos;
  }

  toString(): string {
    const text = wallText(BigInt(this.seconds) * MICROS_PER_SECOND);
    if (this.nanos === 0) return `${text}Z`;
    const digits = this.nanos % 1_000_000 === 0 ? 3 : this.nanos % 1000 === 0 ? 6 : 9;
    return `${text}.${String(this.nanos).padStart(9, '0').slice(0, digits)}Z`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** What a row does to a table. */
export type RowKind = 'INSERT' | 'UPDATE_BEFORE' | 'UPDATE_AFTER' | 'DELETE';
export const ROW_KINDS: readonly RowKind[] = ['INSERT', 'UPDATE_BEFORE', 'UPDATE_AFTER', 'DELETE'];
export const ROW_SIGNS = {
  INSERT: '+I',
  UPDATE_BEFORE: '-U',
  UPDATE_AFTER: '+U',
  DELETE: '-D',
} as const;

/** A record of several fields, by position and, where it has names, by name: `Row`. */
export class Row {
  /** The fields, in order. */
  readonly values: readonly unknown[];
  /** Of the fields; undefined where they go by position. */
  readonly names: readonly string[] | undefined;
  /** What the row does to a table. */
  readonly kind: RowKind;

  constructor(values: readonly unknown[], names?: readonly string[], kind: RowKind = 'INSERT') {
    if (names !== undefined && names.length !== values.length) {
      throw new TypeError(`A row of ${values.length} values has ${names.length} names.`);
    }
    this.values = values;
    this.names = names;
    this.kind = kind;
  }

  /** `Row.of({ user: 'ann', age: 3 })`. */
  static of(fields: Record<string, unknown>): Row {
    return new Row(Object.values(fields), Object.keys(fields));
  }

  /** A field by name or position; `undefined` when there is none. */
  get(field: string | number): unknown {
    const index = typeof field === 'number' ? field : (this.names?.indexOf(field) ?? -1);
    return this.values[index];
  }

  /** The fields by name; of a row with names only. */
  toObject(): Record<string, unknown> {
    if (this.names === undefined) throw new TypeError('A row without names is no object.');
    return Object.fromEntries(this.names.map((name, i) => [name, this.values[i]]));
  }

  toString(): string {
    return `${ROW_SIGNS[this.kind]}[${this.values.join(', ')}]`;
  }
}

export type NumericArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

type NumericArrayClass = {
  new (buffer: ArrayBuffer): NumericArray;
  readonly BYTES_PER_ELEMENT: number;
};

/** NumPy's names of element types, little-endian. Booleans are bytes of 0 and 1. */
export const DTYPES: Readonly<Record<string, NumericArrayClass>> = {
  '|b1': Uint8Array,
  '|i1': Int8Array,
  '|u1': Uint8Array,
  '<i2': Int16Array,
  '<u2': Uint16Array,
  '<i4': Int32Array,
  '<u4': Uint32Array,
  '<i8': BigInt64Array,
  '<u8': BigUint64Array,
  '<f4': Float32Array,
  '<f8': Float64Array,
};

/** An n-dimensional array of numbers, rows first: NumPy's `ndarray`. */
export class NdArray {
  /** All numbers, in C order: the last dimension goes first. */
  readonly data: NumericArray;
  /** Lengths of the dimensions. */
  readonly shape: readonly number[];
  /** NumPy's name: `<f8`. */
  readonly dtype: string;

  /** `dtype` is needed only for booleans (`|b1`); `shape` is one-dimensional when absent. */
  constructor(
    data: NumericArray,
    shape: readonly number[] = [data.length],
    dtype = dtypeOf(data) ?? '',
  ) {
    if (!(data instanceof (DTYPES[dtype] ?? Array))) {
      throw new TypeError(
        `An array of dtype "${dtype}" cannot be made of ${data.constructor.name}.`,
      );
    }
    if (shape.reduce((product, n) => product * n, 1) !== data.length) {
      throw new TypeError(`${data.length} numbers do not fit the shape [${shape.join(', ')}].`);
    }
    this.data = data;
    this.shape = shape;
    this.dtype = dtype;
  }
}

/** The dtype of a typed array; `|u1` for bytes. */
export function dtypeOf(data: object): string | undefined {
  for (const [dtype, type] of Object.entries(DTYPES)) {
    if (dtype !== '|b1' && data.constructor === type) return dtype;
  }
  return undefined;
}

function floorDiv(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

function wallText(micros: bigint): string {
  const day = floorDiv(micros, MICROS_PER_DAY);
  return `${dateText(Number(day))}T${timeText(Number(micros - day * MICROS_PER_DAY))}`;
}

function dateText(epochDay: number): string {
  const date = new Date(epochDay * 86_400_000);
  const year = String(date.getUTCFullYear()).padStart(4, '0');
  return `${year}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
}

function timeText(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const fraction = micros % 1_000_000;
  const text = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return fraction === 0 ? text : `${text}.${String(fraction).padStart(6, '0')}`;
}

function offsetText(seconds: number): string {
  const absolute = Math.abs(seconds);
  const text = `${seconds < 0 ? '-' : '+'}${two(Math.floor(absolute / 3600))}:${two(Math.floor(absolute / 60) % 60)}`;
  return absolute % 60 === 0 ? text : `${text}:${two(absolute % 60)}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
