import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { options } from '../../src/config/options.ts';
import {
  parseBytes,
  parseDurationMs,
  resolveConfiguration,
  variableOf,
} from '../../src/config/resolve.ts';
import { ConfigurationError, StreamExecutionEnvironment } from '../../src/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** All source text below a folder, but for what only lists options. */
function sourcesOf(folder: string, ending: string): string {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !/config\/(options|document)\.ts$/.test(name))
    .filter((name) => !name.includes('_runtime'))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'))
    .join('\n');
}

const typescript = sourcesOf('src', '.ts');
const python = sourcesOf('python/isthmus', '.py');
const real = options.filter(({ noEffect }) => noEffect === undefined);

/** Options that functions and channels heed wherever they are: in Node, and in Python workers. */
const BOTH = [
  'pipeline.auto-watermark-interval',
  'pipeline.name',
  'pipeline.object-reuse',
  'isthmus.channel.window-bytes',
  'isthmus.state.cache-entries',
  'isthmus.state.directory',
  'state.backend.type',
];

/** A key as it stands in a reader: whole, or its last part behind a common prefix. */
const isReadIn = (text: string, key: string) =>
  [`'${key}'`, `"${key}"`].some((quoted) => text.includes(quoted)) ||
  (key.startsWith('restart-strategy.exponential-delay.') &&
    text.includes(`key('${key.slice('restart-strategy.exponential-delay.'.length)}')`));

test.each(real.map(({ key }) => key))('%s is read by somebody', (key) => {
  expect(isReadIn(typescript, key) || isReadIn(python, key)).toBe(true);
});

test.each(BOTH)('%s is read in both languages', (key) => {
  expect([isReadIn(typescript, key), isReadIn(python, key)]).toEqual([true, true]);
});

describe('limits', () => {
  const unit = (type: string) => (type === 'duration' ? ' ms' : type === 'bytes' ? ' b' : '');
  const numeric = real.filter(({ type }) =>
    ['integer', 'number', 'duration', 'bytes'].includes(type),
  );

  test.each(numeric)('$key has a least value', ({ least, type }) => {
    expect(least ?? -1).toBeGreaterThanOrEqual(0);
    // Whatever an integer or a size is used for, there is a number that is too much.
    expect(type).toBeTypeOf('string');
  });

  const bounds = numeric.flatMap(({ key, type, least, greatest }) => [
    ...(least === undefined ? [] : [{ key, type, good: least, bad: least - 1 }]),
    ...(greatest === undefined ? [] : [{ key, type, good: greatest, bad: greatest + 1 }]),
  ]);

  test.each(bounds)('$key: $good will do, $bad does not', ({ key, type, good, bad }) => {
    const value = (n: number) => `${n}${unit(type)}`;
    const resolved = (source: object) => resolveConfiguration(source);
    expect(resolved({ code: { [key]: value(good) } }).values[key]).toBe(value(good));
    // From every road: code, environment, command line.
    for (const source of [
      { code: { [key]: value(bad) } },
      { environment: { [variableOf(key)]: value(bad) } },
      { commandLine: { [key]: value(bad) } },
    ]) {
      expect(() => resolved(source)).toThrow(ConfigurationError);
      expect(() => resolved(source)).toThrow(key);
    }
  });

  test('more digits than a number has are no number', () => {
    const code = { 'python.worker.memory-limit': `${'9'.repeat(400)} gb` };
    expect(() => resolveConfiguration({ code })).toThrow('python.worker.memory-limit');
    expect(parseBytes('9'.repeat(400))).toBe(Infinity);
    expect(parseDurationMs('1 d')).toBe(86_400_000);
  });

  test.each([0, 32_769, 1.5])('a parallelism of %d is refused by every setter', (parallelism) => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    expect(() => env.setParallelism(parallelism)).toThrow(`${parallelism}`);
    expect(() => env.setMaxParallelism(parallelism)).toThrow(`${parallelism}`);
    const stream = env.fromSequence(1, 2);
    expect(() => stream.setParallelism(parallelism)).toThrow(`${parallelism}`);
    expect(() => stream.setMaxParallelism(parallelism)).toThrow(`${parallelism}`);
    expect(() => stream.print().setParallelism(parallelism)).toThrow(`${parallelism}`);
  });

  test('the smallest windows of channels let everything through', { timeout: 60_000 }, async () => {
    await using env = StreamExecutionEnvironment.getExecutionEnvironment({
      parallelism: 2,
      config: { 'isthmus.channel.window-bytes': 1, 'isthmus.channels': 'always' },
    });
    const keyed = env.fromSequence(1, 100).keyBy((x) => x % 2);
    const sums = await keyed
      .reduce((a, b) => a + b)
      .executeAndCollect()
      .toArray();
    expect(Math.max(...sums)).toBe(2550);
  });
});
