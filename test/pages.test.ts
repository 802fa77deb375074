// What pages and comments say that can be looked up: links, names of files, frames of the bridge.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { FrameType } from '../src/bridge/frame.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'examples/README.md',
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
];
/** Where a page begins to count when it names a file. */
const FOLDERS = [
  '',
  'src',
  'src/graph',
  'python/isthmus',
  'python/isthmus/_worker',
  'test',
  'test/python',
];

const read = (page: string): string => readFileSync(join(root, page), 'utf8');

/** As GitHub makes them of headings. */
function anchorsOf(text: string): Set<string> {
  const headings = text.matchAll(/^#+ (.*)$/gm);
  return new Set(
    Array.from(headings, ([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(/\s/g, '-'),
    ),
  );
}

test.each(pages)('links of %s lead somewhere', (page) => {
  const links = read(page).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)/g);
  const lost = Array.from(links, ([link, path = '', anchor]) => {
    const target = path === '' ? page : join(dirname(page), path);
    if (!existsSync(join(root, target))) return link;
    if (anchor === undefined || !target.endsWith('.md')) return '';
    return anchorsOf(read(target)).has(anchor) ? '' : link;
  }).filter((link) => link !== '');
  expect(lost).toEqual([]);
});

test.each(pages)('files that %s names are there', (page) => {
  const named = read(page).matchAll(/`([\w.-]+\/[\w./-]+\.(?:ts|py|mjs|json|md))`/g);
  const lost = Array.from(named, ([, path = '']) => path).filter(
    (path) => !FOLDERS.some((folder) => existsSync(join(root, folder, path))),
  );
  expect(lost).toEqual([]);
});

test('files that sources name are there', () => {
  const sources = ['src', 'python/isthmus'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:ts|py)$/.test(name))
      .map((name) => `${folder}/${name}`),
  );
  const lost = sources.flatMap((source) => {
    const named = read(source).matchAll(
      /(?<![\w./@-])((?:src|python|test|docs|bench|scripts|_[a-z]+)\/[\w./-]+\.(?:ts|py|mjs|json|md))/g,
    );
    return Array.from(named, ([, path = '']) => path)
      .filter((path) => !FOLDERS.some((folder) => existsSync(join(root, folder, path))))
      .map((path) => `${source}: ${path}`);
  });
  expect(lost).toEqual([]);
});

test('docs/protocol.md has every frame, and no other', () => {
  const rows = read('docs/protocol.md').matchAll(
    /^\| 0x([0-9a-f]{2}) \| ([A-Z_]+) \| (?:both|→W|→D|W→|D→)/gm,
  );
  const said = Array.from(rows, ([, code = '', name]) => [name, Number.parseInt(code, 16)]);
  expect(Object.fromEntries(said)).toEqual(FrameType);
});
