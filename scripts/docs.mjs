// Writes what is generated from tables in the sources: pages, and the tables of the Python side.

import { writeFileSync } from 'node:fs';
import { configurationPage } from '../src/config/document.ts';
import { pythonTables } from '../src/config/python-table.ts';

writeFileSync(new URL('../docs/configuration.md', import.meta.url), configurationPage());
for (const [path, text] of Object.entries(pythonTables())) {
  writeFileSync(new URL(`../python/isthmus/${path}`, import.meta.url), text);
}
