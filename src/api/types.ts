// Declared element types. They matter where records cross between the languages: a number that Python is to see as a
// float, an array that is to be a tuple.

import type { ScalarTypeKind, TypeSpec } from '../graph/job-graph.ts';

/** A declared element type; `T` is what its values are in TypeScript. */
export class TypeInformation<T> {
  readonly spec: TypeSpec;
  declare protected readonly valueType: T;

  constructor(spec: TypeSpec) {
    this.spec = spec;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: any declared type will do.
export type AnyType = TypeInformation<any>;
type ValueOf<I> = I extends TypeInformation<infer T> ? T : never;
type ValuesOf<I extends readonly AnyType[]> = { -readonly [K in keyof I]: ValueOf<I[K]> };

// biome-ignore lint/suspicious/noExplicitAny: values that TypeScript does not look into.
type Untyped = any;

function scalar<T>(kind: ScalarTypeKind): () => TypeInformation<T> {
  const made = new TypeInformation<T>({ kind });
  return () => made;
}

/** Element types by the names they have in PyFlink. */
export const Types = {
  STRING: scalar<string>('STRING'),
  BOOLEAN: scalar<boolean>('BOOLEAN'),
  BYTE: scalar<number>('BYTE'),
  SHORT: scalar<number>('SHORT'),
  INT: scalar<number>('INT'),
  LONG: scalar<number>('LONG'),
  FLOAT: scalar<number>('FLOAT'),
  DOUBLE: scalar<number>('DOUBLE'),
  CHAR: scalar<string>('CHAR'),
  BIG_INT: scalar<number | bigint>('BIG_INT'),
  BIG_DEC: scalar<Untyped>('BIG_DEC'),
  INSTANT: scalar<Untyped>('INSTANT'),
  SQL_DATE: scalar<Untyped>('SQL_DATE'),
  SQL_TIME: scalar<Untyped>('SQL_TIME'),
  SQL_TIMESTAMP: scalar<Untyped>('SQL_TIMESTAMP'),
  /** Any Python value; it stays Python's own. */
  PICKLED_BYTE_ARRAY: scalar<Untyped>('PICKLED_BYTE_ARRAY'),

  TUPLE<const I extends readonly AnyType[]>(fields: I): TypeInformation<ValuesOf<I>> {
    return new TypeInformation({ kind: 'TUPLE', fields: fields.map(({ spec }) => spec) });
  },
  ROW(fields: readonly AnyType[]): TypeInformation<Untyped> {
    return Types.ROW_NAMED(
      fields.map((_, index) => `f${index}`),
      fields,
    );
  },
  ROW_NAMED(names: readonly string[], fields: readonly AnyType[]): TypeInformation<Untyped> {
    return new TypeInformation({
      kind: 'ROW',
      names: [...names],
      fields: fields.map(({ spec }) => spec),
    });
  },
  LIST<T>(element: TypeInformation<T>): TypeInformation<T[]> {
    return new TypeInformation({ kind: 'LIST', element: element.spec });
  },
  PRIMITIVE_ARRAY<T>(element: TypeInformation<T>): TypeInformation<T[]> {
    return new TypeInformation({ kind: 'PRIMITIVE_ARRAY', element: element.spec });
  },
  BASIC_ARRAY<T>(element: TypeInformation<T>): TypeInformation<T[]> {
    return new TypeInformation({ kind: 'BASIC_ARRAY', element: element.spec });
  },
  OBJECT_ARRAY<T>(element: TypeInformation<T>): TypeInformation<T[]> {
    return new TypeInformation({ kind: 'OBJECT_ARRAY', element: element.spec });
  },
  MAP<K, V>(
    key: TypeInformation<K>,
    value: TypeInformation<V>,
  ): TypeInformation<K extends string ? Record<K, V> : Map<K, V>> {
    return new TypeInformation({ kind: 'MAP', key: key.spec, value: value.spec });
  },
} as const;
