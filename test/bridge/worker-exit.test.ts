// What is said of a worker that died, and which of its operators is named.

import { expect, test } from 'vitest';
import { type WorkerExit, workerExitError } from '../../src/bridge/worker-exit.ts';

const work = {
  operators: ['first', 'second'].map((name, id) => ({
    id,
    name: `${name} map`,
    functions: [`Steps.${name}`],
    parallelism: 1,
  })),
  slot: 0,
  slots: 1,
};
const frame = (name: string) => `  File "/app/steps.py", line 3 in ${name}\n`;
const dump = (name: string) =>
  `Fatal Python error: Segmentation fault\n\nCurrent thread 0x1 (most recent call first):\n${frame(name)}`;

function told(how: Partial<Extract<WorkerExit, { kind: 'crashed' }>>, stderrTail: string) {
  const exit: WorkerExit = {
    kind: 'crashed',
    exitCode: undefined,
    signal: undefined,
    stderrTail,
    ...how,
  };
  return workerExitError(exit, work);
}

test('the dump of a process that a signal ended names the operator', () => {
  const error = told({ signal: 'SIGSEGV' }, `something printed\n${dump('second')}`);
  expect(error.report?.operator).toBe('second map');
  expect(error.message).toContain('Fatal Python error: Segmentation fault\n  File "/app/steps.py"');
  expect(error.message).not.toContain('something printed');
});

test('what functions have printed before the dump blames nobody', () => {
  const error = told({ signal: 'SIGSEGV' }, dump('first') + frame('first') + dump('second'));
  expect(error.report?.operator).toBe('second map');
});

test('text that looks like a dump is text where the process ended by itself', () => {
  const error = told({ exitCode: 3 }, dump('first'));
  expect(error.report?.operator).toBeUndefined();
  expect(error.message).toContain('operators "first map", "second map"');
});
