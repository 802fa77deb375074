// Timers of keys against a naive model: registered, deleted, coalesced, fired in order.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { settingsOf } from '../../src/config/resolve.ts';
import { KeyedTimers } from '../../src/operators/keyed-timers.ts';
import type { OperatorContext } from '../../src/runtime/operator.ts';
import type { SavedSubtask } from '../../src/state/chunks.ts';
import { SubtaskStore } from '../../src/state/store.ts';

const HEAP: Readonly<Record<string, string>> = {};
const EMBEDDED = { 'state.backend.type': 'embedded' };

function timersAt(config = HEAP, saved: readonly SavedSubtask[] = []) {
  const store = new SubtaskStore({ subtask: 0, parallelism: 1, maxParallelism: 128 }, saved);
  const cursor = { key: undefined as unknown, timestamp: 0 };
  const clock = { now: () => 0 };
  const state = store.of('timers');
  const ctx = {
    spec: { name: 'timers' },
    settings: settingsOf(config),
    cursor,
    clock,
    state,
    watermark: 0,
    requestProcessingTime: () => {},
  };
  return { cursor, store, timers: new KeyedTimers(ctx as unknown as OperatorContext) };
}

const step = fc.record({
  what: fc.constantFrom('register', 'delete', 'advance'),
  key: fc.constantFrom<unknown>('a', 1, [1, 2], '\0k'),
  time: fc.integer({ min: 0, max: 20 }),
});

test('fire once, in order of time, with their key', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(HEAP, EMBEDDED),
      fc.array(step, { maxLength: 60 }),
      (config, script) => {
        const { cursor, timers } = timersAt(config);
        let model: { key: string; time: number; order: number }[] = [];
        let order = 0;
        const fired: [string, number][] = [];
        const expected: [string, number][] = [];
        for (const { what, key, time } of script) {
          const name = JSON.stringify(key);
          cursor.key = structuredClone(key);
          const held = model.find((timer) => timer.key === name && timer.time === time);
          if (what === 'register') {
            timers.registerEventTimeTimer(time);
            if (held === undefined) model.push({ key: name, time, order: order++ });
          } else if (what === 'delete') {
            timers.deleteEventTimeTimer(time);
            model = model.filter((timer) => timer !== held);
          } else {
            void timers.onWatermark(time, (at) => {
              expect(cursor.timestamp).toBe(at);
              fired.push([JSON.stringify(cursor.key), at]);
            });
            const due = model.filter((timer) => timer.time <= time);
            due.sort((a, b) => a.time - b.time || a.order - b.order);
            expected.push(...due.map((timer): [string, number] => [timer.key, timer.time]));
            model = model.filter((timer) => timer.time > time);
          }
        }
        expect(fired).toEqual(expected);
      },
    ),
  );
});

test('those registered while others fire take their place', () => {
  const { cursor, timers } = timersAt();
  cursor.key = 'a';
  timers.registerEventTimeTimer(1);
  timers.registerEventTimeTimer(5);
  const fired: number[] = [];
  void timers.onWatermark(9, (time) => {
    fired.push(time);
    if (time === 1) timers.registerEventTimeTimer(3);
    if (time === 3) timers.deleteEventTimeTimer(5);
  });
  expect(fired).toEqual([1, 3]);
});

test.each([
  [HEAP, HEAP],
  [HEAP, EMBEDDED],
  [EMBEDDED, HEAP],
])('survive a restart: %o, %o', (before, after) => {
  const { cursor, store, timers } = timersAt(before);
  cursor.key = [1, 'x'];
  timers.registerEventTimeTimer(4);
  timers.registerProcessingTimeTimer(6);
  const next = timersAt(after, [store.freeze().saved()]);
  const fired: unknown[] = [];
  void next.timers.onWatermark(
    10,
    (time, domain) => void fired.push([next.cursor.key, time, domain]),
  );
  void next.timers.onProcessingTime(
    10,
    (time, domain) => void fired.push([next.cursor.key, time, domain]),
  );
  expect(fired).toEqual([
    [[1, 'x'], 4, 'EVENT_TIME'],
    [[1, 'x'], 6, 'PROCESSING_TIME'],
  ]);
});

test.each([Number.NaN, 1.5, 'x'])('%s is no time, as in Python', (time) => {
  const { cursor, timers } = timersAt();
  cursor.key = 1;
  expect(() => timers.registerEventTimeTimer(time as number)).toThrow(
    `whole number of milliseconds since the epoch; it was given ${time}.`,
  );
});
