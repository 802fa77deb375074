// Columns to records and back by code compiled for a shape: the engine then makes each record in one step, of one hidden
// class, and reads its fields without looking their names up.

import { CodecError } from '../../errors.ts';

/** The fields of records as columns, in order of the names. */
export type ColumnReader = (records: readonly object[]) => unknown[][];

export type RecordMaker = (columns: unknown[][]) => Record<string, unknown>[];

/** Makes the record of one map from its values, in order of the names. */
export type OneRecordMaker = (values: readonly unknown[]) => Record<string, unknown>;

const MAX_REMEMBERED = 1000;
/** Beyond it, a literal is too long to be worth compiling. */
const MAX_COMPILED_FIELDS = 200;

const makers = new Map<string, RecordMaker>();
const oneMakers = new Map<string, OneRecordMaker>();
const readers = new Map<string, ColumnReader>();

/** What makes records with these names, in this order. Throws a CodecError when a name occurs twice. */
export function recordMaker(names: readonly string[]): RecordMaker {
  const shape = JSON.stringify(names);
  let maker = makers.get(shape);
  if (maker === undefined) {
    if (new Set(names).size !== names.length) throw new CodecError('Columns have a name twice.');
    maker = names.length <= MAX_COMPILED_FIELDS ? compiled(names) : looped(names);
    if (makers.size >= MAX_REMEMBERED) makers.clear();
    makers.set(shape, maker);
  }
  return maker;
}

/** As `recordMaker`, one record at a time. The names, at most a few dozen, must differ. */
export function oneRecordMaker(names: readonly string[]): OneRecordMaker {
  const shape = JSON.stringify(names);
  let maker = oneMakers.get(shape);
  if (maker === undefined) {
    const fields = names.map((name, i) => `${literal(name)}: v[${i}]`);
    // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
    maker = new Function('v', `return { ${fields.join(', ')} };`) as OneRecordMaker;
    if (oneMakers.size >= MAX_REMEMBERED) oneMakers.clear();
    oneMakers.set(shape, maker);
  }
  return maker;
}

/** What reads records that have exactly these names. */
export function columnReader(names: readonly string[]): ColumnReader {
  const shape = JSON.stringify(names);
  let reader = readers.get(shape);
  if (reader === undefined) {
    reader = names.length <= MAX_COMPILED_FIELDS ? compiledReader(names) : loopedReader(names);
    if (readers.size >= MAX_REMEMBERED) readers.clear();
    readers.set(shape, reader);
  }
  return reader;
}

function compiledReader(names: readonly string[]): ColumnReader {
  const columns = names.map((_, i) => `c${i} = new Array(records.length)`);
  const reads = names.map((name, i) => `c${i}[i] = record[${JSON.stringify(name)}];`);
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
  return new Function(
    'records',
    `const ${columns.join(', ')};
    for (let i = 0; i < records.length; i++) {
      const record = records[i];
      ${reads.join(' ')}
    }
    return [${names.map((_, i) => `c${i}`).join(', ')}];`,
  ) as ColumnReader;
}

function loopedReader(names: readonly string[]): ColumnReader {
  return (records) =>
    names.map((name) => records.map((record) => (record as Record<string, unknown>)[name]));
}

/** A name in an object literal. Names get in as string literals and in no other way; in brackets, `__proto__` is one like any other. */
function literal(name: string): string {
  return name === '__proto__' ? '["__proto__"]' : JSON.stringify(name);
}

function compiled(names: readonly string[]): RecordMaker {
  const variables = names.map((_, i) => `c${i}`).join(', ');
  const fields = names.map((name, i) => `${literal(name)}: c${i}[i]`);
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
  return new Function(
    'columns',
    `const [${variables}] = columns;
    const records = new Array(c0.length);
    for (let i = 0; i < records.length; i++) records[i] = { ${fields.join(', ')} };
    return records;`,
  ) as RecordMaker;
}

function looped(names: readonly string[]): RecordMaker {
  return (columns) =>
    Array.from({ length: columns[0]?.length ?? 0 }, (_, i) =>
      Object.fromEntries(names.map((name, field) => [name, columns[field]?.[i]])),
    );
}
