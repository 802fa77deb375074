"""Streams: the environment, functions, state and windows, with PyFlink's names. Imported on use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._pyflink.lazy import lazy_names

if TYPE_CHECKING:
    from .._interfaces.output_tag import OutputTag as OutputTag
    from .._interfaces.time_domain import TimeDomain as TimeDomain
    from .._interfaces.timerservice import TimerService as TimerService
    from ._streams.broadcast import BroadcastConnectedStream as BroadcastConnectedStream
    from ._streams.broadcast import BroadcastStream as BroadcastStream
    from ._streams.connected import ConnectedStreams as ConnectedStreams
    from ._streams.data_stream import DataStream as DataStream
    from ._streams.data_stream_sink import DataStreamSink as DataStreamSink
    from ._streams.environment import StreamExecutionEnvironment as StreamExecutionEnvironment
    from ._streams.keyed_stream import KeyedStream as KeyedStream
    from ._streams.windowed import WindowedStream as WindowedStream
    from .async_data_stream import AsyncDataStream as AsyncDataStream
    from .checkpoint_config import CheckpointConfig as CheckpointConfig
    from .checkpointing_mode import CheckpointingMode as CheckpointingMode
    from .execution_mode import RuntimeExecutionMode as RuntimeExecutionMode
    from .functions import AggregateFunction as AggregateFunction
    from .functions import AsyncFunction as AsyncFunction
    from .functions import AsyncRetryPredicate as AsyncRetryPredicate
    from .functions import AsyncRetryStrategy as AsyncRetryStrategy
    from .functions import BroadcastProcessFunction as BroadcastProcessFunction
    from .functions import CoFlatMapFunction as CoFlatMapFunction
    from .functions import CoMapFunction as CoMapFunction
    from .functions import CoProcessFunction as CoProcessFunction
    from .functions import FilterFunction as FilterFunction
    from .functions import FlatMapFunction as FlatMapFunction
    from .functions import KeyedBroadcastProcessFunction as KeyedBroadcastProcessFunction
    from .functions import KeyedCoProcessFunction as KeyedCoProcessFunction
    from .functions import KeyedProcessFunction as KeyedProcessFunction
    from .functions import KeySelector as KeySelector
    from .functions import MapFunction as MapFunction
    from .functions import Partitioner as Partitioner
    from .functions import ProcessFunction as ProcessFunction
    from .functions import ProcessWindowFunction as ProcessWindowFunction
    from .functions import ReduceFunction as ReduceFunction
    from .functions import RuntimeContext as RuntimeContext
    from .functions import SinkFunction as SinkFunction
    from .functions import SourceFunction as SourceFunction
    from .functions import WindowFunction as WindowFunction
    from .slot_sharing_group import MemorySize as MemorySize
    from .slot_sharing_group import SlotSharingGroup as SlotSharingGroup
    from .window import CountWindow as CountWindow
    from .window import GlobalWindow as GlobalWindow
    from .window import MergingWindowAssigner as MergingWindowAssigner
    from .window import TimeWindow as TimeWindow
    from .window import Trigger as Trigger
    from .window import TriggerResult as TriggerResult
    from .window import Window as Window
    from .window import WindowAssigner as WindowAssigner

_NAMES = {
    "StreamExecutionEnvironment": "_streams.environment",
    "DataStream": "_streams.data_stream",
    "DataStreamSink": "_streams.data_stream_sink",
    "KeyedStream": "_streams.keyed_stream",
    "ConnectedStreams": "_streams.connected",
    "BroadcastStream": "_streams.broadcast",
    "BroadcastConnectedStream": "_streams.broadcast",
    "WindowedStream": "_streams.windowed",
    "AsyncDataStream": "async_data_stream",
    "CheckpointConfig": "checkpoint_config",
    "ExternalizedCheckpointCleanup": "checkpoint_config",
    "CheckpointingMode": "checkpointing_mode",
    "ExternalizedCheckpointRetention": "externalized_checkpoint_retention",
    "RuntimeExecutionMode": "execution_mode",
    "TimeCharacteristic": "time_characteristic",
    "OutputTag": "output_tag",
    "TimeDomain": "time_domain",
    "TimerService": "timerservice",
    "MemorySize": "slot_sharing_group",
    "SlotSharingGroup": "slot_sharing_group",
    **dict.fromkeys(
        (
            "AggregateFunction",
            "AsyncFunction",
            "AsyncRetryPredicate",
            "AsyncRetryStrategy",
            "BroadcastProcessFunction",
            "CoFlatMapFunction",
            "CoMapFunction",
            "CoProcessFunction",
            "FilterFunction",
            "FlatMapFunction",
            "KeySelector",
            "KeyedBroadcastProcessFunction",
            "KeyedCoProcessFunction",
            "KeyedProcessFunction",
            "MapFunction",
            "Partitioner",
            "ProcessFunction",
            "ProcessWindowFunction",
            "ReduceFunction",
            "RuntimeContext",
            "SinkFunction",
            "SourceFunction",
            "WindowFunction",
        ),
        "functions",
    ),
    **dict.fromkeys(
        (
            "CountWindow",
            "GlobalWindow",
            "MergingWindowAssigner",
            "TimeWindow",
            "Trigger",
            "TriggerResult",
            "Window",
            "WindowAssigner",
        ),
        "window",
    ),
    **dict.fromkeys(
        (
            "CustomStateBackend",
            "EmbeddedRocksDBStateBackend",
            "FsStateBackend",
            "HashMapStateBackend",
            "MemoryStateBackend",
            "PredefinedOptions",
            "RocksDBStateBackend",
            "StateBackend",
        ),
        "state_backend",
    ),
    **dict.fromkeys(
        (
            "CheckpointStorage",
            "CustomCheckpointStorage",
            "FileSystemCheckpointStorage",
            "JobManagerCheckpointStorage",
        ),
        "checkpoint_storage",
    ),
}

__all__ = list(_NAMES)

_ABSENT = ("CachedDataStream",)


def __getattr__(name: str) -> Any:
    return lazy_names(__name__, globals(), _NAMES, _ABSENT, name)
