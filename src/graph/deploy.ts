// Cuts an execution plan into what each host is told: one deployment for each subtask, and for each Python slot.

import { workerSettings } from '../config/resolve.ts';
import type {
  InputChannelDeployment,
  OutputDeployment,
  SlotDeployment,
  SubtaskDeployment,
} from './deployment.ts';
import {
  CLIENT,
  type ChannelPlan,
  type ExchangePlan,
  type ExecutionPlan,
  type TaskPlan,
} from './execution-plan.ts';

export interface JobAttempt {
  job: string;
  attempt: number;
}

/** Of a job that takes checkpoints: where state is kept, and what old subtasks had, by task of the plan. */
export interface Kept {
  readonly folder: string;
  readonly restore: ReadonlyMap<number, readonly object[]> | undefined;
}

/** What slot `slot` is told: subtask `slot` of every Python task that has one (P3 of execution-plan.ts). */
export function slotDeployment(
  plan: ExecutionPlan,
  slot: number,
  { job, attempt }: JobAttempt,
  kept?: Kept,
): SlotDeployment {
  const { graph } = plan;
  const tasks = plan.tasks.filter((task) => task.language === 'python' && slot < task.parallelism);
  return {
    job,
    jobName: graph.name,
    slot,
    mode: plan.mode,
    attempt,
    settings: workerSettings(graph.settings),
    python: graph.python,
    tasks: tasks.map((task) => subtaskDeployment(plan, task, slot)),
    ...(kept === undefined ? {} : keeping(kept, tasks)),
  };
}

function keeping(
  { folder, restore }: Kept,
  tasks: readonly TaskPlan[],
): Pick<SlotDeployment, 'checkpoints' | 'stateFolder' | 'restore'> {
  const restored = restore && {
    restore: Object.fromEntries(tasks.map(({ id }) => [String(id), [...(restore.get(id) ?? [])]])),
  };
  return { checkpoints: true, stateFolder: folder, ...restored };
}

/** All subtasks of TypeScript tasks. */
export function runtimeDeployments(plan: ExecutionPlan): SubtaskDeployment[] {
  return plan.tasks
    .filter((task) => task.language === 'typescript')
    .flatMap((task) =>
      Array.from({ length: task.parallelism }, (_, subtask) =>
        subtaskDeployment(plan, task, subtask),
      ),
    );
}

export function subtaskDeployment(
  plan: ExecutionPlan,
  task: TaskPlan,
  subtask: number,
): SubtaskDeployment {
  const exchange = (id: number) => plan.exchanges[id] as ExchangePlan;
  return {
    task: task.id,
    name: task.name,
    subtask,
    parallelism: task.parallelism,
    maxParallelism: task.maxParallelism,
    chain: task.chain,
    keyedInputs: task.keyedInputs,
    inputs: task.inputs.flatMap((id) => inputChannels(exchange(id), subtask)),
    outputs: task.outputs.map((id) => output(plan, exchange(id), subtask)),
  };
}

function inputChannels(exchange: ExchangePlan, subtask: number): InputChannelDeployment[] {
  return exchange.channels
    .flat()
    .filter((channel) => channel.toSubtask === subtask)
    .map((channel) => {
      const input: InputChannelDeployment = {
        channel: channel.id,
        input: exchange.input,
        codec: channel.codec,
        keyed: exchange.partitioner.kind === 'hash',
        local: channel.codec === 'local',
      };
      if (exchange.type !== undefined) input.type = exchange.type;
      if (exchange.partitioner.kind === 'hash' && exchange.partitioner.keyType !== undefined) {
        input.keyType = exchange.partitioner.keyType;
      }
      return input;
    });
}

function output(plan: ExecutionPlan, exchange: ExchangePlan, subtask: number): OutputDeployment {
  const sender = plan.tasks[exchange.fromTask] as TaskPlan;
  const receiver = exchange.toTask === CLIENT ? sender : (plan.tasks[exchange.toTask] as TaskPlan);
  const deployment: OutputDeployment = {
    fromOperator: exchange.fromOperator,
    partitioner: exchange.partitioner,
    channels: (exchange.channels[subtask] as ChannelPlan[]).map((channel) => ({
      channel: channel.id,
      receiver: channel.toSubtask,
      codec: channel.codec,
      local: channel.codec === 'local',
    })),
    receivers: receiver.parallelism,
    maxParallelism: receiver.maxParallelism,
  };
  if (exchange.sideTag !== undefined) deployment.sideTag = exchange.sideTag;
  if (exchange.type !== undefined) deployment.type = exchange.type;
  return deployment;
}

/** Blobs that `value` (a deployment, a graph) refers to, in ascending order. */
export function referredBlobs(value: unknown): number[] {
  const found = new Set<number>();
  collectBlobs(value, found);
  return [...found].sort((a, b) => a - b);
}

function collectBlobs(value: unknown, found: Set<number>): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  const fields = value as Record<string, unknown>;
  if (fields.form === 'pickle' && typeof fields.blob === 'number') found.add(fields.blob);
  if (Array.isArray(fields.mainBundles)) {
    for (const blob of fields.mainBundles) found.add(blob as number);
  }
  for (const field of Object.values(fields)) collectBlobs(field, found);
}
