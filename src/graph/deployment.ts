// What one Python slot is told: its subtasks, and which of its channels lead where (DEPLOY, docs/protocol.md §6).

import type { WorkerSettings } from '../config/resolve.ts';
import type { EdgeCodec } from './execution-plan.ts';
import type {
  OperatorSpec,
  PartitionerSpec,
  PythonEnvironmentSpec,
  TypeSpec,
} from './job-graph.ts';

export interface SlotDeployment {
  job: string;
  jobName: string;
  slot: number;
  mode: 'STREAMING' | 'BATCH';
  attempt: number;
  settings: WorkerSettings;
  /** The job takes checkpoints: tasks wait for the last one before they close. */
  checkpoints?: boolean;
  python: PythonEnvironmentSpec;
  tasks: SubtaskDeployment[];
  /** The folder that state is kept in; absent: it crosses the bridge in STATE frames. */
  stateFolder?: string;
  /** State to restore by task id, as SNAPSHOT gave it: one entry for each old subtask, as splits and lists are dealt out anew. */
  restore?: { [task: string]: object[] };
}

export interface SubtaskDeployment {
  task: number;
  name: string;
  subtask: number;
  parallelism: number;
  maxParallelism: number;
  chain: OperatorSpec[];
  keyedInputs: [boolean, boolean];
  inputs: InputChannelDeployment[];
  outputs: OutputDeployment[];
}

export interface InputChannelDeployment {
  channel: number;
  input: 0 | 1;
  codec: EdgeCodec;
  keyed: boolean;
  /** The declared type of the keys. */
  keyType?: TypeSpec;
  type?: TypeSpec;
  /** True when the sender is the same slot: elements are handed over in process. */
  local: boolean;
}

export interface OutputDeployment {
  /** Index in `chain` of the emitting operator. */
  fromOperator: number;
  sideTag?: string;
  partitioner: Exclude<PartitionerSpec, { kind: 'auto' }>;
  type?: TypeSpec;
  /** In order of the receiving subtask. `receiver` is its index, `receivers` the consumer's parallelism. */
  channels: { channel: number; receiver: number; codec: EdgeCodec; local: boolean }[];
  receivers: number;
  /** The consumer's max parallelism, for key groups. */
  maxParallelism: number;
}
