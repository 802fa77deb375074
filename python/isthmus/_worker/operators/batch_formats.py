"""How a batch of records is given to a vectorised function, and how its results become records again.

``list``    a list of the records.
``numpy``   scalars: an array; tuples or rows of numbers: a 2-D array, one row a record. Results: an array
            of as many rows.
``arrow``, ``pandas``, ``polars``  a table with a column per field (dict keys, field names of rows and named
            tuples, ``f0``, ``f1`` …
            of tuples, ``value`` of scalars). Results: a table, whose rows become dicts where records were
            dicts, else tuples; a column or series becomes scalars; a list stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from struct import error as StructError
from struct import pack_into
from typing import Any

from ...errors import ConfigurationError

ToBatch = Callable[[list[Any]], Any]
FromBatch = Callable[[Any], Iterable[Any]]


def batch_format(name: str, fields: list[str] | None = None) -> tuple[ToBatch, FromBatch]:
    """The two conversions of a format; ``fields`` names columns where records do not."""
    if name == "list":
        return _same, _same
    if name == "numpy":
        return _Numpy().to_batch, _Numpy().from_batch
    makers: dict[str, Callable[[], Any]] = {"arrow": _arrow, "pandas": _pandas, "polars": _polars}
    if name not in makers:
        raise ConfigurationError(
            f"There is no batch format {name!r}; known: list, numpy, arrow, pandas, polars."
        )
    try:
        make = makers[name]()
    except ImportError as e:
        package = "pyarrow" if name == "arrow" else name
        raise ConfigurationError(
            f"The batch format {name!r} needs the package {package}, which this interpreter does not "
            f"have: {e}"
        ) from e
    columns = _Columns(make, fields)
    return columns.to_batch, columns.from_batch


def _same(batch: Any) -> Any:
    return batch


_CODES = {int: "q", float: "d"}


class _Numpy:
    def to_batch(self, records: list[Any]) -> Any:
        import numpy

        if hasattr(records[0], "get_row_kind"):
            records = [list(record) for record in records]
        code = _CODES.get(type(records[0]))
        if code is not None:
            numbers = bytearray(8 * len(records))
            try:
                # A third of the time of finding the type out; what is no such number is refused and left to NumPy.
                pack_into(f"{len(records)}{code}", numbers, 0, *records)
                return numpy.frombuffer(numbers, dtype=code)
            except (StructError, TypeError, OverflowError):
                pass
        return numpy.asarray(records)

    def from_batch(self, results: Any) -> Iterable[Any]:
        if not hasattr(results, "tolist"):
            return results  # type: ignore[no-any-return]
        found: list[Any] = results.tolist()
        return [tuple(row) for row in found] if results.ndim > 1 else found


class _Columns:
    """Records to columns and back; remembers the shape of the records it saw."""

    def __init__(self, make: Callable[[dict[str, list[Any]]], Any], fields: list[str] | None) -> None:
        self._make = make
        self._fields = fields
        self._as_dicts = False

    def to_batch(self, records: list[Any]) -> Any:
        example = records[0]
        if isinstance(example, dict):
            self._as_dicts = True
            columns = self._fields or list(example)
            return self._make({name: [record.get(name) for record in records] for name in columns})
        names = self._fields or _names_of(example)
        if names is None:
            return self._make({"value": records})
        return self._make(
            {name: list(column) for name, column in zip(names, zip(*records, strict=True), strict=True)}
        )

    def from_batch(self, results: Any) -> Iterable[Any]:
        if isinstance(results, (list, tuple)):
            return results
        if hasattr(results, "to_pylist"):
            return self._of_arrow(results)
        if hasattr(results, "to_dicts"):
            return results.to_dicts() if self._as_dicts else results.rows()  # type: ignore[no-any-return]
        if hasattr(results, "to_dict") and hasattr(results, "columns"):
            if self._as_dicts:
                return results.to_dict("records")  # type: ignore[no-any-return]
            return list(results.itertuples(index=False, name=None))
        for method in ("to_list", "tolist"):
            if hasattr(results, method):
                return getattr(results, method)()  # type: ignore[no-any-return]
        return results  # type: ignore[no-any-return]

    def _of_arrow(self, results: Any) -> Iterable[Any]:
        if not hasattr(results, "column_names"):
            return results.to_pylist()  # type: ignore[no-any-return]
        if self._as_dicts:
            return results.to_pylist()  # type: ignore[no-any-return]
        return list(zip(*(column.to_pylist() for column in results.columns), strict=True))


def _names_of(example: Any) -> list[str] | None:
    names = getattr(example, "_fields", None)
    if names:
        return list(names)
    if isinstance(example, (tuple, list)) or hasattr(example, "get_row_kind"):
        return [f"f{i}" for i in range(len(example))]
    return None


def _arrow() -> Callable[[dict[str, list[Any]]], Any]:
    pyarrow = import_module("pyarrow")
    return lambda columns: pyarrow.table(columns)


def _pandas() -> Callable[[dict[str, list[Any]]], Any]:
    pandas = import_module("pandas")
    return lambda columns: pandas.DataFrame(columns)


def _polars() -> Callable[[dict[str, list[Any]]], Any]:
    polars = import_module("polars")
    return lambda columns: polars.DataFrame(columns)
