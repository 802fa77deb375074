// Columns to records of each kind.

import { CodecError } from '../../errors.ts';
import { DICT_RECORDS, ROW_RECORDS, TUPLE_RECORDS } from './ext.ts';
import { markTuple } from './marks.ts';
import { recordMaker } from './record-maker.ts';
import { ROW_KINDS, Row } from './values.ts';

/** Turns columns of one length into the records that they stand for; `head` says of which kind. */
export function recordsOf(
  head: readonly unknown[],
  names: readonly unknown[],
  columns: unknown[][],
): unknown[] {
  const [kind, rowKind, named] = head;
  if (head.length === 3 && kind === ROW_RECORDS) return rowsOf(columns, rowKind, named, names);
  if (head.length !== 1) throw misfit();
  if (kind === TUPLE_RECORDS && names.length === 0) return tuplesOf(columns);
  if (kind !== DICT_RECORDS || !isNames(names) || names.length !== columns.length) {
    throw misfit();
  }
  return recordMaker(names)(columns);
}

function tuplesOf(columns: unknown[][]): unknown[] {
  const length = (columns[0] as unknown[]).length;
  const records = new Array<unknown>(length);
  for (let i = 0; i < length; i++) {
    const record = new Array<unknown>(columns.length);
    for (let field = 0; field < columns.length; field++) record[field] = columns[field]?.[i];
    records[i] = markTuple(record);
  }
  return records;
}

function rowsOf(
  columns: unknown[][],
  kind: unknown,
  named: unknown,
  names: readonly unknown[],
): Row[] {
  const rowKind = typeof kind === 'number' ? ROW_KINDS[kind] : undefined;
  const fits =
    (named === false && names.length === 0) ||
    (named === true &&
      isNames(names) &&
      names.length === columns.length &&
      new Set(names).size === columns.length);
  if (rowKind === undefined || !fits) {
    throw misfit();
  }
  const rowNames = named ? (names as readonly string[]) : undefined;
  return Array.from(columns[0] as unknown[], (_, i) => {
    return new Row(
      columns.map((column) => column[i]),
      rowNames,
      rowKind,
    );
  });
}

export function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

function misfit(): CodecError {
  return new CodecError('Columns have a head that does not fit them.');
}
