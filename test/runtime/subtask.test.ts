import { describe, expect, test } from 'vitest';
import { UserFunctionError } from '../../src/errors.ts';
import { atRest } from '../fixtures/at-rest.ts';
import { localJob, op } from './local-job.ts';

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

describe('a chain in one subtask', () => {
  test('maps, filters and collects', async () => {
    const job = localJob(
      [
        {
          chain: [
            op('source.collection', numbers(5_000)),
            op('map', (x: number) => x * 2),
            op('filter', (x: number) => x % 3 === 0),
            op('sink.collect'),
          ],
        },
      ],
      [],
    );
    const [result] = await job.run();
    expect(job.collected).toEqual(
      numbers(5_000)
        .map((x) => x * 2)
        .filter((x) => x % 3 === 0),
    );
    expect(result?.operators.map((o) => [o.in, o.out])).toEqual([
      [0, 5_000],
      [5000, 5000],
      [5000, 1667],
      [1667, 1667],
    ]);
  });

  test('awaits asynchronous functions one record after the other', async () => {
    let running = 0;
    let most = 0;
    const slow = async (x: number) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return x + 1;
    };
    const job = localJob(
      [{ chain: [op('source.collection', numbers(100)), op('map', slow), op('sink.collect')] }],
      [],
    );
    await job.run();
    expect(most).toBe(1);
    expect(job.collected).toEqual(numbers(100).map((x) => x + 1));
  });

  test('blames the operator that threw, with its record and the lines of the user', async () => {
    const fail = (x: { n: number }) => {
      if (x.n === 3) throw new RangeError('three is too many');
      return x;
    };
    const job = localJob(
      [
        {
          chain: [
            op(
              'source.collection',
              numbers(5).map((n) => ({ n })),
            ),
            op('map'),
            op('map', fail, {}, 'counter'),
            op('sink.collect'),
          ],
        },
      ],
      [],
    );
    const error = await job.run().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UserFunctionError);
    const { report, message } = error as UserFunctionError;
    expect(message).toContain('RangeError in operator "counter" (subtask 1/1): three is too many');
    expect(report).toMatchObject({
      code: 'ISTHMUS_USER_FUNCTION',
      operator: 'counter',
      subtask: 0,
      record: '{ n: 3 }',
      exceptionType: 'RangeError',
    });
    expect(report?.traceback).toContain('subtask.test.ts');
    expect(report?.traceback).not.toContain('src/runtime');
    expect(report?.traceback).not.toContain('src/operators');
  });

  test('tells text that looks like calls from calls', async () => {
    const text = 'no\n    at secret (/etc/passwd:1:1)\n    at node:internal\n\x1b[2J';
    const fail = () => {
      throw new Error(text);
    };
    const chain = [op('source.collection', [1]), op('map', fail), op('sink.collect')];
    const error = await localJob([{ chain }], [])
      .run()
      .catch((e: unknown) => e);
    const { message, report } = error as UserFunctionError;
    const said = text.replace('\x1b', '\\x1b');
    expect(message).toContain(`: ${said}\n  record: 1\n    at MapOperator.fail (`);
    expect(report?.traceback?.split('\n').slice(0, 5)).toEqual([
      ...`Error: ${said}`.split('\n'),
      expect.stringContaining('.fail ('),
    ]);
    expect(report?.exceptionMessage).toBe(text);
  });
});

describe('subtasks joined by channels', () => {
  test('hands records over in order, and all of them, with a credit of one byte', async () => {
    const job = localJob(
      [
        { chain: [op('source.collection', numbers(3_000)), op('map', (x: number) => x + 1)] },
        { chain: [op('filter', (x: number) => x % 2 === 0), op('sink.collect')] },
      ],
      [{ from: 0, to: 1 }],
      { limits: { windowBytes: 1, maxBatchRecords: 7 } },
    );
    await job.run();
    expect(job.collected).toEqual(numbers(3_001).filter((x) => x > 0 && x % 2 === 0));
  });

  test('suspends a flat_map in the middle of its results while its output has no credit', async () => {
    let pulled = 0;
    function* endless() {
      for (;;) yield pulled++;
    }
    const stuck = new Promise<void>(() => {});
    const job = localJob(
      [
        { chain: [op('source.collection', [1]), op('flat_map', endless)] },
        { chain: [op('sink.function', () => stuck)] },
      ],
      [{ from: 0, to: 1 }],
      { limits: { windowBytes: 100, maxBatchRecords: 10 } },
    );
    const running = job.run().catch((e: unknown) => e);
    while (pulled === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await atRest(() => pulled, 30)).toBeLessThan(200);
    await job.cancel();
    await running;
  });
});
