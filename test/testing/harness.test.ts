import { expect, test } from 'vitest';
import { type DataStream, OutputTag, TumblingEventTimeWindows } from '../../src/index.ts';
import { ManualClock, OneInputHarness } from '../../src/testing/index.ts';

const add = (a: number, b: number) => a + b;

test('a function is told its kind, or has it from its method', async () => {
  await using plain = await OneInputHarness.open((x: number) => x + 1, { kind: 'map' });
  await plain.process(1, 2);
  expect(plain.output).toEqual([2, 3]);
  await using object = await OneInputHarness.open({ filter: (x: number) => x > 1 });
  await object.processTimed([1, 10], [2, 20]);
  expect(object.records).toEqual([{ value: 2, timestamp: 20 }]);
  class Twice {
    flatMap(x: number): number[] {
      return [x, x];
    }
  }
  await using made = await OneInputHarness.open(Twice);
  await made.process(1);
  expect(made.take()).toEqual([1, 1]);
  expect(made.output).toEqual([]);
  await expect(OneInputHarness.open((x: number) => x)).rejects.toThrow("Say it: { kind: 'map' }");
});

test('an operator is taken from a stream, with its key', async () => {
  await using harness = await OneInputHarness.openStream((stream: DataStream<number>) =>
    stream
      .keyBy((x) => x % 2)
      .window(TumblingEventTimeWindows.of(10))
      .reduce(add),
  );
  await harness.processAt(5, 1, 2, 3);
  await harness.watermark(8);
  expect(harness.output).toEqual([]);
  await harness.watermark(9);
  expect(harness.records).toEqual([
    { value: 4, timestamp: 9 },
    { value: 2, timestamp: 9 },
  ]);
  expect(harness.watermarks).toEqual([8, 9]);
});

test('late records are in their side output', async () => {
  const late = new OutputTag<number>('late');
  await using harness = await OneInputHarness.openStream((stream: DataStream<number>) =>
    stream
      .keyBy((x) => x % 2)
      .window(TumblingEventTimeWindows.of(10))
      .sideOutputLateData(late)
      .reduce(add),
  );
  await harness.watermark(10);
  await harness.processAt(3, 7);
  expect(harness.sideOutput(late)).toEqual([7]);
  expect(harness.sideRecords('late')).toEqual([{ value: 7, timestamp: 3 }]);
  expect(harness.sideOutput('other')).toEqual([]);
});

test('more than one operator is refused by name', () => {
  expect(() =>
    OneInputHarness.openStream((stream: DataStream<number>) =>
      stream.map((x) => x + 1).filter((x) => x > 0),
    ),
  ).toThrow('these are 2: "Map", "Filter"');
});

test('what a snapshot holds goes on in another harness', async () => {
  const build = (stream: DataStream<number>) =>
    stream
      .keyBy((x) => x % 2)
      .window(TumblingEventTimeWindows.of(10))
      .reduce(add);
  await using before = await OneInputHarness.openStream(build);
  await before.processAt(5, 1, 3);
  await using after = await OneInputHarness.openStream(build, { restore: await before.snapshot() });
  await after.processAt(6, 5);
  await after.end();
  expect(after.output).toEqual([9]);
});

test('what a function throws is thrown by the call that gave it the record', async () => {
  await using harness = await OneInputHarness.open(
    () => {
      throw new RangeError('too much');
    },
    { kind: 'map' },
  );
  await expect(harness.process(1)).rejects.toThrow(RangeError);
  // The harness goes on.
  await expect(harness.process(2)).rejects.toThrow('too much');
  await using windows = await OneInputHarness.openStream((numbers: DataStream<number>) =>
    numbers
      .keyBy((n) => n)
      .countWindow(1)
      .process({
        process() {
          throw new RangeError('too many');
        },
      }),
  );
  await expect(windows.process(1)).rejects.toThrow('too many');
});

test('a clock calls back in order of time, and never goes back', () => {
  const clock = new ManualClock(100);
  const called: number[] = [];
  clock.at(150, () => called.push(150, clock.now()));
  clock.at(120, () => {
    called.push(120, clock.now());
    clock.at(130, () => called.push(130));
  });
  clock.at(140, () => called.push(140))();
  clock.set(149);
  expect(called).toEqual([120, 120, 130]);
  clock.set(200);
  expect(called).toEqual([120, 120, 130, 150, 150]);
  expect(clock.now()).toBe(200);
  expect(() => clock.set(199)).toThrow('is at 200 ms and cannot go back to 199 ms');
});
