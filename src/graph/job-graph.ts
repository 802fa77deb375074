// The job graph: what a program says, as plain data. Both APIs build exactly this and
// nothing else crosses from an API to the runtime, so it must survive JSON and msgpack.
//
//   - Everything in it is JSON-serialisable; byte strings are referred to as blobs by index.
//   - Operators are listed after those they read from (ids need not be dense).
//   - A union is several edges into one input; it is no operator of its own.

import type { Settings } from '../config/table.ts';
import type { ConnectorName, OperatorKind } from './kinds.ts';

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | JsonValue[]
  | { [key: string]: JsonValue };

export type Language = 'python' | 'typescript';

/** A declared element type (PyFlink's `Types`). `kind` names are those of `Types`. */
export type TypeSpec =
  | { kind: ScalarTypeKind }
  | { kind: 'TUPLE'; fields: TypeSpec[] }
  | { kind: 'ROW'; names: string[]; fields: TypeSpec[] }
  | { kind: 'LIST' | 'PRIMITIVE_ARRAY' | 'BASIC_ARRAY' | 'OBJECT_ARRAY'; element: TypeSpec }
  | { kind: 'MAP'; key: TypeSpec; value: TypeSpec };

export type ScalarTypeKind =
  | 'STRING'
  | 'BYTE'
  | 'BOOLEAN'
  | 'SHORT'
  | 'INT'
  | 'LONG'
  | 'FLOAT'
  | 'DOUBLE'
  | 'CHAR'
  | 'BIG_INT'
  | 'BIG_DEC'
  | 'INSTANT'
  | 'SQL_DATE'
  | 'SQL_TIME'
  | 'SQL_TIMESTAMP'
  | 'PICKLED_BYTE_ARRAY';

/** Where a user function is found. */
export type FunctionRef =
  /** cloudpickle bytes in the job's blobs; loads to the function, or to an instance with open/close. Functions of one operator
   *  may be one blob, a dict of them by `part`, so that they go on sharing what they share. */
  | { language: 'python'; form: 'pickle'; blob: number; part?: string; name: string }
  /** From TypeScript's `py(...)`: `file` (absolute path) or `module` (dotted), and an attribute of it.
   *  A class is instantiated with `args` and `kwargs`. */
  | {
      language: 'python';
      form: 'import';
      file?: string;
      module?: string;
      name: string;
      args?: JsonValue[];
      kwargs?: { [key: string]: JsonValue };
    }
  /** A value of this Node process, by its index in the job's function table. */
  | { language: 'typescript'; form: 'closure'; id: number; name: string }
  /** From Python's `ts(...)`: an exported function or class of a module. */
  | { language: 'typescript'; form: 'module'; url: string; name: string; args?: JsonValue[] };

export type PartitionerSpec =
  /** Not said: forward where the parallelism is equal, rebalance otherwise (as Flink does). */
  | { kind: 'auto' }
  | { kind: 'forward' | 'rebalance' | 'rescale' | 'shuffle' | 'broadcast' | 'global' }
  | { kind: 'hash'; key: FunctionRef; keyType?: TypeSpec }
  /** `partition(key, numPartitions)` → subtask index. */
  | { kind: 'custom'; key: FunctionRef; partition: FunctionRef };

export interface EdgeSpec {
  from: number;
  to: number;
  /** 0, or 1 for the second input of a two-input operator. */
  input: 0 | 1;
  partitioner: PartitionerSpec;
  /** The side output this edge carries; the main output when absent. */
  sideTag?: string;
}

/** What an operator does; a row of `kinds.ts`. Parameters by kind are in `docs/operators.md`. */
export type { OperatorKind };

export interface OperatorSpec {
  id: number;
  kind: OperatorKind;
  /** Of a source or a sink: which one that Isthmus brings. Absent: `fns.connector` is one of somebody else's. */
  connector?: ConnectorName;
  name: string;
  /** `any`: where the neighbour runs. */
  language: Language | 'any';
  uid?: string;
  /** Absent: the job's. */
  parallelism?: number;
  maxParallelism?: number;
  /** `head`: starts a new chain. `never`: alone in its task. */
  chaining: 'always' | 'head' | 'never';
  /** True for operators that must have parallelism 1 (collection source, window_all). */
  nonParallel?: boolean;
  /** What of it is functions (or values) of the program, by part (`kinds.ts`); of one language. */
  fns?: { [part: string]: FunctionRef };
  /** All else, as plain data. */
  params: { [key: string]: JsonValue };
  outputType?: TypeSpec;
  /** Types of the side outputs that have one, by tag. */
  sideTypes?: { [tag: string]: TypeSpec };
  description?: string;
  /** The program's own line that made this operator, for errors. */
  location?: { file: string; line: number };
}

/** What a worker needs to be like the program that submitted the job. */
export interface PythonEnvironmentSpec {
  /** Absent: resolved as `docs/configuration.md` says. */
  interpreter?: string;
  sysPath?: string[];
  /** Folders at the end of the import path, which hide nothing. */
  sysPathEnd?: string[];
  cwd?: string;
  /** Archives to unpack, each in a folder of that name, in what becomes the working directory. */
  archives?: [path: string, target: string][];
  /** Absent variables are inherited; null removes one. */
  env?: { [name: string]: string | null };
  /** Blobs with the definitions of the program's `__main__`, in order of installation. */
  mainBundles: number[];
  /** The program's file, to name it in tracebacks and install `__main__.__file__`. */
  mainFile?: string;
  /** Text that only the program has, such as a notebook's cells, by the name that code and tracebacks have for it. */
  sources?: { [name: string]: string };
  /** What the program has set in modules of its own, as base64 of a pickle. */
  moduleState?: string;
  /** Levels of the program's loggers, by name ("" is the root): those of its functions have the same. */
  logLevels?: { [logger: string]: number };
  /** Of integers that become texts and back, where the program has set another limit than Python's. */
  intDigits?: number;
}

export interface JobGraph {
  version: 1;
  name: string;
  /** The language of the program that submits: decides how collected records travel to it. */
  client: Language;
  parallelism: number;
  maxParallelism?: number;
  runtimeMode: 'STREAMING' | 'BATCH' | 'AUTOMATIC';
  operators: OperatorSpec[];
  edges: EdgeSpec[];
  /** What holds for the job, wherever it was said. */
  settings: Settings;
  python: PythonEnvironmentSpec;
}

/** What a program makes of its code, before file, environment and command line have been heard. */
export interface SubmittedGraph
  extends Omit<JobGraph, 'name' | 'maxParallelism' | 'runtimeMode' | 'settings'> {
  /** As `execute` was given it. */
  name?: string;
  /** Where no setting says another. */
  parallelism: number;
  /** What code says, by key of `docs/configuration.md`. */
  config: { [key: string]: string };
}
