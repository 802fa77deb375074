import { describe, expect, test } from 'vitest';
import { localJob, op } from '../runtime/local-job.ts';

async function through(values: unknown[], ...chain: ReturnType<typeof op>[]): Promise<unknown[]> {
  const job = localJob(
    [{ chain: [op('source.collection', values), ...chain, op('sink.collect')] }],
    [],
  );
  await job.run();
  return job.collected;
}

const failure = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (e: unknown) => String(e),
  );

describe('map and filter', () => {
  test('take functions, objects and classes, open and close them', async () => {
    const calls: string[] = [];
    class Adder {
      by = 0;
      open(context: { indexOfThisSubtask: number }): void {
        calls.push(`open ${context.indexOfThisSubtask}`);
        this.by = 10;
      }
      map(x: number): number {
        return x + this.by;
      }
      close(): void {
        calls.push('close');
      }
    }
    expect(await through([1, 2], op('map', new Adder()))).toEqual([11, 12]);
    expect(await through([1, 2], op('map', Adder))).toEqual([11, 12]);
    expect(calls).toEqual(['open 0', 'close', 'open 0', 'close']);
  });

  test('map without a function passes on; results may be undefined or null', async () => {
    expect(await through([1, null], op('map'))).toEqual([1, null]);
    expect(
      await through(
        [1],
        op('map', () => undefined),
      ),
    ).toEqual([undefined]);
  });

  test('filter goes by truthiness, and awaits', async () => {
    expect(
      await through(
        ['', 'a', 0, 1],
        op('filter', (x: unknown) => x),
      ),
    ).toEqual(['a', 1]);
    expect(
      await through(
        [1, 2, 3],
        op('filter', async (x: number) => x !== 2),
      ),
    ).toEqual([1, 3]);
  });

  test('what is no function is refused with what would do', async () => {
    expect(await failure(through([1], op('map', { apply: 1 }, {}, 'score')))).toContain(
      'Operator "score" (subtask 1/1) needs a function, or an object or class with a method map',
    );
  });

  test('a function that is closed is closed also when another operator failed', async () => {
    let closed = 0;
    const closing = { map: (x: unknown) => x, close: () => void closed++ };
    const boom = () => {
      throw new Error('boom');
    };
    await failure(through([1], op('map', closing), op('map', boom)));
    expect(closed).toBe(1);
  });
});

describe('flat_map', () => {
  test.each([
    ['an array', (x: number) => [x, x]],
    [
      'a generator',
      function* (x: number) {
        yield x;
        yield x;
      },
    ],
    [
      'an async generator',
      async function* (x: number) {
        yield x;
        yield x;
      },
    ],
    ['a promise of an array', async (x: number) => [x, x]],
    ['a set', (x: number) => new Set([x, String(x)])],
  ])('takes %s', async (_name, fn) => {
    const results = await through([1, 2], op('flat_map', fn));
    expect(results.map(Number)).toEqual([1, 1, 2, 2]);
  });

  test('says what to return instead of nothing, a string or a number', async () => {
    expect(
      await failure(
        through(
          [1],
          op('flat_map', () => undefined),
        ),
      ),
    ).toContain('flatMap returned undefined; it must return an iterable. Return [] for no results');
    expect(
      await failure(
        through(
          [1],
          op('flat_map', () => 'ab'),
        ),
      ),
    ).toContain('split into characters');
    expect(
      await failure(
        through(
          [1],
          op('flat_map', () => 7),
        ),
      ),
    ).toContain('flatMap returned 7, which is not iterable');
  });

  test('closes the generator when what follows fails', async () => {
    let closed = false;
    function* results() {
      try {
        for (;;) yield 1;
      } finally {
        closed = true;
      }
    }
    const boom = () => {
      throw new Error('boom');
    };
    expect(
      await failure(through([1], op('flat_map', results), op('map', boom, {}, 'late'))),
    ).toContain('"late"');
    expect(closed).toBe(true);
  });

  test('a million results out of one record let the event loop turn', async () => {
    function* many() {
      for (let i = 0; i < 1_000_000; i++) yield i;
    }
    let turns = 0;
    let running = true;
    const turn = (): void => {
      turns++;
      if (running) setImmediate(turn);
    };
    turn();
    const results = await through(
      [1],
      op('flat_map', many),
      op('filter', (x: number) => x % 100_000 === 0),
    );
    running = false;
    expect(results).toHaveLength(10);
    expect(turns).toBeGreaterThan(5);
  });
});

describe('map_batch', () => {
  test('gives lists, keeps order, and leaves nothing behind at the end', async () => {
    const sizes: number[] = [];
    const double = (xs: number[]) => {
      sizes.push(xs.length);
      return xs.map((x) => x * 2);
    };
    const values = Array.from({ length: 250 }, (_, i) => i);
    expect(await through(values, op('map_batch', double, { batchSize: 100 }))).toEqual(
      values.map((x) => x * 2),
    );
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100);
    expect(sizes.reduce((a, b) => a + b)).toBe(250);
  });

  test('refuses another number of results, which flat_map_batch takes', async () => {
    const evens = (xs: number[]) => xs.filter((x) => x % 2 === 0);
    expect(await failure(through([1, 2, 3], op('map_batch', evens)))).toContain(
      'one result for each of the 3 records; it returned 1 results',
    );
    expect(await through([1, 2, 3, 4], op('flat_map_batch', evens))).toEqual([2, 4]);
  });
});

test('project picks fields by position', async () => {
  expect(await through([['a', 1, true]], op('project', undefined, { fields: [2, 0] }))).toEqual([
    [true, 'a'],
  ]);
  expect(await failure(through([['a']], op('project', undefined, { fields: [3] })))).toContain(
    'the record has 1 fields, none at 3',
  );
});

describe('sinks', () => {
  async function printed(parallelism: number, params: { identifier?: string }): Promise<string> {
    const job = localJob(
      [
        {
          chain: [
            op('source.collection', ['a', { b: [1, 'x'] }]),
            op('sink.print', undefined, params),
          ],
          parallelism,
        },
      ],
      [],
    );
    await job.run();
    return job.printed;
  }

  test('print has the prefixes of PyFlink', async () => {
    expect(await printed(1, {})).toBe("a\n{ b: [ 1, 'x' ] }\n");
    expect(await printed(1, { identifier: 'id' })).toBe("id> a\nid> { b: [ 1, 'x' ] }\n");
    expect((await printed(2, {})).split('\n').sort()).toEqual(['', '1> a', "2> { b: [ 1, 'x' ] }"]);
    expect((await printed(2, { identifier: 'id' })).split('\n').sort()).toEqual([
      '',
      'id:1> a',
      "id:2> { b: [ 1, 'x' ] }",
    ]);
  });

  test('print shows what was made before a failure', async () => {
    const fail = (x: number) => {
      if (x === 2) throw new Error('two');
      return x;
    };
    const job = localJob(
      [{ chain: [op('source.collection', [0, 1, 2]), op('map', fail), op('sink.print')] }],
      [],
    );
    await failure(job.run());
    expect(job.printed).toBe('0\n1\n');
  });

  test('a function sink is opened, awaited, flushed and closed', async () => {
    const calls: string[] = [];
    const sink = {
      open: () => void calls.push('open'),
      write: async (x: number) => {
        await new Promise((resolve) => setImmediate(resolve));
        calls.push(`write ${x}`);
      },
      flush: () => void calls.push('flush'),
      close: () => void calls.push('close'),
    };
    const job = localJob(
      [{ chain: [op('source.collection', [1, 2]), op('sink.function', sink)] }],
      [],
    );
    await job.run();
    expect(calls).toEqual(['open', 'write 1', 'write 2', 'flush', 'close']);
  });
});

test('warns once of an operator that holds the event loop', async () => {
  const busy = (x: number) => {
    const until = performance.now() + 110;
    while (performance.now() < until);
    return x;
  };
  const job = localJob(
    [
      {
        chain: [
          op('source.collection', [1, 2]),
          op('map'),
          op('map', busy, {}, 'model'),
          op('sink.collect'),
        ],
      },
    ],
    [],
  );
  const [result] = await job.run();
  expect(job.logs).toHaveLength(1);
  expect(job.logs[0]).toMatch(
    /warn: Operator "model" held the event loop for \d{3,} ms with one record/,
  );
  expect(result?.operators[2]?.busyMs).toBeGreaterThan(200);
});
