// Marks that JavaScript's own types have no room for, kept outside of the values: an array that is a tuple in Python,
// a Set that is a frozenset. A value that is passed on untouched is what it was; a new array is a list.

const tuples = new WeakSet<readonly unknown[]>();
const frozenSets = new WeakSet<ReadonlySet<unknown>>();
// Without it, looking up every array of a program that has no tuples would cost a hash lookup each.
let anyTuple = false;

/** Makes `value` a tuple to Python; returns it. */
export function markTuple<T extends readonly unknown[]>(value: T): T {
  anyTuple = true;
  tuples.add(value);
  return value;
}

/** Whether `value` is a tuple to Python. */
export function isTuple(value: readonly unknown[]): boolean {
  return anyTuple && tuples.has(value);
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
