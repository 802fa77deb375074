// Programs that `isthmus run` has started, and what signals mean to them.

import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../fixtures/processes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const index = new URL('../../src/index.ts', import.meta.url).href;
const python = join(root, '.venv', 'bin', 'python');
let above: string;
let folder: string;

const SINK = `
import { writeFileSync, existsSync } from 'node:fs';
import { StreamExecutionEnvironment, FileSink, Encoder, py } from '${index}';
class Sink {
  invoke() { writeFileSync('ready', ''); }
  async close() {
    await new Promise((go) => setTimeout(go, 50));
    writeFileSync('closed', '');
  }
}
async function* endless() {
  for (let n = 0; ; n++) {
    yield n;
    await new Promise((go) => setTimeout(go, 2));
  }
}
const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1 });
`;
const EXECUTE = `env.fromSource(endless).addSink(new Sink()); await env.execute();`;

describe('a program of isthmus run', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    above = await mkdtemp(join(tmpdir(), 'isthmus-signals-'));
  });
  afterAll(() => rm(above, { recursive: true }));

  async function run(
    text: string,
    signals: NodeJS.Signals[],
    { flags = [] as string[], alone = false } = {},
  ) {
    folder = await mkdtemp(join(above, 'program-'));
    const file = join(folder, 'program.ts');
    await writeFile(file, SINK + text);
    const args = alone ? [file] : [join(root, 'src', 'cli', 'main.ts'), 'run', ...flags, file];
    const child = execa(process.execPath, args, {
      cwd: folder,
      reject: false,
      env: { ISTHMUS_PYTHON: python },
    });
    await eventually('the job is at work', () => existsSync(join(folder, 'ready')));
    for (const signal of signals) child.kill(signal);
    const { exitCode, stdout, stderr, signal } = await child;
    return { exitCode, stdout, stderr, signal, closed: existsSync(join(folder, 'closed')) };
  }

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s closes its functions, and it ends with %i', async (signal, code) => {
    const { exitCode, stderr, closed } = await run(EXECUTE, [signal]);
    expect({ exitCode, stderr, closed }).toEqual({ exitCode: code, stderr: '', closed: true });
  });

  test('its own finally and catch run, with time to clean up', async () => {
    const { exitCode, stdout } = await run(
      `env.fromSource(endless).addSink(new Sink());
       try { await env.execute(); } catch (error) {
         await new Promise((go) => setTimeout(go, 100));
         console.log(error.code);
         throw error;
       }`,
      ['SIGTERM'],
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 143, stdout: 'ISTHMUS_CANCELLED' });
  });

  test('it ends although something else would keep it', async () => {
    const { exitCode, closed } = await run(
      `setInterval(() => {}, 1000); ${EXECUTE.replace('await env.execute()', 'env.execute().catch(() => {})')}`,
      ['SIGTERM'],
    );
    expect({ exitCode, closed }).toEqual({ exitCode: 143, closed: true });
  });

  test('a handler of its own is left alone', async () => {
    const { exitCode, stdout } = await run(
      `process.on('SIGTERM', () => { console.log('mine'); process.exit(7); }); ${EXECUTE}`,
      ['SIGTERM'],
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 7, stdout: 'mine' });
  });

  test('without isthmus run nothing is done about signals', async () => {
    const { signal, closed } = await run(EXECUTE, ['SIGTERM'], { alone: true });
    expect({ signal, closed }).toEqual({ signal: 'SIGTERM', closed: false });
  });

  test('functions in Python workers are closed', async () => {
    const { exitCode } = await run(
      `import { writeFileSync as write } from 'node:fs';
       write('closes.py', 'class Sink:\\n  def invoke(self, v): open("ready", "w").close()\\n  def close(self): open("closed", "w").close()\\n');
       env.fromSource(endless).addSink(py('./closes.py', 'Sink')); await env.execute();`,
      ['SIGTERM'],
    );
    expect(exitCode).toBe(143);
    expect(existsSync(join(folder, 'closed'))).toBe(true);
  });

  const FILES = `
    env.fromSource(endless).map((n) => { writeFileSync('ready', ''); return n; })
      .sinkTo(FileSink.forRowFormat('out', Encoder.simpleStringEncoder()).build());
    const { recordsIn } = await env.execute();
    console.log('finished', recordsIn > 0);`;

  test('--stop-on SIGTERM keeps the tail', async () => {
    const { exitCode, stdout } = await run(FILES, ['SIGTERM'], {
      flags: ['--stop-on', 'SIGTERM'],
    });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'finished true' });
    const names = await readdir(join(folder, 'out'), { recursive: true });
    const parts = names.filter((name) => /part-[^/]*$/.test(name));
    expect(parts).toHaveLength(1);
    const [part = ''] = parts;
    const lines = (await readFile(join(folder, 'out', part), 'utf8')).trim().split('\n');
    expect(lines).toEqual(lines.map((_, n) => String(n)));
  });

  test('the second signal cancels, whatever stops on the first', async () => {
    const { exitCode, closed } = await run(
      `setInterval(() => {}, 1000);
       env.fromSource(async function* ({ signal }) {
         yield 1;
         await new Promise((go) => signal.addEventListener('abort', go));
         writeFileSync('stopping', '');
         process.kill(process.pid, 'SIGINT');
         await new Promise(() => {});
       }).addSink(new Sink()); await env.execute();`,
      ['SIGINT'],
      { flags: ['--stop-on', 'both'] },
    );
    expect(existsSync(join(folder, 'stopping'))).toBe(true);
    expect({ exitCode, closed }).toEqual({ exitCode: 130, closed: true });
  });
});
