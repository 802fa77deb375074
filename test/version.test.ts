import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PROTOCOL_VERSION, VERSION } from '../src/version.ts';

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');

test('both manifests, both packages and the protocol page carry one version', () => {
  expect(JSON.parse(read('package.json')).version).toBe(VERSION);
  expect(/^version = "(.*)"$/m.exec(read('pyproject.toml'))?.[1]).toBe(VERSION);
  expect(/__version__ = "(.*)"/.exec(read('python/isthmus/__init__.py'))?.[1]).toBe(VERSION);
  expect(/^# The bridge protocol, version (\d+)$/m.exec(read('docs/protocol.md'))?.[1]).toBe(
    String(PROTOCOL_VERSION),
  );
  expect(/^PROTOCOL = (\d+)$/m.exec(read('python/isthmus/_worker/main.py'))?.[1]).toBe(
    String(PROTOCOL_VERSION),
  );
});
