// Work that is mostly synchronous, written as a generator: it yields a promise only where it has to wait.

import type { MaybePromise, OperatorContext } from '../../runtime/operator.ts';
import { Pace } from '../pace.ts';

/** Yields what is to be awaited; gets back what that settled to. */
export type Steps<T = void> = Generator<PromiseLike<unknown>, T, unknown>;

/** Runs the steps; a promise once one of them has to wait. The cursor is after a wait what it was before. */
export function run(steps: Steps, ctx: OperatorContext): MaybePromise<void> {
  const step = steps.next();
  return step.done === true ? undefined : runOn(step.value, steps, ctx);
}

async function runOn(
  first: PromiseLike<unknown>,
  steps: Steps,
  ctx: OperatorContext,
): Promise<void> {
  const { cursor } = ctx;
  const pace = new Pace(ctx);
  let waiting = first;
  for (;;) {
    const { timestamp, key } = cursor;
    let step: IteratorResult<PromiseLike<unknown>, void>;
    try {
      const settled = await waiting;
      const turn = pace.waited();
      if (turn !== undefined) await turn;
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
