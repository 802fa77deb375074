// Every built-in source, held to the contract that sources of anybody are held to.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { settingsOf } from '../../src/config/resolve.ts';
import { builtIn } from '../../src/built-in.ts';
import type { OperatorContext } from '../../src/runtime/operator.ts';
import type {
  Source,
  SourceBatch,
  SourceReader,
  SourceSplit,
  SplitEnumerator,
} from '../../src/runtime/source.ts';
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

test('one that is right', () => checkSource(new Numbers(''), { records: NUMBERS }));

test.each([
  [
    'the mark is taken before the records',
    'is 0, where the batch begins; it is to be the mark behind its last record',
  ],
  [
    'the mark is that of what was read ahead',
    /S2, restarted behind record \d+: \d+ records were lost/,
  ],
  [
    'where a split is to begin is not heeded',
    'reading is to begin at the offset of the split that was added',
  ],
  ['a split takes the place of another', /S1, at parallelism 1: 20 records were lost/],
  ['all subtasks share a reader', 'gave a batch of the split'],
  ['nothing says that a split ends', 'S6: the source says that it is bounded, and has not ended'],
  ['a split ends before its last records', 'records were lost'],
  ['two splits have one id', "gives the id 'same' to two splits"],
  ['a split is no plain data', 'which is no plain data: it is saved with a checkpoint'],
  ['the state of the enumerator is no plain data', 'snapshot() of the enumerator is no plain data'],
  ['a timestamp is missing', 'a batch of 5 records has 4 timestamps'],
  ['records are no array', 'a batch has its records in the array values'],
  ['a batch is of another split', "gave a batch of the split 'c'"],
  ['next() never answers', 'has not answered for a second'],
  ['it cannot be stopped', 'has not ended a second after it was stopped'],
])('one that is wrong is refused: %s', async (wrong, said) => {
  const contract = { records: NUMBERS, patienceMs: wrong.startsWith('next()') ? 5_000 : 100 };
  await expect(checkSource(new Numbers(wrong), contract)).rejects.toThrow(said);
});

test.each<[parts: Record<string, unknown>, told: string]>([
  [{ enumerator: null }, 'gave null for an enumerator, which has the method discover.'],
  [{ reader: 5 }, 'gave 5 for a reader, which has the methods add and next.'],
  [{ splits: null }, 'found null; discover gives an iterable of splits.'],
  [{ splits: ['a'] }, "found 'a', which is no split."],
  [{ splits: [{ id: 5, of: 0 }] }, 'found a split with the id 5; an id is a text.'],
  [{ splits: [{ id: 'a', subtask: 'b' }] }, "for subtask 'b'; it is a whole number."],
  [{ splits: [{ id: 'a', offset: [] }] }, "says that the split 'a' begins at []; a mark is"],
  [{ batch: 7 }, 'gave 7; next gives a batch or undefined.'],
  [{ batch: { split: 'b', values: [] } }, "gave a batch of the split 'b', which it was not given"],
  [{ batch: { split: 'a', values: 5 } }, 'gave a batch with 5 for its values; they are an array.'],
  [{ batch: { split: 'a', values: [1, 2], timestamps: [1] } }, 'gave 1 timestamps for 2 values;'],
  [{ batch: { split: 'a', values: [1], timestamps: [1.5] } }, 'gave the timestamp 1.5; it is a'],
  [{ batch: { split: 'a', values: [1], next: [] } }, 'says that a batch ends at []; a mark is'],
])('a slip of a source is told in a sentence: %o', async (parts, told) => {
  const { splits = [{ id: 'a', of: 0 }], batch } = parts;
  const source = {
    enumerator: () => ('enumerator' in parts ? parts.enumerator : { discover: () => splits }),
    reader: () => ('reader' in parts ? parts.reader : { add: () => {}, next: () => batch }),
  } as unknown as Source;
  const read = async () => {
    const harness = await SourceHarness.open(source);
    await harness.read(10, { quietMs: 50 }).finally(() => harness.close());
  };
  await expect(read()).rejects.toThrow(told);
});

test('of −1 the last subtask reads a split, as in Python', async () => {
  const source: Source<number> = {
    enumerator: () => ({ discover: () => [{ id: 'a', of: 0, subtask: -1 }] }),
    reader: () => ({ add: () => {}, next: () => ({ split: 'a', values: [7], ends: true }) }),
  };
  await checkSource(source, { records: [7] });
});

test('a function source goes on behind what was read, where as many read it', async () => {
  const open = opens(op('source.function', () => numbers(100)));
  const first = await SourceHarness.open(open, { parallelism: 2 });
  await first.read(30);
  const saved = first.save();
  const again = await SourceHarness.open(open, { parallelism: 2, restore: saved });
  expect(await again.read()).toHaveLength(170);
  await first.close();
  await again.close();
  const others = SourceHarness.open(open, { parallelism: 3, restore: saved });
  await expect(others).rejects.toThrow(
    /is a function, which may give other records .* it was read by 2 and would be by 3\. Give it the parallelism 2\./,
  );
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

const NUMBERS = numbers(40);

/** Two splits of 20 numbers. */
class Numbers implements Source<number, number> {
  readonly bounded: boolean;
  readonly #wrong: string;
  readonly #one: NumbersReader;

  constructor(wrong: string) {
    this.#wrong = wrong;
    this.bounded = wrong !== 'it cannot be stopped';
    this.#one = new NumbersReader(wrong);
  }

  enumerator(): SplitEnumerator<number> {
    const wrong = this.#wrong;
    const idOf = (of: number) => (wrong === 'two splits have one id' ? 'same' : String(of));
    const ofOf = (of: number) => (wrong === 'a split is no plain data' ? new Map([[of, 1]]) : of);
    const state = wrong === 'the state of the enumerator is no plain data' ? new Set([1]) : null;
    return {
      discover: () =>
        [0, 20].map((of) => ({ id: idOf(of), of: ofOf(of) as number, subtask: of / 20 })),
      snapshot: () => state as null,
    };
  }

  reader(): SourceReader<number, number> {
    return this.#wrong === 'all subtasks share a reader'
      ? this.#one
      : new NumbersReader(this.#wrong);
  }
}

class NumbersReader implements SourceReader<number, number> {
  readonly #wrong: string;
  #splits: { id: string; of: number; at: number }[] = [];
  readonly finish?: () => void;

  constructor(wrong: string) {
    this.#wrong = wrong;
    if (wrong === 'it cannot be stopped') this.finish = () => {};
  }

  add({ id, of, offset }: SourceSplit<number>): void {
    const at = this.#wrong === 'where a split is to begin is not heeded' ? 0 : (offset as number);
    if (this.#wrong === 'a split takes the place of another') this.#splits = [];
    this.#splits.push({ id, of, at });
  }

  next(): SourceBatch<number> | Promise<SourceBatch<number>> | undefined {
    const wrong = this.#wrong;
    if (wrong === 'next() never answers') return new Promise(() => {});
    const [split] = this.#splits;
    if (split === undefined) return undefined;
    const from = split.at;
    split.at = Math.min(20, from + 5);
    const values = numbers(split.at - from).map((n) => split.of + from + n);
    const end = wrong === 'a split ends before its last records' ? 15 : 20;
    const ends = split.at === end && !ENDLESS.has(wrong);
    if (split.at === end) this.#splits.shift();
    const marks: Record<string, number> = {
      'the mark is taken before the records': from,
      'the mark is that of what was read ahead': split.at + 5,
    };
    return {
      split: wrong === 'a batch is of another split' ? 'c' : split.id,
      values: (wrong === 'records are no array' ? new Set(values) : values) as number[],
      next: marks[wrong] ?? split.at,
      ends,
      ...(wrong === 'a timestamp is missing' ? { timestamps: values.slice(1) } : {}),
    };
  }
}

const ENDLESS = new Set(['nothing says that a split ends', 'it cannot be stopped']);
