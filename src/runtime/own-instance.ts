// An object with `open` belongs to one subtask of one operator: what it keeps from there, such as its state, is of that subtask.
// Where there are several, each gets a copy of the object as it was given; plain functions and objects without `open` are shared,
// as closures are. Windows, joins and other operators of several functions have an object of settings around them: of that the
// functions are what is copied.

import { GraphError } from '../errors.ts';
import type { OperatorKind } from '../graph/job-graph.ts';
import { isolator } from './isolate.ts';

const copyField = isolator();

const COMPOSED: ReadonlySet<OperatorKind> = new Set<OperatorKind>([
  'async',
  'asof_join',
  'interval_join',
  'lookup_join',
  'timestamps',
  'window',
  'window_join',
]);

/** Whether what an operator is given may be an object of settings and functions. */
export function isComposed(kind: OperatorKind): boolean {
  return COMPOSED.has(kind);
}

/** An object that is opened, and so has an owner. */
export function hasOwner(fn: unknown): fn is object {
  return (
    typeof fn === 'object' && fn !== null && typeof (fn as { open?: unknown }).open === 'function'
  );
}

/**
 * What a subtask of `parallelism` calls: `loaded` itself, or a copy.
 *
 * @throws GraphError when the object has private fields, which no copy can have; `operator` names it there.
 */
export function ownInstance(
  loaded: unknown,
  kind: OperatorKind,
  parallelism: number,
  operator: string,
): unknown {
  if (parallelism === 1) return loaded;
  return withOwn(loaded, kind, (part) =>
    copyOf(part, `Operator "${operator}" has ${parallelism} subtasks and was given`),
  );
}

/** What one of the operators calls that were given the same object. */
export function ownCopy(shared: object, operator: string): object {
  return copyOf(shared, `Operator "${operator}" was given, as another was,`);
}

/** `given` with what `own` makes of the objects in it that have an owner, or as it is where there are none. */
export function withOwn(
  given: unknown,
  kind: OperatorKind,
  own: (part: object) => object,
): unknown {
  if (hasOwner(given)) return own(given);
  if (!isComposed(kind) || typeof given !== 'object' || given === null) return given;
  const parts = new Map<unknown, object>();
  for (const part of Object.values(given)) {
    // One that has two parts in an operator stays one.
    if (hasOwner(part) && !parts.has(part)) parts.set(part, own(part));
  }
  if (parts.size === 0) return given;
  const copy = Object.create(Object.getPrototypeOf(given) as object) as object;
  for (const [name, part] of Object.entries(given)) {
    Object.defineProperty(copy, name, { value: parts.get(part) ?? part, enumerable: true });
  }
  return copy;
}

function copyOf(loaded: object, whoWasGiven: string): object {
  const hidden = privateField(loaded);
  if (hidden !== undefined) {
    const name = loaded.constructor.name;
    throw new GraphError(
      `${whoWasGiven} one instance of ${name}, which cannot be copied because of its private field ${hidden}. ` +
        `Give the class itself, of which each subtask makes its own: ${name} instead of new ${name}(...); ` +
        `or a class that knows the arguments: class extends ${name} { constructor() { super(...); } }.`,
    );
  }
  const copy = Object.create(Object.getPrototypeOf(loaded) as object) as object;
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(loaded))) {
    if ('value' in property) property.value = copyField(property.value);
    Object.defineProperty(copy, name, property);
  }
  return copy;
}

/** The first private name that a class of the instance speaks of. */
function privateField(instance: object): string | undefined {
  let prototype = Object.getPrototypeOf(instance) as object | null;
  while (prototype !== null && prototype !== Object.prototype) {
    const source = Function.prototype.toString.call(prototype.constructor);
    const found = /\bthis\s*\??\.\s*(#[\p{ID_Start}$_][\p{ID_Continue}$]*)/u.exec(source);
    if (found !== null) return found[1];
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return undefined;
}
