// What the runtime asks of the machine is handed to it (src/machine/machine.ts), so that a simulation can hand in its own.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const FOLDERS = ['checkpoint', 'runtime', 'operators', 'connectors', 'state'];
const source = fileURLToPath(new URL('../../src', import.meta.url));

/** What reaches for the machine. */
const DIRECT = new RegExp(
  [
    String.raw`\b(?:setImmediate|setTimeout|setInterval|queueMicrotask)\(`,
    String.raw`\bprocess\.(?:nextTick|hrtime)`,
    String.raw`\b(?:Date|performance)\.now\b`,
    String.raw`\bnew Date\(\)`,
    String.raw`\bMath\.random\b`,
    String.raw`\brandomUUID\b`,
    String.raw`'node:(?:fs|fs/promises|timers|timers/promises|child_process|worker_threads|net|os)'`,
    String.raw`/system-(?:clock|files|machine)\.ts'`,
  ].join('|'),
  'g',
);

/** By file, what it may reach for, and why. */
const EXCEPTIONS: Record<string, string[]> = {
  // Code is loaded, which is no data of a job.
  'runtime/function-loader.ts': ["'node:fs'"],
  // SQLite opens its file by itself; it is private to the run, and gone with it.
  'state/embedded-store.ts': ["'node:fs'", "'node:os'"],
};

test('time, turns, files and randomness are handed in', () => {
  const found: Record<string, string[]> = {};
  let files = 0;
  for (const folder of FOLDERS) {
    for (const name of namesIn(join(source, folder))) {
      files++;
      const text = readFileSync(join(source, folder, name), 'utf8').replaceAll(
        /^\s*(?:\/\/|\*).*$/gm,
        '',
      );
      const direct = [...new Set([...text.matchAll(DIRECT)].map(([what]) => what))];
      const allowed = EXCEPTIONS[`${folder}/${name}`] ?? [];
      const forbidden = direct.filter((what) => !allowed.includes(what));
      if (forbidden.length > 0) found[`${folder}/${name}`] = forbidden;
    }
  }
  expect(files).toBeGreaterThan(100);
  expect(found).toEqual({});
});

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
  } catch {
    return [];
  }
}
