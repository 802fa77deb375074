import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { isTuple, markTuple } from '../../src/bridge/codec/index.ts';
import { DateTime, Decimal, LocalDate, NdArray, Row } from '../../src/bridge/codec/values.ts';
import { EmbeddedStore } from '../../src/state/embedded-store.ts';
import { load, store } from '../../src/state/stored-value.ts';
import type { KeyedTable } from '../../src/state/table.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const itself = <T>(value: T): T => value;

function opened(cacheEntries = 2) {
  const at = { key: undefined as unknown };
  const embedded = new EmbeddedStore(folder, cacheEntries);
  const table = embedded.table(at, { name: 'seen', freeze: itself, thaw: itself });
  return { at, embedded, table: table as KeyedTable<unknown> };
}

describe('a stored value', () => {
  const values: unknown[] = [
    1,
    -0,
    5n,
    2n ** 70n,
    'a',
    '\ud800',
    null,
    undefined,
    { a: undefined, b: [undefined] },
    new Map<unknown, unknown>([[[1], { x: new Set([1, undefined]) }]]),
    new Date(5),
    new Date(Number.NaN),
    new Float64Array([1, 2]),
    /x/giu,
    new Decimal('1.50'),
    [new Decimal('2'), { when: new Date(7) }],
    [new Decimal('1'), undefined, 5n, new Date(8.64e15)],
    new Map<unknown, unknown>([[new LocalDate(3), { sum: 5n }]]),
    new Row([5n, undefined, new Row([new Decimal('1')])], ['a', 'b', 'c'], 'DELETE'),
    new DateTime(5_000n),
    new NdArray(new Float32Array([1, 2]), [2]),
  ];
  test.each(values.map((value) => [value]))('%o comes back as it was', (value) => {
    const [form, bytes] = store(value);
    expect(load(form, Uint8Array.from(bytes))).toStrictEqual(value);
  });

  test.each([
    ['on the wire', markTuple([1, markTuple([2])])],
    ['as a clone', markTuple([undefined, markTuple([2])])],
  ])('keeps its tuples %s', (_, value) => {
    const [form, bytes] = store(value);
    const back = load(form, Uint8Array.from(bytes)) as unknown[][];
    expect(isTuple(back)).toBe(true);
    expect(isTuple(back[1] as unknown[])).toBe(true);
  });

  class Visit {
    readonly page = '/';
  }
  const loop: unknown[] = [];
  loop.push(loop);
  test.each([
    [new Visit(), 'It holds an instance of Visit, which would come back without its methods;'],
    [{ f: () => 1 }, 'It holds a function, which cannot be stored;'],
    [loop, 'It is nested deeper than 60 levels, or refers to itself;'],
  ])('is refused where it would not: %#', (value, message) => {
    expect(() => store(value)).toThrow(message);
  });
});

describe('a table on disk', () => {
  test('gives back what was put out of the cache, and what was changed in place', () => {
    const { at, embedded, table } = opened();
    for (let key = 0; key < 100; key++) {
      at.key = key;
      table.set([key]);
    }
    for (let key = 0; key < 100; key += 2) {
      at.key = key;
      (table.get() as number[]).push(-key);
      table.changed();
    }
    at.key = 7;
    table.delete();
    for (let key = 0; key < 100; key++) {
      at.key = key;
      expect(table.get()).toEqual(key === 7 ? undefined : key % 2 === 0 ? [key, -key] : [key]);
    }
    expect([...table.entries()]).toHaveLength(99);
    embedded.close();
  });

  test('tells keys of different types apart', () => {
    const { at, embedded, table } = opened();
    const keys = [
      1,
      '1',
      1n,
      true,
      'true',
      null,
      'null',
      undefined,
      [1],
      ['1'],
      '\ud800',
      '\ufffd',
    ];
    for (const [index, key] of keys.entries()) {
      at.key = key;
      table.set(index);
    }
    for (const [index, key] of keys.entries()) {
      at.key = key;
      expect(table.get()).toBe(index);
    }
    expect(new Set([...table.entries()].map(([key]) => key))).toEqual(new Set(keys));
    embedded.close();
  });

  test('visits entries while they come and go', () => {
    const { at, embedded, table } = opened();
    for (let key = 0; key < 2_500; key++) {
      at.key = key;
      table.set(key);
    }
    let seen = 0;
    const entries = table.identities();
    for (let step = entries.next(); step.done !== true; step = entries.next()) {
      seen++;
      table.revise(step.value[0], () => undefined);
      at.key = `new ${seen}`;
      if (seen % 10 === 0) table.set(seen);
    }
    expect(seen).toBeGreaterThanOrEqual(2_500);
    expect([...table.entries()].length).toBeLessThanOrEqual(250 + 2);
    embedded.close();
  });

  test('revises what there is now, not what was met on the way', () => {
    const { at, embedded, table } = opened();
    for (const key of ['a', 'b', 'c', 'd', 'e']) {
      at.key = key;
      table.set('old');
    }
    const entries = table.identities();
    entries.next(); // The page of all of them is read by now.
    for (const key of ['d', 'a', 'b', 'c']) {
      at.key = key;
      table.set('new');
    }
    for (let step = entries.next(); step.done !== true; step = entries.next()) {
      table.revise(step.value[0], (entry) => (entry === 'old' ? undefined : entry));
    }
    expect(new Map(table.entries())).toEqual(
      new Map(['a', 'b', 'c', 'd'].map((key) => [key, 'new'])),
    );
    embedded.close();
  });

  test('names the state whose value cannot be written, and leaves no file', () => {
    const { at, embedded, table } = opened();
    const fill = () => {
      for (let key = 0; key < 3; key++) {
        at.key = key;
        table.set(() => key);
      }
    };
    expect(fill).toThrow(
      'What the state "seen" holds cannot be written to the embedded store. It holds a function, which cannot be stored; ' +
        'keep plain values. state.backend.type = hashmap keeps state in memory as it is.',
    );
    embedded.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('tells nobody that the module behind it is new', () => {
    const module = new URL('../../src/state/embedded-store.ts', import.meta.url).href;
    const script = `const { EmbeddedStore } = await import('${module}'); new EmbeddedStore().close();`;
    const options = ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', '--input-type=module', '-e'];
    const { status, stderr } = spawnSync(process.execPath, [...options, script], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

test('a folder that cannot be used is told with the option that names it', () => {
  expect(() => new EmbeddedStore('/no/such/folder')).toThrow(
    expect.objectContaining({
      code: 'ISTHMUS_CONFIGURATION',
      message: expect.stringMatching(/\/no\/such\/folder: ENOENT.*isthmus\.state\.directory/),
    }),
  );
});

test('a full disk is told in a sentence', () => {
  const { at, embedded, table } = opened();
  embedded.create('PRAGMA max_page_count = 12');
  const said =
    /cannot be kept in the embedded store in .*: database or disk is full\. Make room there/;
  expect(() => {
    for (let key = 0; key < 100_000; key++) {
      at.key = key;
      table.set('long'.repeat(100));
    }
  }).toThrow(said);
});
