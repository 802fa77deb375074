// Values of a declared type as Java's `toString` shows them, which is what PyFlink prints. Twin of the second half of
// python/isthmus/_text/format.py.

import { dateOf, decimalOf, instantOf, timeOf, timestampOf } from '../bridge/codec/typed-scalar.ts';
import { type LocalDateTime, ROW_SIGNS, Row } from '../bridge/codec/values.ts';
import type { TypeSpec } from '../graph/job-graph.ts';
import { pythonFormat } from './python-text.ts';

export type Format = (value: unknown) => string;

export function javaFormat(type: TypeSpec): Format {
  switch (type.kind) {
    case 'LIST':
    case 'PRIMITIVE_ARRAY':
    case 'BASIC_ARRAY':
    case 'OBJECT_ARRAY': {
      const element = nullable(javaFormat(type.element));
      return (value) => `[${Array.from(value as Iterable<unknown>, element).join(', ')}]`;
    }
    case 'TUPLE': {
      const fields = type.fields.map((field) => nullable(javaFormat(field)));
      return (value) => {
        const tuple = value as unknown[];
        if (!Array.isArray(tuple)) throw new TypeError('no tuple');
        return `(${fields.map((field, i) => field(tuple[i])).join(',')})`;
      };
    }
    case 'MAP': {
      const key = nullable(javaFormat(type.key));
      const item = nullable(javaFormat(type.value));
      return (value) => {
        const entries = value instanceof Map ? [...value] : Object.entries(value as object);
        return `{${entries.map(([k, v]) => `${key(k)}=${item(v)}`).join(', ')}}`;
      };
    }
    case 'ROW': {
      const fields = type.fields.map((field) => nullable(javaFormat(field)));
      return (value) => {
        const row = asRow(value, type.names);
        return `${ROW_SIGNS[row.kind]}[${fields.map((f, i) => f(row.values[i])).join(', ')}]`;
      };
    }
    case 'BOOLEAN':
      return (value) => String(Boolean(value));
    case 'DOUBLE':
      return (value) => javaDouble(numberOf(value));
    case 'FLOAT':
      return (value) => javaFloat(numberOf(value));
    case 'SQL_TIMESTAMP':
      return (value) => timestampText(timestampOf(value));
    case 'SQL_TIME':
      return (value) => timeOf(value).toString().slice(0, 8);
    case 'SQL_DATE':
      return (value) => dateOf(value).toString();
    case 'BIG_DEC':
      return (value) => decimalOf(value).toString();
    case 'INSTANT':
      return (value) => instantOf(value).toString();
    default: {
      const text = pythonFormat(type);
      return (value) => text(value, false);
    }
  }
}

/** What stands for a row of the type, as one with its names in order. */
export function asRow(value: unknown, names: readonly string[]): Row {
  if (value instanceof Row) {
    return value.names === undefined
      ? value
      : new Row(
          names.map((name) => value.get(name)),
          names,
          value.kind,
        );
  }
  if (Array.isArray(value)) return new Row(value);
  if (typeof value !== 'object' || value === null) throw new TypeError('no row');
  return new Row(names.map((name) => (value as Record<string, unknown>)[name]));
}

function nullable(inner: Format): Format {
  return (value) => (value === null || value === undefined ? 'null' : inner(value));
}

function numberOf(value: unknown): number {
  if (typeof value === 'string' || typeof value === 'object') throw new TypeError('no number');
  return Number(value);
}

/** A double as `Double.toString` shows it. */
export function javaDouble(value: number): string {
  // Java shows the nearest number of two digits: 4.9E-324, where others say 5e-324.
  const two = value.toExponential(1);
  const tiny = value !== 0 && Math.abs(value) < 1e-310 && Number(two) === value;
  return javaDecimal(value, tiny ? two : value.toExponential());
}

/** A 32-bit float as `Float.toString` shows it: the fewest digits that tell it from its neighbours. */
export function javaFloat(value: number): string {
  const single = Math.fround(value);
  for (let digits = 0; digits < 9; digits++) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === single) return javaDecimal(value, text);
  }
  return javaDecimal(value, value.toExponential());
}

/** Plain from 10^-3 up to 10^7, else with an exponent; always one digit behind the point. */
function javaDecimal(value: number, exponential: string): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [, sign, lead, rest = '', power] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(
    exponential,
  ) as unknown as [string, string, string, string | undefined, string];
  const digits = (lead + rest).replace(/0+$/, '');
  const point = Number(power) + 1; // value = 0.DIGITS × 10^point
  if (point > 7 || point <= -3) {
    return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${point - 1}`;
  }
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  const padded = digits.padEnd(point, '0');
  return `${sign}${padded.slice(0, point)}.${padded.slice(point) || '0'}`;
}

function timestampText(value: LocalDateTime): string {
  const [seconds = '', fraction = ''] = value.toString().replace('T', ' ').split('.');
  return `${seconds}.${fraction.replace(/0+$/, '') || '0'}`;
}
