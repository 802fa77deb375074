import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { afterAll, expect, test } from 'vitest';
import { ConfigurationError } from '../../src/errors.ts';
import type { JobEvent } from '../../src/runtime/job-events.ts';
import { eventLines } from '../../src/terminal/event-lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-events-'));
afterAll(() => rmSync(folder, { recursive: true }));

const of = { job: 'orders', jobId: 'a1' };
const results = (count: number): JobEvent => ({
  kind: 'results',
  operator: 1,
  subtask: 0,
  count,
  at: 1,
  attempt: 0,
});
const over: JobEvent = { kind: 'status', status: 'FINISHED', at: 2, attempt: 0 };
const parsed = (text: string) =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { kind: string; count: number });

test('each event is a line at once, behind what was there', () => {
  const path = join(folder, 'events.jsonl');
  for (const job of ['first', 'second']) {
    const add = eventLines({ ...of, job }, path);
    void add?.(results(1));
    expect(parsed(readFileSync(path, 'utf8')).at(-1)).toEqual({ ...of, job, ...results(1) });
    void add?.(over);
    void add?.(results(2)); // Nothing comes behind the end.
  }
  const kinds = parsed(readFileSync(path, 'utf8')).map(({ kind }) => kind);
  expect(kinds).toEqual(['results', 'status', 'results', 'status']);
});

test('without a name nothing is written, and a file that cannot be is refused', () => {
  expect(eventLines(of, undefined)).toBeUndefined();
  expect(eventLines(of, '')).toBeUndefined();
  expect(() => eventLines(of, join(folder, 'none', 'events'))).toThrow(ConfigurationError);
  expect(() => eventLines(of, join(folder, 'none', 'events'))).toThrow(
    /isthmus\.events is ".*", which cannot be written: ENOENT.* Name a file in a folder that is there, or - for stderr\./,
  );
});

test('a pipe that nobody reads holds nothing up: lines stay whole, and it is told how many are missing', () => {
  const path = join(folder, 'pipe');
  execaSync('mkfifo', [path]);
  const pipe = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const add = eventLines(of, path);
  const total = 5_000; // Some 400 KB; a pipe holds 64.
  for (let count = 1; count <= total; count++) void add?.(results(count));
  let text = read(pipe);
  void add?.(results(total + 1));
  void add?.(over);
  text += read(pipe);
  closeSync(pipe);
  const lines = parsed(text);
  const kinds = lines.map(({ kind }) => kind);
  const at = kinds.indexOf('events-dropped');
  expect(kinds.slice(at)).toEqual(['events-dropped', 'results', 'status']);
  expect(lines.slice(0, at).map(({ count }) => count)).toEqual(
    Array.from({ length: at }, (_, i) => i + 1),
  );
  expect(lines[at]?.count).toBe(total - at);
  expect(lines[at + 1]?.count).toBe(total + 1);
});

/** What is in a pipe now. */
function read(pipe: number): string {
  const pieces: Buffer[] = [];
  for (;;) {
    const piece = Buffer.alloc(1 << 20);
    let count: number;
    try {
      count = readSync(pipe, piece);
    } catch {
      count = 0; // There is nothing in it, and who writes has not ended.
    }
    if (count === 0) return Buffer.concat(pieces).toString();
    pieces.push(piece.subarray(0, count));
  }
}
