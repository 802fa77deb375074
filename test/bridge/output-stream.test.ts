import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, expect, test } from 'vitest';
import { OutputStream, isClosed } from '../../src/bridge/output-stream.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-output-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A pipe by name, of which the test is the writer; `read` has `cat` read it to its end. */
async function pipe(): Promise<{ writing: number; read: () => Promise<string> }> {
  const path = join(folder, 'pipe');
  await once(spawn('mkfifo', [path]), 'close');
  const writing = openSync(path, 'r+');
  const read = async () => {
    const child = spawn('cat', [path], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    await once(child, 'close');
    return text;
  };
  return { writing, read };
}

test('a file has all lines before the call returns', () => {
  const path = join(folder, 'file');
  const descriptor = openSync(path, 'w');
  const output = OutputStream.to(descriptor);
  expect(output.write('one\n')).toBeUndefined();
  expect(output.write('two\n')).toBeUndefined();
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  closeSync(descriptor);
});

test('lines wait for the reader of a pipe beside the event loop, in their order', async () => {
  const { writing, read } = await pipe();
  const output = OutputStream.to(writing);
  const lines = Array.from({ length: 1_000 }, (_, i) => `${i} ${'x'.repeat((i % 50) * 200)}\n`);
  let room: Promise<void> | undefined;
  for (const line of lines) room = output.write(line);
  expect(room).toBeInstanceOf(Promise); // More than there is room for.
  expect(output.isBusy).toBe(true);
  const text = read();
  await output.settled();
  closeSync(writing);
  expect((await text) === lines.join('')).toBe(true); // Too long for a message.
  expect(output.isBusy).toBe(false);
  await room;
});

test('a failure is told, and what comes later is tried again', async () => {
  const failures: string[] = [];
  const full = openSync('/dev/full', 'w');
  const output = OutputStream.to(full);
  const stop = output.onFailure(({ code }) => failures.push(String(code)));
  void output.write('one\n');
  void output.write('two\n');
  await output.settled();
  expect(failures).toEqual(['ENOSPC', 'ENOSPC']);
  stop();
  void output.write('three\n');
  expect(failures).toHaveLength(2);
  closeSync(full);
});

test('a stream of the process that fails ends nothing', async () => {
  const broken = new Writable({
    write: (_chunk, _encoding, done) =>
      void setImmediate(() => done(Object.assign(new Error('gone'), { code: 'EPIPE' }))),
  });
  const output = OutputStream.along(() => broken);
  const closed: boolean[] = [];
  output.onFailure((failure) => closed.push(isClosed(failure)));
  void output.write('one\n');
  await output.settled();
  void output.write('two\n');
  await output.settled();
  expect(closed).toEqual([true, true]);
  // Our listener has gone: what the program writes is its own affair.
  await new Promise((resolve) => setImmediate(resolve));
  expect(broken.listenerCount('error')).toBe(0);
});
