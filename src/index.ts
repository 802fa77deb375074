// The public API. Everything here is meant to be used; nothing else is.

export type {
  FieldOf,
  FilterObject,
  FlatMapObject,
  Instance,
  KeyLike,
  MapObject,
  MaybeAsync,
  PartitionLike,
  ReduceObject,
  Results,
  SinkObject,
} from './api/accepts.ts';
export type { AllWindowedStream } from './api/all-windowed-stream.ts';
export { AsyncDataStream, type AsyncLike } from './api/async-data-stream.ts';
export { AsyncRetryStrategy, type RetryConditions } from './api/async-retry.ts';
export { BroadcastConnectedStream, BroadcastStream } from './api/broadcast-stream.ts';
export type { CalledFunction, CallOptions, OneCallOptions } from './api/called-function.ts';
export { CollectedResults, type CollectOptions } from './api/collected-results.ts';
export { ConnectedStreams } from './api/connected-streams.ts';
export { type BatchOptions, DataStream } from './api/data-stream.ts';
export { DataStreamSink } from './api/data-stream-sink.ts';
export {
  type EnvironmentOptions,
  type ExecuteOptions,
  type PythonOptions,
  type RuntimeExecutionMode,
  StreamExecutionEnvironment,
} from './api/environment.ts';
export type { SourceContext, SourceFunction, SourceIterable } from './api/sources.ts';
export {
  BucketAssigner,
  Encoder,
  FileSink,
  type OutputFileConfig,
  RollingPolicy,
} from './api/file-sink.ts';
export { type JobExecutionResult, JobHandle } from './api/job-handle.ts';
export type { AsOfJoinOptions, IntervalJoin, IntervalJoined, JoinKind } from './api/keyed-joins.ts';
export { KeyedStream } from './api/keyed-stream.ts';
export {
  loadPipeline,
  type LoadPipelineOptions,
  Pipeline,
  type PipelineInput,
  type StartPipelineOptions,
} from './api/load-pipeline.ts';
export type { LookupJoinOptions, LookupLike } from './api/lookup-join.ts';
export { OutputTag } from './api/output-tag.ts';
export { PipelineGraph } from './api/pipeline-graph.ts';
export type {
  BroadcastContext,
  BroadcastDescriptor,
  BroadcastProcessLike,
  BroadcastState,
  CoProcessLike,
  KeyedProcessContext,
  KeyedProcessLike,
  OnTimerContext,
  ProcessContext,
  ProcessLike,
  ReadOnlyBroadcastContext,
  ReadOnlyBroadcastState,
} from './api/process-functions.ts';
export { py, PyFunction, type PyOptions } from './api/python-function.ts';
export type { LogEntry, Logger } from './api/session.ts';
export { Duration, Time } from './api/time.ts';
export type { WatermarkStrategyLike } from './api/timestamps.ts';
export { type TimestampAssignerLike, WatermarkStrategy } from './api/watermark-strategy.ts';
export { TypeInformation, Types } from './api/types.ts';
export type { JoinedStreams, WindowJoin } from './api/window-join.ts';
export type {
  AggregateLike,
  AggregateObject,
  ApplyLike,
  ProcessWindowContext,
  ProcessWindowLike,
  TriggerLike,
  WindowAssignerLike,
} from './api/window-types.ts';
export type { WindowedStream } from './api/windowed-stream.ts';
export {
  ContinuousEventTimeTrigger,
  ContinuousProcessingTimeTrigger,
} from './operators/windowing/continuous-triggers.ts';
export { CountTrigger } from './operators/windowing/count-trigger.ts';
export { GlobalWindows } from './operators/windowing/global-windows.ts';
export type {
  AssignerContext,
  MergeCallback,
  WindowAssigner,
  WindowLike,
} from './operators/windowing/assigner.ts';
export {
  DynamicEventTimeSessionWindows,
  DynamicProcessingTimeSessionWindows,
  EventTimeSessionWindows,
  ProcessingTimeSessionWindows,
  type SessionGap,
} from './operators/windowing/session-assigners.ts';
export {
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from './operators/windowing/time-assigners.ts';
export {
  type OnMergeContext,
  type Trigger,
  type TriggerContext,
  TriggerResult,
} from './operators/windowing/trigger.ts';
export {
  EventTimeTrigger,
  NeverTrigger,
  ProcessingTimeTrigger,
  PurgingTrigger,
} from './operators/windowing/triggers.ts';
export type { KeyedStateStore } from './operators/windowing/window-state.ts';
export { CountWindow, GlobalWindow, TimeWindow, Window } from './operators/windowing/windows.ts';
export {
  BridgeProtocolError,
  CallError,
  CodecError,
  ConfigurationError,
  type ErrorCode,
  type ErrorReport,
  GraphError,
  InternalError,
  RuntimeDiedError,
  IsthmusError,
  JobCancelledError,
  OutputError,
  StateError,
  UnsupportedError,
  UserFunctionError,
  WorkerError,
} from './errors.ts';
export type { RuntimeContext } from './operators/runtime-context.ts';
export type {
  Committable,
  Committer,
  Prepared,
  Sink,
  SinkContext,
  SinkWriter,
} from './operators/sink.ts';
export type {
  EventError,
  JobEvent,
  JobEventKind,
  JobEventOf,
  JobStatus,
} from './runtime/job-events.ts';
export type { JobOperatorMetrics } from './runtime/job-metrics.ts';
export type { Counter, Distribution, Meter, MetricGroup } from './runtime/metric-group.ts';
export type { UserMetric } from './runtime/user-metrics.ts';
export {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  StateDescriptor,
  ValueStateDescriptor,
} from './state/descriptors.ts';
export type { OperatorStateStore } from './state/operator-state.ts';
export type { AppendingState, ListState, MapState, ValueState } from './state/states.ts';
export { VERSION } from './version.ts';
export { markFrozenSet, markTuple } from './bridge/codec/marks.ts';
export {
  DateTime,
  Decimal,
  Instant,
  LocalDate,
  LocalDateTime,
  LocalTime,
  NdArray,
  Row,
  type RowKind,
  TimeDelta,
  Uuid,
} from './bridge/codec/values.ts';
export type {
  ConnectorContext,
  FoundSplit,
  Source,
  SourceBatch,
  SourceReader,
  SourceSplit,
  SplitEnumerator,
} from './runtime/source.ts';
