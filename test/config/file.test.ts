import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfigurationFile } from '../../src/config/file.ts';
import { resolveConfiguration } from '../../src/config/resolve.ts';
import { ConfigurationError } from '../../src/errors.ts';

function written(text: string | Buffer, name = 'config.yaml'): string {
  const file = join(mkdtempSync(join(tmpdir(), 'isthmus-')), name);
  writeFileSync(file, text);
  return file;
}

const entries = (text: string) =>
  readConfigurationFile(written(text)).entries.map(({ key, value, line }) => [key, value, line]);

const NESTED = `
# As Flink 2 ships it.
env:
  java:
    opts:
      all: --add-exports=java.base/sun.net.util=ALL-UNNAMED -Dx='a b' # a comment
parallelism:
  default: 3
pipeline:
  auto-watermark-interval: 2 seconds
  global-job-parameters:
    region: eu, west
    level: 010
python.files: [lib, "a, b"]
execution:
  runtime-mode: batch
  checkpointing:
    interval:
state:
  backend: {type: rocksdb, incremental: ~}
`;

describe('the nested file of Flink 2', () => {
  test('keys are joined by dots, values are texts as they stand there', () => {
    expect(entries(NESTED)).toEqual([
      ['env.java.opts.all', "--add-exports=java.base/sun.net.util=ALL-UNNAMED -Dx='a b'", 6],
      ['parallelism.default', '3', 8],
      ['pipeline.auto-watermark-interval', '2 seconds', 10],
      ['pipeline.global-job-parameters.region', 'eu, west', 12],
      ['pipeline.global-job-parameters.level', '010', 13],
      ['python.files', '[lib, "a, b"]', 14],
      ['execution.runtime-mode', 'batch', 16],
      ['state.backend.type', 'rocksdb', 20],
    ]);
  });

  test('is what a job is told', () => {
    const { settings, warnings } = resolveConfiguration({ file: written(NESTED) });
    expect(warnings).toEqual([]);
    expect(settings).toMatchObject({
      parallelism: 3,
      autoWatermarkIntervalMs: 2_000,
      jobParameters: { region: 'eu, west', level: '010' },
      pythonFiles: ['lib', 'a, b'],
      runtimeMode: 'BATCH',
      stateBackend: 'embedded',
    });
  });

  test('words that YAML reads as something else stay words', () => {
    const text = 'restart-strategy:\n  type: off\npipeline:\n  name: 1e3\n  object-reuse: true\n';
    const { settings } = resolveConfiguration({ file: written(text) });
    expect(settings).toMatchObject({ restartStrategy: 'none', jobName: '1e3', objectReuse: true });
  });

  test('anchors stand for what they name', () => {
    expect(entries('a: &x {b: 1}\nc: *x\nd: [*y, 2]\ne: &y 3\n'.replace('*y', '1'))).toEqual([
      ['a.b', '1', 1],
      ['c.b', '1', 1],
      ['d', '[1, 2]', 3],
      ['e', '3', 4],
    ]);
  });
});

describe('the flat lines of flink-conf.yaml', () => {
  test.each([
    [
      'with colons',
      'a.b: 1\n\n# no\nc: x: y # yes\n',
      [
        ['a.b', '1', 1],
        ['c', 'x: y', 4],
      ],
    ],
    [
      'with equals signs',
      "a.b = 1\r\nc='x y'\r\n",
      [
        ['a.b', '1', 1],
        ['c', 'x y', 2],
      ],
    ],
    ['nothing at all', '# no\n', []],
    ['an empty file', '', []],
  ])('%s', (_name, text, expected) => {
    expect(entries(text)).toEqual(expected);
  });
});

describe('what cannot be read is an error with file and line', () => {
  test.each<[name: string, text: string | Buffer, line: number, message: RegExp]>([
    ['no setting', 'parallelism.default: 2\nnonsense\n', 2, /Implicit map key/],
    ['a wrong indent', 'a:\n  b: 1\n c: 2\n', 3, /same column/],
    ['a tab', 'a:\n\tb: 1\n', 2, /[Tt]ab/],
    ['a quote that does not close', 'a: 1\nb: "x\n', 3, /closing/],
    ['a list', '- a\n- b\n', 1, /no setting of the form/],
    ['a word', 'hello\n', 1, /no setting of the form/],
    ['a word among lines', 'a.b = 1\n\nhello\n', 3, /no setting of the form/],
    ['no UTF-8', Buffer.from('a: 1\nb: caf\u00e9\n', 'latin1'), 2, /no UTF-8 text/],
    ['several documents', 'a: 1\n---\nb: 2\n', 2, /a second document begins/],
    ['a key twice', 'a: 1\nb: 2\na: 3\n', 3, /unique/],
    ['a key twice, once nested', 'a.b: 1\na:\n  b: 2\n', 3, /a\.b is set again; line 1 sets it/],
    ['a flat key twice', 'a = 1\na = 2\n', 2, /a is set again; line 1 sets it/],
    ['a tag', 'a: !mine x\n', 1, /tag/i],
    ['a key that is a list', '? [a]\n: 1\n', 1, /a key must be a word/],
  ])('%s', (_name, text, line, message) => {
    const file = written(text);
    const read = () => readConfigurationFile(file);
    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(message);
    expect(read).toThrow(`${file}, line ${line}: `);
  });

  test('a value that does not fit', () => {
    const file = written('parallelism:\n  default: two\n');
    expect(() => resolveConfiguration({ file })).toThrow(
      `parallelism.default is "two" (file: ${file}, line 2); it must be a value of type integer`,
    );
  });

  test('an unknown key is a warning with its line', () => {
    const file = written('parallelism:\n  defualt: 2\n');
    expect(resolveConfiguration({ file }).warnings).toEqual([
      `Unknown option parallelism.defualt (file: ${file}, line 2) is ignored. Did you mean parallelism.default?`,
    ]);
  });

  test('a file that is not there, and a folder without one', () => {
    const folder = mkdtempSync(join(tmpdir(), 'isthmus-'));
    const missing = join(folder, 'none.yaml');
    expect(() => readConfigurationFile(missing)).toThrow(`${missing} cannot be read: ENOENT`);
    expect(() => readConfigurationFile(folder)).toThrow(
      `The folder ${folder} has no config.yaml and no flink-conf.yaml.`,
    );
  });
});

test('a folder stands for its config.yaml, else for its flink-conf.yaml', () => {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-'));
  mkdirSync(join(folder, 'config.yaml.d'));
  writeFileSync(join(folder, 'flink-conf.yaml'), 'a: 1\n');
  expect(readConfigurationFile(folder).path).toBe(join(folder, 'flink-conf.yaml'));
  writeFileSync(join(folder, 'config.yaml'), 'a: 2\n');
  expect(readConfigurationFile(folder)).toEqual({
    path: join(folder, 'config.yaml'),
    entries: [{ key: 'a', value: '2', line: 1 }],
  });
});
