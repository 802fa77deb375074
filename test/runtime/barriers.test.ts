// Barriers and the end of input in a subtask: where they cut, what goes before them, and what is answered. Twin of
// test/python/worker/test_barriers.py.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { MAX_TIMESTAMP } from '../../src/runtime/operator.ts';
import type { SubtaskState } from '../../src/state/storage/subtask-state.ts';
import type { OperatorSpec } from '../../src/graph/job-graph.ts';
import { SEED } from '../seed.ts';
import { OneSubtask } from './one-subtask.ts';
import { op } from './local-job.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const sequence = (to: number) => op('source.sequence', undefined, { from: 0, to });

test('a source cuts its batch behind the record in flight', async () => {
  const triple = (n: number) => [0, 1, 2].map((part) => 10 * n + part);
  const chain = [sequence(999), op('flat_map', triple)];
  const one = await OneSubtask.open(chain);
  await one.untilRecords(200);
  one.trigger(1);
  await one.untilMark('checkpoint 1');
  const before = one.recordsBefore('checkpoint 1').length;
  expect(before).toBeGreaterThan(200);
  expect(before).toBeLessThan(2_900); // The batch has 1,000 records.
  expect(before % 3).toBe(0);
  await one.untilMark('end');
  expect(one.records).toEqual(numbers(1_000).flatMap(triple));

  const again = await OneSubtask.open(chain, { restore: [await one.saved(1)] });
  await again.untilMark('end');
  expect(again.records).toEqual(one.records.slice(before));
});

test.each(['process', 'source', 'source.lines'])(
  'a subtask does not open with the state of another kind: %s',
  async (kind) => {
    const chain = [sequence(999)];
    const one = await OneSubtask.open(chain);
    one.trigger(1);
    const saved = await one.saved(1);
    await one.untilMark('end');
    const operators = saved.operators.map((operator) => ({ ...operator, kind }));
    await expect(OneSubtask.open(chain, { restore: [{ ...saved, operators }] })).rejects.toThrow(
      `was kept by the kind ${kind}; here that uid is operator "source.sequence" of the kind source.sequence.`,
    );
  },
);

test('nothing leaves a source behind a barrier that suspends', async () => {
  const chain = [sequence(9_999), op('map', (n: number) => n)];
  const one = await OneSubtask.open(chain);
  await one.untilRecords(300);
  one.trigger(1, 'suspend');
  await one.untilMark('suspend 1');
  await one.quiet();
  expect(one.marks).toEqual(['suspend 1']);
  expect(one.sent.at(-1)).toBe('suspend 1');
  const again = await OneSubtask.open(chain, { restore: [await one.saved(1)] });
  await again.untilMark('end');
  expect([...one.records, ...again.records]).toEqual(numbers(10_000));
});

test('a barrier of a checkpoint that was given up before saves nothing', async () => {
  const one = await OneSubtask.open([op('map', (n: number) => n)], { inputs: 1 });
  await one.abort(1);
  for (const checkpoint of [1, 2]) {
    one.feed(0, checkpoint);
    one.arrive(0, { kind: 'barrier', checkpoint, timestamp: 0, of: 'checkpoint' });
  }
  await one.untilTold('saved 2');
  expect(one.sent).toEqual([1, 'checkpoint 1', 2, 'checkpoint 2']);
  expect(one.told).toEqual(['saved 2']);
});

test('a drain ends the source and comes behind the final watermark', async () => {
  const one = await OneSubtask.open([
    op('source.function', function* () {
      for (let n = 0; ; n++) yield n;
    }),
  ]);
  await one.untilRecords(300);
  one.trigger(1, 'drain');
  await one.untilTold('drained');
  expect(one.marks).toEqual(['final', 'drain 1', 'end']);
  one.complete(1);
  await one.untilTold('closed');
  // The state is written while the subtask goes on.
  expect(one.told.slice(0, 2).sort()).toEqual(['drained', 'saved 1']);
  expect(one.told.slice(2)).toEqual(['closed']);
});

test('a drain that arrives lets the operators finish before it', async () => {
  const one = await OneSubtask.open([op('map_batch', (batch: number[]) => batch, GATHERING)], {
    inputs: 1,
  });
  one.feed(0, 1, 2);
  one.arrive(0, { kind: 'watermark', timestamp: MAX_TIMESTAMP });
  one.arrive(0, { kind: 'barrier', checkpoint: 3, timestamp: 0, of: 'drain' });
  one.arrive(0, { kind: 'end' });
  await one.untilTold('drained');
  expect(one.sent).toEqual([1, 2, 'final', 'drain 3', 'end']);
  one.complete(3);
  await one.untilTold('closed');
});

const GATHERING = { batchSize: 100, latencyMs: 60_000 };

test('what was gathered goes before the barrier, from head to tail', async () => {
  const one = await OneSubtask.open(
    [
      op('map_batch', (batch: number[]) => batch.map((n) => n + 1), GATHERING),
      op('map_batch', (batch: number[]) => batch.map((n) => n * 10), GATHERING),
    ],
    { inputs: 1 },
  );
  one.feed(0, 1, 2, 3);
  await one.quiet();
  expect(one.sent).toEqual([]);
  one.arrive(0, { kind: 'barrier', checkpoint: 4, timestamp: 0, of: 'savepoint' });
  await one.untilMark('savepoint 4');
  expect(one.sent).toEqual([20, 30, 40, 'savepoint 4']);
});

test('a barrier waits for no asynchronous call, and each that is saved is called by one subtask', async () => {
  let answers = false;
  const calls = op(
    'async',
    async (value: string) => (answers ? [`${value}!`] : await new Promise(() => {})),
    {
      capacity: 10,
      ordered: true,
    },
  );
  const one = await OneSubtask.open([calls], { inputs: 1 });
  one.feed(0, 'a', 'b');
  one.arrive(0, { kind: 'barrier', checkpoint: 1, timestamp: 0, of: 'checkpoint' });
  await one.untilMark('checkpoint 1');
  answers = true;
  const got: unknown[] = [];
  for (const subtask of [0, 1, 2]) {
    const again = await OneSubtask.open([calls], {
      inputs: 1,
      restore: [await one.saved(1)],
      subtask,
      parallelism: 3,
    });
    again.arrive(0, { kind: 'end' });
    await again.untilMark('end');
    got.push(...again.records);
  }
  expect(new Set(got)).toEqual(new Set(['a!', 'b!']));
  expect(got).toHaveLength(2);
});

test('a drained subtask answers, and closes with the last checkpoint', async () => {
  const one = await OneSubtask.open([op('map', (n: number) => n)], { inputs: 1 });
  one.feed(0, 1);
  one.arrive(0, { kind: 'barrier', checkpoint: 1, timestamp: 0, of: 'checkpoint' });
  one.arrive(0, { kind: 'end' });
  await one.untilTold('drained');
  one.complete(1); // It was taken before the end.
  await one.quiet();
  expect(one.told).toEqual(['saved 1', 'drained']);
  one.trigger(2);
  await one.untilTold('saved 2');
  one.trigger(2);
  await one.quiet();
  expect(one.told).toEqual(['saved 1', 'drained', 'saved 2']);
  expect(one.marks).toEqual(['checkpoint 1', 'final', 'end']);
  one.complete(2);
  await one.untilTold('closed');
  one.trigger(3);
  expect(one.told.at(-1)).toBe('finished at 3');
});

test('a subtask is drained when all that it made is sent', async () => {
  const one = await OneSubtask.open([op('map', (n: number) => n)], {
    inputs: 1,
    holdsCredit: true,
  });
  one.feed(0, ...numbers(3_000));
  one.arrive(0, { kind: 'end' });
  await one.quiet();
  expect(one.told).toEqual([]);
  while (one.marks.at(-1) !== 'end') {
    expect(one.told).toEqual([]);
    one.giveCredit();
    await one.quiet();
  }
  expect(one.told).toEqual(['drained']);
});

test('a checkpoint asked of a source that has ended is answered', async () => {
  const one = await OneSubtask.open([sequence(2)]);
  await one.untilTold('drained');
  one.trigger(1);
  await one.untilTold('saved 1');
  expect(one.marks).toEqual(['final', 'end']);
});

test('a timer does not fire behind a suspension', async () => {
  const one = await OneSubtask.open(
    [op('map_batch', (batch: string[]) => batch, { batchSize: 10, latencyMs: 1 })],
    { inputs: 1 },
  );
  one.arrive(0, { kind: 'barrier', checkpoint: 1, timestamp: 0, of: 'suspend' });
  await one.untilMark('suspend 1');
  one.feed(0, 'b');
  await one.quiet();
  expect(one.sent).toEqual(['suspend 1']);
});

describe('sources over restarts at another parallelism', () => {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-positions-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const paths: string[] = [];
  const inFiles: number[] = [];
  for (let file = 0; file < 4; file++) {
    const own = numbers(600 + 300 * file).map((n) => 10_000 * file + n);
    const path = join(folder, `${file}.txt`);
    writeFileSync(path, own.map((n) => `${String(n).padStart(200, '0')}\n`).join(''));
    paths.push(path);
    inFiles.push(...own);
  }
  const sources: [string, () => OperatorSpec, number[]][] = [
    [
      'a sequence',
      () => op('source.sequence', undefined, { from: 1, to: 6_000 }),
      numbers(6_001).slice(1),
    ],
    ['a collection', () => op('source.collection', numbers(3_000)), numbers(3_000)],
    ['files', () => op('source.lines', undefined, { paths }), inFiles],
    ['a folder', () => op('source.lines', undefined, { paths: [folder] }), inFiles],
    [
      'a file twice',
      () => op('source.lines', undefined, { paths: [...paths, paths[0] as string] }),
      [...inFiles, ...inFiles.slice(0, 600)],
    ],
  ];

  test.each(sources)('%s: every record once', async (_, source, expected) => {
    const chain = [source(), op('map', Number)];
    const parallelisms = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(
        parallelisms,
        fc.array(fc.nat(2_000), { minLength: 9, maxLength: 9 }),
        async (turns, cuts) => {
          const got: number[] = [];
          let states: SubtaskState[] = [];
          for (const [turn, parallelism] of turns.entries()) {
            const beside: OneSubtask[] = [];
            for (let subtask = 0; subtask < parallelism; subtask++) {
              beside.push(
                await OneSubtask.open(chain, { restore: states, subtask, parallelism, beside }),
              );
            }
            for (const one of beside) one.start();
            states = await Promise.all(
              beside.map(async (one, subtask) => {
                if (turn === turns.length - 1) {
                  await one.untilMark('end');
                  return {} as SubtaskState;
                }
                await one.untilRecords(cuts[3 * turn + subtask] as number);
                one.trigger(1, 'suspend');
                await one.untilTold('saved 1');
                await one.quiet();
                return one.saved(1);
              }),
            );
            for (const one of beside) {
              got.push(...(one.records as number[]));
              await one.close();
            }
          }
          expect(got.sort((a, b) => a - b)).toEqual([...expected].sort((a, b) => a - b));
        },
      ),
      { numRuns: 8, seed: SEED },
    );
  });

  test('the position of a file is not that of a batch that has arrived and was not taken', async () => {
    const begun = Promise.withResolvers<void>();
    const stop = Promise.withResolvers<void>();
    const slow = op('map', async (line: string) => {
      if (Number(line) === 2) {
        begun.resolve();
        await stop.promise;
      }
      return Number(line);
    });
    const chain = [op('source.lines', undefined, { paths: [paths[0] as string] }), slow];
    const one = await OneSubtask.open(chain);
    await begun.promise;
    one.trigger(1);
    stop.resolve();
    await one.untilMark('checkpoint 1');
    const again = await OneSubtask.open(chain, { restore: [await one.saved(1)] });
    await again.untilMark('end');
    const before = one.recordsBefore('checkpoint 1');
    expect(before).toEqual([0, 1, 2]);
    expect([...before, ...again.records]).toEqual(numbers(600));
  });
});
