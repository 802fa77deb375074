// The two services of examples/calls answer, refuse and end as their README says.

import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const env = {
  PORT: '0',
  PYTHONPATH: join(root, 'python'),
  PATH: [join(root, '.venv', 'bin'), join(root, 'node_modules', '.bin'), process.env.PATH].join(
    ':',
  ),
};

test.each([
  ['node', 'service.ts'],
  ['python', 'service.py'],
])('%s %s', { timeout: 30_000 }, async (command, program) => {
  const service = execa(command, [join(root, 'examples', 'calls', program)], { env });
  const [line] = (await once(service.stdout, 'data')) as [Buffer];
  const url = line.toString().trim();
  const post = async (body: string) => {
    const response = await fetch(url, { method: 'POST', body });
    return [response.status, await response.json()];
  };
  expect(await post('Great phone love it')).toEqual([200, { score: 2 }]);
  expect(await post('')).toEqual([422, { error: 'UserFunctionError' }]);
  const many = await Promise.all(Array.from({ length: 50 }, () => post('broken')));
  expect(many).toEqual(many.map(() => [200, { score: -1 }]));
  service.kill('SIGTERM');
  const { stdout, exitCode } = await service;
  expect(stdout.split('\n').at(-1)).toBe('closed');
  expect(exitCode).toBe(0);
});
