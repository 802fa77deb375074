// Objects that an operator keeps itself and changes in place, as they were at a barrier: for tables that are listed then and
// encoded later. Nothing is copied, and nothing told, but while a checkpoint is encoded.
//
//   A1. Whoever may change an object that a table's entries refer to, or hands it out, tells of it before.
//   A2. It is copied the first time, so that what is encoded later is what there was at the barrier.

import { isTuple } from '../bridge/codec/marks.ts';
import { load, store } from './stored-value.ts';

/** How deep below an entry an object may stand that is told of. */
const MAX_DEPTH = 4;

type Copies = Map<object, unknown>;

export class Asides {
  readonly #beingEncoded = new Map<number, Copies>();

  /** This is about to change (A1). */
  keep(object: unknown): void {
    if (this.#beingEncoded.size === 0 || typeof object !== 'object' || object === null) return;
    for (const copies of this.#beingEncoded.values()) {
      if (!copies.has(object)) copies.set(object, copied(object)); // A2
    }
  }

  /** From now on `keep` copies for a checkpoint; gives back what its entries were. */
  freeze(checkpoint: number): (entry: unknown) => unknown {
    const copies: Copies = new Map();
    this.#beingEncoded.set(checkpoint, copies);
    return (entry) => (copies.size === 0 ? entry : asItWas(entry, copies, MAX_DEPTH));
  }

  /** Nothing of a checkpoint is to be encoded any more. */
  encoded(checkpoint: number): void {
    this.#beingEncoded.delete(checkpoint);
  }
}

/** What has changed is put in its place in copies of what it is in, which may be the operator's own. */
function asItWas(value: unknown, copies: Copies, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (copies.has(value)) return copies.get(value);
  if (depth === 0) return value;
  if (Array.isArray(value)) {
    if (isTuple(value)) return value;
    const parts = value.map((part) => asItWas(part, copies, depth - 1));
    return parts.every((part, i) => Object.is(part, value[i])) ? value : parts;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const fields = Object.entries(value).map(([name, field]): [string, unknown] => [
    name,
    asItWas(field, copies, depth - 1),
  ]);
  const unchanged = fields.every(([name, field]) =>
    Object.is(field, (value as Record<string, unknown>)[name]),
  );
  return unchanged ? value : Object.fromEntries(fields);
}

/** What cannot be written is kept as it is: it is refused when it is encoded. */
export function copied<T>(value: T): T {
  try {
    return load(...store(value)) as T;
  } catch {
    return value;
  }
}
