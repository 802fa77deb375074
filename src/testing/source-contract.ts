// What every source keeps to, whoever has made it.
//
//   S1. Every record comes once, at every parallelism.
//   S2. After a restart at any record, and at another parallelism, every record comes once.
//   S3. What is on its way between subtasks at a checkpoint is neither lost nor read twice.
//   S4. A reader answers within a second, also where it has nothing, and whoever stops it gets an end.
//   S5. Reader and enumerator are closed once, also behind a failure.
//   S6. A source that says that it is bounded comes to its end.
//   S7. Splits have an id each and are plain data; marks are behind the records of their batch.

import { deepStrictEqual, ok } from 'node:assert';
import { isDeepStrictEqual } from 'node:util';
import type { JsonValue } from '../graph/job-graph.ts';
import { inspectRecord } from '../runtime/failure.ts';
import type { FoundSplit, Mark, Source, SourceBatch } from '../runtime/source.ts';
import type { OpenSource } from '../runtime/split-driver.ts';
import { overlaid } from './overlaid.ts';
import { type SavedSource, SourceHarness } from './source-harness.ts';

/** S4 */
const ANSWERS_WITHIN_MS = 1_000;
const STUCK =
  ' Nothing more came, and the source had not ended: a further split is given when the last batch of one says that it ends.';
/** S6 */
const ENDS_WITHIN_MS = 1_000;
/** How long one without end is watched for records that it should not give. */
const WATCHED_MS = 50;
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
  /** For how long nothing may come before records count as lost; 10 seconds where nothing is said. */
  patienceMs?: number;
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
  readonly #patienceMs: number;
  #isBounded = false;
  /** Whether it has stopped before its end. */
  #isStuck = false;
  /** A source that repeats itself must not do so for ever. */
  readonly #enough: number;

  constructor(source: Source<T> | OpenSource, contract: SourceContract<T>) {
    this.#open = typeof source === 'function' ? source : () => source;
    this.#identify = contract.identify ?? ((record) => JSON.stringify(record));
    this.#expected = this.#sorted(contract.records);
    this.#cuts = contract.cuts ?? 24;
    this.#patienceMs = contract.patienceMs ?? 10_000;
    this.#enough = 2 * this.#expected.length + 100;
  }

  async everyRecordOnce(): Promise<void> {
    for (const parallelism of [1, 2, 3]) {
      this.#same(await this.#turns([parallelism]), `S1, at parallelism ${parallelism}`); // S1
    }
  }

  async resumes(): Promise<void> {
    const count = this.#expected.length;
    const step = Math.max(1, Math.floor(count / this.#cuts));
    for (let cut = 0; cut <= count; cut += step) {
      this.#same(await this.#turns([1, 1], [cut]), `S2, restarted behind record ${cut}`);
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
        const how = `S2, over ${parallelisms.join(' → ')}, cut behind ${cuts.join(' and ')} records`;
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
      records.push(...(await this.#rest(again, records.length)));
      await again.close();
      const where = behind < 3 ? `arrives before subtask ${behind} is saved` : 'never arrives';
      this.#same(records, `S3, when what is said between subtasks ${where}`);
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
    const open: OpenSource = async (ctx) => {
      const source = await this.#open(ctx);
      this.#isBounded = source.bounded === true;
      return watched(source);
    };
    return SourceHarness.open<T>(open, { parallelism, restore });
  }

  async #turns(parallelisms: readonly number[], cuts: readonly number[] = []): Promise<T[]> {
    const records: T[] = [];
    let restore: SavedSource = [];
    for (const [turn, parallelism] of parallelisms.entries()) {
      const harness = await this.#harness(parallelism, restore);
      const cut = cuts[turn];
      const options = { piece: 7, quietMs: this.#patienceMs };
      records.push(
        ...(cut === undefined
          ? await this.#rest(harness, records.length)
          : await harness.read(cut, options)),
      );
      restore = harness.save();
      await harness.close();
    }
    return records;
  }

  /** What is still to come behind `before` records, and what is not. */
  async #rest(harness: SourceHarness<T>, before: number): Promise<T[]> {
    const left = Math.max(0, this.#expected.length - before);
    const records = await harness.read(left, { piece: 1_000, quietMs: this.#patienceMs });
    this.#isStuck = !harness.isOver && records.length < left;
    const isBounded = this.#isBounded && records.length === left;
    const quietMs = isBounded ? ENDS_WITHIN_MS : WATCHED_MS;
    records.push(...(await harness.read(this.#enough, { piece: 1_000, quietMs })));
    ok(
      !isBounded || harness.isOver || records.length > left,
      `S6: the source says that it is bounded, and has not ended ${ENDS_WITHIN_MS / 1_000} s behind its last record; ` +
        'the last batch of a split says that it ends.',
    );
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
      `${how}: ${missing.length} records were lost (${some(missing)}) and ${surplus.length} came ` +
        `without reason (${some(surplus)}).${this.#isStuck ? STUCK : ''}`,
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

/** The same source, which fails where it does what is wrong by itself (S4, S7). */
function watched(source: Source): Source {
  return overlaid(source, {
    enumerator: async (context, saved) => {
      const enumerator = await source.enumerator(context, saved);
      return overlaid(enumerator, {
        discover: async (isFirst) => wellFound([...(await enumerator.discover(isFirst))]),
        snapshot: () => {
          const state = enumerator.snapshot?.() ?? null;
          ok(
            isPlain(state),
            `S7: snapshot() of the enumerator is no plain data: ${inspectRecord(state)}.`,
          );
          return state;
        },
      });
    },
    reader: async (context) => {
      const reader = await source.reader(context);
      const marks = new Map<string, Mark>();
      return overlaid(reader, {
        add: (split) => {
          marks.set(split.id, split.offset);
          reader.add(split);
        },
        next: (signal) => {
          const began = performance.now();
          const next = reader.next(signal);
          const tookMs = performance.now() - began;
          ok(
            tookMs < ANSWERS_WITHIN_MS,
            `S4: next() of the reader held up the process for ${(tookMs / 1_000).toFixed(1)} s; let it wait by a promise.`,
          );
          return next instanceof Promise
            ? inTime(next).then((batch) => wellRead(batch, marks))
            : wellRead(next, marks);
        },
      });
    },
  });
}

/** S4 */
function inTime<R>(next: Promise<R>): Promise<R> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error('S4: next() of the reader has not answered for a second.')),
      ANSWERS_WITHIN_MS,
    );
  });
  return Promise.race([next, late]).finally(() => clearTimeout(timer));
}

/** S7 */
function wellFound(found: FoundSplit[]): FoundSplit[] {
  const known = new Map<string, FoundSplit>();
  for (const split of found) {
    const { id, of } = split;
    ok(
      isPlain(of),
      `S7: the split ${inspectRecord(id)} is of ${inspectRecord(of)}, which is no plain data: it is saved with a checkpoint.`,
    );
    const other = known.get(id);
    ok(
      other === undefined || isDeepStrictEqual(other.of, of),
      `S7: discover() gives the id ${inspectRecord(id)} to two splits, ${inspectRecord(other?.of)} and ${inspectRecord(of)}; ` +
        'the second would be passed over as known.',
    );
    known.set(id, split);
  }
  return found;
}

/** S7 */
function wellRead(
  batch: SourceBatch | undefined,
  marks: Map<string, Mark>,
): SourceBatch | undefined {
  if (batch === undefined) return undefined;
  const { split, values, timestamps, next } = batch;
  ok(
    Array.isArray(values),
    `S7: a batch has its records in the array values; it has ${inspectRecord(values)}.`,
  );
  ok(
    timestamps === undefined || timestamps.length === values.length,
    `S7: a batch of ${values.length} records has ${timestamps?.length} timestamps; it has one for each, or none.`,
  );
  if (next === undefined) return batch;
  ok(
    typeof next === 'string' || Number.isFinite(next),
    `S7: a mark is a number or a text; next of a batch is ${inspectRecord(next)}.`,
  );
  ok(
    values.length === 0 || marks.get(split) !== next,
    `S7: next of a batch of ${values.length} records is ${inspectRecord(next)}, where the batch begins; it is to be the mark ` +
      'behind its last record, and reading is to begin at the offset of the split that was added.',
  );
  marks.set(split, next);
  return batch;
}

function isPlain(value: unknown): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(JSON.stringify(value)), value);
  } catch {
    return false;
  }
}

/** Notes what is closed (S5). */
function counted(source: Source, closed: string[]): Source {
  const noting = <C extends { close?(): unknown }>(closing: C, name: string): C =>
    overlaid(closing, {
      close: () => {
        closed.push(name);
        return closing.close?.();
      },
    } as unknown as Partial<C>);
  return overlaid(source, {
    enumerator: async (context, saved) =>
      noting(await source.enumerator(context, saved), 'enumerator'),
    reader: async (context) => noting(await source.reader(context), 'reader'),
  });
}
