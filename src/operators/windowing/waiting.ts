// Work that is mostly synchronous, written as a generator: it yields a promise only where it has to wait.

import type { Cursor, MaybePromise } from '../../runtime/operator.ts';

/** Yields what is to be awaited; gets back what that settled to. */
export type Steps<T = void> = Generator<PromiseLike<unknown>, T, unknown>;

/** Runs the steps; a promise once one of them has to wait. The cursor is after a wait what it was before. */
export function run(steps: Steps, cursor: Cursor): MaybePromise<void> {
  const step = steps.next();
  return step.done === true ? undefined : runOn(step.value, steps, cursor);
}

async function runOn(first: PromiseLike<unknown>, steps: Steps, cursor: Cursor): Promise<void> {
  let waiting = first;
  for (;;) {
    const { timestamp, key } = cursor;
    let step: IteratorResult<PromiseLike<unknown>, void>;
    try {
      const settled = await waiting;
      cursor.timestamp = timestamp;
      cursor.key = key;
      step = steps.next(settled);
    } catch (thrown) {
      step = steps.throw(thrown);
    }
    if (step.done === true) return;
    waiting = step.value;
  }
}
