import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { charsetOf, type Charset } from '../../../src/text/charset.ts';
import { LineSplitter } from '../../../src/text/line-splitter.ts';
import { localJob, op } from '../../runtime/local-job.ts';

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

const CHARSETS = ['utf-8', 'utf-16le', 'utf-16be', 'utf-32le', 'utf-32be'];

test.each(CHARSETS)('lines of %s do not depend on where blocks are cut', (name) => {
  const charset = withoutMark(name);
  // U+0A0A, U+0A00 and U+010A have the byte of a line feed at either end.
  const parts = ['a', 'é', '\n', '\r\n', '\r', '漢', '', '\u0a0a', '\u0a00', '\u010a', '😀'];
  const text = fc
    .array(fc.constantFrom(...parts), { maxLength: 30 })
    .map((chosen) => chosen.join(''));
  fc.assert(
    fc.property(
      text,
      fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 40 }),
      (content, sizes) => {
        const bytes = encoded(content, name);
        const splitter = new LineSplitter(charset);
        const lines: string[] = [];
        let at = 0;
        for (const size of [...sizes, bytes.length]) {
          const block = bytes.subarray(at, at + size);
          at += block.length;
          if (block.length === 0) continue;
          lines.push(...splitter.push(block));
          const given = charset.decode(bytes.subarray(0, splitter.offset));
          expect(given === '' || given.endsWith('\n')).toBe(true);
        }
        lines.push(...splitter.end());
        const expected = content.split(/\r\n|\r|\n/);
        if (/[\r\n]$|^$/.test(content)) expected.pop();
        expect(lines).toEqual(expected);
        expect(splitter.offset).toBe(bytes.length);
      },
    ),
    { numRuns: 500 },
  );
});

test.each([
  ['utf-16', [0xff, 0xfe, 0x61, 0, 0x0a, 0, 0x62, 0], ['a', 'b']],
  ['UTF-16', [0xfe, 0xff, 0, 0x61, 0, 0x0a, 0, 0x62], ['a', 'b']],
  ['utf_16', [0, 0x61, 0, 0x0a, 0, 0x62], ['a', 'b']],
  ['utf-16-le', [0xff, 0xfe, 0x61, 0], ['\ufeffa']],
  ['utf-32', [0xff, 0xfe, 0, 0, 0x61, 0, 0, 0], ['a']],
  ['utf-32-le', [0xff, 0xfe, 0, 0, 0x61, 0, 0, 0], ['a']],
  ['iso8859-1', [0x80, 0x0a, 0xe9], ['\u0080', 'é']],
])('reads a file of %s by its byte order mark', async (encoding, bytes, lines) => {
  await writeFile(join(folder, 'plain'), Buffer.from(bytes));
  await writeFile(join(folder, 'zipped.gz'), gzipSync(Buffer.from(bytes)));
  const job = reading({ paths: [folder], encoding });
  await job.run();
  expect(job.collected).toEqual([...lines, ...lines]);
});

test('half a character and what is no character are errors that name the place', async () => {
  for (const [encoding, bytes] of [
    ['utf-16le', [0x61, 0, 0x62]],
    ['utf-32be', [0, 0x11, 0, 0]],
  ] as const) {
    await writeFile(join(folder, 'bad'), Buffer.from(bytes));
    const bad = reading({ paths: [folder], encoding }).run();
    await expect(bad).rejects.toThrow(`could not be read as ${encoding} text near byte 0`);
  }
});

function withoutMark(name: string): Charset {
  const charset = charsetOf(name);
  return typeof charset === 'function' ? charset(Buffer.alloc(0)).charset : charset;
}

function encoded(text: string, name: string): Buffer {
  if (name === 'utf-8') return Buffer.from(text);
  if (name.startsWith('utf-16')) {
    const bytes = Buffer.from(text, 'utf16le');
    return name.endsWith('le') ? bytes : bytes.swap16();
  }
  const points = Array.from(text, (character) => character.codePointAt(0) as number);
  const bytes = Buffer.alloc(4 * points.length);
  for (const [index, point] of points.entries()) bytes.writeUInt32LE(point, 4 * index);
  return name.endsWith('le') ? bytes : bytes.swap32();
}

function byText(a: unknown, b: unknown): number {
  return String(a) < String(b) ? -1 : 1;
}
