import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { SourceContext } from '../../../src/connectors/function/source-function.ts';
import { localJob, op } from '../../runtime/local-job.ts';

const collecting = (source: unknown, parallelism = 1) =>
  localJob([{ chain: [op('source.function', source), op('sink.collect')], parallelism }], []);

test('a source may yield one object again and again, changed', async () => {
  const record = { n: 0, parts: [0] };
  const change = (n: number) => {
    record.n = record.parts[0] = n;
    return record;
  };
  function* again() {
    for (let n = 1; n <= 300; n++) yield change(n);
  }
  async function* againLater() {
    for (let n = 1; n <= 300; n++) yield change(n);
  }
  const expected = Array.from({ length: 300 }, (_, i) => ({ n: i + 1, parts: [i + 1] }));
  for (const source of [again, againLater]) {
    const job = collecting(source);
    await job.run();
    expect(job.collected).toEqual(expected);
  }
});

test('functions that change their records leave the array of a source alone', async () => {
  const array = [{ n: 1 }, { n: 2 }];
  const add = (record: { n: number }) => {
    record.n += 10;
    return record;
  };
  const chain = [op('source.collection', array), op('map', add), op('sink.collect')];
  const job = localJob([{ chain, parallelism: 1 }], []);
  await job.run();
  expect(job.collected).toEqual([{ n: 11 }, { n: 12 }]);
  expect(array).toEqual([{ n: 1 }, { n: 2 }]);
});

describe('what can be a source', () => {
  const forms: [string, () => unknown][] = [
    ['an array', () => [1, 2, 3]],
    ['a set', () => new Set([1, 2, 3])],
    [
      'a generator function',
      () =>
        function* () {
          yield* [1, 2, 3];
        },
    ],
    [
      'an async generator function',
      () =>
        async function* () {
          yield* [1, 2, 3];
        },
    ],
    ['a Node Readable', () => Readable.from([1, 2, 3])],
    [
      'a web ReadableStream',
      () =>
        new ReadableStream({
          start(controller) {
            for (const x of [1, 2, 3]) controller.enqueue(x);
            controller.close();
          },
        }),
    ],
    ['a bare iterator', () => [1, 2, 3].values()],
    ['a promise of an iterable', () => async () => [1, 2, 3]],
  ];
  test.each(forms)('%s', async (_name, make) => {
    const job = collecting(make());
    await job.run();
    expect(job.collected).toEqual([1, 2, 3]);
  });

  test('anything else is refused with what would do', async () => {
    const error = await collecting(42)
      .run()
      .catch((e: unknown) => e);
    expect(String(error)).toContain('needs an iterable, an async iterable, a stream');
  });
});

test('a function is called in every subtask, an iterable is read by one', async () => {
  const parts = collecting(function* ({ subtask, parallelism }: SourceContext) {
    yield `${subtask} of ${parallelism}`;
  }, 2);
  await parts.run();
  expect(parts.collected.toSorted(byText)).toEqual(['0 of 2', '1 of 2']);
  const once = collecting([1, 2], 2);
  await once.run();
  expect(once.collected).toEqual([1, 2]);
});

test('a record of a slow producer does not wait for the next one', async () => {
  const received: number[] = [];
  let release = (): void => {};
  const arrived = Promise.withResolvers<void>();
  const job = localJob(
    [
      {
        chain: [
          op('source.function', async function* () {
            yield 1;
            await new Promise<void>((resolve) => {
              release = resolve;
            });
            yield 2;
          }),
        ],
      },
      {
        chain: [
          op('sink.function', (x: number) => {
            received.push(x);
            if (x === 1) arrived.resolve();
          }),
        ],
      },
    ],
    [{ from: 0, to: 1 }],
  );
  const running = job.run();
  await arrived.promise;
  expect(received).toEqual([1]);
  release();
  await running;
  expect(received).toEqual([1, 2]);
});

test('records that are there at once travel together', async () => {
  const job = localJob(
    [
      {
        chain: [
          op('source.function', async function* () {
            for (let i = 0; i < 5_000; i++) yield i;
          }),
        ],
      },
      { chain: [op('sink.collect')] },
    ],
    [{ from: 0, to: 1 }],
    { record: true },
  );
  await job.run();
  expect(job.collected).toHaveLength(5_000);
  const batches = [...job.traffic.values()].flat().filter((element) => element.kind === 'batch');
  // The first records of a subtask leave one by one, and so do those behind one that a busy machine held up (record-run.ts).
  expect(batches.length).toBeLessThan(2_500);
});

test.each(['sync', 'async'])(
  'a job that cannot take more stops a %s iterator, and cancel ends it',
  async (kind) => {
    let pulled = 0;
    let returned = 0;
    const full = Promise.withResolvers<void>();
    const source =
      kind === 'sync'
        ? function* () {
            try {
              for (;;) yield pulled++;
            } finally {
              returned++;
            }
          }
        : async function* () {
            try {
              for (;;) yield pulled++;
            } finally {
              returned++;
            }
          };
    const job = localJob(
      [
        { chain: [op('source.function', source)] },
        {
          chain: [
            op('sink.function', () => {
              full.resolve();
              return new Promise<void>(() => {});
            }),
          ],
        },
      ],
      [{ from: 0, to: 1 }],
      { config: { 'isthmus.channel.window-bytes': '1000' } },
    );
    const running = job.run().catch((e: unknown) => e);
    await full.promise;
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    const atRest = pulled;
    expect(atRest).toBeLessThan(5_000);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(pulled).toBe(atRest);
    await job.cancel();
    expect(returned).toBe(1);
    expect(String(await running)).toContain('cancelled');
  },
);

test('what an iterator throws fails the job and names the source', async () => {
  const job = collecting(async function* () {
    yield 1;
    throw new RangeError('out of data');
  });
  const error = (await job.run().catch((e: unknown) => e)) as Error;
  expect(error.message).toContain(
    'RangeError in operator "source.function" (subtask 1/1): out of data',
  );
  expect(job.collected).toEqual([1]);
});

function byText(a: unknown, b: unknown): number {
  return String(a) < String(b) ? -1 : 1;
}

describe('a source that is stopped', () => {
  const cancelled = async (source: (context: SourceContext) => unknown) => {
    const started = Promise.withResolvers<void>();
    const looks = op('map', (value: unknown) => {
      started.resolve();
      return value;
    });
    const chain = [op('source.function', source), looks, op('sink.collect')];
    const job = localJob([{ chain, parallelism: 1 }], []);
    const ended = job.run().catch(() => {});
    await started.promise;
    await job.cancel();
    await ended;
  };
  const nap = () => new Promise((resolve) => setTimeout(resolve, 5));

  test('does what stands behind its loop, and its finally', async () => {
    const done: string[] = [];
    await cancelled(async function* ({ signal }: SourceContext) {
      try {
        while (!signal.aborted) {
          yield 1;
          await nap();
        }
        done.push('offsets committed');
      } finally {
        done.push('finally');
      }
    });
    expect(done).toEqual(['offsets committed', 'finally']);
  });

  test('has its finally awaited, also where it looks at no signal', async () => {
    const done: string[] = [];
    await cancelled(async function* () {
      try {
        for (;;) {
          yield 1;
          await nap();
        }
      } finally {
        await nap();
        done.push('connection closed');
      }
    });
    await cancelled(function* () {
      try {
        for (;;) yield 1;
      } finally {
        done.push('file closed');
      }
    });
    expect(done).toEqual(['connection closed', 'file closed']);
  });

  test('is told to return where it goes on although it has looked', async () => {
    const done: string[] = [];
    await cancelled(async function* ({ signal }: SourceContext) {
      try {
        for (;;) {
          yield signal.aborted;
          await nap();
        }
      } finally {
        done.push('finally');
      }
    });
    expect(done).toEqual(['finally']);
  });
});

test.each<[string, object]>([
  ['an iterator', { [Symbol.iterator]: () => ({ next: () => 5 }) }],
  ['an asynchronous one', { [Symbol.asyncIterator]: () => ({ next: async () => 5 }) }],
])('%s whose next() gives no result', async (_name, source) => {
  await expect(collecting(source).run()).rejects.toThrow('next() gave 5, which is no object');
});
