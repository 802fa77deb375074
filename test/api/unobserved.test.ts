// Failures of jobs that nobody looks at.

import { execa } from 'execa';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { type LogEntry, StreamExecutionEnvironment } from '../../src/index.ts';

const told = (lines: readonly LogEntry[]) =>
  lines.filter(({ message }) => message.includes('nobody has asked for its result'));

function failing(): { lines: LogEntry[]; env: StreamExecutionEnvironment } {
  const lines: LogEntry[] = [];
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    logger: (entry) => lines.push(entry),
  });
  env
    .fromCollection([1])
    .map((): number => {
      throw new Error('bad input');
    })
    .toOutput('mine');
  return { lines, env };
}

test('an output that nobody reads', async () => {
  const { lines, env } = failing();
  const job = await env.executeAsync('lost');
  await vi.waitFor(() => expect(told(lines)).toHaveLength(1), 10_000);
  expect(lines[0]).toMatchObject({ level: 'error' });
  expect(lines[0]?.message).toMatch(/^The job "lost" has failed.*bad input/s);
  expect(job.status).toBe('FAILED');
  await env.close();
});

test('who asks for the result, reads an output or cancels is not told again', async () => {
  const looks: ((
    job: Awaited<ReturnType<StreamExecutionEnvironment['executeAsync']>>,
  ) => Promise<unknown>)[] = [
    (job) => job.result.catch(() => {}),
    async (job) => {
      await vi.waitFor(() => expect(job.status).toBe('FAILED'));
      await job.result.catch(() => {});
    },
    async (job) => {
      await expect(
        (async () => {
          for await (const _ of job.outputs['mine'] ?? []);
        })(),
      ).rejects.toThrow('bad input');
    },
    (job) => job.cancel(),
  ];
  const all = looks.map(async (look) => {
    const { lines, env } = failing();
    await look(await env.executeAsync());
    return { lines, env };
  });
  const looked = await Promise.all(all);
  // One that nobody looks at, begun later, is told: the others would have been before.
  const { lines, env } = failing();
  await env.executeAsync();
  await vi.waitFor(() => expect(told(lines)).toHaveLength(1), 10_000);
  for (const one of looked) {
    expect(told(one.lines)).toEqual([]);
    await one.env.close();
  }
  await env.close();
});

test('a program that ends at once has told it', async () => {
  const entry = fileURLToPath(new URL('../../src/index.ts', import.meta.url));
  const program = `
    import { StreamExecutionEnvironment } from ${JSON.stringify(entry)};
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.fromCollection([1]).map(() => { throw new Error('bad input'); }).toOutput('mine');
    await env.executeAsync('lost');
  `;
  const { stderr, exitCode } = await execa(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    '--input-type=module',
    '-e',
    program,
  ]);
  expect(stderr).toMatch(
    /^The job "lost" has failed, and nobody has asked for its result: .*bad input/s,
  );
  expect(exitCode).toBe(0);
});
