"""How a batch of records is given to a vectorised function, and how its results become records again.

``list``    a list of the records.
``numpy``   an array: ``batch_numpy.py``.
``arrow``, ``pandas``, ``polars``  a table: ``batch_tables.py``.

Results are a list, an array or a table, whatever the batch was given as; of an array or a table the records are like those
that went in (R1 of ``batch_records.py``).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

from ...errors import ConfigurationError
from .batch_numpy import NumpyBatch, values_of
from .batch_tables import TableBatch, table_batch

ToBatch = Callable[[list[Any]], Any]
FromBatch = Callable[[Any], Iterable[Any]]

_TABLES = {"pandas": "pandas", "polars": "polars", "pyarrow": "arrow"}


def batch_format(name: str) -> tuple[ToBatch, FromBatch]:
    """The two conversions of a format."""
    if name == "list":
        return _same, _Results(None, None).from_batch
    if name == "numpy":
        numpy = NumpyBatch()
        return numpy.to_batch, _Results(numpy, None).from_batch
    if name not in _TABLES.values():
        raise ConfigurationError(
            f"There is no batch format {name!r}; known: list, numpy, arrow, pandas, polars."
        )
    table = table_batch(name)
    return table.to_batch, _Results(None, table).from_batch


def _same(batch: Any) -> Any:
    return batch


class _Results:
    """Results of a function, whatever they are."""

    def __init__(self, array: NumpyBatch | None, table: TableBatch | None) -> None:
        self._array, self._table = array, table

    def from_batch(self, results: Any) -> Iterable[Any]:
        if isinstance(results, (list, tuple)):
            return results
        package = type(results).__module__.partition(".")[0]
        if package == "numpy" and hasattr(results, "ndim") and results.ndim > 0:
            return self._array.from_batch(results) if self._array is not None else _of_array(results)
        if package in _TABLES or any(
            hasattr(results, name) for name in ("to_pylist", "to_dicts", "itertuples")
        ):
            return self._of_table(results)
        if isinstance(results, (str, bytes, bytearray, dict)) or not hasattr(results, "__iter__"):
            raise TypeError(
                f"A batch of results is a list, an array or a table; the function returned a {type(results).__name__}."
            )
        # One of the user's may be a list that it goes on to fill.
        return list(values_of(results)) if hasattr(results, "tolist") else results

    def _of_table(self, results: Any) -> Iterable[Any]:
        own = self._table
        if own is not None and own.takes(results):
            return own.from_batch(results)
        for package, name in _TABLES.items():
            if package in sys.modules:
                other = table_batch(name)
                if other.takes(results):
                    return other.from_batch(results)
        raise TypeError(
            f"A batch of results is a list, an array or a table; the function returned a {type(results)!r}."
        )


def _of_array(results: Any) -> list[Any]:
    found = values_of(results)
    return found if results.ndim == 1 else [tuple(row) for row in found]
