import { dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GraphError } from '../errors.ts';
import type { FunctionRef, JsonValue } from '../graph/job-graph.ts';
import { checkJson, checkWhere } from './arguments.ts';
import { callerFile, callerLocation, type SourceLocation } from './caller.ts';

/** How a Python function is made and found. */
export interface PyOptions {
  /** Positional arguments of the class's constructor. */
  args?: readonly JsonValue[];
  /** Keyword arguments of the class's constructor. */
  kwargs?: Readonly<Record<string, JsonValue>>;
}

/**
 * A Python function, or a class with the method an operator calls. `In` is what it takes (the first parameter, where it takes
 * several), `Out` what it makes of one.
 */
export class PyFunction<In, Out> {
  /** The file it is in, where one was named. */
  readonly file: string | undefined;
  /** The module it is in, where one was named. */
  readonly module: string | undefined;
  /** Its name there. */
  readonly name: string;
  /** As `py` was given them. */
  readonly options: PyOptions;
  /** Where `py` was called. */
  readonly location: SourceLocation | undefined;
  declare protected readonly inType: (value: In) => void;
  declare protected readonly outType: Out;

  constructor(
    where: { file: string } | { module: string },
    name: string,
    options: PyOptions,
    location: SourceLocation | undefined,
  ) {
    this.file = 'file' in where ? where.file : undefined;
    this.module = 'module' in where ? where.module : undefined;
    this.name = name;
    this.options = options;
    this.location = location;
  }

  /** The reference that the job graph carries. */
  get ref(): FunctionRef {
    const { args, kwargs } = this.options;
    return {
      language: 'python',
      form: 'import',
      ...(this.file === undefined ? {} : { file: this.file }),
      ...(this.module === undefined ? {} : { module: this.module }),
      name: this.name,
      ...(args === undefined ? {} : { args: [...args] }),
      ...(kwargs === undefined ? {} : { kwargs: { ...kwargs } }),
    };
  }

  /** The file or module it is in, as errors name it. */
  get where(): string {
    return this.file ?? this.module ?? '';
  }
}

/**
 * A Python function for use wherever a TypeScript function of that kind fits.
 *
 * `where` is a URL, a path (a relative one is relative to the file that says it) or a dotted module; `name` may reach into a
 * class (`Model.predict`). Types are the caller's word: `py<Click, Scored>(…)`.
 *
 * @example stream.map(py<string, number>('./model.py', 'score'))
 */
// biome-ignore lint/suspicious/noExplicitAny: without a word of the caller anything goes in and comes out.
export function py<In = any, Out = any>(
  where: URL | string,
  name: string,
  options: PyOptions = {},
): PyFunction<In, Out> {
  if (typeof name !== 'string' || name === '') {
    throw new GraphError('py() needs the name of a function or class as its second argument.');
  }
  checkWhere('The first argument of py()', where);
  if (options.args !== undefined && !Array.isArray(options.args)) {
    throw new GraphError(
      'The args of py() are an array: one element for each parameter of the constructor.',
    );
  }
  checkJson('args', options.args ?? []);
  checkJson('kwargs', options.kwargs ?? {});
  const place = placeOf(where, callerFile());
  return new PyFunction<In, Out>(place, name, options, callerLocation());
}

/** A file or a dotted module. A word without slashes that does not end in `.py` is a module. */
export function placeOf(
  where: URL | string,
  callerFile: string | undefined,
): { file: string } | { module: string } {
  if (where instanceof URL || where.startsWith('file:')) {
    const url = new URL(where);
    if (url.protocol !== 'file:') {
      throw new GraphError(
        `${url.href} is no file URL; Python code is found in files and modules.`,
      );
    }
    return { file: fileURLToPath(url) };
  }
  if (!where.endsWith('.py') && /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(where)) {
    return { module: where };
  }
  if (isAbsolute(where)) return { file: where };
  return { file: resolve(callerFile === undefined ? '.' : dirname(callerFile), where) };
}
