// The shape of a job graph that comes from a program (job-graph.ts). Twin of python/isthmus/_program/job_graph.py;
// test/vectors/deployments.json holds both to the same.

import type {
  EdgeSpec,
  FunctionRef,
  OperatorSpec,
  PartitionerSpec,
  PythonEnvironmentSpec,
  ScalarTypeKind,
  SubmittedGraph,
  TypeSpec,
} from './job-graph.ts';
import {
  anything,
  byTag,
  later,
  listOf,
  mapOf,
  nullOr,
  oneOf,
  optional,
  recordOf,
  type Shape,
  text,
  truth,
  tupleOf,
  wholeNumber,
} from './shape.ts';

type Of<Union, Key extends keyof Union, Value> = Extract<Union, { [K in Key]: Value }>;

const SCALARS: { readonly [K in ScalarTypeKind]: true } = {
  STRING: true,
  BYTE: true,
  BOOLEAN: true,
  SHORT: true,
  INT: true,
  LONG: true,
  FLOAT: true,
  DOUBLE: true,
  CHAR: true,
  BIG_INT: true,
  BIG_DEC: true,
  INSTANT: true,
  SQL_DATE: true,
  SQL_TIME: true,
  SQL_TIMESTAMP: true,
  PICKLED_BYTE_ARRAY: true,
};

const innerType: Shape = later(() => typeShape);
const scalar = recordOf<{ kind: ScalarTypeKind }>({ kind: text });
const listType = recordOf<{ kind: string; element: TypeSpec }>({ kind: text, element: innerType });

export const typeShape: Shape = byTag('kind', {
  ...Object.fromEntries(Object.keys(SCALARS).map((kind) => [kind, scalar])),
  TUPLE: recordOf<Of<TypeSpec, 'kind', 'TUPLE'>>({ kind: text, fields: listOf(innerType) }),
  ROW: recordOf<Of<TypeSpec, 'kind', 'ROW'>>({
    kind: text,
    names: listOf(text),
    fields: listOf(innerType),
  }),
  LIST: listType,
  PRIMITIVE_ARRAY: listType,
  BASIC_ARRAY: listType,
  OBJECT_ARRAY: listType,
  MAP: recordOf<Of<TypeSpec, 'kind', 'MAP'>>({ kind: text, key: innerType, value: innerType }),
});

const python = oneOf('python');
const typescript = oneOf('typescript');

export const functionShape: Shape = byTag('form', {
  pickle: recordOf<Of<FunctionRef, 'form', 'pickle'>>({
    language: python,
    form: text,
    blob: wholeNumber,
    part: optional(text),
    name: text,
  }),
  import: recordOf<Of<FunctionRef, 'form', 'import'>>({
    language: python,
    form: text,
    file: optional(text),
    module: optional(text),
    name: text,
    args: optional(listOf(anything)),
    kwargs: optional(mapOf(anything)),
  }),
  closure: recordOf<Of<FunctionRef, 'form', 'closure'>>({
    language: typescript,
    form: text,
    id: wholeNumber,
    name: text,
  }),
  module: recordOf<Of<FunctionRef, 'form', 'module'>>({
    language: typescript,
    form: text,
    url: text,
    name: text,
    args: optional(listOf(anything)),
  }),
});

const plainPartitioner = recordOf<{ kind: string }>({ kind: text });
/** As a plan has it: none is left open. */
const settledPartitioners = {
  forward: plainPartitioner,
  rebalance: plainPartitioner,
  rescale: plainPartitioner,
  shuffle: plainPartitioner,
  broadcast: plainPartitioner,
  global: plainPartitioner,
  hash: recordOf<Of<PartitionerSpec, 'kind', 'hash'>>({
    kind: text,
    key: functionShape,
    keyType: optional(typeShape),
  }),
  custom: recordOf<Of<PartitionerSpec, 'kind', 'custom'>>({
    kind: text,
    key: functionShape,
    partition: functionShape,
  }),
};

export const settledPartitionerShape: Shape = byTag('kind', settledPartitioners);

const edge = recordOf<EdgeSpec>({
  from: wholeNumber,
  to: wholeNumber,
  input: oneOf(0, 1),
  partitioner: byTag('kind', { auto: plainPartitioner, ...settledPartitioners }),
  sideTag: optional(text),
});

export const operatorShape: Shape = recordOf<OperatorSpec>({
  id: wholeNumber,
  // Which there are, validate.ts says, with the name that was meant.
  kind: text,
  connector: optional(text),
  name: text,
  language: oneOf('python', 'typescript', 'any'),
  uid: optional(text),
  parallelism: optional(wholeNumber),
  maxParallelism: optional(wholeNumber),
  chaining: oneOf('always', 'head', 'never'),
  nonParallel: optional(truth),
  fns: optional(mapOf(functionShape)),
  params: mapOf(anything),
  outputType: optional(typeShape),
  sideTypes: optional(mapOf(typeShape)),
  description: optional(text),
  location: optional(
    recordOf<NonNullable<OperatorSpec['location']>>({ file: text, line: wholeNumber }),
  ),
});

export const pythonEnvironmentShape: Shape = recordOf<PythonEnvironmentSpec>({
  interpreter: optional(text),
  sysPath: optional(listOf(text)),
  sysPathEnd: optional(listOf(text)),
  cwd: optional(text),
  archives: optional(listOf(tupleOf(text, text))),
  env: optional(mapOf(nullOr(text))),
  mainBundles: listOf(wholeNumber),
  mainFile: optional(text),
  sources: optional(mapOf(text)),
  moduleState: optional(text),
  logLevels: optional(mapOf(wholeNumber)),
  intDigits: optional(wholeNumber),
});

export const submittedGraphShape: Shape = recordOf<SubmittedGraph>({
  version: oneOf(1),
  name: optional(text),
  client: oneOf('python', 'typescript'),
  parallelism: wholeNumber,
  operators: listOf(operatorShape),
  edges: listOf(edge),
  config: mapOf(text),
  python: pythonEnvironmentShape,
});
