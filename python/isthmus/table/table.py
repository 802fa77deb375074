"""A table: here only the way from a descriptor to a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._pyflink.lazy import lazy_names
from ..errors import UnsupportedError
from .schema import Schema

if TYPE_CHECKING:
    from ..datastream._streams.data_stream import DataStream
    from .table_descriptor import TableDescriptor

__all__ = ["Table"]

_ABSENT = (
    "AggregatedTable",
    "FlatAggregateTable",
    "GroupWindowedTable",
    "GroupedTable",
    "OverWindowedTable",
    "WindowGroupedTable",
)


class Table:
    """Made by ``from_path``, ``from_descriptor`` and ``from_data_stream``; ``to_data_stream`` makes it a stream."""

    def __init__(self, origin: TableDescriptor | DataStream[Any]) -> None:
        self._origin = origin

    def print_schema(self) -> None:
        """Print the columns."""
        schema = getattr(self._origin, "get_schema", lambda: None)()
        print(schema if schema is not None else Schema([]))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"'Table' object has no attribute {name!r}")
        raise UnsupportedError(
            f"Table.{name}: expressions and methods of tables exist in PyFlink, but Isthmus does not have them: "
            f"make the table a stream with StreamTableEnvironment.to_data_stream(table) and go on there."
        )


def __getattr__(name: str) -> Any:
    return lazy_names(__name__, globals(), {}, _ABSENT, name)
