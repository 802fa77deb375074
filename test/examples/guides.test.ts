// The programs of these pages do what the page says.
//
// A block behind `<!-- run -->` is a program of its own, the block of text behind it its output; a block behind
// `<!-- file: NAME -->` is a file beside it.

import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeOfExamples } from '../fixtures/using.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe.each(['for-node-developers.md', 'calls.md'])('%s', { timeout: 60_000 }, (page) => {
  const guide = readFileSync(join(root, 'docs', page), 'utf8');
  const files = [...guide.matchAll(/<!-- file: (\S+) -->\n```\w+\n([\s\S]*?)```/g)];
  const programs = [
    ...guide.matchAll(/<!-- run -->\n```(ts|python)\n([\s\S]*?)```\n```text\n([\s\S]*?)```/g),
  ];
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'isthmus-guide-'));
    await writeFile(join(folder, 'package.json'), '{"type": "module"}');
    await mkdir(join(folder, 'node_modules'));
    await symlink(root, join(folder, 'node_modules', 'isthmus'));
    for (const [, name = '', text = ''] of files) await writeFile(join(folder, name), text);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('marks every program with its output', () => {
    expect(programs).toHaveLength(guide.split('<!-- run -->').length - 1);
    expect(programs.length).toBeGreaterThan(0);
  });

  test.each(programs.map(([, of = '', text = '', output = ''], i) => ({ i, of, text, output })))(
    'program $i',
    async ({ i, of, text, output }) => {
      const path = join(folder, `program_${i}.${of === 'ts' ? 'ts' : 'py'}`);
      await writeFile(path, text);
      const python = join(root, '.venv', 'bin', 'python');
      const run = await execa(of === 'ts' ? nodeOfExamples : python, [path], {
        cwd: folder,
        env: {
          PYTHONPATH: join(root, 'python'),
          ISTHMUS_PYTHON_EXECUTABLE: python,
          NO_COLOR: '1',
        },
      });
      expect(`${run.stdout}\n`).toBe(output);
    },
  );
});
