"""Types of columns, as CSV schemas and tables name them; the slice of PyFlink's Table types that streams need."""

from __future__ import annotations

from typing import Any

from .._pyflink.lazy import lazy_names
from .._types.data_types import DataType, DataTypes, RowField, RowType
from ..common.types import Row as Row
from ..common.types import RowKind as RowKind

__all__ = ["DataType", "DataTypes", "RowField", "RowType"]

_ABSENT = (
    *(f"{kind}Type" for kind in ("Atomic", "Null", "Numeric", "Integral", "Fractional", "Char", "VarChar")),
    *(f"{kind}Type" for kind in ("Binary", "VarBinary", "Boolean", "TinyInt", "SmallInt", "Int", "BigInt")),
    *(f"{kind}Type" for kind in ("Float", "Double", "Decimal", "Date", "Time", "Timestamp", "Array", "Map")),
    *(f"{kind}Type" for kind in ("LocalZonedTimestamp", "ZonedTimestamp", "ListView", "MapView", "Multiset")),
    *(f"{kind}Type" for kind in ("YearMonthInterval", "DayTimeInterval", "Raw", "UserDefined")),
    "Resolution",
    "create_arrow_schema",
    "from_arrow_type",
    "to_arrow_type",
)


def __getattr__(name: str) -> Any:
    return lazy_names(__name__, globals(), {}, _ABSENT, name)
