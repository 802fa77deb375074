// Values as Python's `str` and `repr` show them. Where JavaScript cannot tell 1.0 from 1, the declared type does; without
// one an integral number is an int.

import { inspect } from 'node:util';
import { isFrozenSet, isTuple } from '../bridge/codec/marks.ts';
import {
  DateTime,
  Decimal,
  TimeDelta,
  Instant,
  LocalDate,
  LocalDateTime,
  LocalTime,
  NdArray,
  Row,
  Uuid,
} from '../bridge/codec/values.ts';
import type { TypeSpec } from '../graph/job-graph.ts';

/** `nested`: as `repr` shows it, which is how containers show what they hold. */
export type PythonFormat = (value: unknown, nested: boolean) => string;

/** How Python shows values of the type. */
export function pythonFormat(type: TypeSpec): PythonFormat {
  switch (type.kind) {
    case 'DOUBLE':
      return nullable((value) => pythonFloat(Number(value)));
    case 'FLOAT':
      return nullable((value) => pythonFloat(Math.fround(Number(value))));
    case 'BYTE':
    case 'SHORT':
    case 'INT':
    case 'LONG':
    case 'BIG_INT':
      return nullable(integerText);
    case 'BOOLEAN':
      return nullable((value) => (value ? 'True' : 'False'));
    case 'TUPLE': {
      const fields = type.fields.map(pythonFormat);
      return nullable((value) =>
        tupleText((value as unknown[]).slice(0, fields.length), (item, i) =>
          (fields[i] as PythonFormat)(item, true),
        ),
      );
    }
    case 'LIST':
    case 'PRIMITIVE_ARRAY':
    case 'BASIC_ARRAY':
    case 'OBJECT_ARRAY': {
      const element = pythonFormat(type.element);
      return nullable((value) => listText(value, (item) => element(item, true)));
    }
    case 'MAP': {
      const key = pythonFormat(type.key);
      const item = pythonFormat(type.value);
      return nullable((value) => {
        const entries = value instanceof Map ? [...value] : Object.entries(value as object);
        return `{${entries.map(([k, v]) => `${key(k, true)}: ${item(v, true)}`).join(', ')}}`;
      });
    }
    case 'ROW': {
      const fields = type.fields.map(pythonFormat);
      return nullable((value) => {
        if (!(value instanceof Row)) return pythonText(value, true);
        const texts = value.values.map((item, i) => (fields[i] ?? pythonText)(item, true));
        return rowText(value.names, texts);
      });
    }
    default:
      return pythonText;
  }
}

function nullable(inner: (value: unknown) => string): PythonFormat {
  return (value) => (value === null || value === undefined ? 'None' : inner(value));
}

function integerText(value: unknown): string {
  if (typeof value === 'string' || !Number.isFinite(Number(value)))
    throw new TypeError('no integer');
  return typeof value === 'bigint' ? String(value) : String(BigInt(Math.trunc(Number(value))));
}

/** A value as Python shows it, with no type to go by. */
export function pythonText(value: unknown, nested: boolean): string {
  switch (typeof value) {
    case 'string':
      return nested ? pythonString(value) : value;
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0)
        ? String(value)
        : pythonFloat(value);
    case 'bigint':
      return String(value);
    case 'boolean':
      return value ? 'True' : 'False';
    case 'undefined':
      return 'None';
    case 'object':
      return value === null ? 'None' : objectText(value, nested);
    default:
      return inspect(value);
  }
}

const repr = (value: unknown): string => pythonText(value, true);

function objectText(value: object, nested: boolean): string {
  if (Array.isArray(value)) return isTuple(value) ? tupleText(value, repr) : listText(value, repr);
  if (value instanceof Uint8Array) return bytesText(value);
  if (value instanceof Map) {
    return `{${[...value].map(([key, item]) => `${repr(key)}: ${repr(item)}`).join(', ')}}`;
  }
  if (value instanceof Set) return setText(value);
  if (value instanceof Row) return rowText(value.names, value.values.map(repr));
  if (value instanceof Instant) return `Instant<${value.seconds}, ${value.nanos}>`;
  if (value instanceof NdArray) return nested ? `array(${arrayText(value)})` : arrayText(value);
  if (value instanceof Date) {
    return objectText(new DateTime(BigInt(value.getTime()) * 1000n), nested);
  }
  const made = nested ? constructorText(value) : undefined;
  if (made !== undefined) return made;
  if (value instanceof DateTime || value instanceof LocalDateTime) {
    return value.toString().replace('T', ' ');
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) {
    const entries = Object.entries(value);
    return `{${entries.map(([name, item]) => `${pythonString(name)}: ${repr(item)}`).join(', ')}}`;
  }
  return isPlainText(value) ? value.toString() : inspect(value);
}

function isPlainText(value: object): value is Decimal | Uuid | LocalDate | LocalTime | TimeDelta {
  return [Decimal, Uuid, LocalDate, LocalTime, TimeDelta].some((type) => value instanceof type);
}

/** The call that makes the value, as its `repr` shows. */
function constructorText(value: object): string | undefined {
  if (value instanceof Decimal) return `Decimal('${value.text}')`;
  if (value instanceof Uuid) return `UUID('${value.text}')`;
  if (value instanceof LocalDate) {
    const [year, month, day] = value.toString().split('-').map(Number);
    return `datetime.date(${year}, ${month}, ${day})`;
  }
  if (value instanceof LocalTime) {
    const fields = timeFields(value.micros).join(', ');
    return `datetime.time(${fields}${zoneField(value.offsetSeconds)})`;
  }
  if (value instanceof LocalDateTime) return `datetime.datetime(${wallFields(value.micros)})`;
  if (value instanceof DateTime) {
    const wall = value.epochMicros + BigInt(value.offsetSeconds) * 1_000_000n;
    return `datetime.datetime(${wallFields(wall)}${zoneField(value.offsetSeconds)})`;
  }
  if (value instanceof TimeDelta) return spanText(value);
  return undefined;
}

const MICROS_PER_DAY = 86_400_000_000n;

function wallFields(micros: bigint): string {
  const ofDay = ((micros % MICROS_PER_DAY) + MICROS_PER_DAY) % MICROS_PER_DAY;
  const day = new LocalDate(Number((micros - ofDay) / MICROS_PER_DAY));
  return [...day.toString().split('-').map(Number), ...timeFields(Number(ofDay))].join(', ');
}

/** Hour and minute; seconds and microseconds where they are there. */
function timeFields(micros: number): number[] {
  const seconds = Math.floor(micros / 1_000_000);
  const fields = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const micro = micros % 1_000_000;
  if (seconds % 60 !== 0 || micro !== 0) fields.push(seconds % 60);
  if (micro !== 0) fields.push(micro);
  return fields;
}

function zoneField(offsetSeconds: number | undefined): string {
  if (offsetSeconds === undefined) return '';
  if (offsetSeconds === 0) return ', tzinfo=datetime.timezone.utc';
  const offset = spanText(new TimeDelta(BigInt(offsetSeconds) * 1_000_000n));
  return `, tzinfo=datetime.timezone(${offset})`;
}

function spanText(span: TimeDelta): string {
  const ofDay = ((span.micros % MICROS_PER_DAY) + MICROS_PER_DAY) % MICROS_PER_DAY;
  const days = (span.micros - ofDay) / MICROS_PER_DAY;
  const fields = [
    ['days', days],
    ['seconds', ofDay / 1_000_000n],
    ['microseconds', ofDay % 1_000_000n],
  ] as const;
  const set = fields.filter(([, n]) => n !== 0n).map(([name, n]) => `${name}=${n}`);
  return `datetime.timedelta(${set.join(', ') || '0'})`;
}

function tupleText(
  items: readonly unknown[],
  format: (item: unknown, index: number) => string,
): string {
  return `(${items.map(format).join(', ')}${items.length === 1 ? ',' : ''})`;
}

function listText(value: unknown, format: (item: unknown) => string): string {
  if (value instanceof Uint8Array) return bytesText(value);
  return `[${Array.from(value as Iterable<unknown>, (item) => format(item)).join(', ')}]`;
}

function setText(set: ReadonlySet<unknown>): string {
  const items = [...set].map(repr).join(', ');
  if (isFrozenSet(set)) return set.size === 0 ? 'frozenset()' : `frozenset({${items}})`;
  return set.size === 0 ? 'set()' : `{${items}}`;
}

function rowText(names: readonly string[] | undefined, texts: readonly string[]): string {
  if (names === undefined) return `<Row(${texts.join(', ')})>`;
  return `Row(${texts.map((text, i) => `${names[i]}=${text}`).join(', ')})`;
}

/** The numbers in brackets, rows within rows. */
function arrayText({ data, shape }: NdArray): string {
  let items: string[] = Array.from<number | bigint, string>(data, (item) => pythonText(item, true));
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    const groups = size === 0 ? 1 : items.length / size;
    items = Array.from(
      { length: groups },
      (_, i) => `[${items.slice(i * size, (i + 1) * size).join(', ')}]`,
    );
  }
  return items.join(', ');
}

/** A float as Python's `repr` shows it. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e16)) {
    const [digits, power = '0'] = value.toExponential().split('e');
    return `${digits}e${power[0]}${power.slice(1).padStart(2, '0')}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

const ESCAPES: { readonly [char: string]: string } = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** Text in quotes as Python's `repr` shows it. */
export function pythonString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/[\\\p{C}\p{Z}']/gu, (char) => {
    if (char === ' ') return char;
    if (char === "'") return quote === "'" ? "\\'" : char;
    return ESCAPES[char] ?? escapedCode(char.codePointAt(0) as number);
  });
  return quote + escaped + quote;
}

function escapedCode(code: number): string {
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}

function bytesText(bytes: Uint8Array): string {
  const quote = bytes.includes(0x27) && !bytes.includes(0x22) ? '"' : "'";
  let text = '';
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    if (char === quote) text += `\\${char}`;
    else if (byte >= 0x20 && byte < 0x7f && char !== '\\') text += char;
    else text += ESCAPES[char] ?? escapedCode(byte);
  }
  return `b${quote}${text}${quote}`;
}
