// Interval and as-of joins held against models that look at all pairs.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DataStream } from '../../src/index.ts';
import { entriesOf } from '../../src/state/chunks.ts';
import { MAX_TIMESTAMP, MIN_TIMESTAMP, TwoInputHarness } from '../../src/testing/index.ts';

interface Event {
  id: number;
  key: unknown;
  at: number;
}
/** A record of a side, or a watermark of both. */
type Step = { side: 0 | 1; event: Event } | { watermark: number };

const keys = fc.constantFrom<unknown>('a', 'b', ['a'], 1);
const steps: fc.Arbitrary<Step[]> = fc
  .array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          side: fc.constantFrom<0 | 1>(0, 1),
          key: keys,
          at: fc.integer({ min: 0, max: 30 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ watermark: fc.integer({ min: 0, max: 32 }) }) },
    ),
    { maxLength: 40 },
  )
  .map((drawn) =>
    drawn.map(
      (step, id): Step =>
        'watermark' in step ? step : { side: step.side, event: { id, key: step.key, at: step.at } },
    ),
  );

/** Where records wait. */
const backends = fc.constantFrom({}, { 'state.backend.type': 'embedded' });
const ways = fc
  .tuple(backends, backends)
  .map(([before, after]) => ({ before: { config: before }, after: { config: after } }));
const hows = fc.constantFrom('inner' as const, 'left' as const, 'right' as const, 'full' as const);
const keyOf = ({ key }: Event) => key;
const pair = (left: Event | null, right: Event | null) => [left?.id ?? null, right?.id ?? null];
const sorted = (pairs: unknown[]) => pairs.map((each) => JSON.stringify(each)).sort();

async function play(harness: TwoInputHarness, script: readonly Step[]): Promise<void> {
  for (const step of script) {
    if ('watermark' in step) await harness.watermark(step.watermark);
    else if (step.side === 0) await harness.processAt1(step.event.at, step.event);
    else await harness.processAt2(step.event.at, step.event);
  }
}

/** Records that were not late, by side. */
function onTime(script: readonly Step[]): [Event[], Event[]] {
  const sides: [Event[], Event[]] = [[], []];
  let watermark = -1;
  for (const step of script) {
    if ('watermark' in step) watermark = Math.max(watermark, step.watermark);
    else if (step.event.at > watermark) sides[step.side].push(step.event);
  }
  return sides;
}

const sameKey = (a: Event, b: Event) => JSON.stringify(a.key) === JSON.stringify(b.key);

interface Bounds {
  lower: number;
  upper: number;
  openLower: boolean;
  openUpper: boolean;
  how: 'inner' | 'left' | 'right' | 'full';
}

const bounds: fc.Arbitrary<Bounds> = fc
  .record({
    lower: fc.integer({ min: -8, max: 8 }),
    width: fc.integer({ min: 0, max: 8 }),
    openLower: fc.boolean(),
    openUpper: fc.boolean(),
    how: hows,
  })
  .map(({ width, ...rest }) => ({ ...rest, upper: rest.lower + width }));

function intervalJoin({ lower, upper, openLower, openUpper, how }: Bounds) {
  return (lefts: DataStream<Event>, rights: DataStream<Event>) => {
    let join = lefts.keyBy(keyOf).intervalJoin(rights.keyBy(keyOf), { how }).between(lower, upper);
    if (openLower) join = join.lowerBoundExclusive();
    if (openUpper) join = join.upperBoundExclusive();
    return join.process(pair);
  };
}

function naiveIntervalJoin(given: Bounds, script: readonly Step[]): unknown[] {
  const [lefts, rights] = onTime(script);
  const meets = (left: Event, right: Event) => {
    const distance = right.at - left.at;
    if (!sameKey(left, right)) return false;
    if (given.openLower ? distance <= given.lower : distance < given.lower) return false;
    return given.openUpper ? distance < given.upper : distance <= given.upper;
  };
  const results: unknown[] = [];
  for (const left of lefts) {
    for (const right of rights) if (meets(left, right)) results.push(pair(left, right));
  }
  if (given.how === 'left' || given.how === 'full') {
    for (const left of lefts)
      if (!rights.some((right) => meets(left, right))) results.push(pair(left, null));
  }
  if (given.how === 'right' || given.how === 'full') {
    for (const right of rights)
      if (!lefts.some((left) => meets(left, right))) results.push(pair(null, right));
  }
  return results;
}

describe('an interval join', () => {
  test('gives the pairs that a look at all of them gives', async () => {
    await fc.assert(
      fc.asyncProperty(bounds, backends, steps, async (given, config, script) => {
        await using harness = await TwoInputHarness.openStreams(intervalJoin(given), { config });
        await play(harness, script);
        await harness.end();
        expect(sorted(harness.output)).toEqual(sorted(naiveIntervalJoin(given, script)));
        expect(entriesOf(await harness.snapshot(), 'sides')).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test('never emits behind a watermark that it passed on', async () => {
    await fc.assert(
      fc.asyncProperty(bounds, steps, async (given, script) => {
        await using harness = await TwoInputHarness.openStreams(intervalJoin(given));
        let before = 0;
        let passed = MIN_TIMESTAMP;
        for (const step of [...script, { watermark: MAX_TIMESTAMP }]) {
          await play(harness, [step]);
          for (const { timestamp } of harness.records.slice(before)) {
            expect(timestamp).toBeGreaterThan(passed);
          }
          before = harness.records.length;
          passed = (harness.watermarks.at(-1) as number | undefined) ?? MIN_TIMESTAMP;
        }
        expect(passed).toBe(MAX_TIMESTAMP);
      }),
      { numRuns: 200 },
    );
  });

  test('goes on after a restore, also by other subtasks', async () => {
    await fc.assert(
      fc.asyncProperty(bounds, ways, steps, fc.nat(40), async (given, way, script, at) => {
        await using before = await TwoInputHarness.openStreams(intervalJoin(given), way.before);
        await play(before, script.slice(0, at));
        const restore = await before.snapshot();
        const results = before.output;
        const marks = script.slice(0, at).filter((step) => 'watermark' in step);
        for (const subtask of [0, 1]) {
          const options = { restore, subtask, parallelism: 2, ...way.after };
          await using after = await TwoInputHarness.openStreams(intervalJoin(given), options);
          // Both get all records: what is not of their keys joins with nothing that was restored.
          await play(after, marks);
          await after.end();
          results.push(...after.output);
        }
        const early = script.slice(0, at);
        expect(sorted(results)).toEqual(sorted(naiveIntervalJoin(given, early)));
      }),
      { numRuns: 200 },
    );
  });

  test('gives any number of results of an object, with times and side outputs', async () => {
    class Both {
      *processElement(left: string, right: string, ctx: unknown) {
        const { getLeftTimestamp, getRightTimestamp, timestamp, output } = ctx as Record<
          string,
          (...args: unknown[]) => unknown
        >;
        const times = [getLeftTimestamp, getRightTimestamp, timestamp].map((f) => f?.call(ctx));
        output?.call(ctx, { id: 'seen' }, left + right);
        yield [left, ...times];
        yield [right, ...times];
      }
    }
    await using harness = await TwoInputHarness.openStreams(
      (lefts: DataStream<string>, rights: DataStream<string>) =>
        lefts
          .keyBy((text) => text.length)
          .intervalJoin(rights.keyBy((text) => text.length))
          .between(-5, 5)
          .process(Both),
    );
    await harness.processAt1(10, 'a');
    await harness.processAt2(8, 'b', 'long');
    expect(harness.records).toEqual([
      { value: ['a', 10, 8, 10], timestamp: 10 },
      { value: ['b', 10, 8, 10], timestamp: 10 },
    ]);
    expect(harness.sideOutput('seen')).toEqual(['ab']);
  });

  test('may have no bound', async () => {
    const given = { lower: -Infinity, upper: Infinity, openLower: false, openUpper: false };
    const build = intervalJoin({ ...given, how: 'full' });
    await using harness = await TwoInputHarness.openStreams(build);
    await harness.processAt1(1, { id: 1, key: 'a', at: 1 });
    await harness.watermark(1_000);
    await harness.processAt2(2_000, { id: 2, key: 'a', at: 2_000 }, { id: 3, key: 'b', at: 2_000 });
    expect(harness.output).toEqual([[1, 2]]);
    await harness.end();
    expect(harness.output).toEqual([
      [1, 2],
      [null, 3],
    ]);
  });

  test('wants timestamps', async () => {
    await using harness = await TwoInputHarness.openStreams(
      intervalJoin({ lower: 0, upper: 1, openLower: false, openUpper: false, how: 'inner' }),
    );
    await expect(harness.process1({ id: 1, key: 'a', at: 1 })).rejects.toThrow(
      'need timestamps: call assignTimestampsAndWatermarks on both inputs',
    );
  });

  test('awaits its function, one pair at a time', async () => {
    let running = 0;
    await using harness = await TwoInputHarness.openStreams(
      (lefts: DataStream<Event>, rights: DataStream<Event>) =>
        lefts
          .keyBy(keyOf)
          .intervalJoin(rights.keyBy(keyOf))
          .between(0, 100)
          .process(async (left, right) => {
            expect(++running).toBe(1);
            await Promise.resolve();
            running--;
            return pair(left, right);
          }),
    );
    for (const id of [1, 2, 3]) await harness.processAt1(id, { id, key: 'a', at: id });
    await harness.processAt2(10, { id: 9, key: 'a', at: 10 });
    expect(harness.output).toEqual([
      [1, 9],
      [2, 9],
      [3, 9],
    ]);
  });
});

describe('an as-of join', () => {
  const asOf = (toleranceMs: number | undefined, how: 'inner' | 'left') => {
    const options = toleranceMs === undefined ? { how } : { how, toleranceMs };
    return (lefts: DataStream<Event>, rights: DataStream<Event>) =>
      lefts.keyBy(keyOf).asOfJoin(rights.keyBy(keyOf), pair, options);
  };

  function naive(toleranceMs: number, how: string, script: readonly Step[]): unknown[] {
    const [lefts, rights] = onTime(script);
    return lefts.flatMap((left) => {
      const before = rights.filter((right) => sameKey(left, right) && right.at <= left.at);
      const latest = Math.max(...before.map(({ at }) => at));
      const partner = before.filter(({ at }) => at === latest).at(-1);
      if (partner !== undefined && left.at - partner.at <= toleranceMs)
        return [pair(left, partner)];
      return how === 'left' ? [pair(left, null)] : [];
    });
  }

  const tolerances = fc.option(fc.integer({ min: 0, max: 10 }), { nil: undefined });
  const kinds = fc.constantFrom('inner' as const, 'left' as const);

  test('gives each left record the latest right one', async () => {
    await fc.assert(
      fc.asyncProperty(
        tolerances,
        kinds,
        backends,
        steps,
        async (tolerance, how, config, script) => {
          await using harness = await TwoInputHarness.openStreams(asOf(tolerance, how), { config });
          await play(harness, script);
          await harness.end();
          expect(sorted(harness.output)).toEqual(sorted(naive(tolerance ?? Infinity, how, script)));
          // Only the latest right record of each key is of use to anybody.
          const waiting = entriesOf(await harness.snapshot(), 'sides') as [
            unknown,
            number,
            unknown[],
          ][];
          expect(waiting.map(([, side, records]) => [side, records.length])).toEqual(
            waiting.map(() => [1, 1]),
          );
          const times = harness.records.map(({ timestamp }) => timestamp);
          expect(times).toEqual([...times].sort((a, b) => a - b));
        },
      ),
      { numRuns: 200 },
    );
  });

  test('goes on after a restore', async () => {
    await fc.assert(
      fc.asyncProperty(tolerances, kinds, ways, steps, fc.nat(40), async (...drawn) => {
        const [tolerance, how, way, script, at] = drawn;
        await using before = await TwoInputHarness.openStreams(asOf(tolerance, how), way.before);
        await play(before, script.slice(0, at));
        await using after = await TwoInputHarness.openStreams(asOf(tolerance, how), {
          restore: await before.snapshot(),
          ...way.after,
        });
        await play(
          after,
          script.slice(0, at).filter((step) => 'watermark' in step),
        );
        await play(after, script.slice(at));
        await after.end();
        const results = [...before.output, ...after.output];
        expect(sorted(results)).toEqual(sorted(naive(tolerance ?? Infinity, how, script)));
      }),
      { numRuns: 200 },
    );
  });
});

test.each([{}, { 'state.backend.type': 'embedded' }])(
  'many waiting records of a key cost no more each: %o',
  async (config) => {
    await using harness = await TwoInputHarness.openStreams(
      (lefts: DataStream<number>, rights: DataStream<number>) =>
        lefts
          .keyBy(() => 0)
          .asOfJoin(
            rights.keyBy(() => 0),
            (left, right) => left - right,
          ),
      { config },
    );
    for (let i = 0; i < 40_000; i++) {
      await harness.processAt1(i, i);
      await harness.processAt2(i, i);
    }
    const before = process.cpuUsage();
    await harness.end();
    expect(harness.output).toEqual(Array.from({ length: 40_000 }, () => 0));
    expect(process.cpuUsage(before).user).toBeLessThan(1_500_000);
  },
);
