// Every built-in source, held to the contract that sources of anybody are held to.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { settingsOf } from '../../src/config/resolve.ts';
import { builtIn } from '../../src/built-in.ts';
import type { OperatorContext } from '../../src/runtime/operator.ts';
import type { Source, SourceReader } from '../../src/runtime/source.ts';
import type { OpenSource } from '../../src/runtime/split-driver.ts';
import { checkSource, SourceHarness } from '../../src/testing/index.ts';
import { functionOf, op } from '../runtime/local-job.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-contract-'));
afterAll(() => rmSync(folder, { recursive: true }));

const numbers = (to: number) => Array.from({ length: to }, (_, n) => n);
const inFiles = numbers(5).flatMap((file) =>
  numbers(40 + 30 * file).map((n) => `${10_000 * file + n}`),
);
function files(suffix: string, write: (text: string) => string | Buffer): string {
  const root = mkdtempSync(join(folder, 'in-'));
  for (const file of numbers(5)) {
    const own = inFiles.filter((line) => Math.floor(Number(line) / 10_000) === file);
    writeFileSync(join(root, `${file}${suffix}`), write(own.map((line) => `${line}\n`).join('')));
  }
  return root;
}

/** The source of an operator as its host makes it. */
function opens(spec: ReturnType<typeof op>): OpenSource {
  const open = builtIn.createSource(spec);
  return (ctx) =>
    open({
      ...ctx,
      spec,
      settings: settingsOf({}),
      load: async (part: string) => {
        const ref = spec.fns?.[part];
        return ref === undefined ? undefined : functionOf(ref);
      },
    } as unknown as OperatorContext);
}

const lines = files('.txt', (text) => text);
const SOURCES: [name: string, open: OpenSource, records: unknown[]][] = [
  [
    'a sequence',
    opens(op('source.sequence', undefined, { from: 1, to: 3_000 })),
    numbers(3_001).slice(1),
  ],
  ['a collection', opens(op('source.collection', numbers(1_500))), numbers(1_500)],
  ['no records', opens(op('source.collection', [])), []],
  ['a folder of lines', opens(op('source.lines', undefined, { paths: [lines] })), inFiles],
  [
    'files, one of them twice',
    opens(
      op('source.lines', undefined, {
        paths: numbers(5).flatMap((n) =>
          Array<string>(n === 0 ? 2 : 1).fill(join(lines, `${n}.txt`)),
        ),
      }),
    ),
    [...inFiles, ...inFiles.slice(0, 40)],
  ],
  [
    'compressed files',
    opens(op('source.lines', undefined, { paths: [files('.txt.gz', (text) => gzipSync(text))] })),
    inFiles,
  ],
  [
    'JSON lines',
    opens(
      op('source.lines', undefined, {
        paths: [files('.jsonl', (text) => text.replaceAll('\n', '\n\n'))],
        jsonLines: true,
      }),
    ),
    inFiles.map(Number),
  ],
  [
    'the default of an input',
    opens(op('source.input', undefined, { name: 'in', default: [lines] })),
    inFiles,
  ],
];

describe('the contract of sources', () => {
  test.each(SOURCES)('%s', async (_, open, records) => {
    await checkSource(open, { records, cuts: 12 });
  });
});

test('a source that loses, repeats or hangs is found out', async () => {
  const broken = (reader: Partial<SourceReader>): Source<number> => {
    const splits = [{ id: 'a', of: null }];
    let at = 0;
    return {
      enumerator: () => ({ discover: () => splits }),
      reader: () => ({
        add({ offset }) {
          at = offset as number;
        },
        next: () => ({ split: 'a', values: [at++], next: at, ends: at === 20 }),
        ...(reader as object),
      }),
    };
  };
  const records = numbers(20);
  await checkSource(broken({}), { records });
  let forgets = 0;
  const forgetting = broken({
    add: () => {},
    next: () => ({ split: 'a', values: [forgets++], next: forgets, ends: forgets === 20 }),
  });
  await expect(checkSource(forgetting, { records })).rejects.toThrow('records were lost');
  const hanging = broken({ next: () => new Promise(() => {}) });
  await expect(checkSource(hanging, { records })).rejects.toThrow('has not answered for a second');
});

test('a function source reads all of it anew after a restart', async () => {
  const open = opens(op('source.function', () => numbers(100)));
  const first = await SourceHarness.open(open, { parallelism: 2 });
  await first.read(30);
  const again = await SourceHarness.open(open, { parallelism: 3, restore: first.save() });
  expect(await again.read()).toHaveLength(300);
  await first.close();
  await again.close();
});

test('splits go to those who ask: a slow subtask holds up none but its own', async () => {
  const open = opens(op('source.lines', undefined, { paths: [lines] }));
  const harness = await SourceHarness.open(open, { parallelism: 2 });
  await harness.read();
  expect(harness.counts.every((count) => count > 0)).toBe(true);
  await harness.close();
  const taken = new Map<number, number>();
  const splits = numbers(9).map((n) => ({ id: String(n), of: n }));
  const source: Source<number, number> = {
    enumerator: () => ({ discover: () => splits }),
    reader: ({ subtask }) => {
      const own: number[] = [];
      return {
        add: ({ of }) => void own.push(of),
        next() {
          if (subtask === 0) return undefined; // It has its first one, and does not come to its end.
          const value = own.shift() as number;
          taken.set(subtask, (taken.get(subtask) ?? 0) + 1);
          return { split: String(value), values: [value], ends: true };
        },
      };
    },
  };
  const slow = await SourceHarness.open(source, { parallelism: 2 });
  expect((await slow.read(8)).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(taken.get(1)).toBe(8);
  await slow.close();
});

test('a watched folder goes on with what is new, and with nothing that was', async () => {
  const root = files('.txt', (text) => text);
  const open = opens(op('source.lines', undefined, { paths: [root], monitorMs: 5 }));
  const first = await SourceHarness.open(open, { parallelism: 2 });
  const records = await first.read(100);
  writeFileSync(join(root, 'new.txt'), 'new\n');
  rmSync(join(root, '4.txt.none'), { force: true });
  const again = await SourceHarness.open(open, { parallelism: 3, restore: first.save() });
  await first.close();
  records.push(...(await again.read(inFiles.length - 100 + 1)));
  writeFileSync(join(root, 'newer.txt'), 'newer\n');
  records.push(...(await again.read(1)));
  expect(await again.read(1, { quietMs: 30 })).toEqual([]);
  await again.close();
  expect(records.map(String).sort()).toEqual([...inFiles, 'new', 'newer'].sort());
});
