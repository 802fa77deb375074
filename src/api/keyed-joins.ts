// Joins of two keyed streams by time: within an interval, and with the latest record before.

import { ConfigurationError } from '../errors.ts';
import type { JoinKind } from '../operators/interval-join.ts';
import { checkChoice, checkFields, checkMs } from './arguments.ts';
import type { Instance, MaybeAsync, Results } from './accepts.ts';
import { ConnectedStreams } from './connected-streams.ts';
import type { DataStream } from './data-stream.ts';
import type { KeyedStream } from './keyed-stream.ts';
import type { PyFunction } from './python-function.ts';
import type { TypeInformation } from './types.ts';

export type { JoinKind };

const MOST_MS = Number.MAX_SAFE_INTEGER;

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
    checkChoice('option how of intervalJoin()', how, ['inner', 'left', 'right', 'full']);
    this.#how = how;
  }

  /** How much later (or earlier, if negative) than the left record the right one may be; both bounds are included. */
  between(lowerMs: number, upperMs: number): IntervalJoined<A, B, How> {
    for (const [which, bound] of Object.entries({ lower: lowerMs, upper: upperMs })) {
      // Infinite ones: none at all.
      checkMs(`${which} bound of an interval join`, bound, -Infinity, Infinity);
    }
    if (lowerMs > upperMs) {
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

/** right.timestamp in [left.timestamp + lower, left.timestamp + upper]. */
interface Bounds {
  lowerMs: number;
  upperMs: number;
  lowerInclusive: boolean;
  upperInclusive: boolean;
  how: JoinKind;
}

/** Two keyed streams and how far their records may be apart; say what becomes of a pair next. */
export class IntervalJoined<A, B, How extends JoinKind> {
  readonly #streams: ConnectedStreams<A, B>;
  readonly #bounds: Bounds;

  constructor(streams: ConnectedStreams<A, B>, bounds: Bounds) {
    this.#streams = streams;
    this.#bounds = bounds;
  }

  /** Leaves the lower bound out. */
  lowerBoundExclusive(): IntervalJoined<A, B, How> {
    return new IntervalJoined(this.#streams, { ...this.#bounds, lowerInclusive: false });
  }

  /** Leaves the upper bound out. */
  upperBoundExclusive(): IntervalJoined<A, B, How> {
    return new IntervalJoined(this.#streams, { ...this.#bounds, upperInclusive: false });
  }

  /** Calls `fn` with each pair. The result has the later timestamp of the two. */
  process<Out>(
    fn: IntervalJoinLike<LeftOf<How, A>, RightOf<How, B>, Out>,
    type?: TypeInformation<Out>,
  ): DataStream<Out> {
    const { lowerMs, upperMs, ...rest } = this.#bounds;
    return this.#streams.transform({
      kind: 'interval_join',
      name: 'Interval Join',
      outputType: type?.spec,
      fns: { function: fn },
      params: { lower: lowerMs, upper: upperMs, ...rest },
    });
  }
}

/** How far back an as-of join looks, and what becomes of records without a partner. */
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
  checkFields('asOfJoin()', options, ['toleranceMs', 'how']);
  const { toleranceMs, how = 'inner' } = options;
  checkChoice('option how of asOfJoin()', how, ['inner', 'left']);
  if (toleranceMs !== undefined) {
    checkMs('toleranceMs of asOfJoin()', toleranceMs, 0, MOST_MS);
  }
  return new ConnectedStreams(left, right).transform({
    kind: 'asof_join',
    name: 'As-Of Join',
    outputType: type?.spec,
    fns: { function: fn },
    params: { tolerance: toleranceMs ?? null, how },
  });
}
