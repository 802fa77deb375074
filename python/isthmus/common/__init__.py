"""What streams are made with: types, rows, times, options. Imported on use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._pyflink.lazy import lazy_names

if TYPE_CHECKING:
    from ..datastream.formats.csv import CsvRowDeserializationSchema as CsvRowDeserializationSchema
    from ..datastream.formats.csv import CsvRowSerializationSchema as CsvRowSerializationSchema
    from ..datastream.formats.json import JsonRowDeserializationSchema as JsonRowDeserializationSchema
    from ..datastream.formats.json import JsonRowSerializationSchema as JsonRowSerializationSchema
    from .config_options import ConfigOption as ConfigOption
    from .config_options import ConfigOptions as ConfigOptions
    from .configuration import Configuration as Configuration
    from .execution_config import ExecutionConfig as ExecutionConfig
    from .execution_mode import ExecutionMode as ExecutionMode
    from .input_dependency_constraint import InputDependencyConstraint as InputDependencyConstraint
    from .jobs import CompletableFuture as CompletableFuture
    from .jobs import JobClient as JobClient
    from .jobs import JobExecutionResult as JobExecutionResult
    from .jobs import JobID as JobID
    from .jobs import JobStatus as JobStatus
    from .restart_strategy import RestartStrategies as RestartStrategies
    from .restart_strategy import RestartStrategyConfiguration as RestartStrategyConfiguration
    from .serialization import ByteArraySchema as ByteArraySchema
    from .serialization import DeserializationSchema as DeserializationSchema
    from .serialization import Encoder as Encoder
    from .serialization import SerializationSchema as SerializationSchema
    from .serialization import SimpleStringSchema as SimpleStringSchema
    from .serializer import TypeSerializer as TypeSerializer
    from .time import Duration as Duration
    from .time import Instant as Instant
    from .time import Time as Time
    from .typeinfo import TypeInformation as TypeInformation
    from .typeinfo import Types as Types
    from .types import Row as Row
    from .types import RowKind as RowKind
    from .watermark_strategy import WatermarkStrategy as WatermarkStrategy

_NAMES = {
    "ConfigOption": "config_options",
    "ConfigOptions": "config_options",
    "Configuration": "configuration",
    "ExecutionConfig": "execution_config",
    "ExecutionMode": "execution_mode",
    "InputDependencyConstraint": "input_dependency_constraint",
    "CompletableFuture": "jobs",
    "JobClient": "jobs",
    "JobExecutionResult": "jobs",
    "JobID": "jobs",
    "JobStatus": "jobs",
    "RestartStrategies": "restart_strategy",
    "RestartStrategyConfiguration": "restart_strategy",
    "ByteArraySchema": "serialization",
    "DeserializationSchema": "serialization",
    "Encoder": "serialization",
    "SerializationSchema": "serialization",
    "SimpleStringSchema": "serialization",
    "Duration": "time",
    "Instant": "time",
    "Time": "time",
    "TypeInformation": "typeinfo",
    "Types": "typeinfo",
    "Row": "types",
    "RowKind": "types",
    "TypeSerializer": "serializer",
    "WatermarkStrategy": "watermark_strategy",
    **dict.fromkeys(("CsvRowDeserializationSchema", "CsvRowSerializationSchema"), "..datastream.formats.csv"),
    **dict.fromkeys(
        ("JsonRowDeserializationSchema", "JsonRowSerializationSchema"), "..datastream.formats.json"
    ),
}

__all__ = list(_NAMES)

#: PyFlink has them, Isthmus has not.
_ABSENT = (
    "AssignerWithPeriodicWatermarksWrapper",
    "AvroRowDeserializationSchema",
    "AvroRowSerializationSchema",
    "RowFieldExtractorSchema",
)


def __getattr__(name: str) -> Any:
    return lazy_names(__name__, globals(), _NAMES, _ABSENT, name)
