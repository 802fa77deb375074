// The random tests of both languages with seeds that they have not had. CI runs them with one seed, so that a change which has
// nothing to do with them is not held up by what they find; this is for finding. `npm run fresh-seeds`
//
//   node scripts/fresh-seeds.mjs [rounds] [seed]     so many rounds (1), each with a seed of its own; or with the one given
//
// A round that fails says its seed and how to run it again, and ends with code 1.

import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [rounds, fixed] = process.argv.slice(2, 4).map(Number);
if (process.argv.length > 2 && (!Number.isInteger(rounds) || rounds < 1)) {
  console.error(`"${process.argv[2]}" is not a number of rounds; say a whole one from 1, such as: npm run fresh-seeds -- 5`);
  process.exit(2);
}
const PATH = [join(root, '.venv', 'bin'), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
const suites = [
  { command: 'vitest', args: ['run'], files: thatSay('test/**/*.test.ts', /from 'fast-check'|\bSEED\b/) },
  { command: 'python', args: ['-m', 'pytest', '-q'], files: thatSay('test/python/**/test_*.py', /from hypothesis|\bSEED\b/) },
];

for (let round = 1; round <= (rounds ?? 1); round++) {
  const seed = fixed ?? randomInt(2 ** 31 - 1);
  console.log(`round ${round} of ${rounds ?? 1}: seed ${seed}`);
  for (const { command, args, files } of suites) {
    const { status } = spawnSync(command, [...args, ...files], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, PATH, ISTHMUS_TEST_SEED: String(seed) },
    });
    if (status === 0) continue;
    console.error(`\nSeed ${seed} fails. Once more, with the name of a test behind it if you like:`);
    console.error(`  ISTHMUS_TEST_SEED=${seed} ${command} ${args.join(' ')} …   or all: npm run fresh-seeds -- 1 ${seed}`);
    process.exit(1);
  }
}

function thatSay(pattern, words) {
  return globSync(pattern, { cwd: root }).filter((file) => words.test(readFileSync(join(root, file), 'utf8'))).sort();
}
