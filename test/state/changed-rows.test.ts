// A base and the increments since, of an embedded table, make what there was at the barrier, whatever changes meanwhile.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyedBackend } from '../../src/state/backend.ts';
import {
  type Chunk,
  type SavedSubtask,
  WHOLE,
  changesOf,
  together,
} from '../../src/state/chunks.ts';
import { ValueStateDescriptor } from '../../src/state/descriptors.ts';
import { SubtaskStore } from '../../src/state/store.ts';
import type { ChangedRows } from '../../src/state/changed-rows.ts';
import type { EmbeddedTable } from '../../src/state/embedded-table.ts';
import { EmbeddedStore } from '../../src/state/embedded-store.ts';
import { KeyGroups } from '../../src/state/keys.ts';

type Step =
  | { what: 'set' | 'change' | 'delete' | 'look'; key: unknown }
  | { what: 'freeze'; full: boolean }
  | { what: 'encode'; steps: number }
  | { what: 'complete' | 'abort' };

const keys = fc.constantFrom<unknown>('a', 'b', 'c', '\uffff', '😀', ['t', 1], 7);
const change = fc.record({
  what: fc.constantFrom('set' as const, 'change' as const, 'delete' as const, 'look' as const),
  key: keys,
});
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: change },
    {
      weight: 1,
      arbitrary: fc.record({ what: fc.constant('freeze' as const), full: fc.boolean() }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        what: fc.constant('encode' as const),
        steps: fc.integer({ min: 1, max: 6 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ what: fc.constantFrom('complete' as const, 'abort' as const) }),
    },
  ),
  { maxLength: 60 },
);

type Content = Map<string, number[]>;

/** What a restore makes of chunks. */
function loaded(chunks: readonly Chunk[]): Content {
  const found = new Map<string, { group: number; held: number[] }>();
  for (const chunk of chunks) {
    const [, , , , group, kind] = chunk;
    if (kind === WHOLE) {
      for (const [key, held] of found) if (held.group === group) found.delete(key);
    }
    const [removed, entries] = changesOf(chunk);
    for (const [key] of removed) found.delete(JSON.stringify(key));
    for (const [key, held] of entries as [unknown, number[]][])
      found.set(JSON.stringify(key), { group, held });
  }
  return sorted(new Map([...found].map(([key, { held }]) => [key, held])));
}

function sorted(content: Content): Content {
  return new Map([...structuredClone(content)].sort(([a], [b]) => (a < b ? -1 : 1)));
}

interface UnderWay {
  checkpoint: number;
  chunks: Chunk[];
  rest: Iterator<Chunk | undefined>;
  content: Content;
}

/** A table, and what storage would have of it. */
class Checkpointed {
  readonly at = { key: undefined as unknown };
  readonly groups = new KeyGroups(4, 1);
  readonly table: EmbeddedTable<number[]>;
  readonly #rows: ChangedRows;
  #last = 0;
  #base: Chunk[] | undefined;
  #underWay: UnderWay[] = [];
  readonly saved: { chunks: Chunk[]; content: Content }[] = [];

  constructor(stepRows?: number) {
    const { table, rows } = new EmbeddedStore(undefined, 2).tracked<number[]>(
      this.at,
      { name: 't', freeze: (held) => held, thaw: (held) => held as number[] },
      (key) => this.groups.group(key),
      stepRows,
    );
    this.table = table;
    this.#rows = rows;
  }

  freeze(asked: boolean, content: Content): void {
    const checkpoint = ++this.#last;
    const full = asked || this.#base === undefined;
    this.#rows.seal(checkpoint);
    const of = {
      entry: (key: unknown, held: number[]) => [key, held],
      address: (key: unknown) => [key],
    };
    const view = this.#rows.view(this.table, of, checkpoint, !full);
    this.#underWay.push({
      checkpoint,
      chunks: full ? [] : [...(this.#base as Chunk[])],
      rest: view.chunks('op', 't', 'keyed', !full),
      content: sorted(content),
    });
  }

  encode(count: number): void {
    for (const { chunks, rest } of this.#underWay) {
      for (let i = 0; i < count; i++) {
        const step = rest.next();
        if (step.done === true) break;
        if (step.value !== undefined) chunks.push(step.value);
      }
    }
  }

  /** The oldest that is under way. */
  complete(): void {
    this.encode(10_000);
    const first = this.#underWay.shift();
    if (first === undefined) return;
    this.#rows.encoded(first.checkpoint);
    this.#rows.completed(first.checkpoint);
    this.#base = first.chunks;
    this.saved.push(first);
  }

  /** The newest that is under way. */
  abort(): void {
    const last = this.#underWay.pop();
    if (last !== undefined) this.#rows.encoded(last.checkpoint);
  }
}

test('a base and increments are what there was at the barrier', () => {
  fc.assert(
    fc.property(fc.constantFrom(1, 2, 200), steps, (stepRows, script) => {
      const given = new Checkpointed(stepRows);
      const { at, table } = given;
      const model: Content = new Map();
      const all: Step[] = [
        ...script,
        { what: 'freeze', full: false },
        { what: 'complete' },
        { what: 'complete' },
      ];
      for (const [n, step] of all.entries()) {
        if ('key' in step) at.key = step.key;
        const key = JSON.stringify(at.key);
        switch (step.what) {
          case 'set':
            table.set([n]);
            model.set(key, [n]);
            break;
          case 'change':
            table.get()?.push(n);
            if (model.has(key)) table.changed();
            model.get(key)?.push(n);
            break;
          case 'delete':
            table.delete();
            model.delete(key);
            break;
          case 'look':
            expect(table.get()).toEqual(model.get(key));
            break;
          case 'freeze':
            given.freeze(step.full, model);
            break;
          case 'encode':
            given.encode(step.steps);
            break;
          case 'complete':
            given.complete();
            break;
          case 'abort':
            given.abort();
        }
      }
      for (const { chunks, content } of given.saved) expect(loaded(chunks)).toEqual(content);
      const left = [...table.entries()].map(([key, held]) => [JSON.stringify(key), held] as const);
      expect(sorted(new Map(left))).toEqual(sorted(model));
    }),
    { numRuns: 500 },
  );
});

/** A value state in the embedded store of a subtask that takes checkpoints. */
function operator(saved: readonly SavedSubtask[] = []) {
  const place = { subtask: 0, parallelism: 1, maxParallelism: 8 };
  const store = new SubtaskStore(place, saved, true);
  const at = { key: undefined as unknown };
  const disk = new EmbeddedStore(undefined, 10);
  const backend = new KeyedBackend(store.of('op'), at, () => 0, disk);
  const state = backend.value(new ValueStateDescriptor<number, undefined>('v'));
  const of = (key: unknown) => {
    at.key = key;
    return state;
  };
  return { store, of };
}

test('a store saves what has changed on disk, and goes on with it', () => {
  const keys = Array.from({ length: 1_000 }, (_, i) => `key-${i}`);
  const { store, of } = operator();
  for (const [i, key] of keys.entries()) of(key).update(i);
  const full = store.freeze(1).saved();
  store.completed(1);
  for (let i = 0; i < 1_000; i += 10) of(`key-${i}`).update(-1);
  of('key-1').clear();
  const frozen = store.freeze(2);
  for (const key of keys) of(key).update(-2);
  const increment = frozen.saved();
  const bytes = ({ chunks }: SavedSubtask) => chunks.reduce((sum, each) => sum + each[6].length, 0);
  expect(bytes(increment)).toBeLessThanOrEqual(0.2 * bytes(full));
  const restored = operator([together([full, increment])]);
  expect(keys.map((key) => restored.of(key).value())).toEqual(
    keys.map((_, i) => (i === 1 ? undefined : i % 10 === 0 ? -1 : i)),
  );
  // Given up, its changes are in the next one.
  store.aborted(2);
  const next = operator([together([full, store.freeze(3).saved()])]);
  expect(keys.map((key) => next.of(key).value())).toEqual(keys.map(() => -2));
});

test('a tenth of the keys is at most 15 percent of all', () => {
  const given = new Checkpointed();
  const { at, table } = given;
  const bytes = (chunks: readonly Chunk[]) =>
    chunks.reduce((sum, chunk) => sum + chunk[6].length, 0);
  for (let i = 0; i < 5_000; i++) {
    at.key = `key-${i}`;
    table.set([i]);
  }
  given.freeze(true, new Map());
  given.complete();
  for (let i = 0; i < 5_000; i += 10) {
    at.key = `key-${i}`;
    table.set([i + 1]);
  }
  given.freeze(false, new Map());
  given.complete();
  const [full, both] = given.saved.map(({ chunks }) => bytes(chunks)) as [number, number];
  expect(both - full).toBeGreaterThan(0);
  expect(both - full).toBeLessThanOrEqual(0.15 * full);
});
