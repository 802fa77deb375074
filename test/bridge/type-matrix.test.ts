// What becomes of a value on its way Python → TypeScript → Python, over real workers: the same value of the same type, or a
// loud error that names the field. Where JavaScript cannot tell, the rule of docs/protocol.md §4 holds and a declared type
// restores the value.

import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { py, StreamExecutionEnvironment, type TypeInformation, Types } from '../../src/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: any declared type.
type AnyType = TypeInformation<any>;

const file = fileURLToPath(new URL('../fixtures/python/type_matrix.py', import.meta.url));
const env = StreamExecutionEnvironment.getExecutionEnvironment({
  parallelism: 1,
  logger: () => {},
});
afterAll(() => env.close());

const make = py<string, unknown>(file, 'make');
const told = py<unknown, string>(file, 'told');

/** What Python tells of the values after TypeScript has passed them on. */
function afterTypeScript(names: string[], type?: AnyType): Promise<string[]> {
  return env
    .fromCollection(names)
    .map(make)
    .map((value) => value, type)
    .map(told)
    .executeAndCollect()
    .toArray();
}

/** What Python tells of the values where they are made. */
function inPython(names: string[]): Promise<string[]> {
  const tell = py<string, string>(file, 'make_and_tell');
  return env.fromCollection(names).map(tell).executeAndCollect().toArray();
}

const SAME =
  `None|True|zero|int|2^53-1|2^53|2^53+1|2^63|2^64|-2^63-1|10^300 as int|float|-0.0|nan|inf|-inf|tiny float|str|
empty str|bytes|list|tuple|empty tuple|tuple in a list in a tuple|dict|dict with __proto__|
dict with names that look like numbers|dict with ints and strings as keys|dict with tuples as keys|set|frozenset|
set of tuples|naive datetime|aware datetime|aware datetime in ms|datetime with offset|datetime.min|datetime.max|date|time|
time with offset|timedelta|Decimal|Decimal NaN|UUID|Row|Row with names|Row of a kind|Instant|ndarray|ndarray of booleans|
64 deep|long list`
    .split('|')
    .map((name) => name.trim());

describe('Python → TypeScript → Python', { timeout: 60_000 }, () => {
  test('gives the same value of the same type', async () => {
    const [before, after] = [await inPython(SAME), await afterTypeScript(SAME)];
    expect(Object.fromEntries(SAME.map((name, i) => [name, after[i]]))).toEqual(
      Object.fromEntries(SAME.map((name, i) => [name, before[i]])),
    );
  });

  test('gives the same in columns', async () => {
    const names = SAME.filter((name) => name !== '64 deep'); // in a record they are deeper
    const before = await env
      .fromCollection(names)
      .flatMap(py<string, string[]>(file, 'make_five_and_tell'))
      .executeAndCollect()
      .toArray();
    const after = await env
      .fromCollection(names)
      .flatMap(py<string, unknown[]>(file, 'make_five'))
      .map((value) => value)
      .map(told)
      .executeAndCollect()
      .toArray();
    expect(after).toEqual(before);
    expect(after).toHaveLength(5 * names.length);
  });

  test('what has no type of its own on the way is what the page says', async () => {
    const rules = {
      'integral float': 'int(1)',
      'integral floats': "tuple(int(1), list(int(2)), dict(str('a'): int(3)))",
      namedtuple: 'tuple(int(1), int(2))',
      OrderedDict: "dict(str('a'): int(1))",
      defaultdict: "dict(str('a'): int(1))",
      dataclass: "dict(str('name'): str('ann'), str('age'): int(3))",
      'numpy.int64': 'int(5)',
      'numpy.float32': 'float(0.5)',
      'numpy.bool_': 'bool(True)',
      'numpy.datetime64[ns]': 'datetime(datetime.datetime(2024, 1, 1, 0, 0))',
      'numpy.timedelta64[ns]': 'timedelta(datetime.timedelta(seconds=1))',
      'pandas.Timestamp': 'datetime(datetime.datetime(2024, 1, 1, 0, 0))',
    };
    const after = await afterTypeScript(Object.keys(rules));
    expect(Object.fromEntries(Object.keys(rules).map((name, i) => [name, after[i]]))).toEqual(
      rules,
    );
  });

  test('a declared type restores what JavaScript cannot tell', async () => {
    const D = Types.DOUBLE();
    expect(await afterTypeScript(['integral float', 'great float'], D)).toEqual([
      'float(1.0)',
      'float(1e+300)',
    ]);
    const nested = Types.TUPLE([D, Types.LIST(D), Types.MAP(Types.STRING(), D)]);
    expect(await afterTypeScript(['integral floats'], nested)).toEqual(
      await inPython(['integral floats']),
    );
  });

  test.each([
    ['lone surrogate', 'str', 'lone surrogate'],
    ['complex', 'complex', 'send \\(value.real, value.imag\\)'],
    ['bytearray', 'bytearray', 'send bytes\\(value\\)'],
    ['Fraction', 'fractions.Fraction', 'send \\(value.numerator'],
    ['Enum', 'Color', 'send its value or its name'],
    ['IntEnum', 'Level', 'send its value or its name'],
    ['str subclass', 'Text', 'plain str'],
    ['own class', 'Own', 'nothing like it'],
    ['function', 'builtin_function_or_method', 'nothing like it'],
    ['timedelta.max', 'datetime.timedelta', '292,000 years'],
    ['array of objects', 'numpy.ndarray', 'this one is of object; send value.tolist'],
    ['array of half floats', 'numpy.ndarray', 'this one is of float16; send value.astype'],
    ['array of times', 'numpy.ndarray', 'this one is of datetime64\\[ns\\]; send value.astype'],
    ['NaT', 'numpy.datetime64', 'send None'],
    ['pandas.NaT', 'NaTType', 'send None'],
    ['nanoseconds', 'numpy.datetime64', 'it has nanoseconds'],
    ['range', 'range', 'send list\\(value\\)'],
  ])('%s is refused on the way to TypeScript', async (name, type, why) => {
    const results = env
      .fromCollection([name])
      .map(py<string, unknown>(file, 'make_in_record'))
      .map((value) => value)
      .executeAndCollect();
    await expect(results.toArray()).rejects.toMatchObject({
      code: 'ISTHMUS_CODEC',
      message: expect.stringMatching(
        new RegExp(`A value of type \\S*${type} at \\$\\.user\\.field cannot travel.*${why}`),
      ),
    });
  });

  test.each([
    ['lone surrogate as name', /at \$\.user\.field cannot travel.*lone surrogate/],
    ['65 deep', /at \$(\[0\]){64} cannot travel.*64 deep/],
    ['contains itself', /at \$(\[0\]){64} cannot travel.*64 deep/],
  ])('%s is refused', async (name, message) => {
    const maker = name.includes('name') ? 'make_in_record' : 'make';
    const results = env
      .fromCollection([name])
      .map(py<string, unknown>(file, maker))
      .map((value) => value)
      .executeAndCollect();
    await expect(results.toArray()).rejects.toMatchObject({
      code: 'ISTHMUS_CODEC',
      message: expect.stringMatching(message),
    });
  });
});

class Account {
  readonly id = 1;
}

function nested(depth: number): unknown[] {
  return depth === 1 ? [] : [nested(depth - 1)];
}

describe('TypeScript → Python', { timeout: 60_000 }, () => {
  test.each<[string, unknown, RegExp]>([
    [
      'undefined',
      { a: undefined },
      /type undefined at \$\.a cannot travel to Python: .*leave the field out/,
    ],
    ['a function', { a: [() => 1] }, /type function at \$\.a\[0\] cannot travel/],
    ['a symbol', { a: Symbol('x') }, /type symbol at \$\.a cannot travel/],
    ['a class', { a: new Account() }, /type Account at \$\.a cannot travel.*plain dict/],
    [
      'a promise in a record',
      { a: Promise.resolve(1) },
      /type Promise at \$\.a cannot travel.*await it/,
    ],
    ['an unsafe integer', { a: 2 ** 53 }, /type number at \$\.a cannot travel.*BigInt/],
    ['a lone surrogate', { a: '\ud800' }, /type string at \$\.a cannot travel.*lone surrogate/],
    ['a lone surrogate as name', { '\udc00': 1 }, /at \$ cannot travel.*lone surrogate/],
    [
      'an invalid Date',
      { a: new Date(Number.NaN) },
      /type Date at \$\.a cannot travel.*invalid Date/,
    ],
    ['what nests too deep', nested(65), /at \$(\[0\]){64} cannot travel.*64 deep/],
  ])('%s is refused', async (_, value, message) => {
    const results = env
      .fromCollection([0])
      .map(() => value)
      .map(told)
      .executeAndCollect();
    await expect(results.toArray()).rejects.toMatchObject({
      code: 'ISTHMUS_CODEC',
      message: expect.stringMatching(message),
    });
  });

  test('values that do not fit the declared type are refused', async () => {
    const results = env
      .fromCollection([['a', 'b']])
      .map((pair) => pair as unknown, Types.TUPLE([Types.STRING(), Types.LONG()]) as AnyType)
      .map(told)
      .executeAndCollect();
    await expect(results.toArray()).rejects.toMatchObject({
      code: 'ISTHMUS_CODEC',
      message: expect.stringContaining('at $[1] does not fit the declared type LONG'),
    });
  });

  test.each<[string, unknown, string]>([
    ['a Map', new Map<unknown, unknown>([[1, 'a']]), "dict(int(1): str('a'))"],
    ['a Set', new Set(['a']), "set(str('a'))"],
    [
      'a Date',
      new Date(0),
      'datetime(datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc))',
    ],
    ['a bigint', 2n ** 70n, `int(${2n ** 70n})`],
    ['a Buffer', Buffer.from('ab'), "bytes(b'ab')"],
    ['a typed array', Float64Array.of(0.5), 'ndarray <f8 [0.5]'],
    [
      'an object without prototype',
      Object.assign(Object.create(null), { a: 1 }),
      "dict(str('a'): int(1))",
    ],
  ])('%s arrives', async (_, value, expected) => {
    const results = env
      .fromCollection([0])
      .map(() => value)
      .map(told)
      .executeAndCollect();
    expect(await results.toArray()).toEqual([expected]);
  });
});

describe('keys', { timeout: 60_000 }, () => {
  const orders = [
    { user: 'ann', item: 1, n: 1 },
    { user: 'bob', item: 2, n: 2 },
    { user: 'ann', item: 1, n: 3 },
    { user: 'ann', item: 2, n: 4 },
  ];
  const merged = py<(typeof orders)[number], (typeof orders)[number]>(file, 'merge');

  test.each([1, 2])(
    'arrays are keys for functions of Python, parallelism %i',
    async (parallelism) => {
      const results = await env
        .fromCollection(orders)
        .keyBy(({ user, item }) => [user, item])
        .reduce(merged)
        .setParallelism(parallelism)
        .executeAndCollect()
        .toArray();
      const totals = new Map(results.map(({ user, item, n }) => [`${user} ${item}`, n]));
      expect(Object.fromEntries(totals)).toEqual({ 'ann 1': 4, 'ann 2': 4, 'bob 2': 2 });
    },
  );

  test('tuples made by Python are keys for functions of TypeScript', async () => {
    const results = await env
      .fromCollection(orders)
      .keyBy(py<(typeof orders)[number], [string, number]>(file, 'user_and_item'))
      .reduce((a, b) => ({ ...a, n: a.n + b.n }))
      .executeAndCollect()
      .toArray();
    expect(results.map(({ n }) => n).sort((a, b) => a - b)).toEqual([1, 2, 4, 4]);
  });
});
