import type { Settings } from '../config/table.ts';
import type { JobGraph, SubmittedGraph } from './job-graph.ts';

/** What a job of Python is called that nothing names, as in Flink. */
export const PYTHON_JOB = 'Flink Streaming Job';

/** The job of what a program has submitted, as the settings in force have it. */
export function settledGraph(
  { config: _config, ...submitted }: SubmittedGraph,
  settings: Settings,
  defaultName: string,
): JobGraph {
  const { maxParallelism } = settings;
  return {
    ...submitted,
    name: submitted.name ?? settings.jobName ?? defaultName,
    parallelism: settings.parallelism ?? submitted.parallelism,
    ...(maxParallelism === undefined ? {} : { maxParallelism }),
    runtimeMode: settings.runtimeMode,
    settings,
  };
}
