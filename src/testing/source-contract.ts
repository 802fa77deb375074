// What every source keeps to, whoever has made it.
//
//   S1. Every record comes once, at every parallelism.
//   S2. After a restart at any record, and at another parallelism, every record comes once.
//   S3. What is on its way between subtasks at a checkpoint is neither lost nor read twice.
//   S4. A reader answers within a second, also where it has nothing, and whoever stops it gets an end.
//   S5. Reader and enumerator are closed once, also behind a failure.

import { deepStrictEqual, ok } from 'node:assert';
import type { JsonValue } from '../graph/job-graph.ts';
import type { Source, SourceReader } from '../runtime/source.ts';
import type { OpenSource } from '../runtime/split-driver.ts';
import { type SavedSource, SourceHarness } from './source-harness.ts';

/** S4 */
const ANSWERS_WITHIN_MS = 1_000;
const RESCALES = [
  [1, 3, 2],
  [2, 1, 3],
  [3, 2, 1],
];

/** What a source is to give. */
export interface SourceContract<T> {
  /** All records of the source, in any order. */
  records: readonly T[];
  /** A text that tells records apart; JSON where nothing is said. */
  identify?: (record: T) => string;
  /** How many cuts are tried of S2. */
  cuts?: number;
}

/**
 * Holds a source to its contract.
 *
 * @param source gives the same records whenever it is opened
 * @throws AssertionError that says what is broken
 */
export async function checkSource<T>(
  source: Source<T> | OpenSource,
  contract: SourceContract<T>,
): Promise<void> {
  const check = new Check(source, contract);
  await check.everyRecordOnce();
  await check.resumes();
  await check.rescales();
  await check.survivesOnTheWay();
  await check.stops();
  await check.closes();
}

class Check<T> {
  readonly #open: OpenSource;
  readonly #expected: string[];
  readonly #identify: (record: T) => string;
  readonly #cuts: number;
  /** A source that repeats itself must not do so for ever. */
  readonly #enough: number;

  constructor(source: Source<T> | OpenSource, contract: SourceContract<T>) {
    this.#open = typeof source === 'function' ? source : () => source;
    this.#identify = contract.identify ?? ((record) => JSON.stringify(record));
    this.#expected = this.#sorted(contract.records);
    this.#cuts = contract.cuts ?? 24;
    this.#enough = 2 * this.#expected.length + 100;
  }

  async everyRecordOnce(): Promise<void> {
    for (const parallelism of [1, 2, 3]) {
      this.#same(await this.#turns([parallelism]), `at parallelism ${parallelism}`); // S1
    }
  }

  async resumes(): Promise<void> {
    const count = this.#expected.length;
    const step = Math.max(1, Math.floor(count / this.#cuts));
    for (let cut = 0; cut <= count; cut += step) {
      this.#same(await this.#turns([1, 1], [cut]), `restarted behind record ${cut}`);
    }
  }

  async rescales(): Promise<void> {
    const count = this.#expected.length;
    for (const parallelisms of RESCALES) {
      for (const [first, second] of [
        [0.1, 0.3],
        [0.45, 0.2],
        [0.6, 0.39],
      ] as const) {
        const cuts = [Math.floor(count * first), Math.floor(count * second)];
        const how = `over ${parallelisms.join(' → ')}, cut behind ${cuts.join(' and ')} records`;
        this.#same(await this.#turns(parallelisms, cuts), how);
      }
    }
  }

  /** S3: each subtask is saved before or behind what was on its way to it. */
  async survivesOnTheWay(): Promise<void> {
    for (let behind = 0; behind < 4; behind++) {
      const harness = await this.#harness(3);
      harness.holds = true;
      const records = await harness.read(this.#enough, { quietMs: 50, piece: 1_000 });
      const saved: JsonValue[] = [];
      for (let subtask = 0; subtask < 3; subtask++) {
        if (subtask === behind) harness.deliver();
        saved.push(harness.saveOf(subtask));
      }
      await harness.close();
      const again = await this.#harness(2, saved);
      records.push(...(await again.read(this.#enough)));
      await again.close();
      const where = behind < 3 ? `arrives before subtask ${behind} is saved` : 'never arrives';
      this.#same(records, `when what is said between subtasks ${where}`);
    }
  }

  async stops(): Promise<void> {
    const harness = await this.#harness(2);
    await harness.read(1);
    harness.finish();
    await harness.read(this.#enough, { quietMs: ANSWERS_WITHIN_MS });
    ok(harness.isOver, 'S4: the source has not ended a second after it was stopped.');
    await harness.close();
  }

  async closes(): Promise<void> {
    const closed: string[] = [];
    const open: OpenSource = async (ctx) => counted(await this.#open(ctx), closed);
    const harness = await SourceHarness.open(open, { parallelism: 2 });
    await harness.read(1);
    await harness.close();
    await harness.close();
    deepStrictEqual(
      closed.sort(),
      ['enumerator', 'reader', 'reader'], // S5
      'S5: each is to be closed once.',
    );
  }

  #harness(parallelism: number, restore: SavedSource = []) {
    const open: OpenSource = async (ctx) => timed(await this.#open(ctx));
    return SourceHarness.open<T>(open, { parallelism, restore });
  }

  async #turns(parallelisms: readonly number[], cuts: readonly number[] = []): Promise<T[]> {
    const records: T[] = [];
    let restore: SavedSource = [];
    for (const [turn, parallelism] of parallelisms.entries()) {
      const harness = await this.#harness(parallelism, restore);
      const piece = turn + 1 < parallelisms.length ? 7 : 1_000;
      records.push(...(await harness.read(cuts[turn] ?? this.#enough, { piece })));
      restore = harness.save();
      await harness.close();
    }
    return records;
  }

  #same(records: readonly T[], how: string): void {
    const got = this.#sorted(records);
    if (got.length === this.#expected.length && got.every((each, i) => each === this.#expected[i]))
      return;
    const missing = without(this.#expected, got);
    const surplus = without(got, this.#expected);
    ok(
      false,
      `S1–S3, ${how}: ${missing.length} records were lost (${some(missing)}) and ${surplus.length} came ` +
        `without reason (${some(surplus)}).`,
    );
  }

  #sorted(records: readonly T[]): string[] {
    return records.map(this.#identify).sort();
  }
}

/** Those of `all` that are not in `others`, as often as they are missing there. */
function without(all: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const each of others) left.set(each, (left.get(each) ?? 0) + 1);
  return all.filter((each) => {
    const count = left.get(each) ?? 0;
    left.set(each, count - 1);
    return count <= 0;
  });
}

function some(records: readonly string[]): string {
  return records.length === 0
    ? 'none'
    : records.slice(0, 3).join(', ') + (records.length > 3 ? ', …' : '');
}

/** Fails where a reader takes too long to answer (S4). */
function timed(source: Source): Source {
  return wrapped(source, (reader) => ({
    next(signal) {
      const next = reader.next(signal);
      if (!(next instanceof Promise)) return next;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new Error('S4: next() of the reader has not answered for a second.')),
          ANSWERS_WITHIN_MS,
        );
      });
      return Promise.race([next, late]).finally(() => clearTimeout(timer));
    },
  }));
}

function counted(source: Source, closed: string[]): Source {
  const { replays } = source;
  return {
    ...(replays === undefined ? {} : { replays }),
    async enumerator(context, saved) {
      const enumerator = await source.enumerator(context, saved);
      return {
        discoverMs: enumerator.discoverMs,
        discover: (isFirst) => enumerator.discover(isFirst),
        snapshot: () => enumerator.snapshot?.() ?? null,
        close() {
          closed.push('enumerator');
          return enumerator.close?.();
        },
      };
    },
    reader: async (context) =>
      overlaid(await source.reader(context), (reader) => ({
        close() {
          closed.push('reader');
          return reader.close?.();
        },
      })),
  };
}

function wrapped(source: Source, overlay: (reader: SourceReader) => Partial<SourceReader>): Source {
  const { replays } = source;
  return {
    ...(replays === undefined ? {} : { replays }),
    enumerator: (context, saved) => source.enumerator(context, saved),
    reader: async (context) => overlaid(await source.reader(context), overlay),
  };
}

function overlaid(
  reader: SourceReader,
  overlay: (reader: SourceReader) => Partial<SourceReader>,
): SourceReader {
  const finish = reader.finish === undefined ? {} : { finish: () => reader.finish?.() };
  return {
    add: (split) => reader.add(split),
    next: (signal) => reader.next(signal),
    close: () => reader.close?.(),
    ...finish,
    ...overlay(reader),
  };
}
