// The programs of the guide for Node developers do what it says.
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
const guide = readFileSync(join(root, 'docs/for-node-developers.md'), 'utf8');
const files = [...guide.matchAll(/<!-- file: (\S+) -->\n```\w+\n([\s\S]*?)```/g)];
const programs = [...guide.matchAll(/<!-- run -->\n```ts\n([\s\S]*?)```\n```text\n([\s\S]*?)```/g)];

describe('the guide for Node developers', { timeout: 60_000 }, () => {
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
    expect(programs.length).toBeGreaterThan(3);
  });

  test.each(programs.map(([, program = '', output = ''], i) => [i + 1, program, output] as const))(
    'program %i',
    async (i, program, output) => {
      const path = join(folder, `program-${i}.ts`);
      await writeFile(path, program);
      const run = await execa(nodeOfExamples, [path], {
        cwd: folder,
        env: {
          PYTHONPATH: join(root, 'python'),
          ISTHMUS_PYTHON_EXECUTABLE: join(root, '.venv', 'bin', 'python'),
          NO_COLOR: '1',
        },
      });
      expect(`${run.stdout}\n`).toBe(output);
    },
  );
});
