"""Columns of Arrow and polars, which have nulls of every type."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any


class Arrow:
    name = "arrow"

    def __init__(self) -> None:
        self._arrow: Any = import_module("pyarrow")

    def column(self, values: list[Any], types: set[type]) -> Any:
        return self._arrow.array(values)

    def table(self, columns: dict[Any, Any], rows: int) -> Any:
        return self._arrow.table(_named_by_text(columns, self.name))

    def values(self, column: Any) -> list[Any]:
        return column.to_pylist()  # type: ignore[no-any-return]

    def is_table(self, results: Any) -> bool:
        return isinstance(results, (self._arrow.Table, self._arrow.RecordBatch))

    def is_column(self, results: Any) -> bool:
        return isinstance(results, (self._arrow.Array, self._arrow.ChunkedArray))

    def columns(self, table: Any) -> list[tuple[Any, Any]]:
        return list(zip(table.schema.names, table.columns))

    def origins(self, results: Any, rows: int) -> Sequence[int] | None:
        return range(rows) if len(results) == rows else None


class Polars:
    name = "polars"

    def __init__(self) -> None:
        self._polars: Any = import_module("polars")

    def column(self, values: list[Any], types: set[type]) -> Any:
        return self._polars.Series(values=values)

    def table(self, columns: dict[Any, Any], rows: int) -> Any:
        return self._polars.DataFrame(_named_by_text(columns, self.name))

    def values(self, column: Any) -> list[Any]:
        return column.to_list()  # type: ignore[no-any-return]

    def is_table(self, results: Any) -> bool:
        return isinstance(results, self._polars.DataFrame)

    def is_column(self, results: Any) -> bool:
        return isinstance(results, self._polars.Series)

    def columns(self, table: Any) -> list[tuple[Any, Any]]:
        return list(zip(table.columns, table.get_columns()))

    def origins(self, results: Any, rows: int) -> Sequence[int] | None:
        return range(rows) if len(results) == rows else None


def _named_by_text(columns: dict[Any, Any], library: str) -> dict[Any, Any]:
    for name in columns:
        if not isinstance(name, str):
            raise TypeError(
                f"The field {name!r} cannot name a column of {library}; its columns are named by texts."
            )
    return columns
