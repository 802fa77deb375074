import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { nodeProblem, OLDEST_NODE } from '../../src/config/node-version.ts';

test('the oldest Node is that of package.json', () => {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  expect(JSON.parse(manifest).engines.node).toBe(`>=${OLDEST_NODE.join('.')}`);
});

test.each(['22.18.0', '22.21.1', '24.0.0'])('Node %s will do', (version) => {
  expect(nodeProblem(version)).toBeUndefined();
});

test.each(['20.20.2', '22.17.9'])(
  'Node %s is too old, which is said with the way out',
  (version) => {
    expect(nodeProblem(version)).toBe(
      `Isthmus needs Node 22.18 or newer, and this is ${version}; install a newer one.`,
    );
  },
);
