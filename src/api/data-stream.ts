import { GraphError } from '../errors.ts';
import type {
  FilterObject,
  FlatMapBatchObject,
  FlatMapObject,
  KeyObject,
  MapBatchObject,
  MapObject,
  MaybeAsync,
  PartitionLike,
  Results,
  SinkObject,
} from './accepts.ts';
import type { AllWindowedStream } from './all-windowed-stream.ts';
import { checkCount, checkMs, checkChoice, checkText } from './arguments.ts';
import {
  type AnyBroadcastDescriptor,
  BroadcastConnectedStream,
  BroadcastStream,
} from './broadcast-stream.ts';
import { CountWindows } from '../operators/windowing/count-windows.ts';
import type { ProcessLike } from './process-functions.ts';
import { timestampsInit, type WatermarkStrategyLike } from './timestamps.ts';
import type { JoinedStreams } from './window-join.ts';
import type { WindowLike } from '../operators/windowing/assigner.ts';
import type { CountWindow } from '../operators/windowing/windows.ts';
import type { WindowAssignerLike } from './window-types.ts';
import type { ConnectedStreams } from './connected-streams.ts';
import { CollectedResults, type CollectOptions } from './collected-results.ts';
import { DataStreamSink } from './data-stream-sink.ts';
import type { KeyedStream } from './keyed-stream.ts';
import type { Sink } from '../operators/sink.ts';
import { isClass } from '../runtime/functions.ts';
import { FileSink } from './file-sink.ts';
import { lookupJoin, type LookupJoinOptions, type LookupLike } from './lookup-join.ts';
import { OperatorOutput } from './operator-output.ts';
import { OutputTag } from './output-tag.ts';
import { PyFunction } from './python-function.ts';
import type { Leg, Partitioning, TransformationInit } from './transformation.ts';
import type { TypeInformation } from './types.ts';

/** When a batch of a vectorised function is complete, and what a Python function is given. */
export interface BatchOptions {
  /** Records of a batch; 1,024 by default. */
  batchSize?: number;
  /** About how many bytes of a batch; no bound by default. */
  batchBytes?: number;
  /** How long the first record of a batch may wait for others, in milliseconds. */
  latencyMs?: number;
  /** What a Python function gets a batch as; by default the declared type of its parameter says it. */
  format?: 'list' | 'numpy' | 'arrow' | 'pandas' | 'polars';
}

/** The type of chosen fields of a tuple. */
export type Projected<T, F extends readonly number[]> = {
  -readonly [I in keyof F]: T extends readonly unknown[]
    ? F[I] extends keyof T
      ? T[F[I]]
      : T[number]
    : unknown;
};

/** A stream of records of type `T`. */
export class DataStream<out T> extends OperatorOutput {
  declare protected readonly recordType: T;

  // What becomes of each record.

  /** One result for each record. */
  map<Out>(fn: (value: T) => MaybeAsync<Out>, type?: TypeInformation<Out>): DataStream<Out>;
  map<Out>(fn: MapObject<T, Out>, type?: TypeInformation<Out>): DataStream<Out>;
  map<Out>(fn: unknown, type?: TypeInformation<Out>): DataStream<Out> {
    return this.transform({
      kind: 'map',
      name: 'Map',
      fns: { function: fn },
      outputType: type?.spec,
    });
  }

  /** Keeps the records for which `fn` says true; a type guard narrows the stream. */
  filter<S extends T>(fn: (value: T) => value is S): DataStream<S>;
  filter(fn: (value: T) => MaybeAsync<boolean>): DataStream<T>;
  filter(fn: FilterObject<T>): DataStream<T>;
  filter(fn: unknown): DataStream<T> {
    return this.transform({
      kind: 'filter',
      name: 'Filter',
      fns: { function: fn },
      outputType: this.outputType,
    });
  }

  /** Any number of results for each record, as an iterable or async iterable that is pulled as results are wanted. */
  flatMap<Out>(
    fn: (value: T) => MaybeAsync<Results<Out>>,
    type?: TypeInformation<Out>,
  ): DataStream<Out>;
  flatMap<Out>(fn: FlatMapObject<T, Out>, type?: TypeInformation<Out>): DataStream<Out>;
  flatMap<Out>(fn: unknown, type?: TypeInformation<Out>): DataStream<Out> {
    return this.transform({
      kind: 'flat_map',
      name: 'Flat Map',
      fns: { function: fn },
      outputType: type?.spec,
    });
  }

  /** As `map` with many records at once: an array in, an array of as many results out. */
  mapBatch<Out>(
    fn: (values: T[]) => MaybeAsync<Out[]>,
    options?: BatchOptions,
    type?: TypeInformation<Out>,
  ): DataStream<Out>;
  mapBatch<Out>(
    fn: MapBatchObject<T, Out>,
    options?: BatchOptions,
    type?: TypeInformation<Out>,
  ): DataStream<Out>;
  mapBatch<Out>(
    fn: unknown,
    options: BatchOptions = {},
    type?: TypeInformation<Out>,
  ): DataStream<Out> {
    const params = batchParams(options, fn);
    return this.transform({
      kind: 'map_batch',
      name: 'Map Batch',
      fns: { function: fn },
      params,
      outputType: type?.spec,
    });
  }

  /** As `flatMap` with many records at once: an array in, any number of results out. */
  flatMapBatch<Out>(
    fn: (values: T[]) => MaybeAsync<Results<Out>>,
    options?: BatchOptions,
    type?: TypeInformation<Out>,
  ): DataStream<Out>;
  flatMapBatch<Out>(
    fn: FlatMapBatchObject<T, Out>,
    options?: BatchOptions,
    type?: TypeInformation<Out>,
  ): DataStream<Out>;
  flatMapBatch<Out>(
    fn: unknown,
    options: BatchOptions = {},
    type?: TypeInformation<Out>,
  ): DataStream<Out> {
    const params = batchParams(options, fn);
    return this.transform({
      kind: 'flat_map_batch',
      name: 'Flat Map Batch',
      fns: { function: fn },
      params,
      outputType: type?.spec,
    });
  }

  /** Chosen fields of tuples, by position, as a new tuple. */
  project<const F extends readonly number[]>(...fields: F): DataStream<Projected<T, F>> {
    return this.transform({ kind: 'project', name: 'Projection', params: { fields: [...fields] } });
  }

  // How records are partitioned.

  /** Partitions by key: records of one key meet in one subtask, in order. */
  keyBy<K>(key: (value: T) => K, keyType?: TypeInformation<K>): KeyedStream<T, K>;
  keyBy<K>(key: KeyObject<T, K>, keyType?: TypeInformation<K>): KeyedStream<T, K>;
  keyBy<K>(key: unknown, keyType?: TypeInformation<K>): KeyedStream<T, K> {
    const partitioning: Partitioning = {
      kind: 'hash',
      key,
      ...(keyType === undefined ? {} : { keyType: keyType.spec }),
    };
    return this.environment.streams.keyed<T, K>(this.environment, this.repartitioned(partitioning));
  }

  /** Records by turns to all subtasks that follow. */
  rebalance(): DataStream<T> {
    return this.#with({ kind: 'rebalance' });
  }

  /** Records by turns to some of the subtasks that follow: no more channels than needed. */
  rescale(): DataStream<T> {
    return this.#with({ kind: 'rescale' });
  }

  /** Records to subtasks by chance. */
  shuffle(): DataStream<T> {
    return this.#with({ kind: 'shuffle' });
  }

  /** Records to the subtask of the same number; the parallelism must not change. */
  forward(): DataStream<T> {
    return this.#with({ kind: 'forward' });
  }

  /** All records to the first subtask. */
  global(): DataStream<T> {
    return this.#with({ kind: 'global' });
  }

  /** Every record to every subtask; with descriptors, to keep in broadcast state. */
  broadcast(): DataStream<T>;
  broadcast(first: AnyBroadcastDescriptor, ...others: AnyBroadcastDescriptor[]): BroadcastStream<T>;
  broadcast(...descriptors: AnyBroadcastDescriptor[]): DataStream<T> | BroadcastStream<T> {
    const stream = this.#with({ kind: 'broadcast' });
    return descriptors.length === 0 ? stream : new BroadcastStream(stream, descriptors);
  }

  /** Records to the subtask that `partition(key, partitions)` says. */
  partitionCustom<K>(partition: PartitionLike<K>, key: (value: T) => K): DataStream<T>;
  partitionCustom<K>(partition: PartitionLike<K>, key: KeyObject<T, K>): DataStream<T>;
  partitionCustom(partition: unknown, key: unknown): DataStream<T> {
    if (partition instanceof PyFunction !== key instanceof PyFunction) {
      throw new GraphError(
        'The functions of a custom partitioner must be of one language; write both in TypeScript or both in Python.',
      );
    }
    return this.#with({ kind: 'custom', key, partition });
  }

  /** This stream and others as one; nothing is said about their order. */
  union<U = never>(...others: DataStream<U>[]): DataStream<T | U> {
    for (const other of others) this.checkSameEnvironment(other);
    const streams: readonly Pick<DataStream<T>, 'unionLegs'>[] = [this, ...others];
    const legs = streams.flatMap((stream) => stream.unionLegs());
    return new DataStream<T | U>(this.environment, legs);
  }

  /** This stream and another, for operators that tell their records apart. */
  connect<U>(other: DataStream<U>): ConnectedStreams<T, U>;
  connect<U>(other: BroadcastStream<U>): BroadcastConnectedStream<T, U, unknown>;
  connect(other: DataStream<unknown> | BroadcastStream<unknown>): unknown {
    if (other instanceof BroadcastStream) return new BroadcastConnectedStream(this, other);
    this.checkSameEnvironment(other);
    return this.environment.streams.connected(this, other);
  }

  /** Calls `processElement` with each record and a context that has its time and side outputs. */
  process<Out>(fn: ProcessLike<T, Out>, type?: TypeInformation<Out>): DataStream<Out> {
    return this.transform({
      kind: 'process',
      name: 'Process',
      fns: { function: fn },
      outputType: type?.spec,
    });
  }

  /** Pairs of records of two streams that have one key and are in one window. */
  join<U>(other: DataStream<U>): JoinedStreams<T, U, 'join'> {
    return this.environment.streams.joined(this, other, 'join');
  }

  /** All records of two streams that have one key and are in one window, also where one side has none. */
  coGroup<U>(other: DataStream<U>): JoinedStreams<T, U, 'co_group'> {
    return this.environment.streams.joined(this, other, 'co_group');
  }

  /** Gives records their event time, and the stream its watermarks; those from before stop here. */
  assignTimestampsAndWatermarks(strategy: WatermarkStrategyLike<T>): DataStream<T> {
    return this.stamped(strategy);
  }

  /** @internal `perSplit`: each split of the source before it has a generator of its own. */
  stamped(strategy: WatermarkStrategyLike<T>, said: { perSplit?: true } = {}): DataStream<T> {
    const { fns, params } = timestampsInit(strategy);
    const stamped = this.transform<T>({
      kind: 'timestamps',
      name: 'Timestamps/Watermarks',
      outputType: this.outputType,
      fns,
      params: { ...params, ...said },
    });
    if (said.perSplit === true) {
      // To the program they are one operator.
      const source = this.operatorOf('fromSource');
      const made = stamped.operatorOf('fromSource');
      made.follows = source;
      if (source.parallelism !== undefined) made.parallelism = source.parallelism;
      if (source.nonParallel !== undefined) made.nonParallel = source.nonParallel;
    }
    return stamped;
  }

  /** Windows of all records, at parallelism 1. */
  windowAll<W extends WindowLike>(assigner: WindowAssignerLike<T, W>): AllWindowedStream<T, W> {
    return this.environment.streams.allWindowed<T, W>(this, assigner);
  }

  /** Windows of `size` records of all, every `slide` records where that is said. */
  countWindowAll(size: number, slide?: number): AllWindowedStream<T, CountWindow> {
    return this.environment.streams.allWindowed<T, CountWindow>(
      this,
      new CountWindows(size, slide),
    );
  }

  /**
   * Enriches each record by what a lookup finds for its key.
   *
   * @example orders.lookupJoin(users, (order, user) => ({ ...order, user }), { key: (order) => order.userId })
   */
  lookupJoin<K, V, Out, How extends 'inner' | 'left' = 'inner'>(
    lookup: LookupLike<K, V>,
    fn:
      | ((value: T, found: How extends 'left' ? V | null : V) => MaybeAsync<Out>)
      | PyFunction<T, Out>,
    options: LookupJoinOptions<T, K, How>,
  ): DataStream<Out> {
    return lookupJoin(this, lookup, fn, options);
  }

  // Ends.

  /** Prints each record on a line of stdout, behind `identifier> ` where one is given. */
  print(identifier?: string): DataStreamSink {
    if (identifier !== undefined) checkText('identifier of a print sink', identifier);
    return this.#sink({
      kind: 'sink',
      connector: 'print',
      name: 'Print to Std. Out',
      params: {
        ...(identifier === undefined ? {} : { identifier }),
        ...(this.outputType === undefined ? {} : { type: this.outputType as never }),
      },
    });
  }

  /** Calls `fn` with each record; a promise holds the stream back until it settles. */
  addSink(fn: (value: T) => unknown): DataStreamSink;
  addSink(fn: SinkObject<T>): DataStreamSink;
  addSink(fn: unknown): DataStreamSink {
    if (hasWriter(fn)) return this.sinkTo(fn);
    return this.#sink({
      kind: 'sink',
      connector: 'function',
      name: 'Unnamed',
      fns: { function: fn },
    });
  }

  /** Writes records to files, or to a sink of your own or a class of such (docs/connectors.md). */
  sinkTo(sink: FileSink | Sink<T> | (new () => Sink<T>) | PyFunction<T, unknown>): DataStreamSink {
    if (!(sink instanceof FileSink)) {
      if (!(sink instanceof PyFunction) && !isClass(sink, []) && !hasWriter(sink)) {
        throw new GraphError(
          'sinkTo() takes a FileSink, or an object or class with a method writer; give addSink() a function of your own.',
        );
      }
      return this.#sink({ kind: 'sink', name: 'Sink', fns: { connector: sink } });
    }
    const type = this.outputType;
    const params = { ...sink.params, ...(type === undefined ? {} : { type: type as never }) };
    return this.#sink({ kind: 'sink', connector: 'file', name: 'File Sink', params });
  }

  /** A named output: iterated as `job.outputs[name]` of `executeAsync`, printed by `execute`. */
  toOutput(name: string): DataStreamSink {
    checkText('name of an output', name);
    return this.#inOrder({ kind: 'sink', connector: 'output', name, params: { name } });
  }

  /**
   * Runs the job of what leads to this stream when the results are iterated. The job advances as they are taken, and stops when
   * the iteration is left. Other sinks and streams of the environment are no part of it.
   *
   * @example for await (const value of stream.executeAndCollect()) console.log(value);
   */
  executeAndCollect(options: CollectOptions | string = {}): CollectedResults<T> {
    const sink = this.#inOrder({ kind: 'sink', connector: 'collect', name: 'Collect' });
    return new CollectedResults<T>(
      this.environment,
      sink.transformation,
      typeof options === 'string' ? { name: options } : options,
    );
  }

  // Of the operator that makes this stream.

  /** Declares the type of the records, which also types the stream. */
  returns<U>(type: TypeInformation<U>): DataStream<U> {
    this.operatorOf('returns').outputType = type.spec;
    return this as unknown as DataStream<U>;
  }

  /** Records that this stream's operator emits to a tag. */
  getSideOutput<U>(tag: OutputTag<U>): DataStream<U> {
    if (!(tag instanceof OutputTag)) throw new GraphError('getSideOutput() takes an OutputTag.');
    const from = this.operatorOf('getSideOutput');
    if (tag.type !== undefined) from.sideTypes.set(tag.id, tag.type.spec);
    return new DataStream<U>(this.environment, [
      { from, partitioning: { kind: 'auto' }, sideTag: tag.id },
    ]);
  }

  // For the other streams of the API.

  /** The stream that an operator on this one makes. */
  transform<Out>(init: TransformationInit): DataStream<Out> {
    return this.environment.operator<Out>({
      ...init,
      inputs: this.legs.map((leg) => ({ ...leg, input: 0 as const })),
    });
  }

  /** What it brings into a union. */
  unionLegs(): readonly Leg[] {
    return this.legs;
  }

  #with(partitioning: Partitioning): DataStream<T> {
    return new DataStream<T>(this.environment, this.repartitioned(partitioning));
  }

  /** A sink that is as parallel as what it reads, with no exchange before it that would mix up the order. */
  #inOrder(init: TransformationInit): DataStreamSink {
    const legs = this.unionLegs();
    const sink = new DataStream<T>(this.environment, legs).#sink(init);
    const [{ from }, ...others] = legs as [Leg, ...Leg[]];
    const parallelism = from.nonParallel === true ? 1 : from.parallelism;
    if (others.length === 0 && parallelism !== undefined) sink.setParallelism(parallelism);
    return sink;
  }

  #sink(init: TransformationInit): DataStreamSink {
    const { legs } = this.transform<never>(init);
    return new DataStreamSink((legs[0] as Leg).from);
  }
}

function batchParams(
  { batchSize, batchBytes, latencyMs, format }: BatchOptions,
  fn: unknown,
): Record<string, number | string> {
  const params: Record<string, number | string> = {};
  if (format !== undefined) {
    checkChoice('format of batches', format, ['list', 'numpy', 'arrow', 'pandas', 'polars']);
    if (format !== 'list' && !(fn instanceof PyFunction)) {
      throw new GraphError(
        `A TypeScript function gets batches as arrays, not as ${format}; leave out format.`,
      );
    }
    params.format = format;
  }
  if (batchSize !== undefined) checkCount('batchSize', batchSize);
  if (batchBytes !== undefined) checkCount('batchBytes', batchBytes);
  if (latencyMs !== undefined) checkMs('latencyMs', latencyMs);
  if (batchSize !== undefined) params.batchSize = batchSize;
  if (batchBytes !== undefined) params.batchBytes = batchBytes;
  if (latencyMs !== undefined) params.latencyMs = latencyMs;
  return params;
}

/** Whether it is a sink of somebody's own. */
function hasWriter(sink: unknown): sink is Sink {
  return typeof (sink as Partial<Sink> | undefined)?.writer === 'function';
}
