// What print and file sinks show, against the texts that Python shows (test/vectors/formats.json; the twin is
// test/python/bridge/test_formats.py).

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CodecError } from '../../src/errors.ts';
import type { TypeSpec } from '../../src/graph/job-graph.ts';
import { fileFormatter, printFormatter } from '../../src/text/format.ts';
import { type Described, fromDescription } from '../bridge/described.ts';

interface FormatVector {
  type: TypeSpec;
  value: Described;
  print: string;
  file: string;
}

const { formats } = JSON.parse(
  readFileSync(new URL('../vectors/formats.json', import.meta.url), 'utf8'),
) as { formats: FormatVector[] };

const kinds = [...new Set(formats.map(({ type }) => type.kind))];

describe.each(kinds)('%s', (kind) => {
  test('prints as Python does', () => {
    for (const { type, value, print, file } of formats) {
      if (type.kind !== kind) continue;
      const shown = fromDescription(value);
      expect({ value, text: printFormatter(type)(shown) }).toEqual({ value, text: print });
      expect({ value, text: fileFormatter(type)(shown) }).toEqual({ value, text: file });
    }
  });
});

test('plain values of TypeScript stand for rows and tuples', () => {
  const type: TypeSpec = {
    kind: 'ROW',
    names: ['name', 'score'],
    fields: [{ kind: 'STRING' }, { kind: 'DOUBLE' }],
  };
  expect(printFormatter(type)({ score: 1, name: 'ann' })).toBe('+I[ann,1.0]');
  expect(fileFormatter(type)({ name: 'ann' })).toBe('+I[ann, null]');
  expect(printFormatter({ kind: 'TUPLE', fields: [{ kind: 'DOUBLE' }] })([1])).toBe('(1.0)');
});

test('a value that does not fit its type is told of', () => {
  const show = printFormatter({ kind: 'TUPLE', fields: [{ kind: 'DOUBLE' }, { kind: 'INT' }] });
  expect(() => show(['a', 1])).toThrow(CodecError);
  expect(() => show(['a', 1])).toThrow('$[0]');
  expect(() => show(null)).toThrow('type null at $');
});

test('without a type, a program in TypeScript prints as console.log does', () => {
  const show = printFormatter(undefined);
  expect(show('text')).toBe('text');
  expect(show({ a: [1, true, null] })).toBe('{ a: [ 1, true, null ] }');
});
