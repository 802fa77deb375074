// Window joins and co-groups held against a model that looks at all pairs of a window.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  CountTrigger,
  type DataStream,
  EventTimeSessionWindows,
  SlidingEventTimeWindows,
  TumblingEventTimeWindows,
  type WindowAssignerLike,
  type WindowLike,
} from '../../src/index.ts';
import { TwoInputHarness } from '../../src/testing/index.ts';

interface Event {
  id: number;
  key: string;
  at: number;
}
type Assigner = WindowAssignerLike<Event, WindowLike>;
type Step = { side: 0 | 1; event: Event } | { watermark: number };

const keyOf = ({ key }: Event) => key;
const ids = (events: Event[]) => events.map(({ id }) => id);
const sorted = (results: unknown[]) => results.map((each) => JSON.stringify(each)).sort();

const joinBy =
  (assigner: Assigner, latenessMs = 0) =>
  (a: DataStream<Event>, b: DataStream<Event>) =>
    a
      .join(b)
      .where(keyOf)
      .equalTo(keyOf)
      .window(assigner)
      .allowedLateness(latenessMs)
      .apply((left, right) => [left.id, right.id]);

const groupBy = (assigner: Assigner) => (a: DataStream<Event>, b: DataStream<Event>) =>
  a
    .coGroup(b)
    .where(keyOf)
    .equalTo(keyOf)
    .window(assigner)
    .apply((lefts, rights) => [[ids(lefts), ids(rights)]]);

const steps: fc.Arbitrary<Step[]> = fc
  .array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          side: fc.constantFrom<0 | 1>(0, 1),
          key: fc.constantFrom('a', 'b'),
          at: fc.integer({ min: 0, max: 40 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ watermark: fc.integer({ min: 0, max: 45 }) }) },
    ),
    { maxLength: 30 },
  )
  .map((drawn) =>
    drawn.map(
      (step, id): Step =>
        'watermark' in step ? step : { side: step.side, event: { id, key: step.key, at: step.at } },
    ),
  );

async function play(harness: TwoInputHarness, script: readonly Step[]): Promise<void> {
  for (const step of script) {
    if ('watermark' in step) await harness.watermark(step.watermark);
    else if (step.side === 0) await harness.processAt1(step.event.at, step.event);
    else await harness.processAt2(step.event.at, step.event);
  }
  await harness.end();
}

/** What each window of each key gets of both sides, records too late for it left out. */
function naiveWindows(size: number, slide: number, script: readonly Step[]): [Event[], Event[]][] {
  const windows = new Map<string, [Event[], Event[]]>();
  let watermark = -1;
  for (const step of script) {
    if ('watermark' in step) {
      watermark = Math.max(watermark, step.watermark);
      continue;
    }
    const { event, side } = step;
    for (let start = event.at - size + 1; start <= event.at; start++) {
      if (start % slide !== 0 || start + size - 1 <= watermark) continue;
      const id = `${event.key} ${start}`;
      if (!windows.has(id)) windows.set(id, [[], []]);
      windows.get(id)?.[side].push(event);
    }
  }
  return [...windows.values()];
}

const shapes = fc.constantFrom(
  [10, 10, TumblingEventTimeWindows.of(10)] as const,
  [12, 4, SlidingEventTimeWindows.of(12, 4)] as const,
);

test('a join gives each pair of a window', async () => {
  await fc.assert(
    fc.asyncProperty(shapes, steps, async ([size, slide, assigner], script) => {
      await using harness = await TwoInputHarness.openStreams(joinBy(assigner));
      await play(harness, script);
      const expected = naiveWindows(size, slide, script).flatMap(([lefts, rights]) =>
        lefts.flatMap((left) => rights.map((right) => [left.id, right.id])),
      );
      expect(sorted(harness.output)).toEqual(sorted(expected));
    }),
    { numRuns: 200 },
  );
});

test('a co-group gives each window that has any record', async () => {
  await fc.assert(
    fc.asyncProperty(shapes, steps, async ([size, slide, assigner], script) => {
      await using harness = await TwoInputHarness.openStreams(groupBy(assigner));
      await play(harness, script);
      const expected = naiveWindows(size, slide, script).map((sides) => sides.map(ids));
      expect(sorted(harness.output)).toEqual(sorted(expected));
    }),
    { numRuns: 200 },
  );
});

const at = (key: string, ...times: number[]): Event[] =>
  times.map((time) => ({ id: time, key, at: time }));

async function fed(harness: TwoInputHarness, lefts: Event[], rights: Event[]): Promise<void> {
  for (const event of lefts) await harness.processAt1(event.at, event);
  for (const event of rights) await harness.processAt2(event.at, event);
}

test.each([
  ['of one gap', EventTimeSessionWindows.withGap(5)],
  [
    'of gaps that the records say',
    EventTimeSessionWindows.withDynamicGap<Event>(({ key }) => (key === 'a' ? 5 : 1)),
  ],
])('sessions %s span both sides', async (name, assigner) => {
  await using harness = await TwoInputHarness.openStreams(groupBy(assigner as Assigner));
  await fed(harness, at('a', 1, 8, 20), at('a', 4));
  await fed(harness, at('b', 1), at('b', 3));
  await harness.end();
  const ofB =
    name === 'of one gap'
      ? [[[1], [3]]]
      : [
          [[1], []],
          [[], [3]],
        ];
  expect(sorted(harness.output)).toEqual(sorted([[[1, 8], [4]], [[20], []], ...ofB]));
});

test('late records join what is kept, within the lateness allowed', async () => {
  await using harness = await TwoInputHarness.openStreams(
    joinBy(TumblingEventTimeWindows.of(10), 5),
  );
  await fed(harness, at('a', 1), at('a', 2));
  await harness.watermark(12);
  expect(harness.take()).toEqual([[1, 2]]);
  await fed(harness, [], at('a', 3));
  expect(harness.take()).toEqual([
    [1, 2],
    [1, 3],
  ]);
  await harness.watermark(14);
  await fed(harness, at('a', 4), []);
  await harness.end();
  expect(harness.take()).toEqual([]);
});

test('triggers count the records of both sides; functions may be asynchronous, or objects', async () => {
  const opened: string[] = [];
  class Names {
    open(): void {
      opened.push('open');
    }
    join(left: Event, right: Event): Promise<string> {
      return Promise.resolve(`${left.id}-${right.id}`);
    }
    close(): void {
      opened.push('close');
    }
  }
  const harness = await TwoInputHarness.openStreams((a: DataStream<Event>, b: DataStream<Event>) =>
    a
      .join(b)
      .where(keyOf)
      .equalTo(keyOf)
      .window(TumblingEventTimeWindows.of(100))
      .trigger(CountTrigger.of(3))
      .apply(Names),
  );
  await fed(harness, at('a', 1, 2), at('a', 3));
  expect(harness.records).toEqual([
    { value: '1-3', timestamp: 3 },
    { value: '2-3', timestamp: 3 },
  ]);
  await harness.close();
  expect(opened).toEqual(['open', 'close']);
});

test('a snapshot holds the records of both sides', async () => {
  const build = joinBy(SlidingEventTimeWindows.of(10, 5));
  await using before = await TwoInputHarness.openStreams(build);
  await fed(before, at('a', 1), at('a', 2));
  await using after = await TwoInputHarness.openStreams(build, {
    restore: await before.snapshot(),
  });
  await fed(after, [], at('a', 7));
  await after.end();
  expect(after.output).toEqual([
    [1, 2],
    [1, 2],
    [1, 7],
  ]);
});
