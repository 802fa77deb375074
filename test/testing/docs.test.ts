// The examples of docs/testing.md and docs/connectors.md run as they stand there.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';
import { nodeOfExamples } from '../fixtures/using.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'isthmus-docs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const page = ['testing', 'connectors']
  .map((name) => readFileSync(join(root, `docs/${name}.md`), 'utf8'))
  .join('\n');

function examples(language: string): string[] {
  const blocks = page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'));
  return Array.from(blocks, ([, code]) => code as string);
}

const entries = { isthmus: 'src/index.ts', 'isthmus/testing': 'src/testing/index.ts' };

function typescript(code: string): string {
  let text = code;
  for (const [name, path] of Object.entries(entries)) {
    text = text.replaceAll(`from '${name}'`, `from '${join(root, path)}'`);
  }
  return text;
}

test('the page has as many examples in both languages', () => {
  expect(examples('ts').length).toBeGreaterThan(3);
  expect(examples('ts').length).toBe(examples('python').length);
});

test.each(examples('ts').map((code, i) => [i + 1, code]))('TypeScript, no. %i', async (i, code) => {
  const path = join(folder, `example-${i}.ts`);
  writeFileSync(path, typescript(code as string));
  await execa(nodeOfExamples, ['--no-warnings', path], { timeout: 60_000 });
});

test.each(examples('python').map((code, i) => [i + 1, code]))(
  'Python, no. %i',
  async (_i, code) => {
    const python = join(root, '.venv/bin/python');
    const env = { PYTHONPATH: join(root, 'python') };
    await execa(python, ['-c', code as string], { env, timeout: 60_000 });
  },
);
