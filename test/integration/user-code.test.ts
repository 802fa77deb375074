// The table of test/scenarios/user-code.json, from TypeScript programs. Its twin is test/python/driver/test_user_code.py.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';

interface Action {
  does: string;
  python?: string;
  typescript?: string;
  ends: string;
  error?: string;
  stdout?: string;
  stderr?: string;
}

const table = JSON.parse(
  readFileSync(new URL('../scenarios/user-code.json', import.meta.url), 'utf8'),
) as { places: string[]; actions: Action[] };
const program = fileURLToPath(new URL('../fixtures/user-code/program.ts', import.meta.url));

describe.each(['python', 'typescript'] as const)('functions in %s', (language) => {
  test.each(table.places)(
    'end as they should, whatever they do in %s',
    async (place) => {
      const { stdout, stderr } = await execa(process.execPath, [program, language, place], {
        timeout: 120_000,
      });
      const ended = new Map(
        stderr
          .split('\n')
          .filter((line) => line.includes(' = '))
          .map((line) => line.split(' = ', 2) as [string, string]),
      );
      for (const action of table.actions) {
        if (action[language] === undefined) continue;
        const told = ended.get(action.does) ?? '';
        expect(told, action.does).toContain(action.ends);
        expect(told, action.does).toContain(action.error ?? '');
        expect(told, action.does).not.toContain('InternalError');
        // What Python functions print goes to the environment's logger, which is stderr by default.
        expect(language === 'python' ? stderr : stdout).toContain(action.stdout ?? '');
        expect(stderr).toContain(action.stderr ?? '');
      }
    },
    120_000,
  );
});
