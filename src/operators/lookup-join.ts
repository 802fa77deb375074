// Enriches records from a table, a function or an asynchronous function, with a cache.
// Twin of python/isthmus/_worker/operators/lookup_join.py.
//
//   J1. The lookup gets the record's key; the function makes the result of the record and what was found.
//   J2. Where nothing is found (null, undefined) the left form gives the function null; the inner form drops the record.
//   J4. What a table or the cache holds will be found again, so the function is given copies.
//   J3. The cache keeps what was found, and that nothing was, for the time allowed.

import type { OperatorSpec } from '../graph/job-graph.ts';
import { type UserFunction, userFunction } from '../runtime/functions.ts';
import { type Isolate, recordIsolator } from '../runtime/isolate.ts';
import type { Clock, Operator } from '../runtime/operator.ts';
import { isPromise } from '../runtime/output.ts';
import { settling } from '../runtime/settling.ts';
import { keyIdentity } from '../state/key-identity.ts';
import type { AsyncFunction } from './async-calls.ts';
import { type AsyncOperation, AsyncWaitOperator } from './async-wait.ts';
import { requiredFunction } from '../graph/required-function.ts';

/** What the operator runs. */
export interface LookupJoinOperation {
  lookup: unknown;
  /** Undefined: the record is the key. */
  key: unknown;
  /** Makes the result of a record and what was found. */
  function: unknown;
  how: 'inner' | 'left';
  /** Answers that are kept; 0: none. */
  cacheSize: number;
  /** How long an answer is good for; 0: for ever. */
  cacheTtlMs: number;
  /** Of one lookup; 0: none. */
  timeoutMs: number;
  capacity: number;
  ordered: boolean;
}

/** `lookup_join`: records with what is known of their keys. */
export function lookupJoinOperator(spec: OperatorSpec): Operator {
  return new LookupJoinOperator(spec);
}

type Enrich = (value: unknown, found: unknown) => unknown;

/** A lookup that gives its answer at once takes no queue: see AsyncWaitOperator. */
class LookupJoinOperator extends AsyncWaitOperator {
  #join!: LookupJoinOperation;

  protected override async operation(): Promise<AsyncOperation> {
    const loaded = await this.ctx.loadFunction(requiredFunction(this.spec));
    this.#join = isOperation(loaded) ? loaded : await this.#fromParams(loaded);
    const { lookup, timeoutMs, capacity, ordered } = this.#join;
    return { function: lookup, timeoutMs, capacity, ordered, retry: undefined };
  }

  /** A function alone, and the rest as parameters. */
  async #fromParams(lookup: unknown): Promise<LookupJoinOperation> {
    const { params } = this.spec;
    const load = async (name: string): Promise<unknown> =>
      params[name] === undefined ? undefined : this.ctx.loadFunction(params[name] as never);
    return {
      lookup,
      key: await load('key'),
      function: await load('function'),
      how: params.how === 'left' ? 'left' : 'inner',
      cacheSize: Number(params.cacheSize ?? 0),
      cacheTtlMs: Number(params.cacheTtl ?? 0),
      timeoutMs: Number(params.timeout ?? 0),
      capacity: Number(params.capacity ?? 100),
      ordered: params.ordered !== false,
    };
  }

  protected override userFunction(given: unknown): UserFunction {
    if (isTable(given)) return userFunction((key: unknown) => given.get(key), [], this.spec.name);
    return userFunction(given, ['lookup', 'asyncInvoke'], this.spec.name);
  }

  protected override asyncFunction(lookup: UserFunction): AsyncFunction {
    const { how, cacheSize, cacheTtlMs } = this.#join;
    const keyOf = keySelector(this.#join.key, this.spec);
    const join = joinFunction(this.#join.function, this.spec);
    const keeps = how === 'left';
    const held = isTable(this.#join.lookup) || cacheSize > 0;
    const isolate: Isolate = held ? recordIsolator(this.ctx.settings) : (found) => found;
    const answer = (value: unknown, found: unknown): unknown => {
      if (found === undefined || found === null) return keeps ? one(join(value, null)) : [];
      return one(join(value, isolate(found))); // J4
    };
    const { call } = lookup;
    const { timeout } = super.asyncFunction(lookup);
    const limited = timeout === undefined ? {} : { timeout };
    if (cacheSize <= 0) {
      const invoke = (value: unknown): unknown => {
        const found = call(keyOf(value));
        return isPromise(found)
          ? settling(found).then((settled) => answer(value, settled))
          : answer(value, found);
      };
      return { invoke, ...limited };
    }
    const cache = new LookupCache(cacheSize, cacheTtlMs, this.ctx.clock);
    const invoke = (value: unknown): unknown => {
      const key = keyOf(value);
      const identity = keyIdentity(key);
      const known = cache.get(identity);
      if (known !== undefined) return answer(value, known.found);
      const found = call(key);
      if (!isPromise(found)) {
        cache.put(identity, found);
        return answer(value, found);
      }
      return settling(found).then((settled) => {
        cache.put(identity, settled);
        return answer(value, settled);
      });
    };
    return { invoke, ...limited };
  }
}

function one(result: unknown): unknown {
  return isPromise(result) ? settling(result).then((settled) => [settled]) : [result];
}

function keySelector(given: unknown, spec: OperatorSpec): (value: unknown) => unknown {
  if (given === undefined) return (value) => value;
  return userFunction<(value: unknown) => unknown>(given, ['getKey'], spec.name).call;
}

function joinFunction(given: unknown, spec: OperatorSpec): Enrich {
  if (given === undefined) return (value, found) => [value, found];
  return userFunction<Enrich>(given, ['join'], spec.name).call;
}

function isTable(given: unknown): given is ReadonlyMap<unknown, unknown> {
  return given instanceof Map;
}

function isOperation(loaded: unknown): loaded is LookupJoinOperation {
  return typeof loaded === 'object' && loaded !== null && 'lookup' in loaded && 'how' in loaded;
}

interface Known {
  readonly found: unknown;
  /** By the clock. */
  readonly since: number;
}

/** The answers used last, each for a limited time. */
class LookupCache {
  readonly #size: number;
  readonly #ttlMs: number;
  readonly #clock: Clock;
  /** The one used least lately first. */
  readonly #known = new Map<unknown, Known>();

  constructor(size: number, ttlMs: number, clock: Clock) {
    this.#size = size;
    this.#ttlMs = ttlMs;
    this.#clock = clock;
  }

  get(identity: unknown): Known | undefined {
    const known = this.#known.get(identity);
    if (known === undefined) return undefined;
    this.#known.delete(identity);
    if (this.#ttlMs > 0 && this.#clock.now() - known.since >= this.#ttlMs) return undefined;
    this.#known.set(identity, known);
    return known;
  }

  put(identity: unknown, found: unknown): void {
    this.#known.delete(identity);
    this.#known.set(identity, { found, since: this.#clock.now() });
    if (this.#known.size > this.#size) this.#known.delete(this.#known.keys().next().value);
  }
}
