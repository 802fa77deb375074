"""The slice of PyFlink's Table API that programs of streams use: types of columns. There is no SQL here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .types import DataType as DataType
    from .types import DataTypes as DataTypes

_NAMES = {"DataType": "types", "DataTypes": "types"}

_ABSENT = (
    "AggregateFunction",
    "EnvironmentSettings",
    "Expression",
    "FormatDescriptor",
    "FunctionContext",
    "GroupedTable",
    "ResultKind",
    "Schema",
    "SqlDialect",
    "StatementSet",
    "StreamTableEnvironment",
    "Table",
    "TableAggregateFunction",
    "TableConfig",
    "TableDescriptor",
    "TableEnvironment",
    "TableFunction",
    "TableResult",
    "TableSchema",
    "ScalarFunction",
)

__all__ = list(_NAMES)


def __getattr__(name: str) -> Any:
    return lazy_names(__name__, globals(), _NAMES, _ABSENT, name)
