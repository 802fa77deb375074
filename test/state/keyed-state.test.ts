// Keyed state against naive models, on the heap and on disk: every state by key, expiry by a clock moved by hand, snapshots.

import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { KeyedBackend } from '../../src/state/backend.ts';
import {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type StateOptions,
  ValueStateDescriptor,
} from '../../src/state/descriptors.ts';
import { EmbeddedStore } from '../../src/state/embedded-store.ts';
import { type SavedSubtask, entriesOf } from '../../src/state/chunks.ts';
import { SubtaskStore } from '../../src/state/store.ts';
import type { StateTtl } from '../../src/state/ttl.ts';

const keys = [1, '1', true, null, 'a', [1, 'x'], { b: 2 }, '\0k', new Date(5)] as const;
/** The same key, but for objects not the same object. */
const again = (key: unknown) => structuredClone(key);

const stores: EmbeddedStore[] = [];
afterEach(() => {
  for (const store of stores.splice(0)) store.close();
});

/** Two keys in memory: all others go to the file and come back. */
function openStore(): EmbeddedStore {
  const store = new EmbeddedStore(undefined, 2);
  stores.push(store);
  return store;
}

type Place = 'heap' | 'disk';

function setUp(place: Place, ttl?: StateTtl) {
  const at = { key: undefined as unknown };
  const clock = { now: 0 };
  const options: StateOptions = ttl === undefined ? {} : { ttl };
  const make = (saved: readonly SavedSubtask[] = []) => {
    const store = new SubtaskStore({ subtask: 0, parallelism: 1, maxParallelism: 128 }, saved);
    const backend = new KeyedBackend(
      store.of('test'),
      at,
      () => clock.now,
      place === 'heap' ? undefined : openStore(),
    );
    return {
      backend,
      store,
      value: backend.value(new ValueStateDescriptor<number>('value', options)),
      list: backend.list(new ListStateDescriptor<number>('list', options)),
      map: backend.map(new MapStateDescriptor<unknown, number>('map', options)),
      sum: backend.reducing(new ReducingStateDescriptor<number>('sum', (a, b) => a + b, options)),
      mean: backend.aggregating(
        new AggregatingStateDescriptor<number, [number, number], number>(
          'mean',
          {
            createAccumulator: () => [0, 0],
            add: (x, [total, count]) => [total + x, count + 1],
            getResult: ([total, count]) => total / count,
          },
          options,
        ),
      ),
    };
  };
  return { at, clock, make };
}

const step = fc.record({
  key: fc.constantFrom(...keys),
  what: fc.constantFrom('value', 'list', 'map', 'sum', 'mean', 'clear', 'restart'),
  mapKey: fc.constantFrom(...keys),
  number: fc.integer({ min: 0, max: 9 }),
});

describe.each(['heap', 'disk'] as const)('on the %s', (place) => {
  test('is that of the key at hand alone, also after a restart', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (script) => {
        const { at, make } = setUp(place);
        let states = make();
        const model = keys.map(() => ({
          value: undefined as number | undefined,
          list: [] as number[],
          map: new Map<number, number>(),
          sum: undefined as number | undefined,
          added: [] as number[],
        }));
        for (const { key, what, mapKey, number } of script) {
          at.key = again(key);
          const index = keys.indexOf(key);
          const expected = model[index] as (typeof model)[number];
          if (what === 'value') {
            states.value.update(number);
            expected.value = number;
          } else if (what === 'list') {
            states.list.add(number);
            expected.list.push(number);
          } else if (what === 'map') {
            states.map.put(again(mapKey), number);
            expected.map.set(keys.indexOf(mapKey), number);
          } else if (what === 'sum') {
            states.sum.add(number);
            expected.sum = (expected.sum ?? 0) + number;
          } else if (what === 'mean') {
            states.mean.add(number);
            expected.added.push(number);
          } else if (what === 'clear') {
            for (const state of [states.value, states.list, states.map, states.sum, states.mean]) {
              state.clear();
            }
            model[index] = {
              value: undefined,
              list: [],
              map: new Map(),
              sum: undefined,
              added: [],
            };
          } else {
            states = make([states.store.freeze().saved()]);
          }
        }
        for (const [index, key] of keys.entries()) {
          at.key = again(key);
          const { value, list, map, sum, added } = model[index] as (typeof model)[number];
          expect(states.value.value()).toBe(value);
          expect(states.list.get()).toEqual(list);
          expect(states.sum.get()).toBe(sum);
          const mean =
            added.length === 0 ? undefined : added.reduce((a, b) => a + b) / added.length;
          expect(states.mean.get()).toBe(mean);
          for (const [i, mapKey] of keys.entries()) {
            expect(states.map.get(again(mapKey))).toBe(map.get(i));
            expect(states.map.contains(again(mapKey))).toBe(map.has(i));
          }
          expect(states.map.keys()).toHaveLength(map.size);
        }
      }),
    );
  });

  test('a default is read where there is no value, by nobody else changed', () => {
    const { at, make } = setUp(place);
    const { backend, store } = make();
    const names = backend.value(ValueStateDescriptor.withDefault<string[]>('names', ['ann']));
    at.key = 1;
    names.value().push('bob');
    expect(names.value()).toEqual(['ann']);
    names.update([]);
    expect(names.value()).toEqual([]);
    names.clear();
    expect(names.value()).toEqual(['ann']);
    const count = backend.value(ValueStateDescriptor.withDefault('count', 0));
    count.update(count.value() + 1);
    expect(count.value()).toBe(1);
    at.key = 2;
    expect(count.value()).toBe(0);
    expect(entriesOf(store.freeze().saved(), 'value:count')).toEqual([[1, 1]]);
    expect(entriesOf(store.freeze().saved(), 'value:names')).toEqual([]);
  });

  describe('with a time to live', () => {
    const ttls = fc.record({
      ttlMs: fc.constantFrom(1, 10),
      renewedBy: fc.constantFrom('write' as const, 'readAndWrite' as const),
    });
    const steps = fc.array(
      fc.record({
        key: fc.constantFrom('a', 'b'),
        what: fc.constantFrom('write', 'read', 'wait'),
        number: fc.integer({ min: 1, max: 9 }),
      }),
      { maxLength: 40 },
    );

    test('values and map entries expire when they are not renewed', () => {
      fc.assert(
        fc.property(ttls, steps, (ttl, script) => {
          const { at, clock, make } = setUp(place, ttl);
          const { value, map } = make();
          const model = new Map<string, { number: number; renewed: number }>();
          for (const { key, what, number } of script) {
            at.key = key;
            if (what === 'wait') clock.now += number;
            if (what === 'write') {
              value.update(number);
              map.put('x', number);
              model.set(key, { number, renewed: clock.now });
            }
            const held = model.get(key);
            if (held !== undefined && clock.now >= held.renewed + ttl.ttlMs) model.delete(key);
            if (what !== 'read') continue;
            const alive = model.get(key);
            expect(value.value()).toBe(alive?.number);
            expect(map.get('x')).toBe(alive?.number);
            if (alive !== undefined && ttl.renewedBy === 'readAndWrite') alive.renewed = clock.now;
          }
        }),
      );
    });

    test('lists expire by element', () => {
      const { at, clock, make } = setUp(place, { ttlMs: 10 });
      const { list } = make();
      at.key = 1;
      list.add(1);
      clock.now = 6;
      list.add(2);
      clock.now = 10;
      expect(list.get()).toEqual([2]);
      clock.now = 16;
      expect(list.get()).toEqual([]);
    });

    test('what nobody asks for goes away, and into no snapshot', () => {
      const { at, clock, make } = setUp(place, { ttlMs: 10 });
      const { store, value } = make();
      const left = () =>
        entriesOf(store.freeze().saved(), 'value+ttl:value') as [unknown, unknown][];
      for (let key = 0; key < 100; key++) {
        at.key = key;
        value.update(key);
      }
      clock.now = 11;
      expect(left()).toEqual([]);
      at.key = 'other';
      for (let i = 0; i < 60; i++) value.update(i);
      clock.now = 5; // As if nothing had expired: what is left shows.
      expect(left().map(([key]) => key)).toEqual(['other']);
    });

    test.each(['list', 'map'] as const)('of a %s, too, what nobody asks for goes away', (kind) => {
      const { at, clock, make } = setUp(place, { ttlMs: 10 });
      const { store, list, map } = make();
      const touch = (number: number) => (kind === 'list' ? list.add(number) : map.put(1, number));
      for (let key = 0; key < 100; key++) {
        at.key = key;
        touch(key);
        clock.now = 8;
        if (key < 5) touch(key);
        if (key === 4 && kind === 'map') map.put(2, 2);
        clock.now = 0;
      }
      clock.now = 11;
      at.key = 'other';
      for (let i = 0; i < 120; i++) touch(i);
      clock.now = 5; // As if nothing had expired: what is left shows.
      const left = entriesOf(store.freeze().saved(), `${kind}+ttl:${kind}`) as [unknown, unknown][];
      expect(left.map(([key]) => key)).toEqual(expect.arrayContaining([0, 1, 2, 3, 4, 'other']));
      // A list is an entry; of maps each entry is one.
      expect(left).toHaveLength(kind === 'map' ? 7 : 6);
      for (const [key, held] of left)
        if (kind === 'list' && key !== 'other' && key !== 4) expect(held).toHaveLength(1);
    });

    test('nothing is cleaned up where that is not wanted', () => {
      const { at, clock, make } = setUp(place, { ttlMs: 10, cleanupKeys: 0 });
      const { store, value } = make();
      for (const key of ['a', 'b']) {
        at.key = key;
        value.update(1);
      }
      clock.now = 11;
      for (let i = 0; i < 9; i++) value.update(i);
      clock.now = 5;
      const left = entriesOf(store.freeze().saved(), 'value+ttl:value') as [unknown, unknown][];
      expect(new Set(left.map(([key]) => key))).toEqual(new Set(['a', 'b']));
      expect(() => new ValueStateDescriptor('x', { ttl: { ttlMs: 1, cleanupKeys: -1 } })).toThrow(
        'The cleanupKeys of the state "x" are -1; they must be a whole number',
      );
    });

    test('expired values may be seen once where that is wanted', () => {
      const { at, clock, make } = setUp(place, { ttlMs: 10, expiredVisible: 'ifNotCleanedUp' });
      const { value } = make();
      at.key = 1;
      value.update(5);
      clock.now = 20;
      expect(value.value()).toBe(5);
      expect(value.value()).toBeUndefined();
    });

    test('has to be above 0', () => {
      expect(() => new ValueStateDescriptor('x', { ttl: { ttlMs: 0 } })).toThrow(
        'The ttlMs of the state "x" is 0; it must be a number of milliseconds above 0.',
      );
    });
  });

  test('a state is asked for with its own descriptor', () => {
    const { backend } = setUp(place).make();
    const list = new ListStateDescriptor('x') as never;
    expect(() => backend.value(list)).toThrow(
      'A value state is asked for with a ValueStateDescriptor; it was given a ListStateDescriptor, "x". ' +
        'Ask for that kind of state, or describe this one.',
    );
    expect(() => backend.value('x' as never)).toThrow("it was given 'x'.");
    expect(() => backend.value(undefined as never)).toThrow('it was given undefined.');
    const given = 'it was given a ListStateDescriptor';
    expect(() => backend.map(list)).toThrow(given);
    expect(() => backend.reducing(list)).toThrow(given);
    expect(() => backend.aggregating(list)).toThrow(given);
    expect(() => backend.list(new ValueStateDescriptor('x') as never)).toThrow(
      'it was given a ValueStateDescriptor',
    );
  });

  test('one name is one state of one kind', () => {
    const { make } = setUp(place);
    const { backend } = make();
    expect(() => backend.list(new ListStateDescriptor('value'))).toThrow(
      'The state "value" is a value state already; give the list state another name.',
    );
  });

  test('what was kept as another kind, or without a time to live, is not read as this', () => {
    const { at, make } = setUp(place);
    const { store, value } = make();
    at.key = 'a';
    value.update(1);
    const saved = [store.freeze().saved()];
    make(saved);
    expect(() => setUp(place, { ttlMs: 10 }).make(saved)).toThrow(
      'The state "value" was kept as a value state without a time to live; here it is a value state with a time to live.',
    );
    const list = new ListStateDescriptor<number>('value');
    const again = new SubtaskStore({ subtask: 0, parallelism: 1, maxParallelism: 128 }, saved);
    const backend = new KeyedBackend(again.of('test'), at, () => 0, undefined);
    expect(() => backend.list(list)).toThrow('here it is a list state without a time to live.');
  });
});
