// A base and the increments since make what there was at the barrier, whatever changes while it is encoded. Twin of
// test/python/state/test_increments.py.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyedBackend } from '../../src/state/backend.ts';
import type { Changes } from '../../src/state/changes.ts';
import { type Chunk, type SavedSubtask, together } from '../../src/state/chunks.ts';
import { MapStateDescriptor, ValueStateDescriptor } from '../../src/state/descriptors.ts';
import type { Frozen } from '../../src/state/frozen.ts';
import { SubtaskStore } from '../../src/state/store.ts';

const MAX_PARALLELISM = 8;

/** Tables of every form, changed as operators and functions change them. */
class Tables {
  readonly store: SubtaskStore;
  readonly cursor: { key: unknown } = { key: undefined };
  readonly value;
  readonly map;
  readonly windows = new Map<string, [key: unknown, start: number, contents: number[]]>();
  readonly own = new Map<unknown, number[][]>();
  readonly calls: [unknown, number][] = [];
  readonly windowChanges: Changes<unknown> | undefined;
  readonly ownChanges: Changes<unknown> | undefined;
  readonly list;
  readonly union;
  readonly rules;
  drawn: number | undefined;

  constructor(saved: readonly SavedSubtask[] = [], subtask = 0, parallelism = 1) {
    this.store = new SubtaskStore(
      { subtask, parallelism, maxParallelism: MAX_PARALLELISM },
      saved,
      true,
    );
    const state = this.store.of('op');
    const backend = new KeyedBackend(state, this.cursor, () => 0);
    this.value = backend.value(new ValueStateDescriptor<unknown, undefined>('v'));
    this.map = backend.map(new MapStateDescriptor<number, unknown>('m'));
    const { windows, own, calls } = this;
    const ofWindows = state.own<number, number[]>('windows', {
      *units() {
        for (const [name, [key, start]] of windows) yield [name, key, start];
      },
      entriesOf: (name) => [windows.get(name as string) ?? []].filter((entry) => entry.length > 0),
      addressOf: (key, start) => [key, start],
    });
    this.windowChanges = ofWindows.changes;
    for (const [key, start, contents] of ofWindows.restored) {
      windows.set(`${String(key)} ${start}`, [key, start, contents]);
    }
    const ofOwn = state.ownByKey<number[]>('own', {
      *units() {
        for (const key of own.keys()) yield [key, key, undefined];
      },
      entriesOf: (key) => (own.get(key) ?? []).map((entry) => [key, entry]),
      addressOf: (key) => [key],
      many: true,
    });
    this.ownChanges = ofOwn.changes;
    for (const [key, entry] of ofOwn.restored) {
      own.set(key, [...(own.get(key) ?? []), entry]);
    }
    for (const [key, call] of state.derived<number>('calls', () => calls)) {
      calls.push([key, call]);
    }
    this.list = state.splitList('list');
    this.union = state.unionList('union');
    this.rules = state.broadcast('rules');
    [this.drawn] = state.drawn('drawn', () => this.drawn);
  }

  /** All of it, apart from what is done to it later. */
  content() {
    const sorted = (entries: Iterable<readonly [unknown, unknown]>) =>
      [...entries].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
    const keyed = KEYS.map((key) => {
      this.cursor.key = key;
      return [key, this.value.value(), sorted(this.map.entries())];
    });
    return structuredClone({
      keyed,
      windows: sorted(this.windows),
      own: sorted(this.own),
      calls: sorted(this.calls),
      list: this.list.values,
      union: this.union.values,
      rules: sorted(this.rules.entries()),
      drawn: this.drawn,
    });
  }

  do(what: string, key: string, n: number): void {
    this.cursor.key = key;
    const window = `${key} ${n % 3}`;
    switch (what) {
      case 'update':
        return this.value.update(n % 2 === 0 ? { n, all: [] } : n);
      case 'change in place': {
        const value = this.value.value() as { n: number; all: number[] } | number | undefined;
        if (typeof value === 'object') value.all.push(n);
        return;
      }
      case 'clear':
        return this.value.clear();
      case 'put':
        return this.map.put(n % 5, n % 2 === 0 ? [n] : n);
      case 'change in a map': {
        const value = this.map.get(n % 5);
        if (Array.isArray(value)) value.push(n);
        return;
      }
      case 'remove':
        return this.map.remove(n % 5);
      case 'clear a map':
        return this.map.clear();
      case 'window': {
        this.windowChanges?.touch(window, key, n % 3);
        const known = this.windows.get(window);
        if (known === undefined) this.windows.set(window, [key, n % 3, [n]]);
        else known[2].push(n);
        return;
      }
      case 'end window':
        this.windowChanges?.touch(window, key, n % 3);
        return void this.windows.delete(window);
      case 'own':
        this.ownChanges?.touch(key, key);
        return void this.own.set(key, [...(this.own.get(key) ?? []), [n]]);
      case 'change own':
        this.ownChanges?.touch(key, key);
        return void this.own.get(key)?.[0]?.push(n);
      case 'end own':
        this.ownChanges?.touch(key, key);
        return void this.own.delete(key);
      case 'call':
        return void this.calls.push([key, n]);
      case 'answer':
        return void this.calls.splice(0, n % 3);
      case 'list':
        return void this.list.values.push([n]);
      case 'empty list':
        this.list.values = [];
        return;
      case 'union':
        return void this.union.values.push(n);
      case 'rule':
        return this.rules.put(n % 4, n % 2 === 0 ? [n] : n);
      case 'change rule': {
        const rule = this.rules.get(n % 4);
        if (Array.isArray(rule)) rule.push(n);
        return;
      }
      case 'no rule':
        return this.rules.remove(n % 4);
      default:
        this.drawn = n % 9;
    }
  }
}

const KEYS = ['a', 'b', 'c', 'd', 'e', '\0f'];
const WHAT =
  'update|change in place|clear|put|change in a map|remove|clear a map|window|end window|own|change own|end own|call|answer|list|empty list|union|rule|change rule|no rule|draw'.split(
    '|',
  );

/** What storage would have of one subtask. */
class Checkpoints {
  readonly saved = new Map<
    number,
    { base: number | undefined; chunks: SavedSubtask; content: unknown }
  >();
  last = 0;
  #underWay:
    | { frozen: Frozen; steps: Iterator<Chunk | undefined>; chunks: Chunk[]; content: unknown }
    | undefined;
  readonly #tables: Tables;
  #base: number | undefined;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  freeze(full = false): void {
    this.abort();
    const content = this.#tables.content();
    const frozen = this.#tables.store.freeze(++this.last, full);
    expect(frozen.base).toBe(full ? undefined : this.#base);
    this.#underWay = { frozen, steps: frozen.steps(), chunks: [], content };
  }

  encode(steps: number): void {
    for (let i = 0; i < steps && this.#underWay !== undefined; i++) {
      const step = this.#underWay.steps.next();
      if (step.done === true) return;
      if (step.value !== undefined) this.#underWay.chunks.push(step.value);
    }
  }

  complete(): void {
    if (this.#underWay === undefined) return;
    this.encode(1e6);
    const { frozen, chunks, content } = this.#underWay;
    const { checkpoint, base } = frozen;
    this.saved.set(checkpoint, {
      base,
      chunks: { subtask: 0, parallelism: 1, chunks },
      content,
    });
    this.#tables.store.completed(checkpoint);
    this.#base = checkpoint;
    this.#underWay = undefined;
  }

  abort(): void {
    if (this.#underWay === undefined) return;
    const { checkpoint } = this.#underWay.frozen;
    this.#tables.store.aborted(checkpoint);
    this.#tables.store.completed(checkpoint); // Late.
    this.#underWay = undefined;
  }

  chain(checkpoint: number): SavedSubtask {
    const { base, chunks } = this.saved.get(checkpoint) as { base: number; chunks: SavedSubtask };
    return base === undefined ? chunks : together([this.chain(base), chunks]);
  }
}

const DO = fc.tuple(fc.constantFrom(...WHAT), fc.constantFrom(...KEYS), fc.nat(40));
const STEPS = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: DO },
    { weight: 1, arbitrary: fc.tuple(fc.constant('freeze'), fc.boolean()) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('encode'), fc.integer({ min: 1, max: 12 })) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom('complete', 'abort')) },
  ),
  { maxLength: 60 },
);

test('a base and increments are what there was at the barrier', () => {
  fc.assert(
    fc.property(STEPS, (steps) => {
      const tables = new Tables();
      const checkpoints = new Checkpoints(tables);
      for (const [what, a, b] of steps) {
        if (what === 'freeze') checkpoints.freeze(a as boolean);
        else if (what === 'encode') checkpoints.encode(a as number);
        else if (what === 'complete') checkpoints.complete();
        else if (what === 'abort') checkpoints.abort();
        else tables.do(what, a as string, b as number);
      }
      checkpoints.freeze();
      checkpoints.complete();
      for (const [checkpoint, { content }] of checkpoints.saved) {
        expect(new Tables([checkpoints.chain(checkpoint)]).content()).toEqual(content);
      }
      // And dealt out anew.
      const chain = checkpoints.chain(checkpoints.last);
      const content = tables.content();
      const three = [0, 1, 2].map((subtask) => new Tables([chain], subtask, 3));
      const again = three.map(({ store }) => store.freeze(1).saved());
      const two = [0, 1].map((subtask) => new Tables(again, subtask, 2));
      for (const dealt of [three, two]) {
        const own = dealt.flatMap((one) => one.content().own);
        expect(own.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))).toEqual(content.own);
      }
    }),
    { numRuns: 150 },
  );
}, 60_000);

const bytesOf = ({ chunks }: SavedSubtask) =>
  chunks.reduce((bytes, chunk) => bytes + chunk[6].byteLength, 0);

test('a tenth of the keys is at most 15 % of all', () => {
  const tables = new Tables();
  const put = (from: number, step: number, value: (i: number) => number) => {
    for (let i = from; i < 20_000; i += step) {
      tables.cursor.key = `key-${i}`;
      tables.value.update(value(i));
      tables.map.put(1, value(i));
    }
  };
  put(0, 1, (i) => i);
  const full = bytesOf(tables.store.freeze(1).saved());
  tables.store.completed(1);
  put(3, 10, (i) => 20_000 - i);
  const increment = bytesOf(tables.store.freeze(2).saved());
  expect(increment).toBeGreaterThan(0);
  expect(increment).toBeLessThanOrEqual(0.15 * full);
});

test('one entry of a large map is not all of it', () => {
  const tables = new Tables();
  tables.cursor.key = 'a';
  for (let i = 0; i < 20_000; i++) tables.map.put(i, `value ${i}`);
  const full = bytesOf(tables.store.freeze(1).saved());
  tables.store.completed(1);
  tables.map.put(77, 'changed');
  tables.map.remove(78);
  expect(bytesOf(tables.store.freeze(2).saved())).toBeLessThan(full / 1000);
});

test.each([0, 3])('an object changed in place is frozen as it was, %i steps on', (late) => {
  const tables = new Tables();
  const keys = Array.from({ length: 3000 }, (_, i) => `key-${i}`);
  for (const [i, key] of keys.entries()) {
    tables.cursor.key = key;
    tables.value.update({ moves: [i] });
  }
  const steps = tables.store.freeze(1).steps();
  const chunks: (Chunk | undefined)[] = [];
  for (let i = 0; i < late; i++) chunks.push(steps.next().value as Chunk | undefined);
  for (const key of keys) {
    tables.cursor.key = key;
    (tables.value.value() as { moves: number[] }).moves.push(1000); // No update().
  }
  for (let step = steps.next(); step.done !== true; step = steps.next()) chunks.push(step.value);
  const made = chunks.filter((chunk) => chunk !== undefined);
  const saved: SavedSubtask = { subtask: 0, parallelism: 1, chunks: made };
  const movesOf = (restored: Tables) =>
    keys.map((key) => {
      restored.cursor.key = key;
      return (restored.value.value() as { moves: number[] }).moves;
    });
  expect(movesOf(new Tables([saved]))).toEqual(keys.map((_, i) => [i]));
  tables.store.completed(1);
  const both = together([saved, tables.store.freeze(2).saved()]);
  expect(movesOf(new Tables([both]))).toEqual(keys.map((_, i) => [i, 1000]));
});

test('what is removed stays away, and changes outlive a checkpoint that is given up', () => {
  const tables = new Tables();
  for (const key of KEYS) {
    tables.do('update', key, 1);
    tables.do('put', key, 1);
    tables.do('put', key, 2);
  }
  const base = tables.store.freeze(1).saved();
  tables.store.completed(1);
  tables.do('clear', 'a', 0);
  tables.do('remove', 'b', 1);
  tables.do('update', 'c', 3);
  tables.store.freeze(2).saved();
  tables.store.aborted(2);
  tables.do('update', 'd', 5);
  const increment = tables.store.freeze(3).saved();
  expect(new Tables([together([base, increment])]).content()).toEqual(tables.content());
});
