// Watermark generators of one's own: by record (punctuated) and by the clock (periodic).

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type SavedSplits, Splits } from '../../src/runtime/splits.ts';
import { SplitTimes } from '../../src/operators/split-times.ts';
import {
  type DataStream,
  type Source,
  StreamExecutionEnvironment,
  WatermarkStrategy,
} from '../../src/index.ts';
import { ManualClock, OneInputHarness } from '../../src/testing/index.ts';
import { op } from '../runtime/local-job.ts';
import { OneSubtask } from '../runtime/one-subtask.ts';

test('a generator may emit with each record', async () => {
  const strategy = WatermarkStrategy.forGenerator<number>(() => ({
    onEvent: (value) => (value % 10 === 0 ? value : undefined),
  })).withTimestampAssigner((value) => value);
  await using harness = await OneInputHarness.openStream((stream: DataStream<number>) =>
    stream.assignTimestampsAndWatermarks(strategy),
  );
  await harness.process(10, 11);
  expect(harness.watermarks).toEqual([10]);
  await harness.process(20);
  expect(harness.watermarks).toEqual([10, 20]);
  await harness.process(10); // Watermarks never go back.
  expect(harness.watermarks).toEqual([10, 20]);
});

test.each([1.5, null, 2 ** 64, -1e300])('%s is no timestamp', async (given) => {
  const strategy = WatermarkStrategy.forMonotonousTimestamps<number>().withTimestampAssigner(
    () => given as number,
  );
  await using harness = await OneInputHarness.openStream((stream: DataStream<number>) =>
    stream.assignTimestampsAndWatermarks(strategy),
  );
  await expect(harness.process(1)).rejects.toThrow(
    'A timestamp is a whole number of milliseconds since the epoch, in 64 bits; the assigner returned',
  );
});

test('a generator may emit by the clock, and every subtask has its own', async () => {
  let made = 0;
  const strategy = WatermarkStrategy.forGenerator<number>(() => {
    made++;
    let largest: number | undefined;
    return {
      onEvent(_value, timestamp) {
        largest = Math.max(timestamp, largest ?? timestamp);
      },
      onPeriodicEmit: () => (largest === undefined ? undefined : largest - 3),
    };
  }).withTimestampAssigner((value) => value);
  const clock = new ManualClock(0);
  await using harness = await OneInputHarness.openStream(
    (stream: DataStream<number>) => stream.assignTimestampsAndWatermarks(strategy),
    { clock },
  );
  expect(made).toBe(1);
  await harness.process(10, 30, 20);
  expect(harness.watermarks).toEqual([]);
  await harness.processingTime(1000);
  expect(harness.watermarks).toEqual([27]);
  await harness.process(25);
  await harness.processingTime(2000);
  expect(harness.watermarks).toEqual([27]);
});

describe('as in Python (test/vectors/watermarks.json)', () => {
  const vectors = JSON.parse(
    readFileSync(new URL('../vectors/watermarks.json', import.meta.url), 'utf8'),
  ) as { cases: WatermarkCase[] };

  interface WatermarkCase {
    name: string;
    generator: 'monotonous' | 'bounded' | 'punctuated' | 'clock';
    delay?: number;
    idleTimeout?: number;
    perSplit?: boolean;
    steps: string;
    passedOn: string;
  }

  test.each(vectors.cases)('$name', async (given) => {
    const { generator, delay, idleTimeout, perSplit, steps, passedOn } = given;
    const clock = new ManualClock();
    const custom = () =>
      generator === 'clock'
        ? { onPeriodicEmit: () => clock.now() }
        : { onEvent: (value: string) => (value.endsWith('!') ? timeOf(value) : undefined) };
    const timeOf = (value: string) => Number.parseInt(value.slice(1), 10);
    const made = {
      monotonous: () => WatermarkStrategy.forMonotonousTimestamps<string>(),
      bounded: () => WatermarkStrategy.forBoundedOutOfOrderness<string>(delay ?? 0),
      punctuated: () => WatermarkStrategy.forGenerator<string>(custom),
      clock: () => WatermarkStrategy.forGenerator<string>(custom),
    };
    const strategy = made[generator]().withTimestampAssigner(timeOf);
    const timed = idleTimeout === undefined ? strategy : strategy.withIdleness(idleTimeout);
    const config = { 'pipeline.auto-watermark-interval': '20' };
    const open = () =>
      OneInputHarness.openStream(
        (stream: DataStream<string>) =>
          stream.stamped(timed, perSplit === true ? { perSplit } : {}),
        { clock, config },
      );
    let harness = await open();
    const splits = new Set<string>();
    const told: (number | boolean)[] = [];
    for (const step of steps.split(' ')) {
      const name = step.slice(1);
      if (step === 'save') {
        const before = harness;
        const saved = [...splits].map((split) => JSON.stringify(before.splits?.saved(split)));
        told.push(...before.watermarks);
        await before.close();
        harness = await open();
        for (const [i, split] of [...splits].entries())
          harness.splits?.began(split, JSON.parse(saved[i] as string));
      } else if (step.startsWith('t')) await harness.processingTime(timeOf(step));
      else if (step.startsWith('+')) {
        splits.add(name);
        harness.splits?.began(name);
      } else if (step.startsWith('-')) {
        splits.delete(name);
        harness.splits?.ended(name);
      } else if (step.startsWith('@')) harness.splits?.current(name);
      else await harness.process(step);
    }
    told.push(...harness.watermarks);
    await harness.close();
    const shown = told.map((told) =>
      typeof told === 'number' ? `w${told}` : told ? 'idle' : 'active',
    );
    expect(shown.join(' ')).toBe(passedOn);
  });
});

test('generators go with their splits over 1 → 3 → 2', () => {
  const opened = (parallelism: number, states: SavedSplits[]) =>
    Array.from({ length: parallelism }, (_, subtask) => {
      const times = new SplitTimes({
        now: () => 0,
        newGenerator: () => undefined,
        changed: () => {},
      });
      const splits = new Splits(subtask, parallelism, times);
      splits.restore(states);
      return { splits, times };
    });
  const all = [0, 1, 2, 3, 4, 5];
  const [first] = opened(1, []);
  if (first === undefined) throw new Error('no subtask');
  for (const n of all) {
    first.splits.add(`${n}`, null, 0);
    first.times.current(`${n}`);
    first.times.now.max = first.times.now.watermark = 100 + n;
    first.times.now.isIdle = n === 3;
  }
  let states = [first.splits.snapshot()];
  for (const parallelism of [3, 2]) {
    const subtasks = opened(parallelism, structuredClone(states));
    const seen = new Map<string, unknown>();
    for (const { splits, times } of subtasks) {
      const own = splits.toRead().map(({ id }) => id);
      for (const id of own) {
        times.current(id);
        seen.set(id, [times.now.max, times.now.watermark, times.now.isIdle]);
      }
      const counted = own.filter((id) => id !== '3').map((id) => 100 + Number(id));
      expect(times.together().watermark).toBe(Math.min(...counted));
    }
    const each = all.map((n) => [`${n}`, [100 + n, 100 + n, n === 3]] as const);
    expect(seen).toEqual(new Map(each));
    states = subtasks.map(({ splits }) => splits.snapshot());
  }
});

test('a subtask tells its generators of the splits of its source', async () => {
  const splits = ['a', 'b'].map((id) => ({ id, of: null, subtask: 0 }));
  const batches = [
    { split: 'a', values: [100, 200], timestamps: [100, 200] },
    { split: 'a', values: [], ends: true },
    { split: 'b', values: [10], timestamps: [10] },
  ];
  let next = 0;
  let ends = false;
  const source: Source<number> = {
    bounded: true,
    enumerator: () => ({ discover: () => splits }),
    reader: () => ({
      add: () => {},
      next: () => batches[next++] ?? (ends ? { split: 'b', values: [], ends } : undefined),
    }),
  };
  const stamped = op('timestamps', undefined, { generator: 'monotonous', perSplit: true });
  const one = await OneSubtask.open([op('source' as 'source.lines', source), stamped]);
  await one.untilMark('w9');
  ends = true;
  await one.untilMark('end');
  expect(one.marks).toEqual(['w9', 'final', 'end']);
});

test('a strategy of fromSource is of the source: as parallel, and per split', () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  const strategy = WatermarkStrategy.forMonotonousTimestamps<number>();
  const source: Source<number> = {
    bounded: true,
    enumerator: () => ({ discover: () => [] }),
    reader: () => ({ add: () => {}, next: () => undefined }),
  };
  env.fromSource(source, 'numbers', undefined, strategy).setParallelism(3).print();
  const { operators } = env.graph().jobGraph;
  expect(operators.slice(0, 2).map(({ parallelism }) => parallelism)).toEqual([3, 3]);
  expect(operators[1]?.params).toMatchObject({ perSplit: true });
});
