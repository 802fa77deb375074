// The numbered invariants of both trees: a head says what always holds, and the line that keeps it says so.
//
// A number is defined by a line of a head (or of the doc comment of a class) that begins with it: `K1. …`. It is cited by a
// comment behind or above the line that keeps it: `// K1`. Where another file keeps it, the head names that file in brackets,
// and it is cited there as `K1 of keys.ts`.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const DEFINED = /^([A-Z]{1,2}\d{1,2})\. /;
const CITED =
  /(?<![\w.+"'`-])([A-Z]{1,2}\d{1,2})(?![\w"'-])(?: of `*(?:[\w-]+\/)*([\w-]+\.(?:ts|py))`*)?/g;
/** They look like numbers of ours. */
const OTHERS = new Set(['V8']);

interface CommentLine {
  line: number;
  /** Where the text begins. */
  column: number;
  text: string;
  /** Of a head or a doc comment, which may define. */
  isDoc: boolean;
}

interface Definition {
  line: number;
  text: string;
}

interface Citation {
  line: number;
  number: string;
  /** The file that defines it; undefined: this one. */
  of: string | undefined;
}

interface Found {
  path: string;
  defined: Map<string, Definition>;
  cited: Citation[];
  twice: string[];
}

function commentLines(path: string, text: string): CommentLine[] {
  return extname(path) === '.py' ? pythonComments(text) : typescriptComments(text);
}

function typescriptComments(text: string): CommentLine[] {
  const found: CommentLine[] = [];
  let isBlock = false;
  for (const [index, line] of text.split('\n').entries()) {
    const isDoc = isBlock || /^\s*\/\*\*/.test(line) || line.startsWith('//');
    const start = isBlock ? 0 : line.search(/(?:^|\s)(?:\/\/|\/\*\*)(?:\s|$)/);
    if (start >= 0) add(found, index, line, start, /[\s*/]/, isDoc);
    if (/^\s*\/\*/.test(line)) isBlock = true;
    if (line.includes('*/')) isBlock = false;
  }
  return found;
}

function pythonComments(text: string): CommentLine[] {
  const found: CommentLine[] = [];
  let isDoc = false;
  for (const [index, line] of text.split('\n').entries()) {
    const quotes = line.split('"""').length - 1;
    const start = isDoc || quotes > 0 ? 0 : line.search(/(?:^|\s)#:? /);
    if (start >= 0) add(found, index, line, start, /[\s#:"]/, isDoc || quotes > 0);
    if (quotes % 2 === 1) isDoc = !isDoc;
  }
  return found;
}

function add(
  to: CommentLine[],
  index: number,
  line: string,
  start: number,
  marks: RegExp,
  isDoc: boolean,
): void {
  let column = start;
  while (column < line.length && marks.test(line[column] as string)) column++;
  to.push({
    line: index + 1,
    column,
    text: line.slice(column).replace(/\s*(?:"""|\*\/)?\s*$/, ''),
    isDoc,
  });
}

function look(path: string): Found {
  const found: Found = { path, defined: new Map(), cited: [], twice: [] };
  let inside: { definition: Definition; column: number; line: number } | undefined;
  for (const { line, column, text, isDoc } of commentLines(path, readFileSync(path, 'utf8'))) {
    const number = isDoc ? DEFINED.exec(text)?.[1] : undefined;
    if (number !== undefined) {
      if (found.defined.has(number)) found.twice.push(`${place(path, line)}: ${number}`);
      inside = { definition: { line, text }, column, line };
      found.defined.set(number, inside.definition);
      continue;
    }
    // The rest of its paragraph stands further in.
    if (inside !== undefined && line === inside.line + 1 && text !== '' && column > inside.column) {
      inside.definition.text += ` ${text}`;
      inside.line = line;
      continue;
    }
    inside = undefined;
    for (const [, cited, of] of text.matchAll(CITED)) {
      if (!OTHERS.has(cited as string)) found.cited.push({ line, number: cited as string, of });
    }
  }
  return found;
}

function place(path: string, line: number): string {
  return `${relative(root, path)}:${line}`;
}

function filesOf(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !name.startsWith('_runtime'))
    .map((name) => join(root, folder, name));
}

const all = [...filesOf('src', '.ts'), ...filesOf('python/isthmus', '.py')].map(look);
const byName = Map.groupBy(all, ({ path }) => basename(path));

function definers({ number, of }: Citation): Found[] {
  return (byName.get(of as string) ?? []).filter(({ defined }) => defined.has(number));
}

it('finds the invariants', () => {
  const count = all.reduce((sum, { defined }) => sum + defined.size, 0);
  expect(count).toBeGreaterThan(350);
});

it('defines each number of a file once', () => {
  expect(all.flatMap(({ twice }) => twice)).toEqual([]);
});

it('defines each number that is cited', () => {
  const undefinedOnes = all.flatMap(({ path, defined, cited }) =>
    cited
      .filter((each) =>
        each.of === undefined ? !defined.has(each.number) : definers(each).length === 0,
      )
      .map(({ line, number, of }) => `${place(path, line)}: ${number}${of ? ` of ${of}` : ''}`),
  );
  expect(undefinedOnes).toEqual([]);
});

it('cites each number where it is kept: in its file, or in one that its head names', () => {
  const elsewhere = new Set(
    all.flatMap(({ path, cited }) =>
      cited.flatMap((each) =>
        each.of === undefined
          ? []
          : definers(each).map((found) => `${found.path} ${each.number} ${basename(path)}`),
      ),
    ),
  );
  const uncited = all.flatMap(({ path, defined, cited }) =>
    [...defined]
      .filter(([number, { text }]) => {
        if (cited.some((each) => each.of === undefined && each.number === number)) return false;
        const named = [...text.matchAll(/[\w-]+\.(?:ts|py)\b/g)].map(([name]) => name);
        return !named.some((name) => elsewhere.has(`${path} ${number} ${name}`));
      })
      .map(([number, { line }]) => `${place(path, line)}: ${number}`),
  );
  expect(uncited).toEqual([]);
});
