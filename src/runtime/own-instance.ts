// An object with `open` belongs to one subtask of one operator: what it keeps from there, such as its state, is of that subtask.
// Where there are several, each gets a copy of the object as it was given; plain functions and objects without `open` are shared,
// as closures are. One that has two parts in an operator stays one.

import { GraphError } from '../errors.ts';
import { isolator } from './isolate.ts';

const copyField = isolator();

/** An object that is opened, and so has an owner. */
export function hasOwner(fn: unknown): fn is object {
  return (
    typeof fn === 'object' && fn !== null && typeof (fn as { open?: unknown }).open === 'function'
  );
}

/**
 * What makes of the functions of an operator those that a subtask of `parallelism` calls: themselves, or copies.
 *
 * @throws GraphError when an object has private fields, which no copy can have; `operator` names it there.
 */
export function ownInstances(parallelism: number, operator: string): (loaded: unknown) => unknown {
  if (parallelism === 1) return (loaded) => loaded;
  return copying(`Operator "${operator}" has ${parallelism} subtasks and was given`);
}

/** The same for one of the operators that were given the same objects. */
export function ownCopies(operator: string): (shared: unknown) => unknown {
  return copying(`Operator "${operator}" was given, as another was,`);
}

function copying(whoWasGiven: string): (given: unknown) => unknown {
  const copies = new Map<object, object>();
  return (given) => {
    if (!hasOwner(given)) return given;
    const copy = copies.get(given) ?? copyOf(given, whoWasGiven);
    copies.set(given, copy);
    return copy;
  };
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
