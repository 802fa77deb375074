// Keys that programs for Flink set and that have no effect here. They are looked at like any other, and said to have none, but
// for those that only tune.

import type { ValueSpec } from './table.ts';

export interface AcceptedRow extends ValueSpec {
  why: string;
  /** Results and guarantees are the same with it and without: nothing is lost that one would have to be told. */
  tuning?: true;
  /** Keys that Flink had for it before. */
  alternatives?: readonly string[];
}

export const ACCEPTED: Readonly<Record<string, AcceptedRow>> = {
  'python.fn-execution.bundle.size': {
    tuning: true,
    type: 'integer',
    why: 'batches adapt to the load by themselves',
  },
  'python.fn-execution.bundle.time': {
    tuning: true,
    type: 'duration',
    why: 'batches adapt to the load by themselves',
  },
  'python.fn-execution.arrow.batch.size': {
    tuning: true,
    type: 'integer',
    why: 'batches adapt to the load by themselves',
  },
  'python.fn-execution.memory.managed': {
    tuning: true,
    type: 'boolean',
    why: 'workers are plain processes',
  },
  'python.execution-mode': {
    tuning: true,
    type: 'string',
    why: 'functions always run in worker processes',
  },
  'python.client.executable': { type: 'string', why: 'the program is its own client' },
  'python.archives': { type: 'string', why: 'call add_python_archive' },
  'python.requirements': { type: 'string', why: 'name an interpreter that has the packages' },
  'python.pythonpath': { type: 'string', why: 'the import path of the program is used' },
  'python.state.cache-size': {
    tuning: true,
    type: 'integer',
    why: 'state lives in the worker: there is nothing to cache',
  },
  'python.map-state.read-cache-size': {
    tuning: true,
    type: 'integer',
    why: 'state lives in the worker: there is nothing to cache',
  },
  'python.map-state.write-cache-size': {
    tuning: true,
    type: 'integer',
    why: 'state lives in the worker: there is nothing to cache',
  },
  'python.map-state.iterate-response-batch-size': {
    tuning: true,
    type: 'integer',
    why: 'state lives in the worker: there is nothing to cache',
  },
  'python.metric.enabled': {
    tuning: true,
    type: 'boolean',
    why: 'metrics cost nothing worth switching off',
  },
  'python.profile.enabled': { type: 'boolean', why: 'use a profiler on the worker' },
  'python.systemenv.enabled': { type: 'boolean', why: 'workers inherit the environment' },
  'python.logging.default.level': {
    type: 'string',
    why: "records of Python's logging reach the program's loggers",
  },
  'python.logging.level.overrides': {
    type: 'string',
    why: "records of Python's logging reach the program's loggers",
  },
  'python.job-options': { type: 'string', why: 'there is no JVM' },
  'execution.buffer-timeout.interval': {
    tuning: true,
    type: 'duration',
    why: 'channels are flushed as soon as their consumer is free',
    alternatives: ['execution.buffer-timeout'],
  },
  'execution.buffer-timeout.enabled': {
    tuning: true,
    type: 'boolean',
    why: 'channels are flushed as soon as their consumer is free',
  },
  'execution.checkpointing.mode': {
    tuning: true,
    type: 'string',
    why: 'state is always kept exactly once',
  },
  'execution.checkpointing.savepoint-dir': {
    type: 'string',
    why: 'savepoints come with the next release',
    alternatives: ['state.savepoints.dir'],
  },
  'execution.checkpointing.storage': {
    type: 'string',
    why: 'checkpoints are files of a folder',
    alternatives: ['state.checkpoint-storage'],
  },
  'execution.checkpointing.incremental': {
    type: 'boolean',
    tuning: true,
    why: 'checkpoints are incremental where that is less',
    alternatives: ['state.backend.incremental'],
  },
  'execution.checkpointing.max-concurrent-checkpoints': {
    type: 'integer',
    why: 'one checkpoint is taken at a time',
  },
  'execution.checkpointing.unaligned.enabled': {
    type: 'boolean',
    why: 'barriers are aligned',
    alternatives: ['execution.checkpointing.unaligned'],
  },
  'execution.checkpointing.externalized-checkpoint-retention': {
    type: 'string',
    why: 'checkpoints of a job that has failed are kept, those of one that has finished go',
  },
  'pipeline.jars': { type: 'string', why: 'there is no JVM' },
  'pipeline.classpaths': { type: 'string', why: 'there is no JVM' },
};
