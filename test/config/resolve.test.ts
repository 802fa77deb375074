import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configurationPage } from '../../src/config/document.ts';
import {
  durationMs,
  nearestKey,
  parseBytes,
  parseDurationMs,
  resolveConfiguration,
  variableOf,
} from '../../src/config/resolve.ts';
import { ConfigurationError } from '../../src/errors.ts';

describe('resolveConfiguration', () => {
  test('a later place is stronger, and the place is kept', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'isthmus-')), 'isthmus.conf');
    writeFileSync(file, '# a comment\nparallelism.default: 2\nisthmus.channels = "always"\n');
    const resolved = resolveConfiguration({
      code: { 'parallelism.default': '1', 'pipeline.name': 'mine' },
      file,
      environment: { ISTHMUS_PARALLELISM_DEFAULT: '3', HOME: '/' },
      commandLine: { 'parallelism.default': '4' },
    });
    expect(resolved.values).toEqual({
      'isthmus.channels': 'always',
      'parallelism.default': '4',
      'pipeline.name': 'mine',
    });
    expect(resolved.settings.map((s) => s.place)).toEqual(['file', 'command line', 'code']);
  });

  test('an unknown key of ours is a warning with a suggestion; a foreign one is the user’s', () => {
    const { warnings } = resolveConfiguration({
      code: { 'paralelism.default': '2', 'parallelism.defautl': '2', 'my.own': 'x' },
    });
    expect(warnings).toEqual([
      'Unknown option paralelism.default (code) is ignored. Did you mean parallelism.default?',
      'Unknown option parallelism.defautl (code) is ignored. Did you mean parallelism.default?',
    ]);
  });

  test('a variable of the environment that is nearly one of ours is a warning, too', () => {
    const environment = { ISTHMUS_CHANNLES: 'always', ISTHMUS_NODE: '/node', ISTHMUS_MINE: 'x' };
    expect(resolveConfiguration({ environment }).warnings).toEqual([
      'Unknown variable ISTHMUS_CHANNLES of the environment is ignored. Did you mean ISTHMUS_CHANNELS?',
    ]);
  });

  test.each([
    ['parallelism.default', 'two', 'a value of type integer'],
    ['pipeline.auto-watermark-interval', 'soon', 'a duration such as'],
    ['isthmus.channels', 'sometimes', 'one of auto, always'],
    ['python.worker.memory-limit', '-5', 'a size such as'],
  ])('%s = %s is refused', (key, value, wanted) => {
    const attempt = () => resolveConfiguration({ commandLine: { [key]: value } });
    expect(attempt).toThrow(ConfigurationError);
    expect(attempt).toThrow(`${key} is "${value}" (command line); it must be ${wanted}`);
  });

  test('a line that is no setting names file and line', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'isthmus-')), 'bad.conf');
    writeFileSync(file, 'parallelism.default: 2\nnonsense\n');
    expect(() => resolveConfiguration({ file })).toThrow(/bad\.conf, line 2: "nonsense"/);
  });
});

test.each([
  ['200', 200],
  ['100 ms', 100],
  ['10s', 10_000],
  ['2 min', 120_000],
  ['1 h', 3_600_000],
  ['later', undefined],
])('duration %s', (text, ms) => expect(parseDurationMs(text)).toBe(ms));

test.each([
  ['1024', 1024],
  ['64 mb', 64 * 2 ** 20],
  ['2GB', 2 ** 31],
  ['much', undefined],
])('size %s', (text, bytes) => expect(parseBytes(text)).toBe(bytes));

test('defaults apply where nothing is set', () => {
  expect(durationMs({}, 'pipeline.auto-watermark-interval')).toBe(200);
  expect(
    durationMs({ 'pipeline.auto-watermark-interval': '5 s' }, 'pipeline.auto-watermark-interval'),
  ).toBe(5000);
});

test('variables and suggestions', () => {
  expect(variableOf('isthmus.channel.window-bytes')).toBe('ISTHMUS_CHANNEL_WINDOW_BYTES');
  expect(variableOf('python.executable')).toBe('ISTHMUS_PYTHON_EXECUTABLE');
  expect(nearestKey('parallelism.defalt')).toBe('parallelism.default');
  expect(nearestKey('something.else.entirely')).toBeUndefined();
});

test('docs/configuration.md is what the table says', () => {
  const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
  expect(page).toBe(configurationPage());
});
