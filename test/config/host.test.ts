import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { hostProblem, OLDEST_NODE } from '../../src/config/host.ts';

test('the oldest Node is that of package.json', () => {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  expect(JSON.parse(manifest).engines.node).toBe(`>=${OLDEST_NODE.join('.')}`);
});

test.each(['22.18.0', '22.21.1', '24.0.0'])('Node %s will do', (version) => {
  expect(hostProblem(version, 'linux')).toBeUndefined();
  expect(hostProblem(version, 'darwin')).toBeUndefined();
});

test.each(['20.20.2', '22.17.9'])(
  'Node %s is too old, which is said with the way out',
  (version) => {
    expect(hostProblem(version, 'linux')).toBe(
      `Isthmus needs Node 22.18 or newer, and this is ${version}; install a newer one.`,
    );
  },
);

test('Windows is refused in a sentence with the way out', () => {
  expect(hostProblem('24.0.0', 'win32')).toMatch(
    /^Isthmus does not run on Windows, .*; run it in WSL\.$/,
  );
});
