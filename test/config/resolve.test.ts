import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nearestOf } from '../../src/config/nearest.ts';
import { knownKeys, resolveConfiguration, variableOf } from '../../src/config/resolve.ts';
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
    expect(resolved.settings).toMatchObject({
      channels: 'always',
      parallelism: 4,
      jobName: 'mine',
    });
    expect(resolved.said).toEqual([
      { key: 'isthmus.channels', value: 'always', place: 'file', from: `${file}, line 3` },
      { key: 'parallelism.default', value: '4', place: 'command line' },
      { key: 'pipeline.name', value: 'mine', place: 'code' },
    ]);
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

  test('a stronger place says it by another key, or by entries of a map', () => {
    const { settings, said } = resolveConfiguration({
      code: {
        'state.backend.type': 'hashmap',
        'restart-strategy': 'fixeddelay',
        'pipeline.global-job-parameters.a': '1',
        'pipeline.global-job-parameters.b': '1',
      },
      environment: { ISTHMUS_STATE_DIRECTORY: '' },
      commandLine: { 'state.backend': 'rocksdb', 'pipeline.global-job-parameters.b': '2' },
    });
    expect(settings).toMatchObject({
      stateBackend: 'embedded',
      restartStrategy: 'fixed-delay',
      jobParameters: { a: '1', b: '2' },
      stateDirectory: undefined,
    });
    expect(said.map(({ key, place }) => [key, place])).toEqual([
      ['pipeline.global-job-parameters', 'command line'],
      ['restart-strategy.type', 'code'],
      ['state.backend.type', 'command line'],
    ]);
  });
});

test('variables and suggestions', () => {
  expect(variableOf('isthmus.channel.window-bytes')).toBe('ISTHMUS_CHANNEL_WINDOW_BYTES');
  expect(variableOf('python.executable')).toBe('ISTHMUS_PYTHON_EXECUTABLE');
  expect(nearestOf('parallelism.defalt', knownKeys)).toBe('parallelism.default');
  expect(nearestOf('something.else.entirely', knownKeys)).toBeUndefined();
});
