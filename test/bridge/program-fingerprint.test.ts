import { expect, test } from 'vitest';
import { programFingerprint } from '../../src/bridge/program-fingerprint.ts';
import type { PythonEnvironmentSpec } from '../../src/graph/job-graph.ts';
import { edge, graph, operator } from '../graph/graphs.ts';

const of = (python: Partial<PythonEnvironmentSpec>, file?: string) =>
  programFingerprint(
    graph(
      [
        operator(1, 'source.sequence'),
        operator(2, 'map', {
          fns: {
            function: {
              language: 'python',
              form: 'import',
              name: 'f',
              ...(file === undefined ? {} : { file }),
            },
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

test('a function out of another folder, wherever the graph names it, is another program', () => {
  const keyed = (file: string) =>
    programFingerprint(
      graph(
        [operator(1, 'source.sequence'), operator(2, 'map')],
        [
          edge(1, 2, {
            kind: 'hash',
            key: { language: 'python', form: 'import', name: 'key', file },
          }),
        ],
        { python: { mainBundles: [] } },
      ),
    );
  expect(keyed('/a/k.py')).toBe(keyed('/a/other.py'));
  expect(keyed('/a/k.py')).not.toBe(keyed('/b/k.py'));
  expect(of({}, '/a/k.py')).not.toBe(of({}, '/b/k.py'));
});
