import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ACCEPTED } from '../../src/config/accepted.ts';
import { configurationPage } from '../../src/config/document.ts';
import { pythonTables } from '../../src/config/python-table.ts';
import { knownKeys, resolveConfiguration, variableOf } from '../../src/config/resolve.ts';
import { type SettingHost, type SettingRow, settingRows } from '../../src/config/table.ts';
import { parseBytes, parseDurationMs } from '../../src/config/values.ts';
import { ConfigurationError, StreamExecutionEnvironment } from '../../src/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** All source text below a folder, but for what only lists settings. */
function sourcesOf(folder: string, ending: string): string {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !/^config|_settings|_runtime/.test(name))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'))
    .join('\n');
}

const typescript = sourcesOf('src', '.ts');
const python = sourcesOf('python/isthmus', '.py');
const real = settingRows.map(([name, row]) => ({ name, ...(row as SettingRow) }));

test('docs/configuration.md and the tables of the Python side are what the table says', () => {
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  expect(read('docs/configuration.md')).toBe(configurationPage());
  for (const [path, text] of Object.entries(pythonTables())) {
    expect(read(`python/isthmus/${path}`)).toBe(text);
  }
});

test('no key is there twice', () => {
  expect(new Set(knownKeys).size).toBe(knownKeys.length);
  const variables = real.map(({ key }) => variableOf(key));
  expect(new Set(variables).size).toBe(variables.length);
});

/** Where a host reads a setting: `settings.name`, or by taking it out of them. */
const READERS: Readonly<Record<SettingHost, (name: string) => boolean>> = {
  runtime: (name) => new RegExp(`[.{,]\\s*${name}\\b`).test(typescript),
  worker: (name) =>
    python.includes(`settings.${name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)}`),
};

test.each(real)('$key is heeded by the hosts it says, and by no other', ({ name, hosts }) => {
  for (const host of ['runtime', 'worker'] as const) {
    if (host === 'runtime' && !hosts.includes(host)) continue; // Workers are told by way of the runtime.
    expect([host, READERS[host](name)]).toEqual([host, hosts.includes(host)]);
  }
});

test('nobody looks at the texts of settings, but for what is said about them', () => {
  const code = typescript.replaceAll(/^\s*(\/\*)?\*.*$/gm, '');
  const quoted = [...code.matchAll(/'([a-z]+(?:[.-][a-z]+)+)'/g)].map(([, text]) => text);
  expect(quoted.filter((text) => knownKeys.includes(text ?? ''))).toEqual([]);
});

test.each(Object.entries(ACCEPTED))('%s is said to have no effect, or only tunes', (key, row) => {
  const fitting = { duration: '1 s', boolean: 'true', integer: '1', string: 'x' };
  const value = fitting[row.type as keyof typeof fitting];
  for (const said of [key, ...(row.alternatives ?? [])]) {
    expect(resolveConfiguration({ code: { [said]: value } }).warnings).toEqual(
      row.tuning === true ? [] : [`${key} (code) has no effect: ${row.why}.`],
    );
  }
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
    expect(resolved({ code: { [key]: value(good) } }).said[0]?.value).toBe(value(good));
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
