// Maps of one shape in one body: their names are compared as bytes with those of the first, and made strings once.

import { type OneRecordMaker, oneRecordMaker } from './record-maker.ts';

/** Maps with more entries are read name by name. */
export const MAX_SHAPE_FIELDS = 32;
/** Maps that must have come alike before their shape is worth compiling. */
const WORTH_COMPILING = 8;

/** The names of the first map of some size in a body. */
export class MapShape {
  readonly names: string[] = [];
  /** Where each encoded name begins and ends in the body. */
  readonly #bounds: number[] = [];
  #hits = 0;
  #misses = 0;
  #make: OneRecordMaker | undefined;

  add(name: string, start: number, end: number): void {
    this.names.push(name);
    this.#bounds.push(start, end);
  }

  /** Where the name at `position` ends if it is that of entry `index`, else −1. */
  match(bytes: Uint8Array, position: number, index: number): number {
    let known = this.#bounds[index * 2] as number;
    const end = this.#bounds[index * 2 + 1] as number;
    let at = position;
    while (known < end) if (bytes[known++] !== bytes[at++]) return -1;
    return at;
  }

  /** The record of a map with all of the names. */
  record(values: readonly unknown[]): Record<string, unknown> {
    if (this.#make !== undefined) return this.#make(values);
    if (++this.#hits === WORTH_COMPILING) this.#make = oneRecordMaker(this.names);
    return this.recordOf(values, values.length);
  }

  /** The record of a map with the first `count` of the names. */
  recordOf(values: readonly unknown[], count: number): Record<string, unknown> {
    const record: Record<string, unknown> = {};
    for (let i = 0; i < count; i++) setField(record, this.names[i] as string, values[i]);
    return record;
  }

  /** A map of the size had other names; returns whether most have, so that another shape is worth trying. */
  missed(): boolean {
    return ++this.#misses > this.#hits + 2;
  }
}

/** `__proto__` is a name like any other. */
export function setField(record: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(record, name, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  } else {
    record[name] = value;
  }
}
