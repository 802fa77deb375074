// The execution plan: what the planner makes of a job graph. Plain data again.
//
//   P1. A task is a chain of operators of one language; its head may have two inputs, the others have one (chaining.ts).
//   P2. Channel ids are unique in the job; a channel joins one subtask to one subtask (exchanges.ts).
//   P3. Subtask i of every Python task runs in slot i (one worker process); TypeScript subtasks run in the runtime (deploy.ts).
//   P4. A keyed exchange carries the keys: the sender computes them, the receiver never calls a key selector (output.ts).

import type {
  FunctionRef,
  JobGraph,
  Language,
  OperatorSpec,
  PartitionerSpec,
  TypeSpec,
} from './job-graph.ts';

/**
 * How the records of an edge travel.
 * `local`: both ends in one slot (Python) or both in the runtime; objects are handed over, isolated.
 * `pickle`: Python to Python through the runtime. `msgpack`: between the languages.
 */
export type EdgeCodec = 'local' | 'pickle' | 'msgpack';

/** `toTask` of the exchange behind a `sink.collect` or `sink.output`: the runtime hands its records to the client. */
export const CLIENT = -1;

export interface ExchangePlan {
  /** Index of this exchange in `ExecutionPlan.exchanges`. */
  id: number;
  fromTask: number;
  /** Index in the sender's chain of the operator that emits (a side output may leave in mid-chain). */
  fromOperator: number;
  sideTag?: string;
  /** A task id, or CLIENT. */
  toTask: number;
  input: 0 | 1;
  /** Never `auto`. */
  partitioner: Exclude<PartitionerSpec, { kind: 'auto' }>;
  /** Declared type of the records; both sides coerce or check to it. */
  type?: TypeSpec;
  /** channels[senderSubtask] = targets in order of receiving subtask (forward and rescale: a subset). */
  channels: ChannelPlan[][];
}

export interface ChannelPlan {
  id: number;
  exchange: number;
  fromSubtask: number;
  toSubtask: number;
  codec: EdgeCodec;
}

export interface TaskPlan {
  id: number;
  name: string;
  language: Language;
  parallelism: number;
  maxParallelism: number;
  chain: OperatorSpec[];
  /** Exchanges into this task, of both inputs. */
  inputs: number[];
  /** Exchanges out of this task. */
  outputs: number[];
  /** True where input `i` is partitioned by key (records come with keys). */
  keyedInputs: [boolean, boolean];
}

export interface ExecutionPlan {
  graph: JobGraph;
  /** Upstream first. */
  tasks: TaskPlan[];
  exchanges: ExchangePlan[];
  /** The largest parallelism of a Python task: how many workers the job needs. */
  slots: number;
  /** STREAMING or BATCH: AUTOMATIC resolved. */
  mode: 'STREAMING' | 'BATCH';
}

export type { FunctionRef };
