// What TypeScript programs print, and what the end of its reader means. Programs as processes of their own.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, expect, test } from 'vitest';

const index = pathToFileURL(join(import.meta.dirname, '../../src/index.ts')).href;
const folder = mkdtempSync(join(tmpdir(), 'isthmus-output-'));
const started: ChildProcess[] = [];
writeFileSync(
  join(folder, 'functions.py'),
  'def same(n: int) -> int:\n    return n\n\n' +
    'def long(n: int) -> str:\n    return f"{n}:".ljust(6000, "x") + ";"\n',
);

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true }));

function start(text: string, redirections = ''): ChildProcess & { stdout: NodeJS.ReadableStream } {
  const file = join(folder, `program-${started.length}.ts`);
  writeFileSync(
    file,
    `import { StreamExecutionEnvironment, py } from '${index}';\n` +
      `const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 4 });\n` +
      `async function* numbers(end: number) { for (let n = 0; n < end; n++) yield n; }\n${text}`,
  );
  const command = `exec "${process.execPath}" "${file}" ${redirections}`;
  const child = spawn('/bin/sh', ['-c', command], { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] });
  started.push(child);
  return child as ChildProcess & { stdout: NodeJS.ReadableStream };
}

async function ended(
  child: ChildProcess,
): Promise<{ code: number; stdout: string; stderr: string }> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout, stderr };
}

const writers = { python: `py('./functions.py', 'same')`, typescript: '(n: number) => n' };

test.each(Object.entries(writers))(
  'an endless job of %s ends quietly when its reader has gone',
  async (_writer, map) => {
    const child = start(
      `env.fromSource(() => numbers(Infinity)).map(${map}).print();\nawait env.execute();\nconsole.log('not reached');`,
    );
    await once(child.stdout, 'data');
    (child.stdout as unknown as { destroy: () => void }).destroy();
    expect(await ended(child)).toMatchObject({ code: 141, stderr: '' });
  },
);

test('other errors end a program as ever, once its reader has gone', {
  timeout: 30_000,
}, async () => {
  const child = start(
    `env.fromSource(() => numbers(Infinity)).map((n: number) => n).print();\n` +
      `await env.execute().catch((error) => console.error(error.code));\nthrow new Error('another');`,
  );
  (child.stdout as unknown as { destroy: () => void }).destroy();
  const { code, stderr } = await ended(child);
  expect(stderr).toContain('ISTHMUS_OUTPUT_CLOSED\n');
  expect(stderr).toContain('Error: another');
  expect(code).toBe(1);
});

test('lines of all writers are whole', async () => {
  const child = start(
    `const stream = env.fromSource(() => numbers(1_000));\n` +
      `stream.map(py('./functions.py', 'long')).print();\n` +
      `stream.map((n: number) => { console.log(\`\${n}:;\`); return \`\${n}:\`.padEnd(9_000, 'x') + ';'; }).print();\n` +
      `await env.execute();\nprocess.exit(0);`,
  );
  const { code, stdout, stderr } = await ended(child);
  expect(stderr).toBe('');
  const lines = stdout.trimEnd().split('\n');
  expect(lines.filter((line) => !/^(?:[1-4]> )?\d+:x*;$/.test(line))).toEqual([]);
  expect(lines).toHaveLength(3_000);
  expect(code).toBe(0);
});

test.each(['<&-', '>&-', '2>&-', '<&- >&- 2>&-'])(
  'a program that is started with %s runs its jobs',
  async (closed) => {
    const child = start(
      `env.fromCollection([1, 2, 3]).map(py('./functions.py', 'same')).print();\nawait env.execute();`,
      closed,
    );
    const { code, stdout } = await ended(child);
    expect(code).toBe(0);
    if (!closed.includes('>&-') || closed === '2>&-') {
      expect(
        stdout
          .replaceAll(/[1-4]> /g, '')
          .trim()
          .split('\n')
          .toSorted(),
      ).toEqual(['1', '2', '3']);
    }
  },
);

test('a full disk is an error of the print sink', async () => {
  const text = `env.fromCollection([1]).map(py('./functions.py', 'same')).print();\nawait env.execute();`;
  const { code, stderr } = await ended(start(text, '>/dev/full'));
  expect(stderr).toContain('What print() writes could not be written to stdout: ENOSPC');
  expect(code).toBe(1);
});

test('too many open files are told with the limit', async () => {
  const text =
    `env.fromCollection([1]).rebalance().map(py('./functions.py', 'same')).print();\n` +
    `await env.execute().catch((error) => console.log(error.code, error.message));`;
  const child = start(
    `import { openSync } from 'node:fs';\nfor (let i = 0; i < 36; i++) openSync('/dev/null', 'r');\n${text}`,
  );
  child.kill('SIGKILL');
  const limited = spawn(
    '/bin/sh',
    ['-c', `ulimit -n 64; exec "${process.execPath}" program-0.ts`],
    { cwd: folder },
  );
  started.push(limited);
  const { stdout } = await ended(limited);
  expect(stdout).toContain('ISTHMUS_WORKER_START');
  expect(stdout).toContain('the limit is 64). Raise the limit (ulimit -n)');
});
