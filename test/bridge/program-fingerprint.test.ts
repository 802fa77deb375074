import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { programFingerprint } from '../../src/bridge/program-fingerprint.ts';
import type { PythonEnvironmentSpec } from '../../src/graph/job-graph.ts';
import { edge, graph, operator } from '../graph/graphs.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-fingerprint-'));
const module = join(folder, 'helper.py');
writeFileSync(module, '');
afterAll(() => rmSync(folder, { recursive: true }));

const of = (python: Partial<PythonEnvironmentSpec>, file?: string) =>
  programFingerprint(
    graph(
      [
        operator(1, 'source.sequence'),
        operator(2, 'map', {
          fn: {
            language: 'python',
            form: 'import',
            name: 'f',
            ...(file === undefined ? {} : { file }),
          },
        }),
      ],
      [edge(1, 2)],
      { python: { mainBundles: [], ...python } },
    ),
  );

test('the same program is the same, whatever its graph and bundles are', () => {
  expect(of({ mainBundles: [0] })).toBe(of({ mainBundles: [1, 2] }));
  expect(of({ sysPath: ['/gone', '/lib'] })).toBe(of({ sysPath: ['/gone', '/lib'] }));
});

test.each<[string, Partial<PythonEnvironmentSpec>]>([
  ['path', { sysPath: ['/b'] }],
  ['folder', { cwd: '/b' }],
  ['environment', { env: { A: '1' } }],
  ['program', { mainFile: '/b.py' }],
])('another %s is another program', (_name, python) => {
  expect(of(python)).not.toBe(of({}));
});

test('a module that changed is another program: beside the program, and named by a function', () => {
  const before = [of({ sysPath: [folder] }), of({}, module)];
  utimesSync(module, 1, 1);
  const after = [of({ sysPath: [folder] }), of({}, module)];
  expect(after[0]).not.toBe(before[0]);
  expect(after[1]).not.toBe(before[1]);
});
