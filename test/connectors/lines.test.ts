import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LineSplitter } from '../../src/connectors/line-splitter.ts';
import { localJob, op } from '../runtime/local-job.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lines-'));
});
afterEach(() => rm(folder, { recursive: true }));

const reading = (params: { [name: string]: string | number | string[] }, parallelism = 1) =>
  localJob(
    [{ chain: [op('source.lines', undefined, params), op('sink.collect')], parallelism }],
    [],
  );

test('reads files of a folder in order of name, hidden ones left out', async () => {
  await mkdir(join(folder, 'sub'));
  await mkdir(join(folder, '_tmp'));
  await writeFile(join(folder, 'a.txt'), 'one\r\ntwo\n\nfour');
  await writeFile(join(folder, 'sub', 'b.txt.gz'), gzipSync('five\nsix\n'));
  await writeFile(join(folder, '.hidden'), 'no\n');
  await writeFile(join(folder, '_SUCCESS'), 'no\n');
  await writeFile(join(folder, '_tmp', 'c.txt'), 'no\n');
  const job = reading({ paths: [folder] });
  await job.run();
  expect(job.collected).toEqual(['one', 'two', '', 'four', 'five', 'six']);
  const parallel = reading({ paths: [folder] }, 2);
  await parallel.run();
  expect(parallel.collected.toSorted(byText)).toEqual(job.collected.toSorted(byText));
});

test('a path that does not exist and text that is none are errors that say so', async () => {
  const missing = await reading({ paths: [join(folder, 'none')] })
    .run()
    .catch((e: unknown) => e);
  expect(String(missing)).toContain('none does not exist');
  await writeFile(join(folder, 'bad'), Buffer.from([0x61, 0x0a, 0xff, 0xfe, 0x0a]));
  const bad = await reading({ paths: [folder] })
    .run()
    .catch((e: unknown) => e);
  expect(String(bad)).toContain('could not be read as utf-8 text near byte');
  await writeFile(join(folder, 'bad.gz'), 'no gzip');
  const compressed = reading({ paths: [join(folder, 'bad.gz')] }).run();
  await expect(compressed).rejects.toThrow(
    /bad\.gz could not be read near byte 0: incorrect header/,
  );
});

test('keeps looking for new files when it is to monitor', async () => {
  await writeFile(join(folder, 'a'), 'one\n');
  const job = reading({ paths: [folder], monitorMs: 5 });
  const running = job.run().catch(() => {});
  const until = async (count: number) => {
    while (job.collected.length < count) await new Promise((resolve) => setImmediate(resolve));
  };
  await until(1);
  await writeFile(join(folder, '.b'), 'two\n');
  await appendFile(join(folder, 'b'), 'two\n');
  await until(2);
  await job.cancel();
  await running;
  expect(job.collected).toEqual(['one', 'two']);
});

test('lines do not depend on where blocks are cut', () => {
  const text = fc
    .array(fc.constantFrom('a', 'é', '\n', '\r\n', '\r', '漢', ''), { maxLength: 30 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(
      text,
      fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 30 }),
      (content, sizes) => {
        const bytes = Buffer.from(content);
        const splitter = new LineSplitter('utf-8');
        const lines: string[] = [];
        let at = 0;
        for (const size of [...sizes, bytes.length]) {
          const block = bytes.subarray(at, at + size);
          at += block.length;
          if (block.length === 0) continue;
          lines.push(...splitter.push(block));
          const given = Buffer.from(content).subarray(0, splitter.offset);
          expect(given.length === 0 || given.at(-1) === 0x0a).toBe(true);
        }
        lines.push(...splitter.end());
        const expected = content.split(/\r\n|\r|\n/);
        if (/[\r\n]$|^$/.test(content)) expected.pop();
        expect(lines).toEqual(expected);
        expect(splitter.offset).toBe(bytes.length);
      },
    ),
    { numRuns: 1_000 },
  );
});

function byText(a: unknown, b: unknown): number {
  return String(a) < String(b) ? -1 : 1;
}
