import type { ConfigValue } from '../config/resolve.ts';
import type { OperatorSpec } from '../graph/job-graph.ts';
import type { OperatorName } from '../graph/kinds.ts';
import type { SavedSubtask } from '../state/chunks.ts';
import type { ManualClock } from './manual-clock.ts';

/** How a harness runs a function: kind, keys, time and settings. */
export interface HarnessOptions {
  /** Operator kind, as 'map' or 'reduce'; found from the methods of an object where it is not said. */
  kind?: OperatorName;
  /** Key of a record, for keyed operators. */
  keyBy?: ((value: never) => unknown) | undefined;
  /** Parameters of the operator kind. */
  params?: OperatorSpec['params'];
  /** BATCH execution in place of STREAMING. */
  batch?: boolean;
  /** One of its own, at time 0, by default. */
  clock?: ManualClock;
  /** Options, as `{ 'pipeline.auto-watermark-interval': '50' }`. */
  config?: Readonly<Record<string, ConfigValue>>;
  /** The operator's name, in messages. */
  name?: string;
  /** What `snapshot()` of another harness gave, or an array of what several gave, which were its subtasks. */
  restore?: SavedSubtask | readonly SavedSubtask[];
  /** Whether the job takes checkpoints, so that sinks wait for them. By default it does not. */
  checkpointing?: boolean;
  /** Where the operator thinks it runs. */
  subtask?: number;
  /** As the function sees it; 1 by default. */
  parallelism?: number;
  /** As the function sees it; 128 by default. */
  maxParallelism?: number;
}

/** As for one input, with the key of the second. */
export interface TwoInputOptions extends HarnessOptions {
  /** Key of a record of the second input; a broadcast input has none. */
  keyBy2?: ((value: never) => unknown) | undefined;
}

/** A record that was emitted. */
export interface Emitted {
  /** The record. */
  value: unknown;
  /** Event time in milliseconds; `MIN_TIMESTAMP` where there is none. */
  timestamp: number;
}

export type KeyBy = ((value: unknown) => unknown) | undefined;
