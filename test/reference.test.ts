import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { referencePage } from '../scripts/reference/typescript.ts';

const page = fileURLToPath(new URL('../docs/reference-typescript.md', import.meta.url));

it('docs/reference-typescript.md says what the sources say (npm run docs)', () => {
  expect(referencePage()).toBe(readFileSync(page, 'utf8'));
});
