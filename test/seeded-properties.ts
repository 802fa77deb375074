// Properties are tried on the same values in every run. Before each test file (vitest.config.ts).

import fc from 'fast-check';
import { SEED } from './seed.ts';

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: SEED });
