// Values as they are kept outside the heap: as on the wire where that gives the same value back, otherwise as a structured
// clone, which knows `undefined` and small bigints, and is told which of its objects are Isthmus's value classes and tuples of Python.
//
//   V1. What is read is what was written, or writing failed: an instance of a class would come back without its methods.

import { deserialize, serialize } from 'node:v8';
import { decodeValue } from '../bridge/codec/decode.ts';
import { encodeValue } from '../bridge/codec/encode.ts';
import { isFrozenSet, isTuple, markFrozenSet, markTuple } from '../bridge/codec/marks.ts';
import {
  DateTime,
  Decimal,
  Instant,
  LocalDate,
  LocalDateTime,
  LocalTime,
  NdArray,
  Row,
  TimeDelta,
  Uuid,
} from '../bridge/codec/values.ts';
import { UserFunctionError } from '../errors.ts';

/** How the bytes are to be read. */
export type Form = 0 | 1;
const WIRE: Form = 0;
const CLONE: Form = 1;

/** The wire's own limit is 64 levels. */
const MAX_DEPTH = 60;

/** Names are part of the files. */
const VALUE_CLASSES: Readonly<Record<string, object>> = {
  DateTime: DateTime.prototype,
  Decimal: Decimal.prototype,
  Instant: Instant.prototype,
  LocalDate: LocalDate.prototype,
  LocalDateTime: LocalDateTime.prototype,
  LocalTime: LocalTime.prototype,
  NdArray: NdArray.prototype,
  Row: Row.prototype,
  TimeDelta: TimeDelta.prototype,
  Uuid: Uuid.prototype,
};
const NAMES = new Map(Object.entries(VALUE_CLASSES).map(([name, prototype]) => [prototype, name]));

/** Years 1 to 9999, which Python has. */
const [FIRST_MS, LAST_MS] = [-62_135_596_800_000, 253_402_300_799_999];

/** Objects of `value` that a clone does not tell from plain ones; identity lasts in a clone. */
interface Cloned {
  value: unknown;
  tuples: unknown[][];
  frozenSets: Set<unknown>[];
  instances: [name: string, instance: object][];
}

/** @throws UserFunctionError when the value would not come back as it is (V1) */
export function store(value: unknown): [form: Form, bytes: Uint8Array] {
  const cloned: Cloned = { value, tuples: [], frozenSets: [], instances: [] };
  return needsClone(value, cloned, 0) ? [CLONE, serialize(cloned)] : [WIRE, encodeValue(value)];
}

export function load(form: number, bytes: Uint8Array): unknown {
  if (form === WIRE) return decodeValue(bytes);
  const { value, tuples, frozenSets, instances } = deserialize(bytes) as Cloned;
  for (const tuple of tuples) markTuple(tuple);
  for (const set of frozenSets) markFrozenSet(set);
  for (const [name, instance] of instances) {
    Object.setPrototypeOf(instance, VALUE_CLASSES[name] as object);
  }
  return value;
}

/** Whether something is in it that the wire has no room for, or gives back as something else. */
function needsClone(value: unknown, marked: Cloned, depth: number): boolean {
  switch (typeof value) {
    case 'string':
      return !value.isWellFormed();
    case 'number':
      // The wire refuses integers that may have lost digits.
      return Number.isInteger(value) && !Number.isSafeInteger(value);
    case 'boolean':
      return false;
    case 'undefined':
    case 'bigint':
      return true;
    case 'object':
      return value !== null && objectNeedsClone(value, marked, depth);
    default:
      throw new UserFunctionError(
        `It holds a ${typeof value}, which cannot be stored; keep plain values.`,
      );
  }
}

function objectNeedsClone(value: object, marked: Cloned, depth: number): boolean {
  if (depth > MAX_DEPTH) {
    throw new UserFunctionError(
      `It is nested deeper than ${MAX_DEPTH} levels, or refers to itself; flatten it.`,
    );
  }
  if (Array.isArray(value)) {
    if (isTuple(value)) marked.tuples.push(value);
    let needs = false;
    for (const item of value) if (needsClone(item, marked, depth + 1)) needs = true;
    return needs;
  }
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === Object.prototype || prototype === null) {
    let needs = false;
    for (const name in value) {
      if (needsClone((value as Record<string, unknown>)[name], marked, depth + 1)) needs = true;
    }
    return needs;
  }
  if (prototype === Map.prototype) {
    const map = value as Map<unknown, unknown>;
    const keys = anyNeedsClone(map.keys(), marked, depth);
    return anyNeedsClone(map.values(), marked, depth) || keys;
  }
  if (prototype === Set.prototype) {
    if (isFrozenSet(value as Set<unknown>)) marked.frozenSets.push(value as Set<unknown>);
    return anyNeedsClone(value as Set<unknown>, marked, depth);
  }
  if (prototype === Date.prototype) return !(Number(value) >= FIRST_MS && Number(value) <= LAST_MS);
  if (prototype === Uint8Array.prototype) return false;
  if (ArrayBuffer.isView(value) || prototype === RegExp.prototype) return true;
  const name = prototype === null ? undefined : NAMES.get(prototype);
  if (name !== undefined) {
    marked.instances.push([name, value]);
    return instanceNeedsClone(value, marked, depth);
  }
  throw new UserFunctionError(
    `It holds an instance of ${value.constructor.name}, which would come back without its methods; ` +
      'keep { ...instance } or a plain object of your own, and make the instance again when it is read.',
  );
}

function instanceNeedsClone(value: object, marked: Cloned, depth: number): boolean {
  if (value instanceof Row) return anyNeedsClone(value.values, marked, depth);
  // The wire gives a Date for it.
  return value instanceof DateTime && value.offsetSeconds === 0 && value.epochMicros % 1000n === 0n;
}

/** All are looked at, since all are to be marked. */
function anyNeedsClone(values: Iterable<unknown>, marked: Cloned, depth: number): boolean {
  let needs = false;
  for (const item of values) if (needsClone(item, marked, depth + 1)) needs = true;
  return needs;
}
