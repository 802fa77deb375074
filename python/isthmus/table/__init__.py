"""The slice of PyFlink's Table API that programs of streams use: types of columns, and datagen tables as streams.

There is no SQL here, and there are no expressions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._pyflink.lazy import lazy_names

if TYPE_CHECKING:
    from .._types.data_types import DataType as DataType
    from .._types.data_types import DataTypes as DataTypes
    from .._types.data_types import Row as Row
    from .._types.data_types import RowKind as RowKind
    from .environment_settings import EnvironmentSettings as EnvironmentSettings
    from .schema import Schema as Schema
    from .table import Table as Table
    from .table_config import TableConfig as TableConfig
    from .table_descriptor import TableDescriptor as TableDescriptor
    from .table_environment import StreamTableEnvironment as StreamTableEnvironment
    from .table_environment import TableEnvironment as TableEnvironment

_NAMES = {
    "DataType": "types",
    "DataTypes": "types",
    "EnvironmentSettings": "environment_settings",
    "Row": "types",
    "RowKind": "types",
    "Schema": "schema",
    "StreamTableEnvironment": "table_environment",
    "Table": "table",
    "TableConfig": "table_config",
    "TableDescriptor": "table_descriptor",
    "TableEnvironment": "table_environment",
}

_ABSENT = (
    "AggregateFunction",
    "AsyncScalarFunction",
    "ChangelogMode",
    "CompiledPlan",
    "DataView",
    "ExplainDetail",
    "Expression",
    "FormatDescriptor",
    "FunctionContext",
    "GroupWindowedTable",
    "GroupedTable",
    "ListView",
    "MapView",
    "Module",
    "ModuleEntry",
    "OverWindowedTable",
    "PlanReference",
    "ResultKind",
    "ScalarFunction",
    "SqlDialect",
    "StatementSet",
    "TableAggregateFunction",
    "TableFunction",
    "TablePipeline",
    "TableResult",
    "TableSchema",
    "UserDefinedType",
    "WindowGroupedTable",
)

__all__ = list(_NAMES)


def __getattr__(name: str) -> Any:
    return lazy_names(__name__, globals(), _NAMES, _ABSENT, name)
