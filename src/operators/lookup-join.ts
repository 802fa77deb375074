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
import { requiredFunction } from '../runtime/required-function.ts';

/** `lookup_join`: records with what is known of their keys. */
export function lookupJoinOperator(spec: OperatorSpec): Operator {
  return new LookupJoinOperator(spec);
}

type Enrich = (value: unknown, found: unknown) => unknown;

/** A lookup that gives its answer at once takes no queue: see AsyncWaitOperator. */
class LookupJoinOperator extends AsyncWaitOperator {
  #lookup: unknown;
  #key: unknown;
  #function: unknown;

  protected override async operation(): Promise<AsyncOperation> {
    const { timeout, capacity, ordered } = this.spec.params;
    this.#lookup = await requiredFunction(this.ctx, 'lookup');
    this.#key = await this.ctx.load('key');
    this.#function = await this.ctx.load('function');
    return {
      function: this.#lookup,
      timeoutMs: Number(timeout ?? 0),
      capacity: Number(capacity ?? 100),
      ordered: ordered !== false,
      retry: undefined,
    };
  }

  protected override userFunction(given: unknown): UserFunction {
    if (isTable(given)) return userFunction((key: unknown) => given.get(key), [], this.spec.name);
    return userFunction(given, ['lookup', 'asyncInvoke'], this.spec.name);
  }

  protected override asyncFunction(lookup: UserFunction): AsyncFunction {
    const { params } = this.spec;
    const [cacheSize, cacheTtlMs] = [Number(params.cacheSize ?? 0), Number(params.cacheTtl ?? 0)];
    const keyOf = keySelector(this.#key, this.spec);
    const join = joinFunction(this.#function, this.spec);
    const keeps = params.how === 'left';
    const held = isTable(this.#lookup) || cacheSize > 0;
    const isolate: Isolate = held ? recordIsolator(this.ctx.settings) : (found) => found;
    const answer = (value: unknown, found: unknown): unknown => {
      if (found === undefined || found === null) return keeps ? one(join(value, null)) : []; // J2
      return one(join(value, isolate(found))); // J4
    };
    const { call } = lookup;
    const { timeout } = super.asyncFunction(lookup);
    const limited = timeout === undefined ? {} : { timeout };
    if (cacheSize <= 0) {
      const invoke = (value: unknown): unknown => {
        const found = call(keyOf(value)); // J1
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
    if (this.#ttlMs > 0 && this.#clock.now() - known.since >= this.#ttlMs) return undefined; // J3
    this.#known.set(identity, known);
    return known;
  }

  put(identity: unknown, found: unknown): void {
    this.#known.delete(identity);
    this.#known.set(identity, { found, since: this.#clock.now() });
    if (this.#known.size > this.#size) this.#known.delete(this.#known.keys().next().value);
  }
}
