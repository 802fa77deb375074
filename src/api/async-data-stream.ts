import { checkMs } from './arguments.ts';
import { ConfigurationError } from '../errors.ts';
import type { AsyncOperation } from '../operators/async-wait.ts';
import type { Instance, MaybeAsync, Results } from './accepts.ts';
import type { AsyncRetryStrategy } from './async-retry.ts';
import type { DataStream } from './data-stream.ts';
import type { PyFunction } from './python-function.ts';
import type { TypeInformation } from './types.ts';

/** Gives results by and by; many calls are on their way at the same time. */
export type AsyncLike<In, Out> =
  | ((value: In) => MaybeAsync<Results<Out>>)
  | Instance<{
      asyncInvoke(value: In): MaybeAsync<Results<Out>>;
      /** What a call that took too long gives; without it the job fails. */
      timeout?(value: In): MaybeAsync<Results<Out>>;
    }>
  | PyFunction<In, Results<Out>>;

const DEFAULT_CAPACITY = 100;

/** Waits for many answers at a time: calls to services and databases. */
export const AsyncDataStream = {
  /**
   * Results in the order of their records.
   *
   * @param timeoutMs of one record; 0: none
   * @param capacity calls on their way at the same time
   */
  orderedWait<In, Out>(
    stream: DataStream<In>,
    fn: AsyncLike<In, Out>,
    timeoutMs: number,
    capacity = DEFAULT_CAPACITY,
    type?: TypeInformation<Out>,
  ): DataStream<Out> {
    return wait(stream, fn, { timeoutMs, capacity, ordered: true, retry: undefined }, type);
  },

  /** Results as they come; none overtakes a watermark. */
  unorderedWait<In, Out>(
    stream: DataStream<In>,
    fn: AsyncLike<In, Out>,
    timeoutMs: number,
    capacity = DEFAULT_CAPACITY,
    type?: TypeInformation<Out>,
  ): DataStream<Out> {
    return wait(stream, fn, { timeoutMs, capacity, ordered: false, retry: undefined }, type);
  },

  orderedWaitWithRetry<In, Out>(
    stream: DataStream<In>,
    fn: AsyncLike<In, Out>,
    timeoutMs: number,
    retry: AsyncRetryStrategy,
    capacity = DEFAULT_CAPACITY,
    type?: TypeInformation<Out>,
  ): DataStream<Out> {
    return wait(stream, fn, { timeoutMs, capacity, ordered: true, retry }, type);
  },

  unorderedWaitWithRetry<In, Out>(
    stream: DataStream<In>,
    fn: AsyncLike<In, Out>,
    timeoutMs: number,
    retry: AsyncRetryStrategy,
    capacity = DEFAULT_CAPACITY,
    type?: TypeInformation<Out>,
  ): DataStream<Out> {
    return wait(stream, fn, { timeoutMs, capacity, ordered: false, retry }, type);
  },
} as const;

type Options = Omit<AsyncOperation, 'function' | 'retry'> & {
  retry: AsyncRetryStrategy | undefined;
};

function wait<In, Out>(
  stream: DataStream<In>,
  fn: AsyncLike<In, Out>,
  options: Options,
  type: TypeInformation<Out> | undefined,
): DataStream<Out> {
  const { timeoutMs, capacity, ordered, retry } = options;
  checkMs('timeout of an asynchronous wait', timeoutMs);
  if (!Number.isInteger(capacity) || capacity < 1) {
    throw new ConfigurationError(
      `The capacity of an asynchronous wait is ${capacity}; it must be a whole number of at least 1.`,
    );
  }
  const name = ordered ? 'Ordered Async Wait' : 'Unordered Async Wait';
  const again = retry?.asData();
  return stream.transform({
    kind: 'async',
    name,
    outputType: type?.spec,
    fns: { function: fn, ...again?.parts },
    params: {
      timeout: timeoutMs,
      capacity,
      ordered,
      ...(again === undefined ? {} : { retry: again.said }),
    },
  });
}
