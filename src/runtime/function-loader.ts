// Finds TypeScript functions that a job graph refers to.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { GraphError } from '../errors.ts';
import type { FunctionRef } from '../graph/job-graph.ts';
import { closestWord } from '../graph/operator-text.ts';
import { isClass } from './functions.ts';

/**
 * The value behind a reference: a closure of this process, or an export of a module (`a.b` reaches into it). With `args` an
 * exported class is made an instance.
 *
 * @throws GraphError when the module or the export does not exist
 */
export async function loadFunction(
  ref: FunctionRef,
  closures: readonly unknown[],
): Promise<unknown> {
  if (ref.language !== 'typescript') {
    throw new GraphError(`The function "${ref.name}" is Python and cannot run in the runtime.`);
  }
  if (ref.form === 'closure') {
    if (ref.id >= closures.length) {
      throw new GraphError(
        `The function "${ref.name}" belongs to another job; build the stream in the environment that runs it.`,
      );
    }
    return closures[ref.id];
  }
  const found = await exported(ref.url, ref.name);
  if (ref.args === undefined) return found;
  if (!isClass(found, [])) {
    throw new GraphError(
      `"${ref.name}" of ${ref.url} is no class, so it takes no arguments; leave args out.`,
    );
  }
  return Reflect.construct(found, ref.args);
}

async function exported(url: string, name: string): Promise<unknown> {
  const isFile = url.startsWith('file:');
  if (isFile && !existsSync(fileURLToPath(url))) {
    throw new GraphError(
      `There is no file ${fileURLToPath(url)}, named for the function "${name}".`,
    );
  }
  let module: Record<string, unknown>;
  try {
    module = (await import(url)) as Record<string, unknown>;
  } catch (cause) {
    const why = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    const where = isFile ? fileURLToPath(url) : url;
    throw new GraphError(`The module ${where} of the function "${name}" cannot be loaded: ${why}`, {
      cause,
    });
  }
  let found: unknown = module;
  for (const part of name.split('.')) {
    const holder = found as Record<string, unknown> | undefined;
    if (holder === undefined || holder === null || !(part in Object(holder))) {
      const names = Object.keys(Object(holder)).sort();
      const near = closestWord(part, names);
      const hint =
        near === undefined
          ? `It exports ${names.join(', ') || 'nothing'}.`
          : `Did you mean "${near}"?`;
      throw new GraphError(`${isFile ? fileURLToPath(url) : url} has no export "${name}". ${hint}`);
    }
    found = holder[part];
  }
  return found;
}
