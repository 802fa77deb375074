// What is written from the table of kinds (`npm run docs`): Python's copy of it, and the tables of docs/operators.md.

import { camelCase } from './function-parts.ts';
import type { Language } from './job-graph.ts';
import type { FunctionPart, Kept, Kind } from './kind.ts';
import { KINDS, kindOf, named, type OperatorName, operatorNames } from './kinds.ts';

/** The table as Python's package holds it: a kind a line. */
export function kindsForPython(): string {
  const rows = Object.entries(KINDS).map(([kind, row]) => `"${kind}": ${JSON.stringify(row)}`);
  return `{\n${rows.join(',\n')}\n}\n`;
}

/** Where in the page each role's table is: between a line that names it and one that ends it. */
const TABLES: readonly (readonly [place: string, holds: (row: Kind) => boolean])[] = [
  ['sources', ({ role }) => role === 'source'],
  ['one input', ({ role, inputs }) => role === 'transform' && inputs === 1],
  ['two inputs', ({ inputs }) => inputs === 2],
  ['sinks', ({ role }) => role === 'sink'],
];

/**
 * The page of operators with its tables of kinds as they are now.
 *
 * @throws Error when the page has no place for one of them
 */
export function operatorsPage(page: string): string {
  return TABLES.reduce((text, [place, holds]) => {
    const [begin, end] = [`<!-- kinds: ${place} (npm run docs) -->\n`, '<!-- end of kinds -->'];
    const from = text.indexOf(begin);
    const to = text.indexOf(end, from);
    if (from < 0 || to < 0)
      throw new Error(`docs/operators.md has no place for the table of ${place}.`);
    // Those of somebody else's first: they are what all others of their kind are, too.
    const names = ['source', 'sink', ...operatorNames()] as OperatorName[];
    const rows = names.filter((name) => holds(kindOf(named(name))));
    return text.slice(0, from + begin.length) + tableOf(rows) + text.slice(to);
  }, page);
}

function tableOf(names: readonly OperatorName[]): string {
  const lines = [
    '| kind | reads | its functions, by part | keeps | in |',
    '| --- | --- | --- | --- | --- |',
    ...names.map((name) => {
      const row = kindOf(named(name));
      const cells = [`\`${name}\``, inputsText(row), partsText(row), keptText(row), hostsText(row)];
      return `| ${cells.join(' | ')} |`;
    }),
  ];
  return `${lines.join('\n')}\n`;
}

function inputsText({ inputs, keyed, broadcast }: Kind): string {
  if (inputs === 0) return '–';
  const streams = inputs === 1 ? 'a stream' : 'two streams';
  if (broadcast === true) return 'a stream and a broadcast one';
  if (keyed === 'all') return inputs === 1 ? 'a keyed stream' : 'two keyed streams';
  return keyed === 'same' ? `${streams}, keyed or not` : streams;
}

function partsText({ functions, languages }: Kind): string {
  const parts = Object.entries(functions).flatMap(([part, call]) => {
    const name = `\`${part}\`${call.optional === true ? '?' : ''}`;
    if (call.byHow === undefined) return said(name, callText(call, languages));
    return Object.entries(call.byHow)
      .filter(([, each]) => each.methods.length > 0)
      .map(([how, each]) => said(`${name} to \`${how}\``, callText(each, languages)));
  });
  return parts.join('<br>') || '–';
}

function said(name: string, text: string): string {
  return text === '' ? name : `${name}: ${text}`;
}

/** `flat_map` (`flatMap`), or a plain function. */
function callText(
  { methods, all, plain, typescript, value, or }: FunctionPart,
  languages: readonly Language[],
): string {
  const inBoth = languages.includes('typescript');
  const python = methods.map((method) => `\`${method}\``);
  const other = (typescript ?? methods.map(camelCase)).map((method) => `\`${method}\``);
  const join = (words: readonly string[]) => words.join(all === true ? ', ' : ' or ');
  const differs = inBoth && other.join() !== python.join();
  const named = `${join(python)}${differs ? ` (${join(other)})` : ''}`;
  const ways = [
    ...(methods.length === 0 ? [] : [named]),
    ...(plain === undefined ? [] : [`a function of ${plain.join(' or ')}`]),
    ...(value === true ? ['a value'] : []),
    ...(or === undefined ? [] : [callText(or, languages)]),
  ];
  return ways.join(', or ');
}

function keptText({ keeps, timers }: Kind): string {
  const tables = keeps.map(({ name, per }: Kept) => `${name} ${PER[per]}`);
  return [...tables, ...(timers === true ? ['timers'] : [])].join('<br>') || '–';
}

const PER: { readonly [per in Kept['per']]: string } = {
  key: 'by key',
  'key and window': 'by key and window',
  split: 'by split',
  subtask: 'by subtask',
  all: 'alike in all subtasks',
};

function hostsText({ languages }: Kind): string {
  return languages.map((each) => (each === 'python' ? 'Python' : 'TypeScript')).join(', ');
}
