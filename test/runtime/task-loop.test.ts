import { expect, test } from 'vitest';
import { systemClock } from '../../src/machine/system-clock.ts';
import type { MaybePromise } from '../../src/runtime/operator.ts';
import { IDLE, TaskLoop } from '../../src/runtime/task-loop.ts';

function loopOf(step: (loop: TaskLoop) => MaybePromise<void> | typeof IDLE) {
  const noted: string[] = [];
  const loop: TaskLoop = new TaskLoop(systemClock, {
    step: () => step(loop),
    rest: () => void noted.push('rest'),
    fail: (thrown) => void noted.push(`failed: ${String(thrown)}`),
  });
  return { loop, noted };
}

const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

test('takes no step while a promise is unsettled, though it was woken while the step was taken', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let steps = 0;
  const { loop } = loopOf((self) => {
    self.wake();
    return ++steps === 1 ? promise : IDLE;
  });
  loop.start();
  await turns(5);
  expect(steps).toBe(1);
  resolve();
  await turns(2);
  expect(steps).toBeGreaterThan(1);
  loop.stop();
});

test('promises that settle at once do not keep the event loop from turning', async () => {
  let steps = 0;
  let stop = false;
  const { loop } = loopOf(async () => {
    steps++;
    if (stop) loop.stop();
  });
  loop.start();
  await turns(3);
  expect(steps).toBeGreaterThan(10);
  stop = true;
});

test('rests when it is idle, and tells of failures', async () => {
  let fail = false;
  const { loop, noted } = loopOf(() => {
    if (fail) throw new Error('no');
    return IDLE;
  });
  loop.start();
  await turns(2);
  expect(noted).toEqual(['rest']);
  fail = true;
  loop.resume();
  await turns(2);
  expect(noted).toEqual(['rest', 'failed: Error: no']);
});
