// Python functions that are called as if they were ours: `const score = await env.call(py(…))`.

import { GraphError } from '../errors.ts';
import { checkCount, checkFields, checkMs } from './arguments.ts';
import type { Called } from './call-slot.ts';
import type { Calls } from './calls.ts';
import { PyFunction } from './python-function.ts';

/** What holds for all calls of a function. */
export interface CallOptions {
  /** Longest that a call may take, waiting included; 60,000 unless said, 0: as long as it takes. */
  timeoutMs?: number | undefined;
  /** Calls that may wait or be under way; one more is refused (ISTHMUS_CALL_LIMIT). 10,000 unless said. */
  maxCalls?: number | undefined;
}

/** What holds for single calls of it. */
export interface OneCallOptions {
  timeoutMs?: number | undefined;
  /** Ends the call: it rejects with a `JobCancelledError`. A plain function that is at it runs on; what comes of it is dropped. */
  signal?: AbortSignal | undefined;
}

/**
 * A Python function that is called like one of ours. It rejects with a `UserFunctionError` where the function raises, a `CodecError`
 * where a value cannot cross, a `WorkerError` where its worker died, and a `CallError` for a bound that was reached.
 */
export interface CalledFunction<Args extends readonly unknown[], Out> extends AsyncDisposable {
  (...args: Args): Promise<Out>;
  /** The same function with other options for its calls. */
  with(options: OneCallOptions): (...args: Args) => Promise<Out>;
  /** Takes no more calls; resolves when those under way have ended. Workers end with the last function. */
  close(): Promise<void>;
}

/** Of `py<In, Out>()`; any arguments where the program has said no type. */
// biome-ignore lint/suspicious/noExplicitAny: without a word of the caller anything goes in.
export type ArgumentsOf<In> = 0 extends 1 & In ? any[] : [argument: In];

const TIMEOUT_MS = 60_000;
const MAX_CALLS = 10_000;

export interface CheckedCallOptions {
  timeoutMs: number;
  maxCalls: number;
}

/** @throws GraphError when what is to be called, or an option, is none */
export function checkedCall(fn: unknown, options: CallOptions): CheckedCallOptions {
  if (!(fn instanceof PyFunction)) {
    throw new GraphError(
      'env.call() makes a Python function callable: env.call(py("./model.py", "score")). A TypeScript function is called as it is.',
    );
  }
  checkFields('env.call()', options, ['timeoutMs', 'maxCalls']);
  const { timeoutMs = TIMEOUT_MS, maxCalls = MAX_CALLS } = options;
  checkMs('timeoutMs of env.call()', timeoutMs);
  checkCount('maxCalls of env.call()', maxCalls);
  return { timeoutMs, maxCalls };
}

export function calledFunction(
  calls: Calls,
  called: Called,
  { timeoutMs }: CheckedCallOptions,
): CalledFunction<unknown[], unknown> {
  const limits = { timeoutMs };
  const call = (...args: unknown[]) => calls.call(called, args, limits);
  const close = () => calls.remove(called);
  return Object.assign(call, {
    with(options: OneCallOptions) {
      checkFields('with()', options, ['timeoutMs', 'signal']);
      const own = { timeoutMs: options.timeoutMs ?? timeoutMs, signal: options.signal };
      checkMs('timeoutMs of with()', own.timeoutMs);
      return (...args: unknown[]) => calls.call(called, args, own);
    },
    close,
    [Symbol.asyncDispose]: close,
  });
}
