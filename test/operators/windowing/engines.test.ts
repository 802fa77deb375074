// Every way of keeping windows against the models of naive.ts.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyGroups } from '../../../src/state/keys.ts';
import type { DataStream } from '../../../src/index.ts';
import { OneInputHarness } from '../../../src/testing/index.ts';
import { ON_DISK, WindowDriver } from './drive.ts';
import {
  type Outcome,
  type Shown,
  type Step,
  naiveSessions,
  naiveTimeWindows,
  play,
  playOn,
  scripts,
  unordered,
} from './naive.ts';
import {
  DynamicEventTimeSessionWindows,
  EventTimeSessionWindows,
  ProcessingTimeSessionWindows,
} from '../../../src/operators/windowing/session-assigners.ts';
import {
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from '../../../src/operators/windowing/time-assigners.ts';

/** Not the class itself, so the general engine takes it. */
class OtherTumbling extends TumblingEventTimeWindows {}
class OtherSliding extends SlidingEventTimeWindows {}

/** Collects record numbers, without changing what it is given. */
const collect = {
  mergeable: true,
  createAccumulator: (): number[] => [],
  add: (value: number, accumulator: number[]) => [...accumulator, value],
  getResult: (accumulator: number[]) => accumulator,
  merge: (a: number[], b: number[]) => [...a, ...b],
};

class ShowOne {
  process(
    key: unknown,
    ctx: { window(): { start: number; end: number } },
    [numbers]: number[][],
  ): unknown[] {
    const { start, end } = ctx.window();
    return [[key, start, end, numbers]];
  }
}

const aggregated = { how: 'aggregate' as const, function: collect, windowFunction: ShowOne };
const sizes = fc.integer({ min: 1, max: 9 });
const slides = fc.integer({ min: 1, max: 12 });
const offsets = fc.integer({ min: 0, max: 11 });
const latenesses = fc.constantFrom(0, 0, 1, 4, 11);

const sliding = (size: number) => new SlidingEventTimeWindows(size, Math.min(3, size - 1));
const otherSliding = (size: number) => new OtherSliding(size, Math.min(3, size - 1));

const check = <T>(property: fc.IAsyncProperty<T>) => fc.assert(property, { numRuns: 150 });

describe.each([
  ['aligned', TumblingEventTimeWindows, SlidingEventTimeWindows, {}],
  ['general', OtherTumbling, OtherSliding, {}],
  ['stored', TumblingEventTimeWindows, SlidingEventTimeWindows, ON_DISK],
] as const)('the %s engine', (_name, Tumbling, Sliding, config) => {
  test('keeps tumbling windows as the model does', () =>
    check(
      fc.asyncProperty(
        sizes,
        offsets,
        latenesses,
        scripts,
        async (size, some, lateness, script) => {
          const offset = some % size;
          const given = { assigner: new Tumbling(size, offset), allowedLatenessMs: lateness };
          expect(await play(given, script, config)).toEqual(
            naiveTimeWindows([size, size, offset, lateness], script),
          );
        },
      ),
    ));

  test('keeps sliding windows as the model does', () =>
    check(
      fc.asyncProperty(
        sizes,
        slides,
        offsets,
        latenesses,
        scripts,
        async (size, slide, some, lateness, script) => {
          const offset = some % slide;
          const given = { assigner: new Sliding(size, slide, offset), allowedLatenessMs: lateness };
          expect(await play(given, script, config)).toEqual(
            naiveTimeWindows([size, slide, offset, lateness], script),
          );
        },
      ),
    ));
});

test('slices give what exact accumulation gives', () =>
  check(
    fc.asyncProperty(
      fc.integer({ min: 2, max: 12 }),
      slides,
      offsets,
      scripts,
      async (size, some, other, script) => {
        const slide = Math.min(some, size - 1);
        const offset = other % slide;
        const given = { assigner: new SlidingEventTimeWindows(size, slide, offset), ...aggregated };
        const outcome = await play(given, script);
        expect(unordered(outcome)).toEqual(
          unordered(naiveTimeWindows([size, slide, offset, 0], script)),
        );
        for (const step of outcome.fired) {
          const ends = step.map(([, , end]) => end);
          expect(ends).toEqual([...ends].sort((a, b) => a - b));
        }
      },
    ),
  ));

/** Not the class itself, so the merging engine takes it. */
class OtherSessions extends EventTimeSessionWindows<number> {}

/** Gaps by number of the record. */
class OtherDynamicSessions extends DynamicEventTimeSessionWindows<number> {}

const gapOf = (n: number) => 1 + ((n * 7) % 11);
const sessions = (gap: number) => new EventTimeSessionWindows<number>(gap);
const dynamicSessions = new DynamicEventTimeSessionWindows(gapOf);
const otherSessions = (gap: number) => new OtherSessions(gap);

describe.each([
  ['intervals of lists', sessions, dynamicSessions, {}, {}],
  ['intervals of accumulators', sessions, dynamicSessions, aggregated, {}],
  ['merging windows of lists', otherSessions, new OtherDynamicSessions(gapOf), {}, {}],
  [
    'merging windows of accumulators',
    otherSessions,
    new OtherDynamicSessions(gapOf),
    aggregated,
    {},
  ],
  ['stored lists', sessions, dynamicSessions, {}, ON_DISK],
  ['stored accumulators', sessions, dynamicSessions, aggregated, ON_DISK],
])('sessions as %s', (_name, fixed, dynamic, changes, config) => {
  test('are those of the model', () =>
    check(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom(0, 0, 3, 20),
        scripts,
        async (gap, lateness, script) => {
          const given = { assigner: fixed(gap), allowedLatenessMs: lateness, ...changes };
          expect(unordered(await play(given, script, config))).toEqual(
            unordered(naiveSessions(() => gap, lateness, script)),
          );
        },
      ),
    ));

  test('may have a gap for each record', () =>
    check(
      fc.asyncProperty(scripts, async (script) => {
        expect(unordered(await play({ assigner: dynamic, ...changes }, script, config))).toEqual(
          unordered(naiveSessions(gapOf, 0, script)),
        );
      }),
    ));
});

test('sessions kept as intervals fire in the order of merging windows', () =>
  check(
    fc.asyncProperty(fc.integer({ min: 1, max: 12 }), scripts, async (gap, script) => {
      const plain = await play({ assigner: sessions(gap) }, script);
      expect(plain).toEqual(await play({ assigner: otherSessions(gap) }, script));
    }),
  ));

describe.each([
  ['aligned', sliding, {}, {}],
  ['sliced', sliding, aggregated, {}],
  ['general', otherSliding, {}, {}],
  ['stored', sliding, {}, ON_DISK],
  ['sessions', sessions, {}, {}],
  ['merging', otherSessions, {}, {}],
  ['merging stored', sessions, {}, ON_DISK],
] as const)('a snapshot of the %s engine', (_name, assignerOf, changes, config) => {
  const alone = { subtask: 0, parallelism: 1, config };
  const expected = (size: number, script: Step[]) =>
    assignerOf(size) instanceof EventTimeSessionWindows
      ? naiveSessions(() => size, 0, script)
      : naiveTimeWindows([size, Math.min(3, size - 1), 0, 0], script);

  test('carries its windows, and is not changed by what comes after', () =>
    check(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 12 }),
        scripts,
        fc.nat(40),
        async (size, script, cut) => {
          const given = { assigner: assignerOf(size), ...changes };
          const before = await WindowDriver.open(given, [], alone);
          const first = await playOn(before, script.slice(0, cut));
          const state = before.snapshot();
          const { watermark } = before.ctx;
          await playOn(before, script.slice(cut));
          await before.end();
          const after = await WindowDriver.open(given, [state], alone);
          after.ctx.watermark = watermark;
          const rest = await playOn(after, script.slice(cut), first.length);
          await after.end();
          const last = after.take() as Shown[];
          expect(unordered({ fired: [...first, ...rest, last], late: [] })).toEqual(
            unordered({ ...expected(size, script), late: [] }),
          );
        },
      ),
    ));

  test('is dealt out to more subtasks by key', () =>
    check(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 12 }),
        scripts,
        fc.nat(40),
        async (size, script, cut) => {
          const given = { assigner: assignerOf(size), ...changes };
          const before = await WindowDriver.open(given, [], alone);
          const first = await playOn(before, script.slice(0, cut));
          const state = before.snapshot();
          await before.close();
          const rest: Shown[] = [];
          for (const subtask of [0, 1, 2]) {
            const place = { subtask, parallelism: 3, config };
            const after = await WindowDriver.open(given, [state], place);
            after.ctx.watermark = before.ctx.watermark;
            const groups = new KeyGroups(after.ctx.maxParallelism, 3);
            for (const [i, [key, timestamp]] of script.slice(cut).entries()) {
              if (key === undefined) await after.watermark(timestamp);
              else if (groups.target(key) === subtask) {
                await after.record(key, first.length + i, timestamp);
              }
            }
            await after.end();
            rest.push(...(after.take() as Shown[]));
          }
          const all = [...first.flat(), ...rest];
          const whole = expected(size, script).fired.flat();
          expect(unordered({ fired: [all], late: [] })).toEqual(
            unordered({ fired: [whole], late: [] }),
          );
        },
      ),
    ));
});

describe('windows of the clock', () => {
  /** A record, and the time from it to the next. */
  const flow = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 0, max: 9 })), {
    maxLength: 40,
  });

  const byClock: [string, (size: number) => object, (size: number, script: Step[]) => Outcome][] = [
    [
      'tumbling',
      (size) => new TumblingProcessingTimeWindows(size, 1),
      (size, script) => naiveTimeWindows([size, size, 1, 0], script),
    ],
    [
      'sliding',
      (size) => new SlidingProcessingTimeWindows(size, 3),
      (size, script) => naiveTimeWindows([size, 3, 0, 0], script),
    ],
    [
      'tumbling in the general engine',
      (size) => new (class Other extends TumblingProcessingTimeWindows {})(size, 1),
      (size, script) => naiveTimeWindows([size, size, 1, 0], script),
    ],
    [
      'sessions',
      (size) => new ProcessingTimeSessionWindows(size),
      (size, script) => naiveSessions(() => size, 0, script),
    ],
    [
      'sessions in the merging engine',
      (size) => new (class Other extends ProcessingTimeSessionWindows {})(size),
      (size, script) => naiveSessions(() => size, 0, script),
    ],
  ];

  test.each(byClock)(
    '%s are those of the model, with the clock for a watermark',
    (_name, assigner, model) =>
      check(
        fc.asyncProperty(fc.integer({ min: 2, max: 12 }), flow, async (size, steps) => {
          const driver = await WindowDriver.open({ assigner: assigner(size) });
          const script: Step[] = [];
          driver.now = 100;
          for (const [key, passed] of steps) {
            await driver.record(key, script.length);
            script.push([key, driver.now]);
            if (passed === 0) continue;
            await driver.clock(driver.now + passed - 1);
            script.push([undefined, driver.now]);
            driver.now++;
          }
          await driver.clock(10_000);
          expect(unordered({ fired: [driver.take() as Shown[]], late: [] })).toEqual(
            unordered({ fired: [model(size, script).fired.flat()], late: [] }),
          );
        }),
      ),
  );
});

test('many open sessions of a key cost no more each', async () => {
  // A file is read faster than watermarks come: all its sessions are open at its end.
  await using harness = await OneInputHarness.openStream((numbers: DataStream<number>) =>
    numbers
      .keyBy(() => 0)
      .window(EventTimeSessionWindows.withGap(5))
      .reduce(Math.max),
  );
  const numbers = Array.from({ length: 20_000 }, (_, i) => i);
  const before = process.cpuUsage();
  await harness.processTimed(...numbers.map((i) => [i, i * 10] as const));
  await harness.end();
  expect(harness.output).toEqual(numbers);
  expect(process.cpuUsage(before).user).toBeLessThan(1_500_000);
});

test('slices of the clock give what exact accumulation gives', () =>
  check(
    fc.asyncProperty(
      fc.integer({ min: 2, max: 8 }),
      slides,
      fc.array(fc.record({ wait: fc.nat(6), key: fc.constantFrom('a', 'b') }), { maxLength: 40 }),
      async (size, some, script) => {
        // Twice as much, so that no record comes in the very millisecond in which a window ends.
        const [sizeMs, slideMs] = [2 * size, 2 * Math.min(some, size - 1)];
        const outcomes = [];
        for (const mergeable of [true, false]) {
          await using harness = await OneInputHarness.openStream(
            (records: DataStream<{ key: string; n: number }>) =>
              records
                .keyBy(({ key }) => key)
                .window(new SlidingProcessingTimeWindows(sizeMs, slideMs))
                .aggregate(
                  {
                    mergeable,
                    createAccumulator: (): number[] => [],
                    add: ({ n }, numbers: number[]) => [...numbers, n],
                    getResult: (numbers: number[]) => numbers,
                    merge: (a: number[], b: number[]) => [...a, ...b],
                  },
                  (key, window, all) => [[window.start, window.end, key, ...all]],
                ),
          );
          let now = 0;
          for (const [n, { wait, key }] of script.entries()) {
            if (wait > 0) await harness.processingTime((now += 2 * wait));
            await harness.process({ key, n });
          }
          await harness.processingTime(now + 100);
          outcomes.push(harness.records);
        }
        const [sliced, exact] = outcomes.map((records) =>
          records.map((record) => JSON.stringify(record)).sort(),
        );
        expect(sliced).toEqual(exact);
      },
    ),
  ));
