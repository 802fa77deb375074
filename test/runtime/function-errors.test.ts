// What is said of a function that fails: the error and the operator first, then what it was given, where it is, its lines.

import { expect, test } from 'vitest';
import {
  AsyncDataStream,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from '../../src/index.ts';

const env = StreamExecutionEnvironment.getExecutionEnvironment().setParallelism(1);
const timing = WatermarkStrategy.forMonotonousTimestamps<number>().withTimestampAssigner((x) => x);
const timed = () => env.fromCollection([1, 2, 3, 5, 7]).assignTimestampsAndWatermarks(timing);
const keyed = () => timed().keyBy((x) => x % 2);
const windowed = () => keyed().window(TumblingEventTimeWindows.of(10));
const window = 'window: TimeWindow { start: 0, end: 10 }';
const does = (how: string) => `settings: 10 ms of event time, ${how}`;

function bad(): never {
  throw new RangeError('bad');
}

const CASES: Record<string, [stream: () => { executeAndCollect(): Results }, lines: string[]]> = {
  'window process': [
    () => windowed().process({ process: bad }),
    ['key: 1', window, 'elements: 1, 3, 5, … 1 more', does('process')],
  ],
  'window process, a generator': [
    () =>
      windowed().process({
        *process() {
          yield 1;
          bad();
        },
      }),
    ['key: 1', window, 'elements: 1, 3, 5, … 1 more', does('process')],
  ],
  'window reduce': [() => windowed().reduce(bad), ['record: 3', 'key: 1', does('reduce')]],
  'function behind a window reduce': [
    () =>
      windowed().reduce(
        (a, b) => a + b,
        () => bad(),
      ),
    ['key: 1', window, 'elements: 16', does('reduce')],
  ],
  windowAll: [
    () =>
      timed()
        .windowAll(TumblingEventTimeWindows.of(10))
        .apply(() => bad()),
    [window, 'elements: 1, 2, 3, … 2 more', does('apply')],
  ],
  onTimer: [
    () =>
      keyed().process({
        processElement: (x: number, ctx) => ctx.timerService().registerEventTimeTimer(x),
        onTimer: bad,
      }),
    ['key: 1'],
  ],
  join: [
    () =>
      timed()
        .join(timed())
        .where((x) => x)
        .equalTo((x) => x)
        .window(TumblingEventTimeWindows.of(10))
        .apply(() => bad()),
    ['record: [ 1, 1 ]', 'key: 1', window, 'elements: 1, 1', does('join')],
  ],
  coGroup: [
    () =>
      timed()
        .coGroup(timed())
        .where((x) => x)
        .equalTo((x) => x)
        .window(TumblingEventTimeWindows.of(10))
        .apply(() => bad()),
    ['key: 1', window, 'elements: 1, 1', does('co_group')],
  ],
  'asynchronous function': [
    () => AsyncDataStream.orderedWait(timed(), async () => bad(), 1_000),
    ['record: 1', 'settings: 100 at a time, given up after 1 s'],
  ],
  'keyed map': [() => keyed().map(bad), ['record: 1', 'key: 1']],
};

interface Results {
  toArray(): Promise<unknown[]>;
}

test.each(Object.entries(CASES))('%s', async (_name, [stream, lines]) => {
  const error: Error = await stream()
    .executeAndCollect()
    .toArray()
    .then(
      () => new Error('nothing failed'),
      (thrown: Error) => thrown,
    );
  const [first, ...rest] = error.message.split('\n');
  expect(first).toMatch(/^RangeError in operator ".+" \(subtask 1\/1\): bad$/);
  const calls = rest.findIndex((line) => line.startsWith('    at '));
  expect(rest.slice(0, calls - 1)).toEqual(lines.map((line) => `  ${line}`));
  expect(rest[calls - 1]).toMatch(/^ {2}defined at .*function-errors\.test\.ts:\d+$/);
  // Ours are left out, those that have no place of their own, too.
  for (const call of rest.slice(calls)) expect(call).toContain('function-errors.test.ts');
});
