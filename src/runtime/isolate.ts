// Copies of records that leave a chain, or are kept in it while the functions before go on. A real exchange serialises when it sends, so its two ends never share a record;
// a buffered or elided one must not be seen to differ: what can be changed in place is copied on the way out.

import type { Settings } from '../config/table.ts';
import { carryMark } from '../bridge/codec/index.ts';
import { NdArray, Row } from '../bridge/codec/values.ts';
import type { OperatorContext } from './operator.ts';

/**
 * A copy of `value` that shares no plain object, array, Map, Set, Date, typed array, Row or NdArray with it. Primitives and functions
 * are the same value; instances of other classes are shared, as copying them would need their constructors.
 */
export type Isolate = (value: unknown) => unknown;

/** Called with each array or Set that was copied and its copy, so that marks kept outside (tuples, frozensets) can follow. */
export type CarryMark = (from: object, to: object) => void;

const MAX_DEPTH = 100;
const TOO_DEEP =
  `a record is nested deeper than ${MAX_DEPTH} levels or refers to itself, so it cannot be copied at an exchange; ` +
  'flatten it, make it an instance of a class, or set pipeline.object-reuse to true';

/** What copies the records of a job, or hands them on as they are where it says `pipeline.object-reuse`. */
export function recordIsolator({ objectReuse }: Pick<Settings, 'objectReuse'>): Isolate {
  return objectReuse ? itself : isolator(carryMark);
}

/**
 * How an operator keeps what it is fed: as a copy where the function before it in the chain may go on to change it. Records of
 * an exchange and of a source are its own.
 */
export function inputIsolator({ settings, follows }: Keeping): Isolate {
  return follows === true ? recordIsolator(settings) : itself;
}

type Keeping = Pick<OperatorContext, 'settings' | 'follows'>;

function itself(value: unknown): unknown {
  return value;
}

export function isolator(carryMark?: CarryMark): Isolate {
  function copy(value: unknown, depth: number): unknown {
    if (depth > MAX_DEPTH) throw new TypeError(TOO_DEEP);
    if (typeof value !== 'object' || value === null) return value;
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype === Object.prototype || prototype === null) {
      const result: Record<string, unknown> =
        prototype === null
          ? Object.assign(Object.create(null) as Record<string, unknown>, value)
          : { ...value };
      for (const name in result) {
        const field = result[name];
        if (typeof field === 'object' && field !== null) result[name] = copy(field, depth + 1);
      }
      return result;
    }
    if (prototype === Array.prototype) {
      const result = (value as unknown[]).slice();
      for (let i = 0; i < result.length; i++) {
        const item = result[i];
        if (typeof item === 'object' && item !== null) result[i] = copy(item, depth + 1);
      }
      carryMark?.(value, result);
      return result;
    }
    return copyBuiltIn(value, prototype, depth);
  }

  function copyBuiltIn(value: object, prototype: object, depth: number): unknown {
    if (prototype === Map.prototype) {
      const result = new Map<unknown, unknown>();
      for (const [key, item] of value as Map<unknown, unknown>)
        result.set(copy(key, depth + 1), copy(item, depth + 1));
      return result;
    }
    if (prototype === Set.prototype) {
      const result = new Set<unknown>();
      for (const item of value as Set<unknown>) result.add(copy(item, depth + 1));
      carryMark?.(value, result);
      return result;
    }
    if (prototype === Date.prototype) return new Date(value as Date);
    if (prototype === Buffer.prototype) return Buffer.from(value as Buffer);
    if (prototype === Row.prototype) {
      const { values, names, kind } = value as Row;
      return new Row(copy(values, depth + 1) as unknown[], names, kind);
    }
    if (prototype === NdArray.prototype) {
      const { data, shape, dtype } = value as NdArray;
      return new NdArray(data.slice(), shape, dtype);
    }
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
      return (value as Uint8Array).slice();
    }
    return value;
  }

  return (value) => (typeof value === 'object' && value !== null ? copy(value, 0) : value);
}
