// Sum, min, max, minBy and maxBy of a field of the records of a window. They merge, so sliding windows cost no more than
// tumbling ones.
//
//   F1. Arguments are not changed: a record that has been emitted, or a slice of another window, may be one of them.

import { carryMark } from '../../bridge/codec/index.ts';
import { Row } from '../../bridge/codec/values.ts';
import { GraphError, UserFunctionError } from '../../errors.ts';
import type { JsonValue } from '../../graph/job-graph.ts';
import { inspectRecord } from '../../runtime/failure.ts';
import { isLess, sumOf } from './field-values.ts';

export type FieldAggregate = 'sum' | 'min' | 'max' | 'minBy' | 'maxBy';

/** As `op` of an operator's params says them. */
const OPERATIONS: { readonly [op: string]: FieldAggregate } = {
  sum: 'sum',
  min: 'min',
  max: 'max',
  min_by: 'minBy',
  max_by: 'maxBy',
};

/** A reduce function that declares itself mergeable. */
export interface MergeableReduce {
  readonly reduce: (a: unknown, b: unknown) => unknown;
  readonly mergeable: true;
}

/**
 * The fold that an operator's `op` and `field` say.
 *
 * @throws GraphError when there is no such one
 */
export function fieldFold({ op, field = 0 }: { [param: string]: JsonValue }): MergeableReduce {
  const known = typeof op === 'string' ? OPERATIONS[op] : undefined;
  if (known !== undefined && (typeof field === 'string' || typeof field === 'number')) {
    return fieldAggregate(known, field);
  }
  throw new GraphError(
    `There is no ${JSON.stringify(op)} of the field ${JSON.stringify(field)}; known: ` +
      `${Object.keys(OPERATIONS).join(', ')}, of a position or a name.`,
  );
}

/** `field` 0 of a record that is no object and no array is the record itself. */
export function fieldAggregate(op: FieldAggregate, field: string | number): MergeableReduce {
  if (op === 'sum') {
    return {
      mergeable: true,
      reduce: (a, b) => {
        const [held, given] = [fieldOf(a, field), fieldOf(b, field)];
        return withField(a, field, sumOf(held, given) ?? refuse(op, field, held, given, b));
      },
    };
  }
  const wants = op === 'min' || op === 'minBy' ? isLess : isGreater;
  /** Of equal ones the first. */
  const isBetter = (a: unknown, b: unknown): boolean => {
    const [held, given] = [fieldOf(a, field), fieldOf(b, field)];
    return wants(given, held) ?? refuse(op, field, held, given, b);
  };
  return {
    mergeable: true,
    reduce:
      op === 'minBy' || op === 'maxBy'
        ? (a, b) => (isBetter(a, b) ? b : a)
        : (a, b) => (isBetter(a, b) ? withField(a, field, fieldOf(b, field)) : a),
  };
}

function isGreater(a: unknown, b: unknown): boolean | undefined {
  return isLess(b, a);
}

function refuse(
  op: FieldAggregate,
  field: string | number,
  held: unknown,
  given: unknown,
  record: unknown,
): never {
  const does =
    op === 'sum'
      ? 'adds numbers, bigints and TimeDeltas'
      : 'compares numbers and bigints, or texts, or times of one kind';
  throw new UserFunctionError(
    `${op} ${does}, and field ${JSON.stringify(field)} of the record ${inspectRecord(record)} is ` +
      `${inspectRecord(given)}, after ${inspectRecord(held)}. ` +
      'Filter such records out or map the field before, or use reduce.',
  );
}

function fieldOf(record: unknown, field: string | number): unknown {
  if (typeof record !== 'object' || record === null) {
    if (field === 0) return record;
    throw new UserFunctionError(
      `The ${field} field selected on a basic type. A field expression on a basic type can only select the 0th field ` +
        `(which means selecting the entire basic type); the record is ${inspectRecord(record)}.`,
    );
  }
  const found = record instanceof Row ? record.get(field) : valueAt(record, field);
  if (found !== undefined) return found;
  throw new UserFunctionError(
    `There is no field ${JSON.stringify(field)} in the record ${inspectRecord(record)}; name one that it has.`,
  );
}

function valueAt(record: object, field: string | number): unknown {
  return Array.isArray(record) && typeof field === 'number'
    ? (record.at(field) as unknown)
    : (record as Record<string, unknown>)[field];
}

/** F1 */
function withField(record: unknown, field: string | number, value: unknown): unknown {
  if (typeof record !== 'object' || record === null) return value;
  if (Array.isArray(record)) {
    const copy = (record as unknown[]).with(field as number, value);
    carryMark(record, copy);
    return copy;
  }
  if (record instanceof Row) {
    const index = typeof field === 'number' ? field : (record.names?.indexOf(field) ?? 0);
    return new Row(record.values.with(index, value), record.names, record.kind);
  }
  const prototype = Object.getPrototypeOf(record) as object | null;
  if (prototype === Object.prototype) return { ...record, [field]: value };
  return Object.assign(Object.create(prototype) as object, record, { [field]: value });
}
