// Values of the user as text, for reports: bounded while it is made, and never throwing. Twin of _values/shown.py.
//
//   S1. No more than MAX_PARTS values are looked at, however large, deep or shared a record is.
//   S2. What was thrown may be anything: null, a proxy whose traps throw, an error whose fields are getters.

import { inspect, types } from 'node:util';

const MAX_REPR_CHARS = 1_000;
const MAX_MESSAGE_CHARS = 4_000;
/** Values of a record that are looked at. */
const MAX_PARTS = 1_000;
const MAX_DEPTH = 4;

/** A record as `util.inspect` shows it on one line, cut at 1,000 characters. Never throws. */
export function inspectRecord(value: unknown): string {
  try {
    const shown = isSmall(value) ? value : firstParts(value, { left: MAX_PARTS }, 0);
    const text = inspect(shown, {
      depth: MAX_DEPTH,
      breakLength: Infinity,
      maxStringLength: MAX_REPR_CHARS,
    });
    return clip(printable(text), MAX_REPR_CHARS);
  } catch (error) {
    return `<a ${typeof value} that cannot be shown: ${thrownText(error).message}>`;
  }
}

export function clip(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars - 1)}…`;
}

/** Text for a terminal: what would move its cursor or change its colours shows as an escape. Lines stay lines. */
export function printable(text: string): string {
  // All of category Cc but tab and line feed.
  return text.replace(
    /[^\P{Cc}\t\n]/gu,
    (found) => `\\x${found.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** What was thrown, as text (S2). */
export interface ThrownText {
  /** The name of the error's class; of what is no error, its type. */
  type: string;
  message: string;
  /** The same, however long. */
  whole: string;
  stack: string | undefined;
}

export function thrownText(thrown: unknown): ThrownText {
  if (!isError(thrown)) {
    const message = inspectRecord(thrown);
    return { type: typeof thrown, message, whole: message, stack: undefined };
  }
  const whole = textOf(() => thrown.message) ?? '<a message that cannot be read>';
  return {
    type: clip(textOf(() => thrown.name) ?? 'Error', 200),
    message: clip(whole, MAX_MESSAGE_CHARS),
    whole,
    stack: textOf(() => thrown.stack),
  };
}

/** `instanceof` for what was thrown: a proxy is asked nothing, since its answer may be to throw. */
export function isOf<T>(thrown: unknown, type: abstract new (...args: never[]) => T): thrown is T {
  return !types.isProxy(thrown) && thrown instanceof type;
}

function isError(thrown: unknown): thrown is Error {
  return types.isNativeError(thrown) || isOf(thrown, Error);
}

/** Undefined where there is no text: the field is something else, or a getter that throws. */
function textOf(read: () => unknown): string | undefined {
  try {
    const text = read();
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Whether all of it can be shown: it has few parts, as deep as it would be looked into. */
function isSmall(value: unknown): boolean {
  let left = MAX_PARTS;
  const count = (part: unknown, depth: number): void => {
    if (--left < 0 || depth > MAX_DEPTH) return; // S1
    for (const inner of partsOf(part)) {
      count(inner, depth + 1);
      if (left < 0) return;
    }
  };
  count(value, 0);
  return left >= 0;
}

/** The values in a value, as far as they can be seen without calling anything of the user's. */
function* partsOf(value: unknown): Iterable<unknown> {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return;
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return;
  if (types.isMap(value)) {
    for (const [key, item] of Map.prototype.entries.call(value)) {
      yield key;
      yield item;
    }
  } else if (types.isSet(value)) {
    yield* Set.prototype.values.call(value);
  }
  // Not Object.keys: of an array with a million items it would make a million names.
  for (const name in value) {
    if (!Object.hasOwn(value, name)) continue;
    yield Object.getOwnPropertyDescriptor(value, name)?.value;
  }
}

/** A copy of a large value with the first of its parts; what is deeper or behind them is left out. */
function firstParts(value: unknown, parts: { left: number }, depth: number): unknown {
  if (--parts.left < 0) return LEFT_OUT; // S1
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return value;
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return value;
  if (depth > MAX_DEPTH) return LEFT_OUT;
  const copied = (part: unknown): unknown => firstParts(part, parts, depth + 1);
  if (types.isMap(value)) {
    const copy = new Map<unknown, unknown>();
    for (const [key, item] of Map.prototype.entries.call(value)) {
      if (parts.left <= 0) break;
      copy.set(copied(key), copied(item));
    }
    return copy;
  }
  if (types.isSet(value)) {
    const copy = new Set<unknown>();
    for (const item of Set.prototype.values.call(value)) {
      if (parts.left <= 0) break;
      copy.add(copied(item));
    }
    return copy;
  }
  if (Array.isArray(value)) {
    const copy: unknown[] = [];
    for (let i = 0; i < value.length && parts.left > 0; i++) copy.push(copied(value[i]));
    return copy;
  }
  const copy = Object.create(Object.getPrototypeOf(value) as object | null) as object;
  for (const name in value) {
    if (parts.left <= 0) break;
    const property = Object.getOwnPropertyDescriptor(value, name);
    if (property === undefined) continue;
    if ('value' in property) property.value = copied(property.value);
    Object.defineProperty(copy, name, property);
  }
  return copy;
}

const LEFT_OUT = { [inspect.custom]: () => '…' };
