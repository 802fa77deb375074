// Emits what a function gave as an iterable, pulled lazily: an emission that has to wait suspends the iteration, and a
// long one lets the event loop turn.

import { inspectRecord } from '../runtime/failure.ts';
import type { Cursor, Emit, MaybePromise, OperatorContext } from '../runtime/operator.ts';
import { CHECK_EVERY, Pace } from './pace.ts';

/** Where a function puts records beside its results. */
export interface Beside {
  /** Settles when what it has put there has room. */
  takeWaiting(): Promise<void> | undefined;
}

/**
 * `beside`: what it holds back suspends the iteration too.
 *
 * @throws TypeError when `results` is not iterable.
 */
export function emitEach(
  results: unknown,
  emit: Emit,
  ctx: OperatorContext,
  method: string,
  beside?: Beside,
): MaybePromise<void> {
  if (Array.isArray(results) && results.length <= CHECK_EVERY) {
    return emitArray(results, 0, emit, ctx.cursor);
  }
  if (typeof results === 'object' && results !== null) {
    if (Symbol.iterator in results) {
      return emitIterator((results as Iterable<unknown>)[Symbol.iterator](), emit, ctx, beside);
    }
    if (Symbol.asyncIterator in results) {
      return emitAsync(results as AsyncIterable<unknown>, emit, ctx, beside);
    }
  }
  throw new TypeError(notIterable(results, method));
}

function emitArray(
  results: unknown[],
  from: number,
  emit: Emit,
  cursor: Cursor,
): MaybePromise<void> {
  const { timestamp, key } = cursor;
  for (let i = from; i < results.length; i++) {
    const wait = emit(results[i]);
    if (wait === undefined) continue;
    if (i + 1 === results.length) return wait;
    return wait.then(() => {
      cursor.timestamp = timestamp;
      cursor.key = key;
      return emitArray(results, i + 1, emit, cursor);
    });
  }
  return undefined;
}

/** Few results that nothing holds up cost no more than the loop. */
function emitIterator(
  iterator: Iterator<unknown>,
  emit: Emit,
  ctx: OperatorContext,
  beside: Beside | undefined,
): MaybePromise<void> {
  const { timestamp, key } = ctx.cursor;
  let wait: MaybePromise<void> = undefined;
  try {
    for (let left = CHECK_EVERY; left > 0; left--) {
      const step = iterator.next();
      if (step.done === true) return undefined;
      wait = all(emit(step.value), beside);
      if (wait !== undefined) break;
    }
  } catch (thrown) {
    iterator.return?.();
    throw thrown;
  }
  return emitOn(wait, iterator, emit, ctx, beside, timestamp, key);
}

/** Goes on once `wait` is over; the cursor is for every result what it was for the first. */
async function emitOn(
  wait: MaybePromise<void>,
  iterator: Iterator<unknown>,
  emit: Emit,
  ctx: OperatorContext,
  beside: Beside | undefined,
  timestamp: number,
  key: unknown,
): Promise<void> {
  const pace = new Pace(ctx);
  const { cursor } = ctx;
  try {
    for (;;) {
      if (wait !== undefined) {
        await wait;
        const turn = pace.waited();
        if (turn !== undefined) await turn;
        cursor.timestamp = timestamp;
        cursor.key = key;
      }
      const step = iterator.next();
      if (step.done === true) return;
      wait = pace.after(all(emit(step.value), beside));
    }
  } catch (thrown) {
    iterator.return?.();
    throw thrown;
  }
}

function all(emitted: MaybePromise<void>, beside: Beside | undefined): MaybePromise<void> {
  const held = beside?.takeWaiting();
  if (held === undefined) return emitted;
  return emitted === undefined ? held : Promise.all([emitted, held]).then(nothing);
}

async function emitAsync(
  results: AsyncIterable<unknown>,
  emit: Emit,
  ctx: OperatorContext,
  beside: Beside | undefined,
): Promise<void> {
  const { cursor } = ctx;
  const { timestamp, key } = cursor;
  const pace = new Pace(ctx);
  for await (const value of results) {
    await emit(value);
    await beside?.takeWaiting();
    await pace.waited();
    cursor.timestamp = timestamp;
    cursor.key = key;
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

function nothing(): void {}
