// Values as they are kept outside the heap: as on the wire where that gives the same value back, otherwise as a structured
// clone, which knows `undefined` and small bigints but neither Isthmus's value classes nor tuples of Python.
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

/** A value class is in it, so that it must go as on the wire. */
const NEEDS_WIRE = 1;
/** Something that the wire has no room for is in it. */
const NEEDS_CLONE = 2;

/** The wire's own limit is 64 levels. */
const MAX_DEPTH = 60;

const VALUE_CLASSES = new Set<object>(
  [
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
  ].map(({ prototype }) => prototype),
);

interface Cloned {
  value: unknown;
  tuples: unknown[][];
  frozenSets: Set<unknown>[];
}

/** @throws UserFunctionError when the value would not come back as it is (V1) */
export function store(value: unknown): [form: Form, bytes: Uint8Array] {
  const cloned: Cloned = { value, tuples: [], frozenSets: [] };
  const needs = survey(value, cloned, 0);
  if ((needs & NEEDS_CLONE) === 0) return [WIRE, encodeValue(value)];
  if ((needs & NEEDS_WIRE) === 0) return [CLONE, serialize(cloned)];
  throw new UserFunctionError(
    'It holds both a value class of Isthmus (such as Decimal or Row) and something that only JavaScript has (undefined, ' +
      'a bigint, a typed array); keep the two in states of their own, or leave the undefined field out.',
  );
}

export function load(form: number, bytes: Uint8Array): unknown {
  if (form === WIRE) return decodeValue(bytes);
  const { value, tuples, frozenSets } = deserialize(bytes) as Cloned;
  for (const tuple of tuples) markTuple(tuple);
  for (const set of frozenSets) markFrozenSet(set);
  return value;
}

function survey(value: unknown, marked: Cloned, depth: number): number {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? 0 : NEEDS_CLONE;
    case 'number':
      // The wire refuses integers that may have lost digits.
      return Number.isInteger(value) && !Number.isSafeInteger(value) ? NEEDS_CLONE : 0;
    case 'boolean':
      return 0;
    case 'undefined':
    case 'bigint':
      return NEEDS_CLONE;
    case 'object':
      return value === null ? 0 : surveyObject(value, marked, depth);
    default:
      throw new UserFunctionError(
        `It holds a ${typeof value}, which cannot be stored; keep plain values.`,
      );
  }
}

function surveyObject(value: object, marked: Cloned, depth: number): number {
  if (depth > MAX_DEPTH) {
    throw new UserFunctionError(
      `It is nested deeper than ${MAX_DEPTH} levels, or refers to itself; flatten it.`,
    );
  }
  let needs = 0;
  if (Array.isArray(value)) {
    if (isTuple(value)) marked.tuples.push(value);
    for (const item of value) needs |= survey(item, marked, depth + 1);
    return needs;
  }
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === Object.prototype || prototype === null) {
    for (const name in value) {
      needs |= survey((value as Record<string, unknown>)[name], marked, depth + 1);
    }
    return needs;
  }
  if (prototype === Map.prototype) {
    for (const [key, item] of value as Map<unknown, unknown>) {
      needs |= survey(key, marked, depth + 1) | survey(item, marked, depth + 1);
    }
    return needs;
  }
  if (prototype === Set.prototype) {
    if (isFrozenSet(value as Set<unknown>)) marked.frozenSets.push(value as Set<unknown>);
    for (const item of value as Set<unknown>) needs |= survey(item, marked, depth + 1);
    return needs;
  }
  if (prototype === Date.prototype) return Number.isNaN(Number(value)) ? NEEDS_CLONE : 0;
  if (prototype === Uint8Array.prototype) return 0;
  if (ArrayBuffer.isView(value) || prototype === RegExp.prototype) return NEEDS_CLONE;
  if (VALUE_CLASSES.has(prototype)) return NEEDS_WIRE;
  throw new UserFunctionError(
    `It holds an instance of ${value.constructor.name}, which would come back without its methods; ` +
      'keep { ...instance } or a plain object of your own, and make the instance again when it is read.',
  );
}
