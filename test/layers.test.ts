import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { expect, test } from 'vitest';
import { fileURLToPath } from 'node:url';

/** What `src/` is made of, from the top down: each imports what stands below it. */
const LAYERS = [
  'testing',
  'index.ts',
  'cli',
  'driver',
  'api',
  'terminal',
  'built-in.ts',
  'connectors',
  'text',
  'operators',
  'runtime',
  'checkpoint',
  'state',
  'bridge',
  'version.ts',
  'graph',
  'config',
  'abort.ts',
  'machine',
  'errors.ts',
];

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'src');

/** Of a path below `src/`: its folder, or the file that stands there. */
const layerOf = (path: string): string => path.split(sep)[0] as string;

function* imports(): Generator<[from: string, to: string]> {
  for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const text = readFileSync(join(source, file), 'utf8');
    // Types, too: what must be known of each other is tied.
    for (const [, path] of text.matchAll(/(?:from|import\(|import) ?'(\.[^']+)'/g)) {
      yield [file, normalize(join(dirname(file), path as string))];
    }
  }
}

test('imports point downwards, so folders form no circle', () => {
  const rank = new Map(LAYERS.map((layer, at) => [layer, at]));
  const edges = [...imports()];
  expect(edges.length).toBeGreaterThan(1_000);
  const ranked = edges.map((edge) => [...edge, ...edge.map((path) => rank.get(layerOf(path)))]);
  expect(ranked.filter(([, , from, to]) => from === undefined || to === undefined)).toEqual([]);
  expect(ranked.filter(([, , from, to]) => Number(from) > Number(to))).toEqual([]);
});

test('CONTRIBUTING.md says the order of layers', () => {
  const page = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8').replaceAll(/\s+/g, ' ');
  expect(page).toContain(LAYERS.map((layer) => layer.replace('.ts', '')).join(', '));
});
