// Writes what is generated from tables and doc comments in the sources: pages, and the tables of the Python side.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { kindsForPython, operatorsPage } from '../src/graph/kinds-document.ts';
import { configurationPage } from '../src/config/document.ts';
import { pythonTables } from '../src/config/python-table.ts';
import { referencePage } from './reference/typescript.ts';

const pathOf = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

writeFileSync(pathOf('docs/configuration.md'), configurationPage());
for (const [path, text] of Object.entries(pythonTables())) {
  writeFileSync(pathOf(`python/isthmus/${path}`), text);
}

// The table of kinds as the page of operators and Python have it.
const operators = pathOf('docs/operators.md');
writeFileSync(operators, operatorsPage(readFileSync(operators, 'utf8')));
writeFileSync(pathOf('python/isthmus/_program/kinds.json'), kindsForPython());

writeFileSync(pathOf('docs/reference-typescript.md'), referencePage());
execFileSync(pathOf('.venv/bin/python'), [pathOf('scripts/reference/python.py')], { stdio: 'inherit' });
