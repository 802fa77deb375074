// Programs in processes of their own: when they end, and with what.

import { execa } from 'execa';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const index = new URL('../../src/index.ts', import.meta.url).href;
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a program that has imported the API. */
function program(text: string) {
  const source = `import { StreamExecutionEnvironment, py } from '${index}';
const env = StreamExecutionEnvironment.getExecutionEnvironment();
${text}`;
  return execa('node', ['--input-type=module-typescript', '-e', source], {
    cwd: root,
    reject: false,
    timeout: 60_000,
    preferLocal: true,
  });
}

describe('a program', () => {
  test('ends when its jobs are over, the environment not closed', async () => {
    const { stdout, exitCode } = await program(
      'env.fromSequence(1, 3).print(); await env.execute();',
    );
    expect(stdout).toBe('1\n2\n3');
    expect(exitCode).toBe(0);
  });

  test('ends although Python workers are warm and functions were looked up', async () => {
    const { stdout, exitCode } = await program(
      `env.fromSequence(1, 3).map(py('json', 'dumps')).print(); await env.execute();`,
    );
    expect(stdout).toBe('1\n2\n3');
    expect(exitCode).toBe(0);
  });

  test('ends when the iteration of an endless stream is left', async () => {
    const { stdout, exitCode } = await program(`
      const endless = env.fromSource(async function* () {
        for (let i = 0; ; i++) { yield i; await new Promise((r) => setTimeout(r, 1)); }
      });
      for await (const value of endless.executeAndCollect()) if (value === 5) break;
      console.log('left');`);
    expect(stdout).toBe('left');
    expect(exitCode).toBe(0);
  });

  test('fails by a job that nobody looked at', async () => {
    const { stderr, exitCode } = await program(`
      env.fromCollection([1]).map(() => { throw new Error('boo'); }).print();
      await env.executeAsync();`);
    expect(stderr).toContain('(subtask 1/1): boo');
    expect(exitCode).toBe(1);
  });

  test('does not fail by a job whose failure an output has told', async () => {
    const { stdout, exitCode } = await program(`
      env.fromCollection([1]).map(() => { throw new Error('boo'); }).toOutput('out');
      const job = await env.executeAsync();
      try { for await (const _ of job.outputs.out); } catch (error) { console.log(error.code); }`);
    expect(stdout).toBe('ISTHMUS_USER_FUNCTION');
    expect(exitCode).toBe(0);
  });
});
