// Round trips of random values, keys and frames. What crosses to Python and back is in test/python/bridge/test_properties.py.

import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  decodeKeyedValues,
  decodeValue,
  decodeValues,
  encodeValue,
  encodeValues,
  markFrozenSet,
  markTuple,
} from '../../src/bridge/codec/index.ts';
import {
  DateTime,
  Decimal,
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
import { encodeFrame, FrameDecoder, FrameType } from '../../src/bridge/frame.ts';
import { encodeKey, KeyGroups, keyGroupRange } from '../../src/state/keys.ts';
import { CodecError } from '../../src/errors.ts';
import { describeValue } from './described.ts';

// Thousands of values, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const text = fc.string({ unit: 'binary' });
// Years 1 to 9999, a day off the ends so that any offset fits.
const micros = fc.bigInt(-62_135_510_400_000_000n, 253_402_214_400_000_000n);
const safeNumber = fc.double().filter((n) => !Number.isInteger(n) || Number.isSafeInteger(n));

const leaf: fc.Arbitrary<unknown> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.maxSafeInteger(),
  safeNumber,
  fc.bigInt(-(2n ** 70n), 2n ** 70n).filter((n) => n > 2n ** 53n || n < -(2n ** 53n)),
  text,
  fc.uint8Array(),
  fc.date({
    noInvalidDate: true,
    min: new Date('0001-01-02T00:00:00Z'),
    max: new Date('9999-12-30T00:00:00Z'),
  }),
  micros.map((at) => new LocalDateTime(at)),
  fc
    .tuple(micros, fc.integer({ min: -86_399, max: 86_399 }))
    .filter(([at, offset]) => offset !== 0 || at % 1000n !== 0n)
    .map(([at, offset]) => new DateTime(at, offset)),
  fc.integer({ min: -719_162, max: 2_932_896 }).map((day) => new LocalDate(day)),
  fc.integer({ min: 0, max: 86_399_999_999 }).map((at) => new LocalTime(at)),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map((span) => new TimeDelta(span)),
  fc
    .tuple(fc.bigInt(), fc.integer({ min: -500, max: 500 }))
    .map(([n, e]) => new Decimal(`${n}E${e}`)),
  fc.uuid().map((id) => new Uuid(id)),
  fc
    .tuple(fc.maxSafeInteger(), fc.nat(999_999_999))
    .map(([seconds, nanos]) => new Instant(seconds, nanos)),
  fc.float64Array().map((data) => new NdArray(data)),
);

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 6 }),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => markTuple(items)),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }).map((record) => ({ ...record })),
    fc
      .uniqueArray(fc.tuple(fc.integer(), tie('value')), { selector: ([key]) => key, minLength: 1 })
      .map((entries) => new Map(entries)),
    fc.uniqueArray(fc.string()).map((members) => new Set(members)),
    fc.uniqueArray(fc.integer()).map((members) => markFrozenSet(new Set(members))),
    fc
      .tuple(fc.array(tie('value'), { maxLength: 4 }), fc.boolean(), fc.constantFrom(...ROW_KINDS))
      .map(
        ([items, named, kind]) =>
          new Row(items, named ? items.map((_, i) => `f${i}`) : undefined, kind),
      ),
    // Records of one shape, which travel as columns.
    fc.array(fc.record({ a: tie('value'), b: tie('value') }, { noNullPrototype: true }), {
      minLength: 4,
      maxLength: 6,
    }),
    fc
      .array(fc.tuple(tie('value'), tie('value')), { minLength: 4, maxLength: 6 })
      .map((tuples) => tuples.map((tuple) => markTuple(tuple))),
    fc
      .array(fc.tuple(tie('value'), tie('value')), { minLength: 4, maxLength: 6 })
      .map((rows) => rows.map((items) => new Row(items, ['a', 'b'], 'DELETE'))),
  ),
}));

test('a value comes back', () => {
  fc.assert(
    fc.property(value, (sent) => {
      expect(describeValue(decodeValue(encodeValue(sent)))).toEqual(describeValue(sent));
    }),
    { numRuns: 500 },
  );
});

test('a batch comes back, with its keys', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(value, leaf), { maxLength: 8 }), (pairs) => {
      const [values, keys] = [pairs.map(([record]) => record), pairs.map(([, key]) => key)];
      expect(decodeValues(encodeValues(values)).map(describeValue)).toEqual(
        values.map(describeValue),
      );
      const keyed = decodeKeyedValues(encodeValues(values, keys));
      expect(keyed.values.map(describeValue)).toEqual(values.map(describeValue));
      expect(keyed.keys.map(describeValue)).toEqual(keys.map(describeValue));
    }),
  );
});

test('dicts of several shapes come back', () => {
  const optional = fc.record(
    { a: fc.integer(), b: fc.record({ a: fc.integer(), x: text }), ['__proto__']: text, d: text },
    { requiredKeys: ['a'], noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(optional, { maxLength: 60, size: 'max' }), (records) => {
      expect(decodeValues(encodeValues(records)).map(describeValue)).toEqual(
        records.map(describeValue),
      );
    }),
  );
});

test('a name that comes twice is seen behind maps of the same size', () => {
  const alike = Array.from({ length: 20 }, () => '82a16101a16202').join('');
  const twice = ['82a16101a16101', '82a16201a16201'];
  for (const map of twice) {
    expect(() => decodeValues(Buffer.from(`dc0015${alike}${map}`, 'hex'))).toThrow('twice');
  }
});

test('any bytes are a value or a CodecError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const read of [decodeValue, decodeValues, decodeKeyedValues]) {
        try {
          read(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError);
        }
      }
    }),
    { numRuns: 2_000 },
  );
});

describe('keys', () => {
  const hex = (key: unknown) => Buffer.from(encodeKey(key)).toString('hex');

  test('a key that has travelled has the same bytes', () => {
    const keys = value.filter((key) => !JSON.stringify(describeValue(key)).includes('ndarray'));
    fc.assert(
      fc.property(keys, (key) => {
        expect(hex(decodeValue(encodeValue(key)))).toBe(hex(key));
      }),
    );
  });

  test('numbers that Python calls equal are one key', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.nat(20), (n, zeros) => {
        expect(hex(BigInt(n))).toBe(hex(n));
        expect(hex(new Decimal(n))).toBe(hex(n));
        expect(hex(new Decimal(`${n}.${'0'.repeat(zeros)}`))).toBe(hex(n));
      }),
    );
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (n) => {
        // All the digits of a double are those of a decimal that is equal to it.
        expect(hex(new Decimal(exact(n)))).toBe(hex(n));
      }),
    );
  });

  test('keys that differ have different bytes', () => {
    const plain = fc.oneof(text, fc.integer(), safeNumber, fc.boolean(), fc.uint8Array());
    const keys = fc.oneof(plain, fc.array(plain, { maxLength: 3 }));
    fc.assert(
      fc.property(keys, keys, (left, right) => {
        expect(hex(left) === hex(right)).toBe(same(left, right));
      }),
      { numRuns: 1_000 },
    );
  });

  test('every key has one owner, which has its group', () => {
    fc.assert(
      fc.property(leaf, fc.integer({ min: 1, max: 200 }), fc.nat(500), (key, parallelism, more) => {
        if (key instanceof NdArray) return;
        const groups = new KeyGroups(parallelism + more, parallelism);
        const owner = groups.target(key);
        const [first, last] = keyGroupRange(owner, parallelism, parallelism + more);
        expect(groups.group(key)).toBeGreaterThanOrEqual(first);
        expect(groups.group(key)).toBeLessThanOrEqual(last);
      }),
    );
  });
});

/** Python's idea of equal keys, as far as the keys above go. */
function same(left: unknown, right: unknown): boolean {
  if (Array.isArray(left) || Array.isArray(right)) {
    return (
      Array.isArray(left) &&
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item, i) => same(item, right[i]))
    );
  }
  if (left instanceof Uint8Array || right instanceof Uint8Array) {
    return (
      left instanceof Uint8Array && right instanceof Uint8Array && Buffer.compare(left, right) === 0
    );
  }
  const number = (key: unknown) => (typeof key === 'boolean' ? Number(key) : key);
  return number(left) === number(right) || Object.is(left, right);
}

/** All the decimal digits of a double. */
function exact(value: number): string {
  let scaled = value;
  let twos = 0;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    twos++;
  }
  // x / 2^n = x × 5^n / 10^n
  return `${BigInt(scaled) * 5n ** BigInt(twos)}E-${twos}`;
}

test('frames come whole however the stream is cut', () => {
  const frame = fc.record({
    type: fc.constantFrom(FrameType.BLOB, FrameType.BATCH),
    channel: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    body: fc.oneof(
      fc.uint8Array({ maxLength: 99 }),
      fc.uint8Array({ minLength: 17_000, maxLength: 17_100 }),
    ),
  });
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 9_000 })),
      (frames, cuts) => {
        let stream = Buffer.concat(
          frames.flatMap(({ type, channel, body }) => encodeFrame(type, 1, channel, 0, body)),
        );
        const decoder = new FrameDecoder();
        const got = [];
        for (const size of cuts) {
          got.push(...decoder.feed(stream.subarray(0, size)));
          stream = stream.subarray(size);
        }
        got.push(...decoder.feed(stream));
        decoder.end();
        expect(got.map(({ type, channel, body }) => [type, channel, Buffer.from(body)])).toEqual(
          frames.map(({ type, channel, body }) => [type, channel, Buffer.from(body)]),
        );
      },
    ),
  );
});

describe('integers', () => {
  /** Around every length that an integer may have in msgpack, and where numbers end. */
  const around = [5, 6, 7, 8, 15, 16, 31, 32, 33, 47, 48, 52, 53, 54, 62, 63, 64, 65].flatMap(
    (bits) =>
      [-3n, -2n, -1n, 0n, 1n, 2n, 3n].flatMap((by) => [
        2n ** BigInt(bits) + by,
        -(2n ** BigInt(bits)) + by,
      ]),
  );
  const isSafe = (n: bigint) =>
    n >= BigInt(Number.MIN_SAFE_INTEGER) && n <= BigInt(Number.MAX_SAFE_INTEGER);
  const told = (n: bigint) => (isSafe(n) ? Number(n) : n);

  /** Each by itself, in a list, in columns, and as a key. */
  function expectBack(numbers: readonly bigint[]): void {
    const want = numbers.map(told);
    for (const [i, n] of numbers.entries()) {
      expect(decodeValue(encodeValue(n))).toBe(want[i]);
      expect(decodeValue(encodeValue(want[i]))).toBe(want[i]);
    }
    expect(decodeValues(encodeValues(numbers))).toEqual(want);
    expect(decodeValues(encodeValues(numbers.map((n) => ({ n, of: [n] }))))).toEqual(
      want.map((n) => ({ n, of: [n] })),
    );
    expect(decodeKeyedValues(encodeValues(numbers, numbers)).keys).toEqual(want);
    for (const n of numbers) expect(encodeKey(n)).toEqual(encodeKey(told(n)));
  }

  test('are numbers where they are safe, and else bigints, at every boundary', () => {
    expectBack(around);
  });

  test('are numbers where they are safe, and else bigints, anywhere', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(-(2n ** 66n), 2n ** 66n), { maxLength: 6 }), expectBack),
    );
    // Near −2^53 and 2^53, which a random number of 66 bits hardly ever is.
    const near = fc.bigInt(-(2n ** 34n), 2n ** 34n);
    fc.assert(
      fc.property(fc.array(near, { maxLength: 6 }), (by) => {
        expectBack(by.flatMap((d) => [2n ** 53n + d, -(2n ** 53n) + d]));
      }),
    );
  });
});
