// The table of kinds: what reads it, and that nothing else knows kinds by name.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { builtIn } from '../../src/built-in.ts';
import type { OperatorSpec } from '../../src/graph/job-graph.ts';
import { callOf } from '../../src/graph/function-parts.ts';
import {
  isSource,
  KINDS,
  kindOf,
  named,
  operatorNames,
  type OperatorKind,
} from '../../src/graph/kinds.ts';
import { kindsForPython, operatorsPage } from '../../src/graph/kinds-document.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const names = operatorNames();
const kinds = Object.keys(KINDS) as OperatorKind[];

test('Python has the same table (npm run docs)', () => {
  const written = readFileSync(join(root, 'python/isthmus/_program/kinds.json'), 'utf8');
  expect(written).toBe(kindsForPython());
  expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(KINDS)));
});

describe('the page of operators', () => {
  const page = readFileSync(join(root, 'docs/operators.md'), 'utf8');

  test('has the table as it is (npm run docs)', () => {
    expect(operatorsPage(page)).toBe(page);
    expect(names.filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([]);
  });

  test('says the params of every kind', () => {
    const byHand = page.replaceAll(/<!-- kinds: [^]*?<!-- end of kinds -->/g, '');
    expect(names.filter((name) => !byHand.includes(`\`${name}\``))).toEqual([]);
  });
});

/** Where connectors are tried; that every other kind is in the tables of every-operator, those look at themselves. */
const SUITES = {
  typescript: [
    'test/connectors/source-contract.test.ts',
    'test/testing/sink-contract.test.ts',
    'test/api/every-operator.test.ts',
    'test/testing/pipeline-harness.test.ts',
  ],
  python: [
    'test/python/connectors/test_source_contract.py',
    'test/python/testing/test_sink_contract.py',
    'test/python/behaviour/test_every_operator.py',
    'test/python/testing/test_pipeline_harness.py',
  ],
} as const;
/** What makes those of a program's functions and of whoever loads it. */
const CALLS: { readonly [name: string]: RegExp } = {
  'source.function': /\bfrom_?source\(/i,
  'source.input': /\bfrom_?input\(/i,
  'sink.function': /\badd_?sink\(/i,
  'sink.output': /\bto_?output\(/i,
};

describe.each(Object.entries(SUITES))('in %s a suite tries', (language, files) => {
  const text = files.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
  test.each(
    names.filter((name) => {
      const { role, languages } = kindOf(named(name));
      return role !== 'transform' && (languages as readonly string[]).includes(language);
    }),
  )('%s', (name) => {
    const file = name.replace('.', '[-_]');
    expect(text).toMatch(
      CALLS[name] ?? new RegExp(`['"]${name}['"]|/${file}\\.ts|\\.${file} import`),
    );
  });
});

describe('a kind with a TypeScript form is made by a file of it', () => {
  test.each(names)('%s', (name) => {
    const spec: OperatorSpec = {
      id: 1,
      ...named(name),
      name,
      language: 'typescript',
      chaining: 'always',
      params: { default: 'a.txt', paths: [] },
    };
    const how = { keyed: false, mode: 'STREAMING' } as const;
    const make = () =>
      isSource(spec) ? builtIn.createSource(spec) : builtIn.createOperator(spec, how);
    if (kindOf(spec).languages.includes('typescript')) expect(make()).toBeDefined();
    else expect(make).toThrow('has no TypeScript form');
  });
});

test('functions of windows of all records get no key', () => {
  const params = { how: 'process' };
  expect(callOf({ kind: 'window', params }, 'function')).toMatchObject({ args: 3, plain: [3] });
  const all = { ...params, allWindows: true };
  expect(callOf({ kind: 'window', params: all }, 'function')).toMatchObject({
    args: 2,
    plain: [2],
  });
  expect(callOf({ kind: 'window', params: { ...all, how: 'reduce' } }, 'function').args).toBe(2);
});

/** Where kinds are made: by the API, and in the registries of both hosts. */
const NAMES_KINDS =
  /^(src\/graph\/(kinds|kinds-document|ports)\.ts|src\/(connectors|operators)\/index\.ts|python\/isthmus\/_worker\/(connectors|operators)\/__init__\.py)$/;

test('nothing but the table asks which kind an operator is', () => {
  const files = ['src', 'python/isthmus'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => `${folder}/${name}`)
      .filter((name) => /\.(ts|py)$/.test(name) && !NAMES_KINDS.test(name)),
  );
  expect(files.length).toBeGreaterThan(300);
  const words = [...kinds, ...names.flatMap((name) => named(name).connector ?? [])];
  const name = `['"](${words.join('|')})['"]`;
  const asks = new RegExp(
    [
      // spec.kind === 'map', op["kind"] in ("map", …), case 'sink.print':
      `(spec|operator|head|source|op|t|from|to)(\\.(kind|connector)|\\[["'](kind|connector)["']\\]) *(===?|!==?|in|not in) *[([{]?${name}`,
      `['"](source|sink)\\.['"]\\)`,
      `case '(source|sink)\\.`,
    ].join('|'),
  );
  const found = files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, i) => (asks.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
  );
  expect(asks.test(`if (spec.kind === 'map')`)).toBe(true);
  expect(asks.test(`op["kind"] in ("async", "lookup_join")`)).toBe(true);
  expect(asks.test(`kind.startsWith('source.')`)).toBe(true);
  expect(asks.test(`spec.connector === 'lines'`)).toBe(true);
  expect(found).toEqual([]);
});
