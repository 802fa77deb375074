// Named inputs and outputs of a pipeline, and what they are where nobody feeds or reads them.

import type { FunctionRef, JobGraph, OperatorSpec } from './job-graph.ts';
import { isSink, isSource, kindOf } from './kinds.ts';

/** Whether whoever starts the pipeline may feed it, by `params.name`. */
export function isInput(spec: OperatorSpec): boolean {
  return isSource(spec) && kindOf(spec).named === true;
}

/** Whether whoever starts the pipeline may read it, by `params.name`. */
export function isOutput(spec: OperatorSpec): boolean {
  return isSink(spec) && kindOf(spec).named === true;
}

/** Outputs of a program that runs alone are printed. */
export function withPrintedOutputs(graph: JobGraph): JobGraph {
  const operators = graph.operators.map((spec) =>
    isOutput(spec) ? { ...spec, connector: 'print' as const } : spec,
  );
  return { ...graph, operators };
}

/** An input as the source its default makes it; undefined where it has none. */
export function byDefault(spec: OperatorSpec): OperatorSpec | undefined {
  const given = spec.fns?.function;
  if (given !== undefined) return { ...spec, connector: 'function', language: given.language };
  const { default: named } = spec.params;
  const paths = typeof named === 'string' ? [named] : named;
  if (!Array.isArray(paths) || paths.length === 0) return undefined;
  return { ...spec, connector: 'lines', language: 'any', params: { ...spec.params, paths } };
}

/** An input that is fed by a function of this process. */
export function fedBy(spec: OperatorSpec, fn: FunctionRef): OperatorSpec {
  const { language } = fn;
  return { ...spec, language, fns: { function: fn }, nonParallel: true, parallelism: 1 };
}

/** Inputs of a program that runs alone read their default, where that is a function of Python, which its workers call. */
export function withPythonDefaults(graph: JobGraph): JobGraph {
  const operators = graph.operators.map((spec) =>
    isInput(spec) && spec.language === 'python' ? (byDefault(spec) ?? spec) : spec,
  );
  return { ...graph, operators };
}
