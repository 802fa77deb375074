// The main job, as its README runs it; on real logs where they are beside the checkout.

import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const example = join(root, 'examples', 'log-analysis');
const python = join(root, '.venv', 'bin', 'python');
const env = { PYTHONPATH: join(root, 'python') };
const realLog = join(root, '..', 'shared', 'data', 'apache_access.log');

interface Row {
  facet: string;
  key: string;
  requests: number;
  bytes: number;
  errors: number;
  samples?: string[];
}

async function analyse(args: string[], input = ''): Promise<string> {
  const run = await execa(python, [join(example, 'pipeline.py'), ...args], { env, input });
  return run.stdout;
}

async function rows(args: string[], input = ''): Promise<Row[]> {
  const lines = (await analyse([...args, '--json'], input)).split('\n');
  return lines.map((line) => JSON.parse(line) as Row);
}

const byKey = (found: Row[], facet: string) =>
  Object.fromEntries(
    found.filter((row) => row.facet === facet).map((row) => [row.key, row.requests]),
  );

describe('log analysis', { timeout: 60_000 }, () => {
  let folder: string;
  let log: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'isthmus-logs-'));
    log = join(folder, 'sample.log');
    const generate = [join(example, 'generate.py'), '--lines', '2000', '--seed', '3'];
    await writeFile(log, (await execa(python, generate)).stdout);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('gives the expected report, with one worker and with two', async () => {
    const expected = readFileSync(join(example, 'expected.txt'), 'utf8').trimEnd();
    expect(await analyse([log, '--top', '3'])).toBe(expected);
    expect(await analyse([log, '--top', '3', '--parallelism', '2'])).toBe(expected);
  });

  test('reads folders and standard input', async () => {
    const expected = await rows([log]);
    expect(await rows([folder])).toEqual(expected);
    expect(await rows(['-'], readFileSync(log, 'utf8'))).toEqual(expected);
  });

  test('counts and shows malformed lines, and goes on', async () => {
    const damaged = join(folder, 'damaged.txt');
    const good = '10.0.0.1 - - [01/Mar/2026:00:00:01 +0000] "GET /a/b HTTP/1.1" 200 5 "-" "curl/8"';
    await writeFile(damaged, ['no log line', good, '', good].join('\n'));
    const found = await rows([damaged]);
    expect(byKey(found, 'status')).toEqual({ 200: 2 });
    expect(byKey(found, 'client')).toEqual({ program: 2 });
    expect(byKey(found, 'section')).toEqual({ '/a/': 2 });
    const [malformed] = found.filter((row) => row.facet === 'malformed');
    expect(malformed?.requests).toBe(2);
    expect(malformed?.samples).toContain('no log line');
  });

  test('goes on where bytes of a line are no text', async () => {
    const log = join(folder, 'bytes.txt');
    const line = (path: string) =>
      `10.0.0.1 - - [01/Mar/2026:00:00:01 +0000] "GET ${path} HTTP/1.1" 200 5 "-" "curl/8"\n`;
    const foreign = Buffer.from(line('/caf\xe9'), 'latin1');
    await writeFile(
      log,
      Buffer.concat([Buffer.from(line('/größe')), foreign, Buffer.from('\0\xff\n', 'latin1')]),
    );
    const found = await rows([log]);
    expect(byKey(found, 'path')).toEqual({ '/größe': 1, '/café': 1 });
    expect(found.find(({ facet }) => facet === 'malformed')?.requests).toBe(1);
  });

  test('says which path there is not', async () => {
    const run = execa(python, [join(example, 'pipeline.py'), '/no/such.log'], { env });
    await expect(run).rejects.toThrow('error: there is no file or folder /no/such.log');
  });

  test('generates logs for readers that stop early', async () => {
    const generate = `"${python}" generate.py --lines 100000 | head -n 1`;
    const run = await execa({ shell: true, cwd: example })`${generate}`;
    expect(run.stdout).toContain('GET /');
    expect(run.stderr).toBe('');
  });

  test.skipIf(!existsSync(realLog))('counts 10,000 real requests', async () => {
    const found = await rows([realLog]);
    expect(byKey(found, 'status')).toEqual({
      200: 9126,
      304: 445,
      404: 213,
      301: 164,
      206: 45,
      500: 3,
      416: 2,
      403: 2,
    });
    expect(Object.keys(byKey(found, 'hour'))).toHaveLength(84);
  });
});
