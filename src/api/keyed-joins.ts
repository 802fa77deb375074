// Joins of two keyed streams by time: within an interval, and with the latest record before.

import { ConfigurationError } from '../errors.ts';
import type { JsonValue } from '../graph/job-graph.ts';
import type { AsOfJoinOperation } from '../operators/asof-join.ts';
import type { IntervalJoinOperation, JoinKind } from '../operators/interval-join.ts';
import type { Instance, MaybeAsync, Results } from './accepts.ts';
import { ConnectedStreams } from './connected-streams.ts';
import type { DataStream } from './data-stream.ts';
import type { KeyedStream } from './keyed-stream.ts';
import { PyFunction } from './python-function.ts';
import type { TypeInformation } from './types.ts';

export type { JoinKind };

type LeftOf<How extends JoinKind, A> = How extends 'right' | 'full' ? A | null : A;
type RightOf<How extends JoinKind, B> = How extends 'left' | 'full' ? B | null : B;

/** A result of a pair, or an object whose `processElement` gives any number of them. */
export type IntervalJoinLike<A, B, Out> =
  | ((left: A, right: B) => MaybeAsync<Out>)
  | Instance<{
      processElement(left: A, right: B, ctx: unknown): MaybeAsync<Results<Out> | undefined>;
    }>
  | PyFunction<A | B, Out>;

/** Two keyed streams on the way to an interval join; say `between` next. */
export class IntervalJoin<A, B, How extends JoinKind> {
  readonly #left: KeyedStream<A, unknown>;
  readonly #right: KeyedStream<B, unknown>;
  readonly #how: How;

  constructor(left: KeyedStream<A, unknown>, right: KeyedStream<B, unknown>, how: How) {
    this.#left = left;
    this.#right = right;
    this.#how = how;
  }

  /** How much later (or earlier, if negative) than the left record the right one may be; both bounds are included. */
  between(lowerMs: number, upperMs: number): IntervalJoined<A, B, How> {
    if (!(lowerMs <= upperMs)) {
      throw new ConfigurationError(
        `The lower bound of an interval join is ${lowerMs} ms, above its upper bound of ${upperMs} ms; swap them.`,
      );
    }
    return new IntervalJoined(new ConnectedStreams(this.#left, this.#right), {
      lowerMs,
      upperMs,
      lowerInclusive: true,
      upperInclusive: true,
      how: this.#how,
    });
  }
}

export class IntervalJoined<A, B, How extends JoinKind> {
  readonly #streams: ConnectedStreams<A, B>;
  readonly #bounds: Omit<IntervalJoinOperation, 'function'>;

  constructor(streams: ConnectedStreams<A, B>, bounds: Omit<IntervalJoinOperation, 'function'>) {
    this.#streams = streams;
    this.#bounds = bounds;
  }

  lowerBoundExclusive(): IntervalJoined<A, B, How> {
    return new IntervalJoined(this.#streams, { ...this.#bounds, lowerInclusive: false });
  }

  upperBoundExclusive(): IntervalJoined<A, B, How> {
    return new IntervalJoined(this.#streams, { ...this.#bounds, upperInclusive: false });
  }

  /** Calls `fn` with each pair. The result has the later timestamp of the two. */
  process<Out>(
    fn: IntervalJoinLike<LeftOf<How, A>, RightOf<How, B>, Out>,
    type?: TypeInformation<Out>,
  ): DataStream<Out> {
    const common = {
      kind: 'interval_join' as const,
      name: 'Interval Join',
      outputType: type?.spec,
    };
    const { lowerMs, upperMs, lowerInclusive, upperInclusive, how } = this.#bounds;
    if (fn instanceof PyFunction) {
      const params = { lower: lowerMs, upper: upperMs, lowerInclusive, upperInclusive, how };
      return this.#streams.transform({ ...common, fn, params });
    }
    const operation: IntervalJoinOperation = { ...this.#bounds, function: fn };
    return this.#streams.transform({ ...common, fn: operation });
  }
}

export interface AsOfJoinOptions<How extends 'inner' | 'left'> {
  /** Milliseconds that the right record may be older; any age by default. */
  toleranceMs?: number;
  /** `left` keeps records without a partner; `inner` by default. */
  how?: How;
}

export type AsOfJoinLike<A, B, Out> =
  | ((left: A, right: B) => MaybeAsync<Out>)
  | Instance<{ join(left: A, right: B): MaybeAsync<Out> }>
  | PyFunction<A | B, Out>;

/** Each left record with the latest right record of its key that is not after it. */
export function asOfJoin<A, B, Out>(
  left: DataStream<A>,
  right: DataStream<B>,
  fn: unknown,
  options: AsOfJoinOptions<'inner' | 'left'>,
  type: TypeInformation<Out> | undefined,
): DataStream<Out> {
  const { toleranceMs, how = 'inner' } = options;
  const common = { kind: 'asof_join' as const, name: 'As-Of Join', outputType: type?.spec };
  const streams = new ConnectedStreams(left, right);
  if (fn instanceof PyFunction) {
    const params: { [key: string]: JsonValue } = { tolerance: toleranceMs ?? null, how };
    return streams.transform({ ...common, fn, params });
  }
  const operation: AsOfJoinOperation = { toleranceMs, how, function: fn };
  return streams.transform({ ...common, fn: operation });
}
