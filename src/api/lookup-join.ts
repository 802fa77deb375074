import { GraphError } from '../errors.ts';
import { checkChoice, checkCount, checkFields, checkMs } from './arguments.ts';
import type { Instance, MaybeAsync } from './accepts.ts';
import type { DataStream } from './data-stream.ts';
import { PyFunction } from './python-function.ts';

/** Where values are looked up: a table, a function of the key, or an object with `lookup`. Nothing found is null or undefined. */
export type LookupLike<K, V> =
  | ReadonlyMap<K, V>
  | ((key: K) => MaybeAsync<V | null | undefined>)
  | Instance<{ lookup(key: K): MaybeAsync<V | null | undefined> }>
  | PyFunction<K, V>;

/** What is looked up, and how answers are remembered. */
export interface LookupJoinOptions<T, K, How extends 'inner' | 'left'> {
  /** The key to look up. A function in the language of the lookup. */
  key: ((value: T) => K) | PyFunction<T, K>;
  /** `left` keeps records that find nothing, with null; `inner` by default. */
  how?: How;
  /** Answers that are kept; 0, the default: none. */
  cacheSize?: number;
  /** How long an answer is good for; 0, the default: for ever. */
  cacheTtlMs?: number;
  /** Of one lookup; 0, the default: none. */
  timeoutMs?: number;
  /** Lookups on their way at the same time; 100 by default. */
  capacity?: number;
  /** Whether results keep the order of records; true by default. */
  ordered?: boolean;
}

const OPTIONS = [
  'key',
  'how',
  'cacheSize',
  'cacheTtlMs',
  'timeoutMs',
  'capacity',
  'ordered',
] satisfies (keyof LookupJoinOptions<unknown, unknown, 'inner'>)[];

export function lookupJoin<T, K, Out>(
  stream: DataStream<T>,
  lookup: unknown,
  fn: unknown,
  options: LookupJoinOptions<T, K, 'inner' | 'left'>,
): DataStream<Out> {
  checkFields('lookupJoin()', options, OPTIONS);
  const { key, how = 'inner', cacheSize = 0, cacheTtlMs = 0, timeoutMs = 0 } = options;
  const { capacity = 100, ordered = true } = options;
  if (typeof key !== 'function' && !(key instanceof PyFunction)) {
    throw new GraphError(
      'lookupJoin() needs the option key: a function from a record to the key to look up.',
    );
  }
  checkChoice('option how of lookupJoin()', how, ['inner', 'left']);
  if (cacheSize !== 0) checkCount('cacheSize of a lookup join', cacheSize);
  checkMs('cacheTtlMs of a lookup join', cacheTtlMs, 0, Number.MAX_SAFE_INTEGER);
  checkMs('timeoutMs of a lookup join', timeoutMs);
  checkCount('capacity of a lookup join', capacity);
  return stream.transform({
    kind: 'lookup_join',
    name: 'Lookup Join',
    fns: { lookup, key, function: fn },
    params: {
      how,
      cacheSize,
      cacheTtl: cacheTtlMs,
      timeout: timeoutMs,
      capacity,
      ordered,
    },
  });
}
