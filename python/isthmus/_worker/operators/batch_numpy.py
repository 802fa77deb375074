"""Records as a NumPy array and back.

Scalars are an array; tuples, lists, rows and named tuples of one length a 2-D one, a row for each record; anything else an array of
objects. Whole numbers and floats become one type only where that rounds nothing; else, and where texts stand among numbers,
the array is one of objects.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from struct import error as StructError
from struct import pack_into
from typing import Any

from ...common.types import Row
from .batch_records import NUMBERS, Kept, Kind, kind_of, numeric

_CODES = {int: "q", float: "d"}
_EXACT = {int, float, bool}


class NumpyBatch:
    """Remembers what records it made an array of."""

    def __init__(self) -> None:
        self._count = 0
        #: Those that results are made like: others are let go at once, for memory that is warm is half the speed of a call.
        self._records: list[Any] = []
        self._arrays = False
        #: Of records that are rows of the array.
        self._kinds: list[Kind] | None = None
        self._plain_tuples = False
        #: By column, or of the only one.
        self._kept: list[Kept] | None = None

    def to_batch(self, records: list[Any]) -> Any:
        self._count, self._records, self._arrays = len(records), [], False
        self._kinds, self._kept = None, None
        code = _CODES.get(type(records[0]))
        if code is not None:
            array = _packed(records, code)
            if array is not None:
                return array
        classes = set(map(type, records))
        if all(map(_is_row, classes)) and len(set(map(len, records))) == 1:
            kinds = {cls: kind_of(cls) for cls in classes}
            self._kinds = [kinds[type(record)] for record in records]
            self._records = records
            self._plain_tuples = classes == {tuple}
            return self._rows(records if self._plain_tuples else [tuple(record) for record in records])
        self._arrays = any(cls.__module__ == "numpy" for cls in classes)
        array, exact = (_objects(records), True) if any(map(_is_row, classes)) else _array(records)
        if not exact:
            self._kept = [Kept(records, array.tolist)]
        return array

    def _rows(self, rows: list[tuple[Any, ...]]) -> Any:
        array, exact = _array(rows, rows=True)
        if not exact or array.ndim > 2:
            self._kept = [
                Kept([row[i] for row in rows], lambda i=i: [row[i] for row in array.tolist()])  # type: ignore[misc]
                for i in range(len(rows[0]))
            ]
        return array

    def from_batch(self, results: Any) -> list[Any]:
        """The records of an array of results."""
        found = values_of(results)
        same_number = len(found) == self._count
        records, self._records = self._records, []
        if results.ndim == 1:
            if self._kinds is not None or self._kept is None or not same_number:
                return found
            return [self._kept[0].at(i, value) for i, value in enumerate(found)]
        if self._kinds is None:
            return list(results) if self._arrays else [tuple(row) for row in found]
        if self._kept is None and same_number and self._plain_tuples:
            return list(map(tuple, found))
        if not same_number:
            lists = all(kind.name == "list" for kind in self._kinds)
            return found if lists else [tuple(row) for row in found]
        if self._kept is not None and results.shape[1] == len(self._kept):
            kept = self._kept
            found = [[kept[j].at(i, cell) for j, cell in enumerate(row)] for i, row in enumerate(found)]
        return [_like(kind, row, original) for kind, row, original in zip(self._kinds, found, records)]


def _is_row(cls: type) -> bool:
    return cls in (tuple, list) or issubclass(cls, Row) or (issubclass(cls, tuple) and hasattr(cls, "_make"))


def _like(kind: Kind, row: list[Any], original: Any) -> Any:
    fields = kind.fields(original)
    if len(fields) != len(row):
        return list(row) if kind.name == "list" else tuple(row)
    return kind.make(dict(zip(fields, row)), original)


def values_of(array: Any) -> list[Any]:
    """Python's values of an array; times and lengths of time as such, and not as numbers of nanoseconds."""
    dtype: Any = getattr(array, "dtype", None)
    if getattr(dtype, "kind", "") not in ("m", "M") or not str(dtype).endswith(
        ("[ns]", "[ps]", "[fs]", "[as]")
    ):
        return array.tolist()  # type: ignore[no-any-return]
    coarse = array.astype(f"{dtype.kind}8[us]")
    rounded = (coarse != array) & (array == array)
    return list(array) if rounded.any() else coarse.tolist()


def _packed(records: list[Any], code: str) -> Any:
    """An array of numbers of one type, in a third of the time that NumPy takes; None where they are not."""
    import numpy

    numbers = bytearray(8 * len(records))
    try:
        pack_into(f"{len(records)}{code}", numbers, 0, *records)
    except (StructError, TypeError, OverflowError):
        return None
    array = numpy.frombuffer(numbers, dtype=code)
    # It also took what is equal to such a number. Only 0 and 1 can have been a bool, and only a whole float an int.
    if code == "q":
        return array if array.item(array.argmin()) > 1 or set(map(type, records)) == {int} else None
    whole = numpy.flatnonzero(numpy.trunc(array) == array)
    return array if all(type(records[i]) is float for i in whole.tolist()) else None


def _array(values: list[Any], rows: bool = False) -> tuple[Any, bool]:
    """An array of values, or of rows of one length, and whether it holds them as they are."""
    import numpy

    leaves = list(chain.from_iterable(values)) if rows else values
    types = set(map(type, leaves))
    if not types.isdisjoint((list, tuple)):
        leaves = list(_leaves(values))
        types = set(map(type, leaves))
    try:
        if len(types) == 1 and types <= _EXACT:
            array = numpy.asarray(values)
            # Whole numbers beyond 64 bits may have become floats.
            return (
                (_objects(values, rows), True)
                if types == {int} and array.dtype.kind == "f"
                else (array, True)
            )
        if types and types <= NUMBERS:
            convert = numeric(types, leaves)
            return (_objects(values, rows), True) if convert is None else (numpy.asarray(values), False)
        if types == {str} and not any("\0" in text for text in leaves):
            return numpy.asarray(values), True
        if any(isinstance(leaf, (numpy.ndarray, numpy.generic)) for leaf in leaves):
            return numpy.asarray(values), False
    except ValueError:  # Of nested lists of several lengths.
        pass
    return _objects(values, rows), True


def _leaves(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _leaves(value)
        else:
            yield value


def _objects(values: list[Any], rows: bool = False) -> Any:
    """An array of objects, 2-D of rows of one length."""
    import numpy

    array: Any = numpy.empty((len(values), len(values[0])) if rows else len(values), dtype=object)
    for i, cell in enumerate(chain.from_iterable(values) if rows else values):
        array.flat[i] = cell
    return array
