// Both gates, and what the rules make of what arrives. `ISTHMUS_WRITE_VECTORS=1` writes test/vectors/gate.json anew.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { SEED } from '../seed.ts';
import { expectedEvents, type GateScript, gateEvents, randomScripts } from './gate-scripts.ts';

const FILE = new URL('../vectors/gate.json', import.meta.url);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const IN_FILE = 300;
const LIVE = 3_000;

interface GateVectors {
  cases: (GateScript & { name: string })[];
  scripts: GateScript[];
}

function take(scripts: Generator<GateScript>, count: number): GateScript[] {
  return Array.from({ length: count }, () => scripts.next().value as GateScript);
}

const vectors = JSON.parse(readFileSync(FILE, 'utf8')) as GateVectors;
if (process.env.ISTHMUS_WRITE_VECTORS !== undefined) {
  vectors.scripts = take(randomScripts(1), IN_FILE);
  for (const each of vectors.cases) each.events = expectedEvents(each.channels, each.arrivals);
  const lines = (scripts: GateScript[]) =>
    scripts.map((s) => `    ${JSON.stringify(s)}`).join(',\n');
  writeFileSync(
    FILE,
    `{\n  "cases": [\n${lines(vectors.cases)}\n  ],\n  "scripts": [\n${lines(vectors.scripts)}\n  ]\n}\n`,
  );
}

test('the vectors are what the rules say', () => {
  expect(take(randomScripts(1), vectors.scripts.length)).toEqual(vectors.scripts);
  for (const { name, channels, arrivals, events } of vectors.cases) {
    expect([name, expectedEvents(channels, arrivals)]).toEqual([name, events]);
  }
});

test('the gate makes of each script what the rules do', () => {
  for (const { channels, arrivals, events } of [...vectors.cases, ...vectors.scripts]) {
    expect([arrivals, gateEvents(channels, arrivals)]).toEqual([arrivals, events]);
  }
});

test('both gates agree with the rules on scripts that neither has seen', () => {
  const scripts = take(randomScripts(SEED), LIVE);
  const { stdout, stderr } = spawnSync(
    join(ROOT, '.venv/bin/python'),
    ['test/python/worker/gate_scripts.py'],
    {
      cwd: ROOT,
      env: { ...process.env, PYTHONPATH: join(ROOT, 'python') },
      input: scripts
        .map(({ channels, arrivals }) => JSON.stringify({ channels, arrivals }))
        .join('\n'),
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    },
  );
  expect(stderr).toBe('');
  const python = stdout.split('\n').slice(0, -1);
  const differing = scripts.filter(
    ({ channels, arrivals, events }, i) =>
      gateEvents(channels, arrivals) !== events || python[i] !== events,
  );
  expect(python).toHaveLength(LIVE);
  expect(differing).toEqual([]);
});
