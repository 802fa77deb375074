// Every sink that Isthmus brings, the example of the page, and some that break a rule each.

import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import { collectSink } from '../../src/connectors/collection/sink-collect.ts';
import { fileSink } from '../../src/connectors/file/sink-file.ts';
import { printSink } from '../../src/connectors/print/sink-print.ts';
import type { OperatorSpec } from '../../src/graph/job-graph.ts';
import { systemMachine } from '../../src/machine/system-machine.ts';
import type { Sink } from '../../src/operators/sink.ts';
import { checkSink, OneInputHarness, type SinkCase } from '../../src/testing/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'sinks-'));
afterAll(() => rmSync(folder, { recursive: true }));
let number = 0;
const spec = (params: object) => ({ name: 'sink', params }) as unknown as OperatorSpec;

test.each([{}, { onCheckpoint: true }, { maxPartBytes: 1 }, { maxPartBytes: 4 }])(
  'files that roll by %o',
  async (rolling) => {
    await checkSink(() => {
      const path = join(folder, String(number++));
      const lines = () =>
        readdirSync(path)
          .filter((name) => !name.startsWith('.'))
          .flatMap((name) => readFileSync(join(path, name), 'utf8').split('\n').slice(0, -1));
      const sink = fileSink(spec({ path, bucket: 'base-path', rolling }), systemMachine.files);
      return { sink, read: lines };
    });
  },
);

test('lines that are printed', () => checkSink(() => ({ sink: printSink(spec({})) })));

test('results', () => checkSink(() => ({ sink: collectSink() })));

test('the example of the page', async () => {
  const page = fileURLToPath(new URL('../../docs/connectors.md', import.meta.url));
  const code = /```ts\n\/\/ sqlite-sink.ts\n(.*?)```/s.exec(readFileSync(page, 'utf8'))?.[1] ?? '';
  expect(code.split('\n').length).toBeLessThanOrEqual(41);
  const file = join(folder, 'sqlite-sink.ts');
  writeFileSync(file, code);
  const { sqliteSink } = (await import(file)) as { sqliteSink: (path: string) => Sink };
  await checkSink(() => {
    const path = join(folder, `${number++}.db`);
    const read = () => {
      const db = new DatabaseSync(path);
      try {
        return db
          .prepare('SELECT value FROM rows')
          .all()
          .map(({ value }) => value);
      } finally {
        db.close();
      }
    };
    return { sink: sqliteSink(path), read };
  });
});

/** Into a list, with one rule broken. */
function broken(rule: string): SinkCase {
  const seen: string[] = [];
  const done = new Set<string>();
  const sink: Sink<string, string[]> = {
    writer: () => {
      let rows: string[] = [];
      return {
        write: (value) => void (rule === 'seen when written' ? seen : rows).push(value),
        prepare: (_checkpoint, sealed) => {
          let written = rows;
          rows = [];
          if (rule === 'seen when prepared') {
            seen.push(...written);
            written = [];
          }
          return { committables: [rule === 'the tail is forgotten' && sealed ? [] : written] };
        },
      };
    },
    committer: () => ({
      commit: (committables) => {
        for (const { id, value } of committables) {
          if (done.has(id) && rule !== 'repeated with harm') continue;
          done.add(id);
          seen.push(...value);
        }
      },
    }),
  };
  return { sink, read: () => seen };
}

test('one that breaks no rule', () => checkSink(() => broken('')));

test.each([
  ['seen when written', 'sees what is not committed'],
  ['seen when prepared', 'sees what is not committed'],
  ['the tail is forgotten', 'misses'],
  ['repeated with harm', 'sees'],
])('one that breaks a rule: %s', async (rule, said) => {
  await expect(checkSink(() => broken(rule))).rejects.toThrow(said);
});

test('what was restored is committed before the first record', async () => {
  const { sink, read } = broken('');
  const options = { checkpointing: true, kind: 'sink' as never };
  await using before = await OneInputHarness.open(sink, options);
  await before.process('a');
  const saved = await before.snapshot(1);
  expect(read?.()).toEqual([]);
  await using after = await OneInputHarness.open(sink, { ...options, restore: saved });
  expect(read?.()).toEqual(['a']);
  await after.end();
});
