import { describe, expect, test } from 'vitest';
import { UserFunctionError } from '../../src/errors.ts';
import { inspectRecord } from '../../src/runtime/failure.ts';
import { localJob, op } from './local-job.ts';

class Hostile extends Error {
  override get message(): string {
    throw new Error('message');
  }
  override get stack(): string {
    throw new Error('stack');
  }
}

const closed = () => {
  throw new Error('closed');
};

/** What is thrown → what the report says was. */
const THROWN: Record<string, [thrown: unknown, type: string, message?: string]> = {
  'an error': [new TypeError('wrong'), 'TypeError', 'wrong'],
  null: [null, 'object', 'null'],
  undefined: [undefined, 'undefined', 'undefined'],
  'a string': ['wrong', 'string', "'wrong'"],
  'a symbol': [Symbol('s'), 'symbol', 'Symbol(s)'],
  'an object without a prototype': [Object.create(null), 'object'],
  'a proxy whose traps throw': [
    new Proxy({}, { get: closed, getPrototypeOf: closed, ownKeys: closed, has: closed }),
    'object',
  ],
  'an error whose getters throw': [new Hostile(), 'Error', '<a message that cannot be read>'],
  'an error with a stack that is none': [Object.assign(new Error('wrong'), { stack: 5 }), 'Error'],
  'an error with a message that is none': [
    Object.assign(new Error('x'), { message: { toString: closed } }),
    'Error',
  ],
  'an object with a hostile toString': [{ toString: closed, toJSON: closed }, 'object'],
  'a large message': [new Error('x'.repeat(1_000_000)), 'Error'],
  'an error caused by itself': [selfCaused(), 'Error', 'me'],
};

function selfCaused(): Error {
  const error = new Error('me');
  error.cause = error;
  return error;
}

const throwing = (thrown: unknown) => () => {
  throw thrown;
};
const rejecting = (thrown: unknown) => () => Promise.reject(thrown);

/** Chains of one subtask in which code of the user's does `does`. */
const PLACES: Record<string, (does: () => unknown) => Parameters<typeof op>[]> = {
  map: (does) => [
    ['source.collection', [1]],
    ['map', does],
  ],
  filter: (does) => [
    ['source.collection', [1]],
    ['filter', does],
  ],
  'flat map': (does) => [
    ['source.collection', [1]],
    ['flat_map', does],
  ],
  open: (does) => [
    ['source.collection', [1]],
    ['map', { open: does, map: (x: unknown) => x }],
  ],
  close: (does) => [
    ['source.collection', [1]],
    ['map', { close: does, map: (x: unknown) => x }],
  ],
  sink: (does) => [
    ['source.collection', [1]],
    ['sink.function', does],
  ],
  'async function': (does) => [
    ['source.collection', [1]],
    ['async', { asyncInvoke: does }],
  ],
  source: (does) => [['source.function', does]],
};

function failureOf(place: string, does: () => unknown): Promise<unknown> {
  const parts = (PLACES[place] as (typeof PLACES)[string])(does);
  const chain = parts.map((part) => op(...part));
  if (!place.startsWith('sink')) chain.push(op('sink.collect'));
  return localJob([{ chain }], [])
    .run()
    .then(
      () => undefined,
      (error: unknown) => error,
    );
}

describe.each(Object.keys(PLACES))('in %s', (place) => {
  for (const [what, [thrown, type, message]] of Object.entries(THROWN)) {
    for (const [how, does] of [
      ['thrown', throwing(thrown)],
      ['a rejection', rejecting(thrown)],
    ] as const) {
      test(`${what}, ${how}, is the error of the function`, async () => {
        const error = (await failureOf(place, does)) as UserFunctionError;
        expect(error).toBeInstanceOf(UserFunctionError);
        expect(error.report?.exceptionType).toBe(type);
        if (message !== undefined) expect(error.report?.exceptionMessage).toBe(message);
        expect(error.message.length).toBeLessThan(30_000);
        expect(error.cause).toBe(thrown);
      });
    }
  }
});

test('a key selector is named with its record, and so is a partitioner', async () => {
  const run = (partitioner: object) => {
    const stages = [
      { chain: [op('source.collection', [{ id: 7 }])] },
      { chain: [op('sink.collect')], parallelism: 2 },
    ];
    return localJob(stages, [{ from: 0, to: 1, ...partitioner }]).run();
  };
  const wrong = throwing(new Error('wrong'));
  const key = (record: { id: number }) => record.id;
  await expect(run({ kind: 'hash', key: wrong })).rejects.toThrow(
    /^Error in the key selector of operator ".+" \(subtask 1\/1\): wrong\n {2}record: \{ id: 7 \}/,
  );
  await expect(run({ kind: 'hash', key: rejecting(new Error('wrong')) })).rejects.toThrow(
    /^Error in the key selector of .+\n {2}record: \{ id: 7 \}/,
  );
  await expect(run({ kind: 'custom', key, partition: wrong })).rejects.toThrow(
    /^Error in the partitioner of operator .+: wrong\n {2}record: \{ id: 7 \}/,
  );
});

describe('what behaves like a promise', () => {
  // oxlint-disable-next-line unicorn/no-thenable -- it is what is tested
  const thenable = (then: (resolve: (value: unknown) => void) => unknown) => () => ({ then });
  const results = async (fn: () => unknown) => {
    const job = localJob(
      [{ chain: [op('source.collection', [1]), op('map', fn), op('sink.collect')] }],
      [],
    );
    await job.run();
    return job.collected;
  };

  test('settles once', async () => {
    expect(
      await results(
        thenable((resolve) => {
          resolve('a');
          resolve('b');
        }),
      ),
    ).toEqual(['a']);
  });

  test('may throw after it has settled', async () => {
    const settles = thenable((resolve) => {
      resolve('a');
      throw new Error('too late');
    });
    expect(await results(settles)).toEqual(['a']);
  });

  test('is waited for though its then gives nothing', async () => {
    const later = thenable((resolve) => {
      setTimeout(() => resolve('a'), 10);
    });
    expect(await results(later)).toEqual(['a']);
  });
});

describe('closing', () => {
  const failing = (close: () => unknown, closeTimeout = '50 ms') => {
    const closedAll: string[] = [];
    const chain = [
      op('source.collection', [1]),
      op('map', { map: (x: unknown) => x, close }),
      op('map', {
        map: () => {
          throw new Error('wrong');
        },
        close: () => void closedAll.push('second'),
      }),
      op('sink.collect'),
    ];
    const job = localJob([{ chain }], [], { config: { 'isthmus.close-timeout': closeTimeout } });
    return { job, closedAll };
  };

  test.each([
    ['throws', closed],
    ['rejects', () => Promise.reject(new Error('closed'))],
    ['never settles', () => new Promise(() => {})],
  ])('one that %s keeps no other from closing', async (_, close) => {
    const { job, closedAll } = failing(close);
    await expect(job.run()).rejects.toThrow(/^Error in operator .+: wrong/);
    expect(closedAll).toEqual(['second']);
    expect(job.logs.join()).toMatch(/Closing operator "map" failed: (closed|it had not closed)/);
  });

  test('has the time that is configured', async () => {
    let ended = false;
    const slow = async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      ended = true;
    };
    const { job } = failing(slow, '10 min');
    await expect(job.run()).rejects.toThrow(/wrong/);
    expect(ended).toBe(true);
  });
});

test('a record is shown in bounded time, whatever shares what', () => {
  let shared: unknown[] = ['x'];
  for (let i = 0; i < 40; i++) shared = Array.from({ length: 90 }, () => shared);
  const wide = Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`name${i}`, [i]]));
  for (const record of [shared, wide, new Map([[wide, shared]])]) {
    const began = performance.now();
    expect(inspectRecord(record)).toHaveLength(1000);
    expect(performance.now() - began).toBeLessThan(20_000);
  }
  expect(inspectRecord({ a: [1, 'b'], c: new Map([[1, { d: null }]]) })).toBe(
    "{ a: [ 1, 'b' ], c: Map(1) { 1 => { d: null } } }",
  );
});
