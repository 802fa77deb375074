// Small job graphs for tests, written as lines of operators.

import { named, type OperatorName } from '../../src/graph/kinds.ts';
import { settingsOf } from '../../src/config/resolve.ts';
import type {
  EdgeSpec,
  FunctionRef,
  JobGraph,
  OperatorSpec,
  PartitionerSpec,
} from '../../src/graph/job-graph.ts';

export const pyKey: FunctionRef = { language: 'python', form: 'pickle', blob: 0, name: 'key' };
export const tsKey: FunctionRef = { language: 'typescript', form: 'closure', id: 0, name: 'key' };
export const hash = (key: FunctionRef): PartitionerSpec => ({ kind: 'hash', key });

export function operator(
  id: number,
  name: OperatorName,
  more: Partial<OperatorSpec> = {},
): OperatorSpec {
  return {
    id,
    ...named(name),
    name: `${name}-${id}`,
    language: 'python',
    chaining: 'always',
    params: {},
    ...more,
  };
}

export function edge(
  from: number,
  to: number,
  partitioner: PartitionerSpec['kind'] | PartitionerSpec = 'auto',
  more: Partial<EdgeSpec> = {},
): EdgeSpec {
  const spec =
    typeof partitioner === 'string' ? ({ kind: partitioner } as PartitionerSpec) : partitioner;
  return { from, to, input: 0, partitioner: spec, ...more };
}

/** What differs from a plain job; `config` says settings as code does. */
export type GraphOptions = Partial<JobGraph> & { config?: Record<string, string> };

export function graph(
  operators: OperatorSpec[],
  edges: EdgeSpec[],
  { config = {}, ...more }: GraphOptions = {},
): JobGraph {
  return {
    version: 1,
    name: 'job',
    client: 'python',
    parallelism: 1,
    runtimeMode: 'STREAMING',
    operators,
    edges,
    settings: settingsOf(config),
    python: { mainBundles: [] },
    ...more,
  };
}
