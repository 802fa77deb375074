import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { referencePage } from '../scripts/reference/typescript.ts';

const page = fileURLToPath(new URL('../docs/reference-typescript.md', import.meta.url));

it('docs/reference-typescript.md says what the sources say (npm run docs)', () => {
  const made = referencePage();
  expect(made).toBe(readFileSync(page, 'utf8'));
  // Behind a heading stands what the name is.
  expect(made.match(/^### .*\n\n(?=- |###|```)/gm)).toBeNull();
});
