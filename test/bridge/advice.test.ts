// Errors say what to send instead. Who does so, sends what was meant.

import { describe, expect, test } from 'vitest';
import { decodeValue, encodeValue } from '../../src/bridge/codec/index.ts';
import { NdArray } from '../../src/bridge/codec/values.ts';
import { CodecError } from '../../src/errors.ts';

class Circle {
  radius = 2;
  readonly #unit = 'm';
  get area(): string {
    return `${this.radius ** 2}π ${this.#unit}²`;
  }
}
class Point {
  x = 1;
  y = 2;
}
class Secret {
  readonly #key = 1;
  reveal(): number {
    return this.#key;
  }
}
class OnlyGetters {
  get name(): string {
    return 'ann';
  }
}
class Account {
  toJSON(): unknown {
    return { id: 7 };
  }
}
class Names extends Map<string, number> {}
class Members extends Set<number> {}
class Day extends Date {}
class Bytes extends Uint8Array {}
class Nothing extends Error {}

const bytes = new Uint8Array([1, 2, 3, 4]);
const shared = new Uint8Array(new SharedArrayBuffer(2)).fill(7);
const error = new Nothing('lost');

const followed: [string, object, unknown][] = [
  ['ArrayBuffer', bytes.buffer, bytes],
  ['SharedArrayBuffer', shared.buffer, new Uint8Array([7, 7])],
  ['DataView', new DataView(bytes.buffer, 1, 2), new Uint8Array([2, 3])],
  ['Uint8ClampedArray', new Uint8ClampedArray([1, 300]), new Uint8Array([1, 255])],
  ['a subclass of Uint8Array', new Bytes([1]), new Uint8Array([1])],
  ['URL', new URL('http://a/b?c'), 'http://a/b?c'],
  [
    'URLSearchParams',
    new URLSearchParams('a=1&a=2'),
    [
      ['a', '1'],
      ['a', '2'],
    ],
  ],
  ['Headers', new Headers({ a: '1' }), [['a', '1']]],
  ['RegExp', /x+/gi, ['x+', 'gi']],
  ['Error', error, { name: 'Error', message: 'lost', stack: error.stack }],
  ['a boxed number', Object(5) as object, 5],
  ['a boxed text', Object('a') as object, 'a'],
  ['a boxed bigint', Object(2n ** 70n) as object, 2n ** 70n],
  ['a subclass of Map', new Names([['a', 1]]), new Map([['a', 1]])],
  ['a subclass of Set', new Members([1]), new Set([1])],
  ['a subclass of Date', new Day(5), new Date(5)],
  [
    'a generator',
    (function* () {
      yield 1;
      yield 2;
    })(),
    [1, 2],
  ],
  ['an iterator', new Map([['a', 1]]).values(), [1]],
  ['what has toJSON', new Account(), { id: 7 }],
  ['a class with fields', new Point(), { x: 1, y: 2 }],
  ['a class with a getter', new Circle(), { radius: 2, area: '4π m²' }],
  ['a class with getters alone', new OnlyGetters(), { name: 'ann' }],
  ['Blob', new Blob(['ab']), new Uint8Array([97, 98])],
];

function refusal(value: unknown): string {
  try {
    encodeValue({ at: value });
  } catch (error) {
    if (error instanceof CodecError) return error.message;
    throw error;
  }
  throw new Error('It was not refused.');
}

describe('the advice for a value that cannot travel', () => {
  test.each(followed)('%s: following it keeps the value', async (_, value, expected) => {
    const [, advice = ''] = /send (.*?)(?: if that is meant.*)?\.$/.exec(refusal(value)) ?? [];
    const program = `export default async (value) => (${advice});`;
    const { default: follow } = (await import(
      `data:text/javascript,${encodeURIComponent(program)}`
    )) as {
      default: (value: unknown) => Promise<unknown>;
    };
    const sent = await follow(value);
    expect(decodeValue(encodeValue(sent))).toEqual(expected);
  });

  test('half floats are widened', () => {
    const Half = (globalThis as { Float16Array?: new (of: number[]) => object }).Float16Array;
    if (Half === undefined) return; // Node 22 has none.
    expect(refusal(new Half([1.5]))).toMatch(/send new Float32Array\(value\)/);
    const sent = new Float32Array(new Half([1.5]) as unknown as ArrayLike<number>);
    expect(decodeValue(encodeValue(sent))).toEqual(new NdArray(new Float32Array([1.5])));
  });

  test.each([
    ['a class without fields', new Secret(), /no fields that can be listed/],
    ['WeakMap', new WeakMap(), /weak collections cannot be listed/],
    ['WeakRef', new WeakRef({}), /weak collections cannot be listed/],
    ['Promise', Promise.resolve(1), /await it/],
  ])('%s has none that would lose it', (_, value, text) => {
    expect(refusal(value)).toMatch(text);
    expect(refusal(value)).not.toContain('...value');
  });
});
