// Writes the pages that are generated from tables in the sources.

import { writeFileSync } from 'node:fs';
import { configurationPage } from '../src/config/document.ts';

writeFileSync(new URL('../docs/configuration.md', import.meta.url), configurationPage());
