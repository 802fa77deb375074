// State that belongs to no key: what a restore at any parallelism gives to whom.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ListStateDescriptor,
  MapStateDescriptor,
  type OperatorStateStore,
  type RuntimeContext,
} from '../../src/index.ts';
import { OperatorStates } from '../../src/state/operator-state.ts';
import type { SavedSubtask } from '../../src/state/chunks.ts';
import { SubtaskStore } from '../../src/state/store.ts';
import { OneInputHarness, TwoInputHarness } from '../../src/testing/index.ts';

const SEEN = new ListStateDescriptor<string>('seen');
const ALL = new ListStateDescriptor<string>('all');
const PLACE = { subtask: 0, parallelism: 1, maxParallelism: 128 };
const RULES = new MapStateDescriptor<unknown, string>('rules');

/** Emits what it has seen so far, and what all subtasks had before the restore. */
class Remember {
  #store!: OperatorStateStore;
  #before: string[] = [];

  open(context: RuntimeContext): void {
    this.#store = context.getOperatorStateStore();
    this.#before = this.#store.getUnionListState(ALL).get();
  }

  map(value: string): [string[], string[]] {
    this.#store.getListState(SEEN).add(value);
    this.#store.getUnionListState(ALL).add(value);
    return [this.#store.getListState(SEEN).get(), this.#before];
  }
}

const remember = (subtask: number, parallelism: number, restore: SavedSubtask[] = []) =>
  OneInputHarness.open(Remember, { subtask, parallelism, restore });

test('a function of any stream has it, and finds it again in open', async () => {
  await using first = await remember(0, 2);
  await using second = await remember(1, 2);
  await first.process('a', 'b', 'c');
  await second.process('d');
  const snapshots = [await second.snapshot(), await first.snapshot()];

  await using same = await remember(1, 2, snapshots);
  await same.process('e');
  expect(same.output).toEqual([
    [
      ['d', 'e'],
      ['a', 'b', 'c', 'd'],
    ],
  ]);

  await using wider = await remember(2, 3, snapshots);
  await wider.process('e');
  expect(wider.output).toEqual([
    [
      ['c', 'd', 'e'],
      ['a', 'b', 'c', 'd'],
    ],
  ]);
  expect(wider.operatorState().getListState(SEEN).get()).toEqual(['c', 'd', 'e']);
});

test('elements of a list are with exactly one subtask after any restore, in order', () => {
  const lists = fc.array(fc.array(fc.integer(), { maxLength: 6 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(lists, fc.integer({ min: 1, max: 6 }), (before, parallelism) => {
      const snapshots = before.map((values, subtask) => {
        const store = new SubtaskStore({ ...PLACE, subtask, parallelism: before.length });
        const states = new OperatorStates(store.of('l'));
        states.getListState(new ListStateDescriptor<number>('l')).update(values);
        return store.freeze().saved();
      });
      const after = Array.from({ length: parallelism }, (_, subtask) => {
        const place = { ...PLACE, subtask, parallelism };
        const states = new OperatorStates(new SubtaskStore(place, snapshots.toReversed()).of('l'));
        return states.getListState(new ListStateDescriptor<number>('l')).get();
      });
      expect(after.flat()).toEqual(before.flat());
      const sizes = after.map(({ length }) => length);
      if (parallelism === before.length) expect(after).toEqual(before);
      else expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
  );
});

test('what nobody declares for a while is with one subtask all the same', () => {
  const lists = fc.array(fc.array(fc.integer(), { maxLength: 4 }), { minLength: 1, maxLength: 5 });
  const widths = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 });
  const list = new ListStateDescriptor<number>('l');
  fc.assert(
    fc.property(lists, widths, fc.boolean(), (before, undeclared, checkpoints) => {
      const stores = (parallelism: number, saved: readonly SavedSubtask[] = []) =>
        Array.from(
          { length: parallelism },
          (_, subtask) => new SubtaskStore({ ...PLACE, subtask, parallelism }, saved, checkpoints),
        );
      const listOf = (store: SubtaskStore) => new OperatorStates(store.of('l')).getListState(list);
      const first = stores(before.length);
      for (const [i, values] of before.entries()) listOf(first[i] as SubtaskStore).update(values);
      let saved = first.map((store) => store.freeze(1).saved());
      for (const parallelism of undeclared) {
        saved = stores(parallelism, saved).map((store) => store.freeze(1).saved());
      }
      expect(stores(4, saved).flatMap((store) => listOf(store).get())).toEqual(before.flat());
    }),
  );
});

test('broadcast state is a map by what keys are, the same in all subtasks', async () => {
  const rule = {
    processElement: () => [],
    processBroadcastElement(
      [key, value]: [unknown, string],
      ctx: { getBroadcastState(d: typeof RULES): { put(key: unknown, value: string): void } },
    ) {
      ctx.getBroadcastState(RULES).put(key, value);
    },
  };
  const params = { descriptors: ['rules'] };
  await using before = await TwoInputHarness.open(rule, { params });
  await before.process2([['a', 1], 'first'], ['b', 'second'], [['a', 1], 'third']);
  const restore = [await before.snapshot(), await before.snapshot()];
  await using after = await TwoInputHarness.open(rule, {
    params,
    restore,
    subtask: 3,
    parallelism: 5,
  });
  const rules = after.operatorState().getBroadcastState(RULES);
  expect(rules.entries()).toEqual([
    [['a', 1], 'third'],
    ['b', 'second'],
  ]);
  expect(rules.get(['a', 1])).toBe('third');
  rules.putAll([['c', 'fourth']]);
  rules.remove(['a', 1]);
  expect(rules.keys()).toEqual(['b', 'c']);
  expect(rules.values()).toEqual(['second', 'fourth']);
  rules.clear();
  expect(rules.isEmpty()).toBe(true);
});

test('what cannot be is said in a sentence', async () => {
  const states = new OperatorStates(new SubtaskStore(PLACE).of('l'));
  states.getListState(SEEN);
  expect(() => states.getUnionListState(SEEN)).toThrow(
    'The operator state "seen" is a list state already; give the union list state another name.',
  );
  const short = new ListStateDescriptor<string>('short', { ttl: { ttlMs: 5 } });
  expect(() => states.getListState(short)).toThrow('"short" cannot have a time to live');
  await using harness = await TwoInputHarness.open(
    {
      processElement(
        value: string,
        ctx: { getBroadcastState(d: typeof RULES): { put(key: string, value: string): void } },
      ) {
        ctx.getBroadcastState(RULES).put(value, value);
      },
      processBroadcastElement: () => [],
    },
    { params: { descriptors: ['rules'] } },
  );
  await expect(harness.process1('a')).rejects.toThrow(
    'The broadcast state "rules" is read-only here, or subtasks would differ: change it in processBroadcastElement.',
  );
});

test('operator state is asked for with its own descriptor', () => {
  const states = new OperatorStates(new SubtaskStore(PLACE).of('l'));
  const told = /state is asked for with a \w+StateDescriptor; it was given/;
  expect(() => states.getListState(RULES as never)).toThrow(told);
  expect(() => states.getUnionListState('seen' as never)).toThrow(told);
  expect(() => states.getBroadcastState(SEEN as never)).toThrow(told);
});
