// Writes what is generated from tables in the sources: pages, and the tables of the Python side.

import { writeFileSync } from 'node:fs';
import { kindsForPython } from '../src/graph/kinds.ts';
import { configurationPage } from '../src/config/document.ts';
import { pythonTables } from '../src/config/python-table.ts';

writeFileSync(new URL('../docs/configuration.md', import.meta.url), configurationPage());
for (const [path, text] of Object.entries(pythonTables())) {
  writeFileSync(new URL(`../python/isthmus/${path}`, import.meta.url), text);
}

// The table of kinds as Python reads it.
writeFileSync(new URL('../python/isthmus/_program/kinds.json', import.meta.url), kindsForPython());
