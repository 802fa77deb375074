// Emits what a function gave as an iterable, pulled lazily: an emission that has to wait suspends the iteration, and a
// long one lets the event loop turn.

import { inspectRecord } from '../runtime/failure.ts';
import type { Emit, MaybePromise, OperatorContext } from '../runtime/operator.ts';

/** Results between two looks at the clock. */
const CHECK_EVERY = 128;
const SLICE_MS = 5;

/** @throws TypeError when `results` is not iterable. */
export function emitEach(
  results: unknown,
  emit: Emit,
  ctx: OperatorContext,
  method: string,
): MaybePromise<void> {
  if (Array.isArray(results) && results.length <= CHECK_EVERY) return emitArray(results, 0, emit);
  if (typeof results === 'object' && results !== null) {
    if (Symbol.iterator in results) {
      return emitIterator((results as Iterable<unknown>)[Symbol.iterator](), emit, ctx);
    }
    if (Symbol.asyncIterator in results) {
      return emitAsync(results as AsyncIterable<unknown>, emit, ctx);
    }
  }
  throw new TypeError(notIterable(results, method));
}

function emitArray(results: unknown[], from: number, emit: Emit): MaybePromise<void> {
  for (let i = from; i < results.length; i++) {
    const wait = emit(results[i]);
    if (wait !== undefined) {
      return i + 1 === results.length ? wait : wait.then(() => emitArray(results, i + 1, emit));
    }
  }
  return undefined;
}

function emitIterator(
  iterator: Iterator<unknown>,
  emit: Emit,
  ctx: OperatorContext,
): MaybePromise<void> {
  let start = 0;
  let untilCheck = CHECK_EVERY;
  let wait: MaybePromise<void>;
  try {
    for (;;) {
      const step = iterator.next();
      if (step.done === true) return undefined;
      wait = emit(step.value);
      if (wait !== undefined) break;
      if (--untilCheck > 0) continue;
      untilCheck = CHECK_EVERY;
      const now = ctx.clock.monotonic();
      if (start === 0) start = now;
      else if (now - start > SLICE_MS && ctx.pause !== undefined) {
        wait = ctx.pause();
        break;
      }
    }
  } catch (thrown) {
    iterator.return?.();
    throw thrown;
  }
  const { timestamp, key } = ctx.cursor;
  return wait.then(
    () => {
      ctx.cursor.timestamp = timestamp;
      ctx.cursor.key = key;
      return emitIterator(iterator, emit, ctx);
    },
    (thrown: unknown) => {
      iterator.return?.();
      throw thrown;
    },
  );
}

async function emitAsync(
  results: AsyncIterable<unknown>,
  emit: Emit,
  ctx: OperatorContext,
): Promise<void> {
  let start = ctx.clock.monotonic();
  for await (const value of results) {
    await emit(value);
    // Results that are there at once never leave the microtask queue.
    const now = ctx.clock.monotonic();
    if (now - start > SLICE_MS) {
      await ctx.pause?.();
      start = ctx.clock.monotonic();
    }
  }
}

function notIterable(results: unknown, method: string): string {
  if (results === undefined || results === null) {
    return (
      `${method} returned ${String(results)}; it must return an iterable. ` +
      'Return [] for no results, or use a generator function.'
    );
  }
  if (typeof results === 'string') {
    return `${method} returned a string, which would be split into characters; return [text], or [...text] if that is meant.`;
  }
  return `${method} returned ${inspectRecord(results)}, which is not iterable; return an array, an iterable or an async iterable.`;
}
