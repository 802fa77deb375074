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
      const sink = fileSink(spec({ path, bucket: 'base-path', rolling }), systemMachine);
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

/** What outlives a process. */
class Place {
  readonly seen: string[] = [];
  readonly done = new Set<string>();
  /** Open ones, by name. */
  readonly parts = new Map<string, string[]>();
}

/** Committables are rows. */
function rowsInto(place: Place, wrong: string): Sink<string, string[]> {
  const staged: string[][] = [];
  return {
    writer: () => {
      let rows: string[] = [];
      return {
        write: (value) => void (wrong === 'seen when written' ? place.seen : rows).push(value),
        prepare: (_checkpoint, sealed) => {
          const written = rows;
          if (wrong !== 'prepared twice') rows = [];
          if (wrong === 'seen when prepared') place.seen.push(...written.splice(0));
          if (wrong === 'the tail is forgotten' && sealed) return {};
          if (wrong === 'no object') return [written] as never;
          if (wrong === 'staged in memory') {
            const name = String(staged.push(written) - 1);
            return { committables: [[name]] };
          }
          return { committables: written.map((row) => [row]) };
        },
        close: () => {
          if (wrong === 'close shows') place.seen.push(...rows);
        },
      };
    },
    ...(wrong !== 'no committer' && {
      committer: () => ({
        commit: (committables) => {
          if (wrong === 'the target is wrong') throw new TypeError('no such table');
          const due =
            wrong === 'only the first is committed' ? committables.slice(0, 1) : committables;
          for (const { id, value } of due) {
            if (place.done.has(id) && wrong !== 'repeated with harm') continue;
            place.done.add(id);
            const rows = wrong === 'staged in memory' ? staged[Number(value[0])] : value;
            if (rows === undefined) throw new TypeError(`nothing is staged as ${value[0]}`);
            place.seen.push(...rows);
          }
        },
        abort: () => {
          if (wrong === 'abort takes all') place.seen.length = 0;
        },
      }),
    }),
  };
}

/** Committables are parts, which stay open over checkpoints. */
function partsInto(place: Place, wrong: string): Sink<string, string, [string, number]> {
  return {
    writer: (context, restored) => {
      const known = wrong === 'states are not gone on with' ? [] : restored;
      const open = wrong === 'one state is gone on with' ? known.slice(0, 1) : known;
      for (const [name, length] of open) {
        if (wrong !== 'what came later is not cut off')
          (place.parts.get(name) as string[]).length = length;
      }
      const own = `${context.random()}`;
      const names = open.map(([name]) => name);
      return {
        write: (value) => {
          if (names.length === 0) {
            names.push(own);
            place.parts.set(own, []);
          }
          place.parts.get(names[0] as string)?.push(value);
        },
        prepare: (_checkpoint, sealed) => {
          const states = names.map((name): [string, number] => [
            name,
            (place.parts.get(name) as string[]).length,
          ]);
          if (!sealed) return { states };
          const full = names.splice(0);
          return wrong === 'states for nobody' ? { states } : { committables: full };
        },
        close: () => {
          if (wrong === 'close drops') for (const name of names) place.parts.set(name, []);
        },
      };
    },
    committer: () => ({
      commit: (committables) => {
        for (const { value } of committables) {
          place.seen.push(...(place.parts.get(value) ?? []));
          place.parts.delete(value);
        }
      },
    }),
  };
}

type Make = (place: Place, wrong: string) => Sink<string>;

function wrongly(make: Make, wrong: string): () => SinkCase {
  return () => {
    const place = new Place();
    const again = () => make(place, wrong);
    return { sink: again(), again, read: () => place.seen };
  };
}

test.each<[string, Make]>([
  ['rows', rowsInto as Make],
  ['parts', partsInto as Make],
])('one that is right: %s', (_, make) => checkSink(wrongly(make, '')));

test.each<[string, Make, string | RegExp]>([
  ['seen when written', rowsInto as Make, 'sees what is not committed: ["a"]'],
  ['seen when prepared', rowsInto as Make, 'sees what is not committed: ["a","b"]'],
  [
    'the tail is forgotten',
    rowsInto as Make,
    /at the end of input \(sealed\); .* a reader misses \["a","b"\]/,
  ],
  ['repeated with harm', rowsInto as Make, 'the id of a committable says that it is done'],
  ['prepared twice', rowsInto as Make, 'what prepare() has given once it is not to give again'],
  ['close shows', rowsInto as Make, 'close() is not to show what was not prepared'],
  ['abort takes all', rowsInto as Make, 'abort() is to take back what it is given, and nothing'],
  ['only the first is committed', rowsInto as Make, 'a reader misses ["b"]'],
  [
    'the target is wrong',
    rowsInto as Make,
    'commit() failed after write, write, end, prepare, complete: ',
  ],
  ['staged in memory', rowsInto as Make, 'nothing is staged as 0'],
  ['no committer', rowsInto as Make, 'gave 2 committables, and the sink has no committer'],
  ['no object', rowsInto as Make, 'prepare() of sink "test" gives an object with the arrays'],
  [
    'states are not gone on with',
    partsInto as Make,
    'a writer is to go on with each of its states',
  ],
  ['one state is gone on with', partsInto as Make, /after parallelism .* misses/],
  ['what came later is not cut off', partsInto as Make, 'is not to be seen twice'],
  [
    'states for nobody',
    partsInto as Make,
    'was told that no writer goes on (sealed), and gives states',
  ],
  ['close drops', partsInto as Make, 'close() is not to drop what was prepared'],
])('one that is wrong is refused: %s', async (wrong, make, said) => {
  await expect(checkSink(wrongly(make, wrong))).rejects.toThrow(said);
});

test('a committer without anything that prepares is refused', async () => {
  const sink: Sink = {
    writer: () => ({ write: () => {} }),
    committer: () => ({ commit: () => {} }),
  };
  await expect(checkSink(() => ({ sink, read: () => [] }))).rejects.toThrow(
    'has a committer, and its writer no method prepare',
  );
});

test('what was restored is committed before the first record', async () => {
  const { sink, read } = wrongly(rowsInto as Make, '')();
  const options = { checkpointing: true, kind: 'sink' as never };
  await using before = await OneInputHarness.open(sink, options);
  await before.process('a');
  const saved = await before.snapshot(1);
  expect(read?.()).toEqual([]);
  await using after = await OneInputHarness.open(sink, { ...options, restore: saved });
  expect(read?.()).toEqual(['a']);
  await after.end();
});
