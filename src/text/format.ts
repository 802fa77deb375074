// Records as print and file sinks show them. Twin of python/isthmus/_text/format.py: the same record shows the same text in
// both languages where its type is declared or the program is written in Python (which then declares PICKLED_BYTE_ARRAY).
//
// A program in TypeScript without a declared type prints as console.log does.

import { inspect } from 'node:util';
import { typedWriter } from '../bridge/codec/index.ts';
import { ROW_SIGNS } from '../bridge/codec/values.ts';
import type { TypeSpec } from '../graph/job-graph.ts';
import { asRow, type Format, javaFormat } from './java-text.ts';
import { pythonFormat } from './python-text.ts';

/** How `print()` shows a value: without a type as said above, typed as Java's `toString` would (rows: as Python does). */
export function printFormatter(type: TypeSpec | undefined): Format {
  if (type?.kind === 'ROW') return fitting(type, printedRow(type));
  return fileFormatter(type);
}

/** How a file sink writes a value: as `printFormatter`, but rows as Java's `toString` too. */
export function fileFormatter(type: TypeSpec | undefined): Format {
  if (type === undefined) return plainText;
  if (type.kind === 'PICKLED_BYTE_ARRAY') {
    const text = pythonFormat(type);
    return (value) => text(value, false);
  }
  return fitting(type, javaFormat(type));
}

function plainText(value: unknown): string {
  if (typeof value === 'string') return value;
  return inspect(value, {
    depth: Infinity,
    breakLength: Infinity,
    maxArrayLength: null,
    maxStringLength: null,
  });
}

/** PyFlink turns a typed row into text in Python, all others in Java. */
function printedRow(type: Extract<TypeSpec, { kind: 'ROW' }>): Format {
  const fields = type.fields.map(pythonFormat);
  return (value) => {
    const row = asRow(value, type.names);
    const texts = fields.map((field, i) => field(row.values[i] ?? null, false));
    return `${ROW_SIGNS[row.kind]}[${texts.join(',')}]`;
  };
}

/** A value that does not fit the declared type is told of as on its way to Python. */
function fitting(type: TypeSpec, format: Format): Format {
  const explain = typedWriter(type)?.explain;
  return (value) => {
    if (value === null || value === undefined) throw explain?.(value);
    try {
      return format(value);
    } catch (error) {
      throw explain?.(value) ?? error;
    }
  };
}
