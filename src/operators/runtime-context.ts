// What a rich function learns in `open`, and its operator's state and timers behind it.

import { GraphError } from '../errors.ts';
import type { MetricGroup } from '../runtime/metric-group.ts';
import type { OperatorContext } from '../runtime/operator.ts';
import { KeyedBackend } from '../state/backend.ts';
import type {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  ValueStateDescriptor,
} from '../state/descriptors.ts';
import { OperatorStates, type OperatorStateStore } from '../state/operator-state.ts';
import type { AppendingState, ListState, MapState, ValueState } from '../state/states.ts';
import { stateStore } from './state-store.ts';
import { KeyedTimers } from './keyed-timers.ts';

/** Where a function runs, and the state of the key at hand. */
export interface RuntimeContext {
  /** The name of the operator. */
  readonly taskName: string;
  /** The name of the job. */
  readonly jobName: string;
  /** From 0. */
  readonly indexOfThisSubtask: number;
  /** The parallelism of the operator. */
  readonly numberOfParallelSubtasks: number;
  /** The number of key groups of the operator. */
  readonly maxNumberOfParallelSubtasks: number;
  /** 0 for the first run, then one more with every restart. */
  readonly attemptNumber: number;
  /** What `pipeline.global-job-parameters` says of `key`, else the default. */
  getJobParameter(key: string, defaultValue: string): string;
  /** States of a keyed stream's function; the calls are for `open`, the states for each record. */
  getState<T, Empty extends T | undefined>(
    descriptor: ValueStateDescriptor<T, Empty>,
  ): ValueState<T, Empty>;
  /** A list per key. */
  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  /** A map per key. */
  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V>;
  /** A value per key that others are folded into. */
  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): AppendingState<T, T>;
  /** An accumulator per key. */
  getAggregatingState<In, Acc, Out>(
    descriptor: AggregatingStateDescriptor<In, Acc, Out>,
  ): AppendingState<In, Out>;
  /** Makes metrics, which are seen in the job's progress and in its result. */
  getMetricGroup(): MetricGroup;
  /** State of the subtask, whatever the key, in functions of any stream; what was restored can be read in `open`. */
  getOperatorStateStore(): OperatorStateStore;
}

/** State and timers of an operator; made on first use. */
export class OperatorRuntime implements RuntimeContext {
  readonly #ctx: OperatorContext;
  #backend: KeyedBackend | undefined;
  #timers: KeyedTimers | undefined;
  #operatorStates: OperatorStates | undefined;

  constructor(ctx: OperatorContext) {
    this.#ctx = ctx;
  }

  get taskName(): string {
    return this.#ctx.taskName;
  }
  get jobName(): string {
    return this.#ctx.jobName;
  }
  get indexOfThisSubtask(): number {
    return this.#ctx.subtask;
  }
  get numberOfParallelSubtasks(): number {
    return this.#ctx.parallelism;
  }
  get maxNumberOfParallelSubtasks(): number {
    return this.#ctx.maxParallelism;
  }
  get attemptNumber(): number {
    return this.#ctx.attempt;
  }

  getJobParameter(key: string, defaultValue: string): string {
    const { jobParameters } = this.#ctx.settings;
    return Object.hasOwn(jobParameters, key) ? (jobParameters[key] as string) : defaultValue;
  }

  getState<T, Empty extends T | undefined>(
    descriptor: ValueStateDescriptor<T, Empty>,
  ): ValueState<T, Empty> {
    return this.backend.value(descriptor);
  }

  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    return this.backend.list(descriptor);
  }

  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V> {
    return this.backend.map(descriptor);
  }

  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): AppendingState<T, T> {
    return this.backend.reducing(descriptor);
  }

  getAggregatingState<In, Acc, Out>(
    descriptor: AggregatingStateDescriptor<In, Acc, Out>,
  ): AppendingState<In, Out> {
    return this.backend.aggregating(descriptor);
  }

  getMetricGroup(): MetricGroup {
    return this.#ctx.metrics;
  }

  getOperatorStateStore(): OperatorStates {
    this.#operatorStates ??= new OperatorStates(this.#ctx.state);
    return this.#operatorStates;
  }

  get backend(): KeyedBackend {
    if (this.#backend === undefined) {
      if (!this.#ctx.keyed) {
        throw new GraphError(
          'This state is only accessible by functions executed on a KeyedStream. ' +
            `Call keyBy before operator "${this.#ctx.spec.name}".`,
        );
      }
      this.#backend = new KeyedBackend(
        this.#ctx.state,
        this.#ctx.cursor,
        () => this.#ctx.clock.now(),
        stateStore(this.#ctx),
      );
    }
    return this.#backend;
  }

  get timers(): KeyedTimers {
    this.#timers ??= new KeyedTimers(this.#ctx);
    return this.#timers;
  }
}

const runtimes = new WeakMap<OperatorContext, OperatorRuntime>();

/** The runtime context of an operator, always the same one. */
export function runtimeContext(ctx: OperatorContext): OperatorRuntime {
  let runtime = runtimes.get(ctx);
  if (runtime === undefined) {
    runtime = new OperatorRuntime(ctx);
    runtimes.set(ctx, runtime);
  }
  return runtime;
}
