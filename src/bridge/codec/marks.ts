// Marks that JavaScript's own types have no room for, where no other code sees them: an array that is a tuple in Python,
// a Set that is a frozenset. A value that is passed on untouched is what it was; a new array is a list.

/** A constructor that returns what it is given: fields of a class derived from it are put on that object. */
const Given = class {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: it is what this class is for.
    return object;
  }
} as new (
  object: object,
) => object;

/**
 * A mark on an array as a private field, which no code but this sees. A WeakSet does the same and costs several times as
 * much: each member is hashed when it is added and looked at again by every collection of garbage.
 */
class Tuple extends Given {
  readonly #mark = true;

  static has(value: object): boolean {
    return #mark in value && value.#mark;
  }
}

const frozenSets = new WeakSet<ReadonlySet<unknown>>();
// A program that has no tuples need not look at each array.
let anyTuple = false;

/** Makes `value` a tuple to Python; returns it. */
export function markTuple<T extends readonly unknown[]>(value: T): T {
  anyTuple = true;
  if (!Tuple.has(value)) new Tuple(value);
  return value;
}

/** Whether `value` is a tuple to Python. */
export function isTuple(value: readonly unknown[]): boolean {
  return anyTuple && Tuple.has(value);
}

/** Makes `to` a tuple where `from` is one, or a frozenset. */
export function carryMark(from: object, to: object): void {
  if (Array.isArray(from)) {
    if (isTuple(from)) markTuple(to as unknown[]);
  } else if (from instanceof Set && frozenSets.has(from)) {
    frozenSets.add(to as Set<unknown>);
  }
}

/** Makes `value` a frozenset to Python; returns it. */
export function markFrozenSet<T extends ReadonlySet<unknown>>(value: T): T {
  frozenSets.add(value);
  return value;
}

export function isFrozenSet(value: ReadonlySet<unknown>): boolean {
  return frozenSets.has(value);
}
