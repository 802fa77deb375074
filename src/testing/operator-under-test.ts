// The operator that a harness drives, with a context as in a job.

import type { Parts } from '../api/transformation.ts';
import { PyFunction } from '../api/python-function.ts';
import { builtIn } from '../built-in.ts';
import type { Settings } from '../config/table.ts';
import { GraphError } from '../errors.ts';
import type { OperatorSpec } from '../graph/job-graph.ts';
import { kindOf as rowOf, named, type OperatorName } from '../graph/kinds.ts';
import { systemMachine } from '../machine/system-machine.ts';
import type { ChainLink, Exchange } from '../runtime/chain-links.ts';
import { thrownWithin } from '../runtime/failure.ts';
import { SubtaskMetricGroup } from '../runtime/metric-group.ts';
import { MIN_TIMESTAMP, type Operator, type OperatorContext } from '../runtime/operator.ts';
import type { SavedSubtask } from '../state/chunks.ts';
import { SubtaskStore } from '../state/store.ts';
import type { HarnessOptions } from './harness-options.ts';
import { kindOf } from './kinds.ts';
import type { ManualClock } from './manual-clock.ts';
import { Functions } from './piece-of-program.ts';

/** What an operator says of itself. */
export type Said = Pick<
  OperatorContext,
  'emitSide' | 'emitWatermark' | 'emitIdle' | 'requestProcessingTime'
> & { print(text: string): void };

export interface UnderTest {
  readonly operator: Operator;
  readonly context: OperatorContext;
  readonly store: SubtaskStore;
  readonly isRestored: boolean;
  readonly link: ChainLink;
}

/**
 * Makes the operator of a function, alone in its chain.
 *
 * @throws GraphError where the function is Python
 */
export function operatorUnderTest(
  fn: unknown,
  options: HarnessOptions,
  clock: ManualClock,
  settings: Settings,
  said: Said,
  exchange: Exchange,
): UnderTest {
  if (fn instanceof PyFunction) {
    throw new GraphError(`${fn.name} of ${fn.where} is Python; test it there, by isthmus.testing.`);
  }
  const { kind = kindOf(fn), name = 'test', batch = false } = options;
  const keyed = options.keyBy !== undefined;
  const mode = batch ? 'BATCH' : 'STREAMING';
  const parts = fn instanceof Functions ? fn.parts : alone(kind, fn);
  const spec: OperatorSpec = {
    id: 0,
    ...named(kind),
    name,
    language: 'typescript',
    chaining: 'always',
    params: options.params ?? {},
    fns: Object.fromEntries(
      Object.keys(parts).map((part) => [
        part,
        { language: 'typescript', form: 'closure', id: 0, name },
      ]),
    ),
  };
  const where = {
    subtask: options.subtask ?? 0,
    parallelism: options.parallelism ?? 1,
    maxParallelism: options.maxParallelism ?? 128,
  };
  const saved = savedOf(options.restore);
  const store = new SubtaskStore(where, saved, true);
  const operator = builtIn.createOperator(spec, { keyed, mode });
  const releases: (() => void)[] = [];
  const context: OperatorContext = {
    spec,
    jobName: 'test',
    taskName: name,
    ...where,
    attempt: 0,
    mode,
    keyed,
    follows: true,
    cursor: { timestamp: MIN_TIMESTAMP, key: undefined },
    state: store.of('operator'),
    metrics: new SubtaskMetricGroup(() => clock.now()),
    clock,
    random: systemMachine.random,
    files: systemMachine.files,
    processes: systemMachine.processes,
    settings,
    watermark: MIN_TIMESTAMP,
    load: (part) => Promise.resolve(parts[part]),
    ...said,
    checkpointing: options.checkpointing === true,
    log: () => {},
    onClose: (release) => releases.push(release),
  };
  const { subtask, parallelism } = where;
  const link: ChainLink = {
    spec,
    place: { operator: name, operatorId: 0, task: 0, subtask, parallelism },
    blame: thrownWithin,
    operator,
    source: undefined,
    outputs: [exchange],
    sideOutputs: new Map(),
    context,
    releases,
    in: 0,
    out: 0,
    timedMs: 0,
    firedMs: 0,
    slowReported: false,
  };
  return { operator, context, store, isRestored: saved.length > 0, link };
}

function savedOf(
  restore: SavedSubtask | readonly SavedSubtask[] | undefined,
): readonly SavedSubtask[] {
  if (restore === undefined) return [];
  return 'chunks' in restore ? [restore] : restore;
}

/** A function given by itself, as the part of an operator that comes first. */
function alone(kind: OperatorName, fn: unknown): Parts {
  const [part = 'function'] = Object.keys(rowOf(named(kind)).functions);
  return fn === undefined ? {} : { [part]: fn };
}
