// What a function reference of a graph may load to: a function, an instance with the operator's method, or a class.

import { GraphError } from '../errors.ts';
import { inspectRecord } from './failure.ts';
import type { MaybePromise } from './operator.ts';

/** A user function made ready to be called. */
// biome-ignore lint/suspicious/noExplicitAny: user functions take and return what they like.
export interface UserFunction<F extends (...args: any[]) => unknown = (value: unknown) => unknown> {
  call: F;
  /** What holds open, close and further methods; absent for a plain function. */
  instance: Record<string, unknown> | undefined;
  open(context: unknown): MaybePromise<void>;
  close(): MaybePromise<void>;
}

type Method = (...args: unknown[]) => unknown;

/**
 * Makes `loaded` callable. `methods` are the names that an instance may have for it, the usual one first.
 *
 * @throws GraphError when it is none of the three; `operator` names it there.
 */
export function userFunction<F extends (...args: never[]) => unknown>(
  loaded: unknown,
  methods: readonly string[],
  operator: string,
): UserFunction<F> {
  const value = isClass(loaded, methods) ? new loaded() : loaded;
  if (typeof value === 'function') {
    return { call: value as unknown as F, instance: undefined, open: nothing, close: nothing };
  }
  if (typeof value === 'object' && value !== null) {
    const instance = value as Record<string, unknown>;
    const name = methods.find((method) => typeof instance[method] === 'function');
    if (name !== undefined) {
      return {
        call: (instance[name] as Method).bind(instance) as unknown as F,
        instance,
        open: (context) => callIfThere(instance, 'open', context),
        close: () => callIfThere(instance, 'close'),
      };
    }
  }
  throw new GraphError(
    `Operator "${operator}" needs a function, or an object or class with a method ${methods.join(' or ')}; ` +
      `it was given ${inspectRecord(loaded)}.`,
  );
}

/**
 * An object behind what was loaded: itself, or an instance of the class that it is.
 *
 * @throws GraphError when it is neither; `what` names it there.
 */
export function instanceOf(loaded: unknown, what: string): object {
  if (typeof loaded === 'object' && loaded !== null) return loaded;
  if (typeof loaded === 'function' && isClass(loaded, [])) return new loaded();
  throw new GraphError(
    `A ${what} is an object or a class of such objects; it was given ${inspectRecord(loaded)}.`,
  );
}

/** An instance of what is a class; all else as it is. */
export function instanceIfClass(value: unknown): unknown {
  return isClass(value, []) ? new value() : value;
}

function callIfThere(
  instance: Record<string, unknown>,
  name: string,
  ...args: unknown[]
): MaybePromise<void> {
  const method = instance[name];
  return typeof method === 'function'
    ? (method.apply(instance, args) as MaybePromise<void>)
    : undefined;
}

/** A class, as opposed to a function: it has one of the methods on its prototype, or says `class`. */
export function isClass(
  value: unknown,
  methods: readonly string[],
): value is new (
  ...args: never[]
) => object {
  if (typeof value !== 'function') return false;
  const prototype = (value as { prototype?: unknown }).prototype;
  if (typeof prototype !== 'object' || prototype === null) return false;
  // The prototype of a generator function has no constructor, but inherits `map`, `filter` and `flatMap` of iterators.
  if (!Object.hasOwn(prototype, 'constructor')) return false;
  return (
    methods.some(
      (method) => typeof (prototype as Record<string, unknown>)[method] === 'function',
    ) || /^class\b/.test(Function.prototype.toString.call(value))
  );
}

function nothing(): void {}
