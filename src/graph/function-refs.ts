// Every reference to a function of Python by name that a graph holds, wherever it holds it: of operators, of what their
// parameters nest, of partitioners. The one list for whoever asks which code a job runs.

import type { FunctionRef, JobGraph } from './job-graph.ts';

export type ImportRef = Extract<FunctionRef, { form: 'import' }>;

export function importRefs({
  operators,
  edges,
}: Pick<JobGraph, 'operators' | 'edges'>): ImportRef[] {
  const found = new Set<ImportRef>();
  collect(operators, found);
  collect(edges, found);
  return [...found];
}

function collect(value: unknown, found: Set<ImportRef>): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  const { form, language, name } = value as Record<string, unknown>;
  if (form === 'import' && language === 'python' && typeof name === 'string') {
    found.add(value as ImportRef);
    return; // Its arguments are the user's.
  }
  for (const field of Object.values(value)) collect(field, found);
}
