// The queue of timers against a model that sorts all there are.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TimerQueue } from '../../../src/operators/windowing/timer-queue.ts';
import { EmbeddedStore } from '../../../src/state/embedded-store.ts';
import { EmbeddedTimers } from '../../../src/state/embedded-timers.ts';

type Act =
  | { kind: 'register' | 'delete'; time: number; owner: string }
  | { kind: 'fire'; now: number; after: ({ kind: 'register' | 'delete' } & Timer)[] };
type Timer = { time: number; owner: string };

const timer = fc.record({
  time: fc.integer({ min: 0, max: 12 }),
  owner: fc.constantFrom('a', 'b', 'c'),
});
const change = fc
  .tuple(fc.constantFrom('register' as const, 'delete' as const), timer)
  .map(([kind, given]) => ({ kind, ...given }));
const fire = fc.record({
  kind: fc.constant('fire' as const),
  now: fc.integer({ min: 0, max: 12 }),
  after: fc.array(change, { maxLength: 4 }),
});
const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof({ weight: 4, arbitrary: change }, { weight: 1, arbitrary: fire }),
  { maxLength: 40 },
);

class Model {
  timers: (Timer & { order: number })[] = [];
  #order = 0;

  change(kind: 'register' | 'delete', { time, owner }: Timer): void {
    const known = this.timers.find((timer) => timer.time === time && timer.owner === owner);
    if (kind === 'delete') this.timers = this.timers.filter((timer) => timer !== known);
    else if (known === undefined) this.timers.push({ time, owner, order: this.#order++ });
  }

  next(now: number): Timer | undefined {
    const due = this.timers
      .filter(({ time }) => time <= now)
      .sort((a, b) => a.time - b.time || a.order - b.order)[0];
    this.timers = this.timers.filter((timer) => timer !== due);
    return due;
  }
}

test.each([
  ['on the heap', () => new TimerQueue<string>()],
  ['on disk', () => new EmbeddedTimers(new EmbeddedStore(), 'timers')],
  ['on disk, row by row', () => new EmbeddedTimers(new EmbeddedStore(), 'timers', 1)],
] as const)(
  'timers fire in order of time and registration, each once, unless deleted: %s',
  (...kind) => {
    fc.assert(
      fc.property(acts, (script) => {
        const queue = kind[1]();
        const model = new Model();
        for (const act of script) {
          if (act.kind !== 'fire') {
            queue[act.kind](act.time, act.owner);
            model.change(act.kind, act);
            continue;
          }
          // Each timer that fires makes one of the changes; those for the past are left out, as they would never end.
          const changes = [...act.after];
          for (const { time, owner } of queue.due(act.now)) {
            expect({ time, owner }).toEqual(timerOf(model.next(act.now)));
            const next = changes.pop();
            if (next === undefined || (next.kind === 'register' && next.time <= time)) continue;
            queue[next.kind](next.time, next.owner);
            model.change(next.kind, next);
          }
          expect(model.next(act.now)).toBeUndefined();
        }
        const left = [...queue.entries()].map(([time, owner]) => ({ time, owner }));
        const expected = model.timers.map(({ time, owner }) => ({ time, owner }));
        expect(new Set(left.map((t) => JSON.stringify(t)))).toEqual(
          new Set(expected.map((t) => JSON.stringify(t))),
        );
        expect(left).toHaveLength(expected.length);
        expect(queue.nextTime()).toBe(Math.min(...expected.map(({ time }) => time)));
      }),
      { numRuns: 300 },
    );
  },
);

function timerOf(timer: Timer | undefined): Timer | undefined {
  return timer === undefined ? undefined : { time: timer.time, owner: timer.owner };
}
