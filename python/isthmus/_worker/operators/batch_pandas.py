"""Columns of pandas."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from importlib import import_module
from typing import Any

#: Of these pandas finds out the type of a column; of others it keeps the objects.
_NATIVE = ({int}, {float}, {str}, {bool})
_INT64 = range(-(1 << 63), 1 << 63)


class Pandas:
    name = "pandas"

    def __init__(self) -> None:
        pandas: Any = import_module("pandas")
        self._pandas = pandas
        self._missing = (type(pandas.NaT), type(pandas.NA))
        self._times = (pandas.Timestamp, pandas.Timedelta)

    def column(self, values: list[Any], types: set[type]) -> Any:
        missing = None in values if len(types) == 1 and types & {int, bool} else False
        if types == {int} and missing:
            # A float has no room for all of them.
            whole = all(value is None or value in _INT64 for value in values)
            return self._pandas.Series(values, dtype="Int64" if whole else object)
        if types == {bool} and missing:
            return self._pandas.Series(values, dtype="boolean")
        if types in _NATIVE:
            return self._pandas.Series(values)
        if types and all(issubclass(cls, (datetime.datetime, datetime.timedelta)) for cls in types):
            try:
                return self._pandas.Series(values)
            except (ValueError, TypeError, OverflowError):  # Several time zones, or years beyond its range.
                pass
        return self._pandas.Series(values, dtype=object)

    def table(self, columns: dict[Any, Any], rows: int) -> Any:
        return self._pandas.DataFrame(columns, index=range(rows))

    def values(self, column: Any) -> list[Any]:
        found: list[Any] = column.tolist()
        dtype = column.dtype
        nullable = isinstance(dtype, self._pandas.api.extensions.ExtensionDtype)
        if dtype.kind in "iufb" and not nullable:
            return found
        if dtype.kind in "mMO" and (dtype.kind != "O" or dtype.name == "object"):
            return [self._plain(value) for value in found]
        # Texts, nullable numbers, categories: what is missing is no value.
        return [None if missing else value for value, missing in zip(found, column.isna().tolist())]

    def _plain(self, value: Any) -> Any:
        """A time as Python has it, unless it has nanoseconds."""
        if isinstance(value, self._missing):
            return None
        if not isinstance(value, self._times):
            return value
        if isinstance(value, datetime.datetime):
            return value if value.nanosecond else value.to_pydatetime()  # type: ignore[attr-defined]
        return value if value.nanoseconds else value.to_pytimedelta()

    def is_table(self, results: Any) -> bool:
        return isinstance(results, self._pandas.DataFrame)

    def is_column(self, results: Any) -> bool:
        return isinstance(results, (self._pandas.Series, self._pandas.Index))

    def columns(self, table: Any) -> list[tuple[Any, Any]]:
        named = [name for name in table.index.names if name is not None and name not in table.columns]
        if named:
            # What a group is of is in the index, and no less a field.
            table = table.reset_index(level=named)
        return [(name, table.iloc[:, i]) for i, name in enumerate(table.columns)]

    def origins(self, results: Any, rows: int) -> Sequence[int] | None:
        index = getattr(results, "index", None)
        if not isinstance(index, self._pandas.Index):
            return None
        if isinstance(index, self._pandas.RangeIndex) and index.start == 0 and index.step == 1:
            # One of another length may have been made anew.
            return range(rows) if len(index) == rows else None
        if index.name is not None or not self._pandas.api.types.is_integer_dtype(index.dtype):
            return None
        origins: list[int] = index.tolist()
        return origins if all(0 <= origin < rows for origin in origins) else None
