import { describe, expect, test } from 'vitest';
import { localJob, op } from './local-job.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Which records each subtask of the second stage received. */
async function spread(
  kind: 'rebalance' | 'shuffle' | 'broadcast' | 'global' | 'hash' | 'custom' | 'rescale',
  options: { key?: unknown; partition?: unknown; values?: unknown[]; random?: () => number } = {},
): Promise<unknown[][]> {
  const job = localJob(
    [
      { chain: [op('source.collection', options.values ?? numbers(12))] },
      { chain: [op('map'), op('sink.print')], parallelism: 3 },
    ],
    [{ from: 0, to: 1, kind, key: options.key, partition: options.partition }],
    options.random === undefined ? {} : { random: options.random },
  );
  await job.run();
  const received: string[][] = [[], [], []];
  for (const line of job.printed.trimEnd().split('\n')) {
    const [subtask, value] = line.split('> ') as [string, string];
    received[Number(subtask) - 1]?.push(value);
  }
  return received;
}

describe('partitioners', () => {
  test('rebalance deals out in turn from a random start', async () => {
    expect(await spread('rebalance', { random: () => 0.5 })).toEqual([
      ['2', '5', '8', '11'],
      ['0', '3', '6', '9'],
      ['1', '4', '7', '10'],
    ]);
  });

  test('broadcast sends to all, global to the first', async () => {
    const all = numbers(12).map(String);
    expect(await spread('broadcast')).toEqual([all, all, all]);
    expect(await spread('global')).toEqual([all, [], []]);
  });

  test('shuffle loses nothing', async () => {
    const received = await spread('shuffle');
    expect(
      received
        .flat()
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual(numbers(12));
  });

  test('what is no key fails at any parallelism, also where there is but one subtask', async () => {
    for (const [key, said] of [
      [() => undefined, 'A key is undefined'],
      [() => () => 1, 'A key is a function'],
    ] as const) {
      await expect(spread('hash', { key })).rejects.toThrow(said);
      const job = localJob(
        [{ chain: [op('source.collection', [1])] }, { chain: [op('map'), op('sink.print')] }],
        [{ from: 0, to: 1, kind: 'hash', key }],
      );
      await expect(job.run()).rejects.toThrow(
        `${said}, which has no canonical form. Use a string, a number or an array of such; null where a record has no key.`,
      );
    }
  });

  test('hash keeps a key together', async () => {
    const received = await spread('hash', { key: (x: number) => x % 4 });
    for (let key = 0; key < 4; key++) {
      const holders = received.filter((values) => values.some((x) => Number(x) % 4 === key));
      expect(holders).toHaveLength(1);
    }
  });

  test('custom asks the function, and refuses a subtask there is not', async () => {
    const key = (x: number) => x;
    const received = await spread('custom', {
      key,
      partition: (k: number, n: number) => (k + 1) % n,
    });
    expect(received[0]).toEqual(['2', '5', '8', '11']);
    const wrong = await spread('custom', { key, partition: () => 3 }).catch((e: unknown) => e);
    expect(String(wrong)).toContain(
      'the partitioner returned 3 for key 0; it must return an integer from 0 to 2',
    );
  });
});

describe('isolation', () => {
  const total = { sum: 0 };

  function runningTotal(job: 'same' | 'copied') {
    total.sum = 0;
    return localJob(
      [
        {
          chain: [
            op('source.collection', numbers(4)),
            op('map', (x: number) => {
              total.sum += x;
              return total;
            }),
          ],
        },
        { chain: [op('sink.collect')] },
      ],
      [{ from: 0, to: 1 }],
      { config: job === 'same' ? { 'pipeline.object-reuse': 'true' } : {} },
    );
  }

  test('a record that is changed after it was emitted arrives as it was', async () => {
    const job = runningTotal('copied');
    await job.run();
    expect(job.collected).toEqual([0, 1, 3, 6].map((sum) => ({ sum })));
  });

  test('object reuse hands over the very object', async () => {
    const job = runningTotal('same');
    await job.run();
    expect(job.collected).toEqual([6, 6, 6, 6].map((sum) => ({ sum })));
  });

  test('branches do not see what another does to its record', async () => {
    const spoil = (record: { tags: string[] }) => {
      record.tags.push('spoilt');
      return record;
    };
    const seen: unknown[] = [];
    const job = localJob(
      [
        { chain: [op('source.collection', [{ tags: ['a'] }]), op('map'), op('map', spoil)] },
        { chain: [op('map', spoil), op('sink.collect')] },
        {
          chain: [op('sink.function', (record: unknown) => void seen.push(record))],
          parallelism: 2,
        },
      ],
      [
        { from: 0, to: 1, fromOperator: 1 },
        { from: 0, to: 2, fromOperator: 1, kind: 'broadcast' },
      ],
    );
    await job.run();
    expect(job.collected).toEqual([{ tags: ['a', 'spoilt'] }]);
    expect(seen).toEqual([{ tags: ['a'] }, { tags: ['a'] }]);
    expect(seen[0]).not.toBe(seen[1]);
  });
});
