// Plain data that came from elsewhere, checked against the shape that it is to have. Twin of python/isthmus/_program/shape.py.
//
//   S1. An error names the field by its path (`tasks[0].chain[1].id`), says what was expected there, and shows what is there.
//   S2. A field that the shape does not have is refused: it is a misspelt one, or of another version.

import { BridgeProtocolError } from '../errors.ts';

/** Throws where `value` is not of the shape. */
export type Shape = (value: unknown, path: string) => void;
/** A field that may be absent. */
export interface OptionalShape {
  readonly optional: Shape;
}

/**
 * @param what Where the data is from, as errors say it: `SUBMIT`.
 * @throws BridgeProtocolError It is not of the shape (S1).
 */
export function checkShape(value: unknown, shape: Shape, what: string): void {
  try {
    shape(value, '');
  } catch (thrown) {
    if (!(thrown instanceof WrongField)) throw thrown;
    const { path, message } = thrown;
    throw new BridgeProtocolError(`${what}: ${path === '' ? '' : `${path}: `}${message}`);
  }
}

/** The path of the first field that is not as it should be; undefined where all are. */
export function wrongField(value: unknown, shape: Shape): string | undefined {
  try {
    shape(value, '');
    return undefined;
  } catch (thrown) {
    if (thrown instanceof WrongField) return thrown.path;
    throw thrown;
  }
}

class WrongField extends Error {
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

const expecting =
  (expected: string, holds: (value: unknown) => boolean): Shape =>
  (value, path) => {
    if (!holds(value)) throw new WrongField(path, `expected ${expected}, got ${shown(value)}`);
  };

export const anything: Shape = () => {};
export const text = expecting('a text', (value) => typeof value === 'string');
export const wholeNumber = expecting('a whole number', (value) => Number.isSafeInteger(value));
export const truth = expecting('true or false', (value) => typeof value === 'boolean');
export const bytes = expecting('bytes', (value) => value instanceof Uint8Array);
const list = expecting('a list', Array.isArray);
const map = expecting('a map', isMap);

export function oneOf<const V extends string | number>(...values: V[]): Shape {
  const known: ReadonlySet<unknown> = new Set(values);
  return expecting(values.map((value) => JSON.stringify(value)).join(' or '), (value) =>
    known.has(value),
  );
}

export function nullOr(shape: Shape): Shape {
  return (value, path) => {
    if (value !== null) shape(value, path);
  };
}

export function listOf(item: Shape): Shape {
  return (value, path) => {
    list(value, path);
    (value as unknown[]).forEach((each, i) => item(each, `${path}[${i}]`));
  };
}

/** A list of so many items, each of a shape of its own. */
export function tupleOf(...items: Shape[]): Shape {
  const long = expecting(
    `a list of ${items.length}`,
    (value) => Array.isArray(value) && value.length === items.length,
  );
  return (value, path) => {
    long(value, path);
    items.forEach((item, i) => item((value as unknown[])[i], `${path}[${i}]`));
  };
}

export function mapOf(item: Shape): Shape {
  return (value, path) => {
    map(value, path);
    for (const [name, each] of Object.entries(value as object)) item(each, within(path, name));
  };
}

/** Fields are to be optional where those of `T` are. */
export function recordOf<T>(
  fields: {
    readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? OptionalShape : Shape;
  },
): Shape {
  const all = Object.entries<Shape | OptionalShape>(fields as never);
  return (value, path) => {
    map(value, path);
    const given = value as { readonly [name: string]: unknown };
    for (const [name, field] of all) {
      const at = within(path, name);
      if (given[name] !== undefined) shapeOf(field)(given[name], at);
      else if (typeof field === 'function') throw new WrongField(at, 'is missing');
    }
    for (const name of Object.keys(given)) {
      if (!Object.hasOwn(fields, name)) throw new WrongField(within(path, name), 'is not known'); // S2
    }
  };
}

/** One of several shapes, by a field that says which. */
export function byTag(tag: string, shapes: { readonly [value: string]: Shape }): Shape {
  const known = oneOf(...Object.keys(shapes));
  return (value, path) => {
    map(value, path);
    const said = (value as { readonly [name: string]: unknown })[tag];
    if (said === undefined) throw new WrongField(within(path, tag), 'is missing');
    known(said, within(path, tag));
    (shapes[said as string] as Shape)(value, path);
  };
}

/** A shape that contains itself. */
export function later(shape: () => Shape): Shape {
  return (value, path) => shape()(value, path);
}

export function optional(shape: Shape): OptionalShape {
  return { optional: shape };
}

function shapeOf(field: Shape | OptionalShape): Shape {
  return typeof field === 'function' ? field : field.optional;
}

function within(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function isMap(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array)
  );
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Uint8Array) return 'bytes';
  if (isMap(value)) return 'a map';
  return String(JSON.stringify(value)).slice(0, 60);
}
