// What a declared type makes of values on their way to Python.

import { describe, expect, test } from 'vitest';
import {
  decodeValues,
  encodeValues,
  isTuple,
  typedReader,
  typedWriter,
} from '../../src/bridge/codec/index.ts';
import {
  DateTime,
  Decimal,
  Instant,
  LocalDate,
  LocalDateTime,
  LocalTime,
  Row,
} from '../../src/bridge/codec/values.ts';
import { CodecError } from '../../src/errors.ts';
import type { TypeInformation } from '../../src/index.ts';
import { Types } from '../../src/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: any type.
type AnyType = TypeInformation<any>;

function hexOf(type: AnyType, value: unknown): string {
  return Buffer.from(encodeValues([value], undefined, typedWriter(type.spec)))
    .toString('hex')
    .slice(2);
}

function sent(type: AnyType, value: unknown): unknown {
  return decodeValues(encodeValues([value], undefined, typedWriter(type.spec)))[0];
}

function refusal(type: AnyType, value: unknown): string {
  try {
    encodeValues([value], undefined, typedWriter(type.spec));
  } catch (error) {
    expect(error).toBeInstanceOf(CodecError);
    return `${(error as CodecError).path}: ${(error as CodecError).message}`;
  }
  return 'none';
}

describe('scalars', () => {
  test('DOUBLE is a float, also where it is integral', () => {
    expect(hexOf(Types.DOUBLE(), 1)).toBe('cb3ff0000000000000');
    expect(hexOf(Types.DOUBLE(), 2 ** 60)).toBe('cb43b0000000000000');
    expect(hexOf(Types.FLOAT(), 0.1)).toBe('cb3fb99999a0000000');
  });

  test('integer types cut fractions and have their range', () => {
    expect(sent(Types.INT(), -1.9)).toBe(-1);
    expect(hexOf(Types.INT(), -0.5)).toBe('00');
    expect(sent(Types.INT(), 5n)).toBe(5);
    expect(sent(Types.LONG(), 2n ** 63n - 1n)).toBe(2n ** 63n - 1n);
    expect(refusal(Types.LONG(), 2n ** 63n)).toContain('beyond');
    expect(refusal(Types.BYTE(), 128)).toContain(
      '$: A value of type number at $ does not fit the declared type BYTE',
    );
    expect(refusal(Types.INT(), Number.NaN)).toContain('an integer is wanted');
    expect(refusal(Types.INT(), '1')).toContain('type string');
  });

  test('BOOLEAN takes 0 and 1', () => {
    expect(sent(Types.BOOLEAN(), 1)).toBe(true);
    expect(refusal(Types.BOOLEAN(), 'yes')).toContain('a boolean is wanted');
  });

  test('big numbers, days and moments', () => {
    expect(sent(Types.BIG_INT(), 10n ** 30n)).toBe(10n ** 30n);
    expect(sent(Types.BIG_DEC(), '1.10')).toEqual(new Decimal('1.10'));
    expect(refusal(Types.BIG_DEC(), 'one')).toContain('a Decimal is wanted');
    expect(sent(Types.BIG_DEC(), new Decimal('-0.0'))).toEqual(new Decimal('0.0'));
    expect(sent(Types.BIG_DEC(), '1e3')).toEqual(new Decimal('1E+3'));
    expect(sent(Types.BIG_DEC(), '.5')).toEqual(new Decimal('0.5'));
    expect(refusal(Types.BIG_DEC(), new Decimal('NaN'))).toContain('no NaN and no infinity');
    expect(refusal(Types.BIG_DEC(), '1E-2147483648')).toContain('beyond the 32 bits');
    const zoned = new DateTime(1_700_002_800_000_001n, 3600);
    expect(sent(Types.SQL_TIMESTAMP(), zoned)).toEqual(new LocalDateTime(1_700_006_400_000_001n));
    expect(sent(Types.SQL_DATE(), zoned)).toEqual(LocalDate.of(2023, 11, 15));
    expect(sent(Types.SQL_TIME(), new LocalTime(5, 3600))).toEqual(new LocalTime(5));
    expect(sent(Types.SQL_DATE(), new Date('1969-12-31T23:00:00Z'))).toEqual(new LocalDate(-1));
    expect(sent(Types.SQL_TIMESTAMP(), new Date(1500))).toEqual(new LocalDateTime(1_500_000n));
    expect(sent(Types.SQL_TIME(), LocalTime.of(1))).toEqual(LocalTime.of(1));
    expect(sent(Types.INSTANT(), new Date(-1))).toEqual(new Instant(-1, 999_000_000));
    expect(refusal(Types.SQL_TIMESTAMP(), new Date(Number.NaN))).toContain('is wanted');
  });

  test('null is no value', () => {
    for (const type of [Types.STRING(), Types.LONG(), Types.BIG_DEC(), Types.SQL_DATE()]) {
      expect(refusal(type, null)).toContain('A value of type null at $');
    }
  });
});

describe('containers', () => {
  const pair = Types.TUPLE([Types.STRING(), Types.DOUBLE()]);

  test('TUPLE makes tuples, by record and as columns', () => {
    const tuple = sent(pair, ['a', 1]) as unknown[];
    expect(isTuple(tuple)).toBe(true);
    expect(hexOf(pair, ['a', 1, 'cut off'])).toBe('c70c0192a161cb3ff0000000000000');
    const records = Array.from({ length: 5 }, (_, i) => [`k${i}`, i]);
    const bytes = encodeValues(records, undefined, typedWriter(pair.spec));
    expect(bytes[0]).toBe(0xc7); // COLUMNS
    expect(decodeValues(bytes)).toEqual(records);
    expect(decodeValues(bytes).every((record) => isTuple(record as unknown[]))).toBe(true);
  });

  test('the field that does not fit is named', () => {
    expect(refusal(pair, ['a', 'b'])).toBe(
      '$[1]: A value of type string at $[1] does not fit the declared type DOUBLE: a number is wanted.',
    );
    expect(refusal(pair, ['a'])).toContain('it has 1 of 2 fields');
    expect(refusal(pair, 'ab')).toContain(
      '$: A value of type string at $ does not fit the declared type TUPLE',
    );
    expect(refusal(pair, [null, 1])).toContain('$[0]');
    const many = Array.from({ length: 5 }, (_, i) => ['k', i === 4 ? null : i]);
    expect(() => encodeValues(many, undefined, typedWriter(pair.spec))).toThrow('at $[1]');
  });

  test('ROW is made of rows, objects and arrays; its fields may be null', () => {
    const type = Types.ROW_NAMED(['name', 'score'], [Types.STRING(), Types.DOUBLE()]);
    const row = new Row(['ann', 1], ['name', 'score']);
    expect(sent(type, row)).toEqual(row);
    expect(sent(type, new Row([1, 'ann'], ['score', 'name'], 'DELETE'))).toEqual(
      new Row(['ann', 1], ['name', 'score'], 'DELETE'),
    );
    expect(sent(type, { score: 1, name: 'ann' })).toEqual(row);
    expect(sent(type, ['ann', 1])).toEqual(row);
    expect(sent(type, { name: 'ann' })).toEqual(new Row(['ann', null], ['name', 'score']));
    expect(refusal(type, { name: 'ann', age: 3 })).toContain(
      'it has a field "age" that the type does not name',
    );
    expect(refusal(type, { name: 1 })).toContain('$.name');
    expect(refusal(type, ['ann'])).toContain('1 fields instead of 2');
    expect(refusal(type, new Row([1], ['name_']))).toContain('no field "name"');
  });

  test('rows of one kind travel as columns', () => {
    const type = Types.ROW_NAMED(['name', 'score'], [Types.STRING(), Types.DOUBLE()]);
    const write = typedWriter(type.spec);
    const objects = Array.from({ length: 5 }, (_, i) => ({ name: i === 2 ? null : 'x', score: i }));
    const rows = objects.map(({ name, score }) => new Row([name, score], ['name', 'score']));
    const bytes = encodeValues(objects, undefined, write);
    expect([...bytes.subarray(0, 3)]).toEqual([0xc7, bytes.length - 3, 0x10]);
    expect(decodeValues(bytes)).toEqual(rows);
    const mixed = [...rows.slice(1), new Row(['d', 1], ['name', 'score'], 'DELETE')];
    expect(decodeValues(encodeValues(mixed, undefined, write))).toEqual(mixed);
    const wrong = [...objects, { name: 1, score: 1 }];
    expect(() => encodeValues(wrong, undefined, write)).toThrow('at $.name does not fit');
  });

  test('lists have members of their type', () => {
    expect(hexOf(Types.LIST(Types.DOUBLE()), [1, null])).toBe('92cb3ff0000000000000c0');
    expect(hexOf(Types.PRIMITIVE_ARRAY(Types.INT()), Int32Array.of(1, 2))).toBe('920102');
    expect(refusal(Types.PRIMITIVE_ARRAY(Types.INT()), [1, null])).toContain('$[1]');
    expect(sent(Types.LIST(pair), [['a', 1]])).toEqual([['a', 1]]);
  });

  test('MAP is an object for strings, a Map for all else', () => {
    expect(hexOf(Types.MAP(Types.STRING(), Types.DOUBLE()), { a: 1 })).toBe(
      '81a161cb3ff0000000000000',
    );
    const byNumber = Types.MAP(Types.INT(), pair);
    expect(sent(byNumber, new Map([[1, ['a', 1]]]))).toEqual(new Map([[1, ['a', 1]]]));
    expect(refusal(byNumber, { 1: ['a', 1] })).toContain('a Map is wanted');
    expect(refusal(Types.MAP(Types.STRING(), pair), { x: ['a', 'b'] })).toContain('$["x"][1]');
  });

  test('an empty dict that is a map by its type comes as a Map', () => {
    const byNumber = Types.MAP(Types.INT(), Types.STRING());
    expect(typedReader(byNumber.spec)?.({})).toEqual(new Map());
    expect(typedReader(Types.TUPLE([byNumber]).spec)?.([{}])).toEqual([new Map()]);
    expect(typedReader(Types.MAP(Types.STRING(), byNumber).spec)?.({ a: {} })).toEqual({
      a: new Map(),
    });
    expect(typedReader(pair.spec)).toBeUndefined();
  });

  test('what nests too deep is refused', () => {
    let type: AnyType = Types.STRING();
    let value: unknown = 'x';
    for (let i = 0; i < 65; i++) [type, value] = [Types.LIST(type), [value]];
    expect(refusal(type, value)).toContain('values may nest 64 deep');
  });
});

test.each<[string, unknown]>([
  ['a date after 9999', new LocalDate(2_932_897)],
  ['a date of half a day', new LocalDate(0.5)],
  ['a datetime before 1', new LocalDateTime(-62_135_596_800_000_001n)],
  ['a Date after 9999', new Date(Date.UTC(10_000, 0, 1))],
  ['an offset of a day', new DateTime(0n, 86_400)],
  ['a time of 25 hours', LocalTime.of(25)],
  ['an Instant of too many seconds', new Instant(2 ** 53)],
  ['an Instant of a second of nanoseconds', new Instant(0, 1e9)],
  ['an integer of 4301 digits', 10n ** 4300n],
])('what Python has no room for is refused: %s', (_, value) => {
  expect(() => encodeValues([{ a: value }])).toThrow('at $.a cannot travel');
});

test('keys that are arrays are tuples to Python', () => {
  const bytes = encodeValues([1, 2], [['a', [1]], 'b']);
  expect(() => encodeValues([1], [[undefined]])).toThrow('A key of type undefined at $[0]');
  expect(Buffer.from(bytes).toString('hex')).toBe(
    '9292c7070192a161d501' + '9101' + 'a162' + '920102',
  );
});
