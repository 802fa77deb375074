// Puts a subtask together from its deployment: operators, contexts, channels, exchanges.

import { GraphError } from '../errors.ts';
import type { OutputDeployment, SubtaskDeployment } from '../graph/deployment.ts';
import type { FunctionRef, OperatorSpec } from '../graph/job-graph.ts';
import { isSource, nameOf } from '../graph/kinds.ts';
import { settingsText } from '../graph/settings-text.ts';
import { type ChainLink, emitToAll } from './chain-links.ts';
import { localPort, remotePort } from './channel-ports.ts';
import { blame } from './failure.ts';
import { userFunction } from './functions.ts';
import type { Isolate } from './isolate.ts';
import type { Makers } from './makers.ts';
import { type Cursor, MIN_TIMESTAMP, type MaybePromise, type OperatorContext } from './operator.ts';
import type { Identity } from '../state/identity.ts';
import type { SubtaskStore } from '../state/store.ts';
import { type ChannelLimits, type ChannelOwner, OutputChannel } from './output-channel.ts';
import { type Output, type OutputOptions, createOutput } from './output.ts';
import { SubtaskMetricGroup } from './metric-group.ts';
import { ownInstances } from './own-instance.ts';
import type { SubtaskServices } from './services.ts';
import { SplitDriver } from './split-driver.ts';
import { KeyGroups } from '../state/keys.ts';
import { wireCodec } from './wire-batch.ts';

/** What of a subtask its parts act upon. */
export interface SubtaskHooks extends ChannelOwner {
  waitForRoom(channel: OutputChannel): Promise<void>;
  requestProcessingTime(operator: number, at: number): void;
  /** A watermark of an operator's own, or a change of its idleness. */
  generated(operator: number, made: number | boolean): MaybePromise<void>;
  pause(): Promise<void>;
}

export interface WiringOptions {
  deployment: SubtaskDeployment;
  mode: 'STREAMING' | 'BATCH';
  makers: Makers;
  services: SubtaskServices;
  cursor: Cursor;
  isolate: Isolate;
  store: SubtaskStore;
  hooks: SubtaskHooks;
}

/** The links of the chain, operators made but not opened, with their exchanges. */
export async function wireChain(options: WiringOptions): Promise<ChainLink[]> {
  const { deployment, mode, makers } = options;
  const links = deployment.chain.map((spec, index): ChainLink => {
    const source = isSource(spec);
    const keyed = index === 0 && deployment.keyedInputs[0];
    if (source && index > 0) {
      throw new GraphError(`Source "${spec.name}" stands in the middle of a chain.`);
    }
    const place = {
      operator: spec.name,
      operatorId: spec.id,
      task: deployment.task,
      subtask: deployment.subtask,
      parallelism: deployment.parallelism,
      location: spec.location,
      settings: settingsText(spec),
    };
    return {
      spec,
      place,
      blame: (thrown, inFlight) => blame(thrown, place, inFlight),
      operator: source ? undefined : makers.createOperator(spec, { keyed, mode }),
      source: source ? new SplitDriver(makers.createSource(spec)) : undefined,
      outputs: [],
      sideOutputs: new Map(),
      context: undefined,
      releases: [],
      in: 0,
      out: 0,
      timedMs: 0,
      firedMs: 0,
      slowReported: false,
    };
  });
  for (const spec of deployment.outputs) {
    const link = links[spec.fromOperator] as ChainLink;
    const output = await wireOutput(options, link, spec);
    if (spec.sideTag === undefined) link.outputs.push(output);
    else {
      const outputs = link.sideOutputs.get(spec.sideTag);
      if (outputs === undefined) link.sideOutputs.set(spec.sideTag, [output]);
      else outputs.push(output);
    }
  }
  for (let i = 0; i < links.length; i++) {
    (links[i] as ChainLink).context = operatorContext(options, links, i);
  }
  return links;
}

async function wireOutput(
  options: WiringOptions,
  link: ChainLink,
  spec: OutputDeployment,
): Promise<Output> {
  const { services, hooks, cursor } = options;
  const limits = channelLimits(services);
  const { maxFrameBytes } = services.settings;
  const channels = spec.channels.map((target) => {
    const port = target.local
      ? localPort(target.channel, services)
      : remotePort(
          target.channel,
          wireCodec(target.codec, spec.type),
          maxFrameBytes,
          link.place,
          services,
        );
    return new OutputChannel(target.channel, port, hooks, limits);
  });
  const output: OutputOptions = {
    kind: spec.partitioner.kind,
    channels,
    receivers: spec.receivers,
    cursor,
    random: services.machine.random,
    isolate: isUnshared(link, spec, options.deployment) ? (value) => value : options.isolate,
    waitForRoom: (channel) => hooks.waitForRoom(channel),
  };
  const { partitioner } = spec;
  if (partitioner.kind === 'hash' || partitioner.kind === 'custom') {
    output.selectKey = await loadFunction(services, partitioner.key, ['getKey', 'get_key'], link);
  }
  if (partitioner.kind === 'hash') {
    const groups = new KeyGroups(spec.maxParallelism, spec.receivers);
    output.subtaskOfKey = (key) => groups.target(key);
  }
  if (partitioner.kind === 'custom') {
    output.partition = await loadFunction(services, partitioner.partition, ['partition'], link);
  }
  return createOutput(output);
}

/** Whether records of an output are seen by one reader only. Sources give records of their own; alone in a chain, nothing else has them. */
function isUnshared(
  { source }: ChainLink,
  { partitioner }: OutputDeployment,
  { chain, outputs }: SubtaskDeployment,
): boolean {
  const alone = chain.length === 1 && outputs.length === 1;
  return source !== undefined && alone && partitioner.kind !== 'broadcast';
}

async function loadFunction<F extends (...args: never[]) => unknown>(
  services: SubtaskServices,
  ref: FunctionRef,
  methods: string[],
  link: ChainLink,
): Promise<F> {
  return userFunction<F>(await services.loadFunction(ref), methods, link.spec.name).call;
}

function operatorContext(
  options: WiringOptions,
  links: ChainLink[],
  index: number,
): OperatorContext {
  const { deployment, mode, services, cursor, hooks } = options;
  const link = links[index] as ChainLink;
  const own = ownInstances(deployment.parallelism, link.spec.name);
  return {
    spec: link.spec,
    jobName: services.jobName,
    taskName: deployment.name,
    subtask: deployment.subtask,
    parallelism: deployment.parallelism,
    maxParallelism: deployment.maxParallelism,
    attempt: services.attempt,
    mode,
    keyed: index === 0 && deployment.keyedInputs[0],
    follows: index > 0 && links[index - 1]?.source === undefined,
    cursor,
    state: options.store.of(uidOf(link.spec)),
    metrics: new SubtaskMetricGroup(() => services.machine.clock.monotonic()),
    clock: services.machine.clock,
    random: services.machine.random,
    files: services.machine.files,
    processes: services.machine.processes,
    settings: services.settings,
    watermark: MIN_TIMESTAMP,
    load: async (part) => {
      const ref = link.spec.fns?.[part];
      if (ref === undefined) return undefined;
      const loaded = await services.loadFunction(ref);
      // With arguments it has been made just now, for this subtask.
      if (ref.form === 'module' && ref.args !== undefined) return loaded;
      return own(loaded);
    },
    emitSide: (tag, value) => {
      const outputs = link.sideOutputs.get(tag);
      if (outputs === undefined) return undefined;
      link.out++;
      return emitToAll(outputs, value);
    },
    emitWatermark: (watermark) => hooks.generated(index, watermark),
    emitIdle: (idle) => hooks.generated(index, idle),
    requestProcessingTime: (at) => hooks.requestProcessingTime(index, at),
    checkpointing: services.snapshot !== undefined,
    print: (text, stderr) => services.print(text, stderr),
    pause: () => hooks.pause(),
    onClose: (release) => link.releases.push(release),
    log: (level, message) =>
      services.log(level, message, { operator: link.spec.name, subtask: deployment.subtask }),
  };
}

/** The operators of a task, as whose state is kept. */
export function identitiesOf({ chain, inputs }: SubtaskDeployment): Identity[] {
  const keyType = inputs.find((input) => input.keyType !== undefined)?.keyType;
  return chain.map((spec, i) => ({
    uid: uidOf(spec),
    name: spec.name,
    kind: nameOf(spec),
    language: 'typescript',
    ...(i > 0 || keyType === undefined ? {} : { keyType }),
  }));
}

function uidOf({ uid, id }: OperatorSpec): string {
  return uid ?? String(id);
}

const DEFAULT_LIMITS = { maxBatchRecords: 1024, maxBatchBytes: 256 << 10 };

function channelLimits(services: SubtaskServices): ChannelLimits {
  const windowBytes = services.settings.channelWindowBytes;
  return { windowBytes, ...DEFAULT_LIMITS, ...services.limits };
}
