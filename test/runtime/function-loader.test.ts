import { expect, test } from 'vitest';
import type { FunctionRef } from '../../src/graph/job-graph.ts';
import { loadFunction } from '../../src/runtime/function-loader.ts';
import { Scaler, enrich, nested } from '../fixtures/functions.ts';

const url = new URL('../fixtures/functions.ts', import.meta.url).href;
const exported = (name: string, more = {}): FunctionRef => ({
  language: 'typescript',
  form: 'module',
  url,
  name,
  ...more,
});

test('closures, exports, what is inside exports, and instances are found', async () => {
  const closure: FunctionRef = { language: 'typescript', form: 'closure', id: 1, name: 'f' };
  expect(await loadFunction(closure, ['a', 'b'])).toBe('b');
  expect(await loadFunction(exported('enrich'), [])).toBe(enrich);
  expect(await loadFunction(exported('nested.deep'), [])).toBe(nested.deep);
  const scaler = await loadFunction(exported('Scaler', { args: [3] }), []);
  expect(scaler).toBeInstanceOf(Scaler);
  expect(scaler).toMatchObject({ factor: 3 });
});

test.each<[string, FunctionRef, RegExp]>([
  [
    'a missing file',
    exported('enrich', { url: new URL('./gone.ts', url).href }),
    /no file .*gone\.ts, named for the function "enrich"/,
  ],
  [
    'a misspelt export',
    exported('enrcih'),
    /functions\.ts has no export "enrcih"\. Did you mean "enrich"\?/,
  ],
  ['another export', exported('transform'), /It exports Scaler, enrich, nested\./],
  [
    'arguments for what is no class',
    exported('nested', { args: [1] }),
    /is no class, so it takes no arguments/,
  ],
  [
    'a package that is not installed',
    exported('f', { url: 'no-such-package' }),
    /cannot be loaded/,
  ],
  [
    'a closure of another job',
    { language: 'typescript', form: 'closure', id: 9, name: 'f' },
    /belongs to another job/,
  ],
  ['Python', { language: 'python', form: 'pickle', blob: 0, name: 'f' }, /is Python/],
])('%s is an error', async (_name, ref, message) => {
  await expect(loadFunction(ref, [])).rejects.toThrow(message);
});
