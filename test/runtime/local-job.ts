// Subtasks of one process joined by a plan that a test writes by hand: the job around them is as thin as it can be.

import { settingsOf } from '../../src/config/resolve.ts';
import { kindOf, named, type OperatorName } from '../../src/graph/kinds.ts';
import type { OutputDeployment, SubtaskDeployment } from '../../src/graph/deployment.ts';
import type { FunctionRef, OperatorSpec } from '../../src/graph/job-graph.ts';
import type { Clock } from '../../src/machine/clock.ts';
import { systemMachine } from '../../src/machine/system-machine.ts';
import type { Element } from '../../src/runtime/element.ts';
import type { SubtaskResult, SubtaskServices } from '../../src/runtime/services.ts';
import type { Makers } from '../../src/runtime/makers.ts';
import { builtIn } from '../../src/built-in.ts';
import { Subtask } from '../../src/runtime/subtask.ts';
import { loopedStorage } from './looped-storage.ts';

export interface StageSpec {
  chain: OperatorSpec[];
  parallelism?: number;
  keyed?: boolean;
}

export interface EdgePlan {
  from: number;
  to: number;
  /** Index in the chain of `from`; the last one when absent. */
  fromOperator?: number;
  input?: 0 | 1;
  sideTag?: string;
  kind?:
    | 'forward'
    | 'rebalance'
    | 'shuffle'
    | 'broadcast'
    | 'global'
    | 'hash'
    | 'custom'
    | 'rescale';
  key?: unknown;
  partition?: unknown;
}

let nextId = 0;

/** An operator spec around a plain value as its function. */
export function op(
  kind: OperatorName,
  fn?: unknown,
  params: OperatorSpec['params'] = {},
  name: string = kind,
): OperatorSpec {
  const spec: OperatorSpec = {
    id: nextId++,
    ...named(kind),
    name,
    language: 'typescript',
    chaining: 'always',
    params,
  };
  const [part = 'function'] = Object.keys(kindOf(named(kind)).functions);
  if (fn !== undefined) spec.fns = { [part]: refTo(fn) };
  return spec;
}

const functions: unknown[] = [];

/** What a reference of `op` is to. */
export function functionOf(ref: FunctionRef): unknown {
  return functions[(ref as { id: number }).id];
}

function refTo(fn: unknown): FunctionRef {
  functions.push(fn);
  return { language: 'typescript', form: 'closure', id: functions.length - 1, name: 'test' };
}

export interface LocalJobOptions {
  config?: Record<string, string>;
  clock?: Clock;
  random?: () => number;
  limits?: SubtaskServices['limits'];
  makers?: Makers;
  snapshot?: SubtaskServices['snapshot'];
  /** Keep what crosses channels in `traffic`. */
  record?: boolean;
}

export interface LocalJob {
  subtasks: Subtask[];
  collected: unknown[];
  printed: string;
  logs: string[];
  /** Every element that crossed a channel, by channel, where `record` is on. */
  traffic: Map<number, Element[]>;
  run(): Promise<SubtaskResult[]>;
  cancel(): Promise<void>;
}

interface Wire {
  from: number;
  to: number;
}

export function localJob(
  stages: StageSpec[],
  edges: EdgePlan[],
  options: LocalJobOptions = {},
): LocalJob {
  const deployments: SubtaskDeployment[][] = stages.map((stage, task) =>
    Array.from({ length: stage.parallelism ?? 1 }, (_, subtask) => ({
      task,
      name: `task-${task}`,
      subtask,
      parallelism: stage.parallelism ?? 1,
      maxParallelism: 128,
      chain: stage.chain,
      keyedInputs: [stage.keyed ?? false, false],
      inputs: [],
      outputs: [],
    })),
  );
  const flat = deployments.flat();
  const wires: Wire[] = [];
  for (const edge of edges) connect(edge, deployments, flat, wires);

  const job: LocalJob = {
    subtasks: [],
    collected: [],
    printed: '',
    logs: [],
    traffic: new Map(),
    async run() {
      await Promise.all(job.subtasks.map((subtask) => subtask.open()));
      for (const subtask of job.subtasks) subtask.start();
      try {
        return await Promise.all(job.subtasks.map((subtask) => subtask.done));
      } catch (error) {
        await job.cancel();
        throw error;
      }
    },
    async cancel() {
      await Promise.all(job.subtasks.map((subtask) => subtask.cancel()));
    },
  };
  const services: SubtaskServices = {
    machine: {
      ...systemMachine,
      clock: options.clock ?? systemMachine.clock,
      random: options.random ?? systemMachine.random,
    },
    settings: settingsOf(options.config ?? {}),
    limits: options.limits ?? {},
    jobName: 'test',
    attempt: 0,
    loadFunction: functionOf,
    sendFrame: () => {
      throw new Error('no channel of this job leaves the process');
    },
    deliverLocal(channel, element) {
      if (options.record === true) {
        const seen = job.traffic.get(channel);
        if (seen === undefined) job.traffic.set(channel, [element]);
        else seen.push(element);
      }
      job.subtasks[(wires[channel] as Wire).to]?.receive(channel, element);
    },
    returnCredit: (channel, bytes) =>
      job.subtasks[(wires[channel] as Wire).from]?.credit(channel, bytes),
    toSource(task, subtask, message) {
      const at = flat.findIndex((one) => one.task === task && one.subtask === subtask);
      job.subtasks[at]?.receiveSplits(message);
    },
    collect(_operator, _subtask, values) {
      job.collected.push(...values);
    },
    print(text) {
      job.printed += text;
    },
    storage: loopedStorage,
    ...(options.snapshot === undefined ? {} : coordinated(job, options.snapshot)),
    log(level, message) {
      job.logs.push(`${level}: ${message}`);
    },
  };
  job.subtasks = flat.map(
    (deployment) => new Subtask(deployment, 'STREAMING', services, options.makers ?? builtIn),
  );
  return job;
}

/** When all is drained, a last checkpoint is taken and completed. */
function coordinated(
  job: LocalJob,
  snapshot: NonNullable<SubtaskServices['snapshot']>,
): Pick<SubtaskServices, 'snapshot' | 'drained'> {
  let drained = 0;
  let answers = 0;
  return {
    drained() {
      if (++drained < job.subtasks.length) return;
      for (const subtask of job.subtasks) {
        subtask.triggerCheckpoint({ checkpoint: LAST, timestamp: 0, of: 'checkpoint' });
      }
    },
    snapshot(checkpoint, ...answer) {
      if (checkpoint !== LAST) return snapshot(checkpoint, ...answer);
      if (++answers < job.subtasks.length) return;
      for (const subtask of job.subtasks) subtask.notifyCheckpointComplete(LAST);
    },
  };
}

/** The last checkpoint of a job that takes any. */
const LAST = 1_000_000;

function connect(
  edge: EdgePlan,
  deployments: SubtaskDeployment[][],
  flat: SubtaskDeployment[],
  wires: Wire[],
): void {
  const senders = deployments[edge.from] as SubtaskDeployment[];
  const receivers = deployments[edge.to] as SubtaskDeployment[];
  const kind = edge.kind ?? (senders.length === receivers.length ? 'forward' : 'rebalance');
  for (const sender of senders) {
    const output: OutputDeployment = {
      fromOperator: edge.fromOperator ?? sender.chain.length - 1,
      partitioner:
        kind === 'hash'
          ? { kind, key: refTo(edge.key) }
          : kind === 'custom'
            ? { kind, key: refTo(edge.key), partition: refTo(edge.partition) }
            : { kind },
      channels: [],
      receivers: receivers.length,
      maxParallelism: 128,
    };
    if (edge.sideTag !== undefined) output.sideTag = edge.sideTag;
    for (const receiver of receivers) {
      if (kind === 'forward' && receiver.subtask !== sender.subtask) continue;
      const channel = wires.length;
      wires.push({ from: flat.indexOf(sender), to: flat.indexOf(receiver) });
      output.channels.push({ channel, receiver: receiver.subtask, codec: 'local', local: true });
      receiver.inputs.push({
        channel,
        input: edge.input ?? 0,
        codec: 'local',
        keyed: kind === 'hash',
        local: true,
      });
    }
    sender.outputs.push(output);
  }
}
