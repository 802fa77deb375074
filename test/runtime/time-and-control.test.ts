// Watermarks, timers, barriers and the end, taken through chains of operators that note what they are told.

import { systemClock } from '../../src/machine/system-clock.ts';
import { describe, expect, test } from 'vitest';
import type { OperatorSpec } from '../../src/graph/job-graph.ts';
import type { Element } from '../../src/runtime/element.ts';
import {
  type Clock,
  type Emit,
  MAX_TIMESTAMP,
  type Operator,
  type OperatorContext,
} from '../../src/runtime/operator.ts';
import { type SavedSubtask, entriesOf } from '../../src/state/chunks.ts';
import { readStates } from '../../src/state/storage/restoring.ts';
import type { SnapshotAnswer } from '../../src/checkpoint/coordinator.ts';
import { loopedStorage } from './looped-storage.ts';
import type { Makers } from '../../src/runtime/makers.ts';
import { builtIn } from '../../src/built-in.ts';
import { type LocalJobOptions, localJob, op } from './local-job.ts';

/** An operator of the test's own, under a kind that the runtime knows. */
type Custom = (ctx: OperatorContext, emit: Emit) => Partial<Operator>;

function custom(name: string): OperatorSpec {
  return op('process', undefined, {}, name);
}

function makers(customs: Record<string, Custom>): Makers {
  return {
    ...builtIn,
    createOperator(spec, how) {
      const make = customs[spec.name];
      if (make === undefined) return builtIn.createOperator(spec, how);
      const operator: Operator = {
        open: (ctx, emit) => {
          const { process, ...rest } = make(ctx, emit);
          Object.assign(operator, rest);
          if (process !== undefined) operator.process = process;
        },
        process: () => undefined,
      };
      return operator;
    },
  };
}

const controls = (elements: Element[] | undefined) =>
  (elements ?? []).flatMap((element) => {
    if (element.kind === 'batch') return element.values.map((value) => `record ${String(value)}`);
    if (element.kind === 'watermark') {
      return [
        element.timestamp === MAX_TIMESTAMP ? 'final watermark' : `watermark ${element.timestamp}`,
      ];
    }
    return [element.kind === 'barrier' ? `barrier ${element.checkpoint}` : element.kind];
  });

/** source → the custom operators | sink, and what crossed between. */
function job(
  values: unknown[],
  names: string[],
  customs: Record<string, Custom>,
  options: LocalJobOptions = {},
) {
  return localJob(
    [
      { chain: [op('source.collection', values), ...names.map(custom)] },
      { chain: [op('sink.collect')] },
    ],
    [{ from: 0, to: 1 }],
    { ...options, makers: makers(customs), record: true },
  );
}

test('an operator finishes before the next one sees the final watermark', async () => {
  const told: string[] = [];
  const noting =
    (name: string): Custom =>
    (_ctx, emit) => ({
      process: (value) => {
        told.push(`${name} gets ${String(value)}`);
        return emit(value);
      },
      onWatermark: (watermark) =>
        void told.push(`${name} ${watermark === MAX_TIMESTAMP ? 'final' : watermark}`),
      finish: async () => {
        told.push(`${name} finishes`);
        await emit(`last of ${name}`);
      },
      close: () => void told.push(`${name} closes`),
    });
  const running = job([1], ['a', 'b'], { a: noting('a'), b: noting('b') });
  await running.run();
  expect(told).toEqual([
    'a gets 1',
    'b gets 1',
    'a final',
    'a finishes',
    'b gets last of a',
    'b final',
    'b finishes',
    'a closes',
    'b closes',
  ]);
  expect(running.collected).toEqual([1, 'last of a', 'last of b']);
  expect(controls([...running.traffic.values()][0]).slice(-2)).toEqual(['final watermark', 'end']);
});

describe('watermarks of an operator', () => {
  const generating: Custom = (ctx, emit) => ({
    holdsWatermarks: true,
    process: async (value) => {
      ctx.cursor.timestamp = Number(value);
      await emit(value);
      await ctx.emitWatermark(Number(value));
    },
  });

  test('reach those behind it, stay behind their records, and never those before it', async () => {
    const seen: string[] = [];
    const noting =
      (name: string): Custom =>
      (ctx, emit) => ({
        process: (value) => {
          seen.push(
            `${name} ${String(value)} at ${ctx.cursor.timestamp}, event time ${ctx.watermark}`,
          );
          return emit(value);
        },
      });
    const running = job([5, 7], ['generator', 'after'], {
      generator: generating,
      after: noting('after'),
    });
    await running.run();
    expect(seen).toEqual([`after 5 at 5, event time ${-(2 ** 63)}`, 'after 7 at 7, event time 5']);
    expect(controls([...running.traffic.values()][0])).toEqual([
      'record 5',
      'watermark 5',
      'record 7',
      'watermark 7',
      'final watermark',
      'end',
    ]);
  });

  test('wait behind records that have no credit', async () => {
    const running = job(
      [5, 6, 7, 8],
      ['generator'],
      { generator: generating },
      { limits: { windowBytes: 1, maxBatchRecords: 100 } },
    );
    await running.run();
    const crossed = controls([...running.traffic.values()][0]);
    const records = [5, 6, 7, 8];
    for (const record of records) {
      expect(crossed.indexOf(`record ${record}`)).toBeGreaterThanOrEqual(0);
      const mark = crossed.indexOf(`watermark ${record}`);
      if (mark >= 0) expect(mark).toBeGreaterThan(crossed.indexOf(`record ${record}`));
    }
    expect(running.collected).toEqual(records);
  });
});

describe('processing time', () => {
  test('comes once for the earliest request, and not after the end', async () => {
    let now = 1_000;
    const alarms: { at: number; ring: () => void }[] = [];
    const clock: Clock = {
      ...systemClock,
      now: () => now,
      monotonic: () => now,
      at(at, ring) {
        const alarm = { at, ring };
        alarms.push(alarm);
        return () => void alarms.splice(alarms.indexOf(alarm), 1);
      },
    };
    const fired: number[] = [];
    const release = Promise.withResolvers<void>();
    const timing: Custom = (ctx, emit) => ({
      process: async (value) => {
        ctx.requestProcessingTime(5_000);
        ctx.requestProcessingTime(2_000);
        ctx.requestProcessingTime(3_000);
        await emit(value);
      },
      onProcessingTime: async (at) => {
        fired.push(at);
        if (at < 3_000) ctx.requestProcessingTime(9_000);
        else release.resolve();
        await emit(`timer ${at}`);
      },
    });
    const running = localJob(
      [
        {
          chain: [
            op('source.function', async function* () {
              yield 'a';
              await release.promise;
            }),
            custom('timing'),
            op('sink.collect'),
          ],
        },
      ],
      [],
      { clock, makers: makers({ timing }) },
    );
    const ended = running.run();
    const advance = async (to: number) => {
      while (alarms.length === 0) await new Promise((resolve) => setImmediate(resolve));
      now = to;
      for (const alarm of alarms.filter(({ at }) => at <= to)) {
        alarms.splice(alarms.indexOf(alarm), 1);
        alarm.ring();
      }
    };
    await advance(2_000);
    while (fired.length < 1) await new Promise((resolve) => setImmediate(resolve));
    expect(alarms.map(({ at }) => at)).toEqual([9_000]);
    await advance(9_500);
    await ended;
    expect(fired).toEqual([2_000, 9_500]);
    expect(running.collected).toEqual(['a', 'timer 2000', 'timer 9500']);
    expect(alarms).toEqual([]);
  });

  test('has its turn between slow records of one batch', async () => {
    const told: string[] = [];
    const slow: Custom = (ctx, emit) => ({
      process: (value) => {
        if (value === 0) ctx.requestProcessingTime(Date.now() + 5);
        const until = performance.now() + 4;
        while (performance.now() < until);
        told.push('record');
        return emit(value);
      },
      onProcessingTime: () => void told.push('timer'),
    });
    await job([...Array(20).keys()], ['slow'], { slow }).run();
    const timer = told.indexOf('timer');
    expect(timer).toBeGreaterThan(0);
    expect(timer).toBeLessThan(15);
  });

  test('may be asked for from outside of the chain', async () => {
    const waiting: Custom = (ctx, emit) => {
      const ready: unknown[] = [];
      return {
        process: (value) => {
          const come = () => {
            ready.push(value);
            ctx.requestProcessingTime(ctx.clock.now());
          };
          if (value === 'late') void finishing.promise.then(come);
          else setImmediate(come);
        },
        onProcessingTime: async () => {
          for (const value of ready.splice(0)) await emit(value);
        },
        finish: async () => {
          finishing.resolve();
          while (ready.length < 1) await new Promise((resolve) => setImmediate(resolve));
          await emit(`left ${String(ready)}`);
        },
      };
    };
    const hold = Promise.withResolvers<void>();
    const finishing = Promise.withResolvers<void>();
    const running = localJob(
      [
        {
          chain: [
            op('source.function', async function* () {
              yield 'early';
              await hold.promise;
              yield 'late';
            }),
            custom('waiting'),
            op('sink.collect'),
          ],
        },
      ],
      [],
      { makers: makers({ waiting }) },
    );
    const ended = running.run();
    while (running.collected.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(running.collected).toEqual(['early']);
    hold.resolve();
    await ended;
    expect(running.collected).toEqual(['early', 'left late']);
  });
});

test('a checkpoint cuts the stream at one place and holds the state of every operator', async () => {
  const answers: Record<string, SnapshotAnswer> = {};
  const hold = Promise.withResolvers<void>();
  const counting: Custom = (ctx, emit) => {
    let count = 0;
    ctx.state.drawn('count', () => count);
    return {
      process: (value) => {
        count++;
        return emit(value);
      },
    };
  };
  const counter = custom('counter');
  const running = localJob(
    [
      {
        chain: [
          op('source.function', async function* () {
            yield 'a';
            yield 'b';
            await hold.promise;
            yield 'c';
          }),
          counter,
        ],
      },
      { chain: [op('sink.collect')] },
    ],
    [{ from: 0, to: 1 }],
    {
      makers: makers({ counter: counting }),
      record: true,
      snapshot: (checkpoint, task, subtask, answer) => {
        answers[`${checkpoint}/${task}/${subtask}`] = answer;
        if (task === 1) hold.resolve();
      },
    },
  );
  const ended = running.run();
  while (running.collected.length < 2) await new Promise((resolve) => setImmediate(resolve));
  running.subtasks[0]?.triggerCheckpoint({ checkpoint: 3, timestamp: 0, of: 'checkpoint' });
  await ended;
  expect(
    controls([...running.traffic.values()][0]).filter((line) => line !== 'final watermark'),
  ).toEqual(['record a', 'record b', 'barrier 3', 'record c', 'end']);
  expect(Object.keys(answers)).toEqual(['3/0/0', '3/1/0']);
  const { state } = answers['3/0/0'] as Extract<SnapshotAnswer, { kind: 'saved' }>;
  const [saved] = await readStates(loopedStorage, [state], () => true);
  expect(entriesOf(saved as SavedSubtask, 'count')).toEqual([2]);
});

test('cancel closes what is open, also while a function never settles', async () => {
  const closed: string[] = [];
  const begun = Promise.withResolvers<void>();
  const stuck: Custom = () => ({
    process: () => {
      begun.resolve();
      return new Promise<void>(() => {});
    },
    close: () => void closed.push('stuck'),
  });
  const running = job([1], ['stuck'], { stuck });
  const ended = running.run().catch((e: unknown) => e);
  await begun.promise;
  await running.cancel();
  expect(closed).toEqual(['stuck']);
  expect(String(await ended)).toContain('JobCancelledError');
});
