"""What is remembered of the records of a batch while a vectorised function has them as an array or a table.

R1. What comes back unchanged is what went in: a record of the same kind, with values of the same types. Where a column
    cannot hold its values as they are (a missing one, whole numbers among floats, a decimal, a list), they are kept beside it,
    and a value that comes back as the column shows it is the value that was kept.
R2. A field that a record has not is a null in its column, and is absent again when it comes back as one (``batch_tables.py``).
R3. What the function makes itself comes back as it is; nulls as ``None``.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ...common.types import Row


class Absent:
    """Where a record has not the field."""


ABSENT: Any = Absent()
#: The column of records that have no fields.
VALUE = "value"


class Kind:
    """What records are: with fields by name or by position, or without. ``fields`` of a record are its values by column."""

    def __init__(self, name: str, fields: Callable[[Any], dict[Any, Any]], made: Callable[..., Any]) -> None:
        self.name, self.fields, self._made = name, fields, made

    def make(self, fields: dict[Any, Any], original: Any = ABSENT) -> Any:
        """A record of these fields; ``original``, where it is known which one it was."""
        return self._made(fields, original)


def kind_of(cls: type) -> Kind:
    """What records of a class are."""
    if issubclass(cls, dict):
        return Kind(cls.__name__, dict, _dict)
    if issubclass(cls, Row):
        return Kind("Row", _row_fields, _row)
    names = getattr(cls, "_fields", None)
    if names is not None and issubclass(cls, tuple):
        return Kind(cls.__name__, lambda record: dict(zip(names, record)), _named_tuple(cls))
    if cls in (tuple, list):
        return Kind(cls.__name__, by_position, lambda fields, original: cls(fields.values()))
    if dataclasses.is_dataclass(cls):
        return Kind(cls.__name__, _dataclass_fields, _dataclass(cls))
    return Kind(cls.__name__, lambda record: {VALUE: record}, _scalar)


def by_position(record: Iterable[Any]) -> dict[Any, Any]:
    return {f"f{i}": value for i, value in enumerate(record)}


def _dict(fields: dict[Any, Any], original: Any) -> Any:
    if original is ABSENT:
        return fields
    if list(fields) != list(original) and fields.keys() == original.keys():
        fields = {name: fields[name] for name in original}
    if type(original) is dict:
        return fields
    made = copy.copy(original)
    made.clear()
    made.update(fields)
    return made


def _row_fields(row: Row) -> dict[Any, Any]:
    names = getattr(row, "_fields", None)
    return by_position(row) if names is None else dict(zip(names, row))


def _row(fields: dict[Any, Any], original: Any) -> Any:
    unnamed = original is not ABSENT and getattr(original, "_fields", None) is None
    made = Row(*fields.values()) if unnamed or _positions(fields) else Row(**fields)
    if original is not ABSENT:
        made.set_row_kind(original.get_row_kind())
    return made


def _positions(fields: dict[Any, Any]) -> bool:
    return bool(fields) and all(name == f"f{i}" for i, name in enumerate(fields))


def _named_tuple(cls: Any) -> Callable[..., Any]:
    names = cls._fields

    def made(fields: dict[Any, Any], original: Any) -> Any:
        if fields.keys() != set(names):
            return Row(**fields)
        return cls._make([fields[name] for name in names])

    return made


def _dataclass_fields(record: Any) -> dict[Any, Any]:
    return {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}


def _dataclass(cls: Any) -> Callable[..., Any]:
    names = {field.name for field in dataclasses.fields(cls)}
    given = [field.name for field in dataclasses.fields(cls) if field.init]

    def made(fields: dict[Any, Any], original: Any) -> Any:
        if fields.keys() != names:
            return Row(**fields)
        if original is ABSENT:
            return cls(**{name: fields[name] for name in given})
        made = copy.copy(original)
        for name, value in fields.items():
            object.__setattr__(made, name, value)
        return made

    return made


def _scalar(fields: dict[Any, Any], original: Any) -> Any:
    return next(iter(fields.values())) if len(fields) == 1 else tuple(fields.values())


class Kept:
    """The values of a column that cannot hold them as they are, and how it shows them (R1)."""

    def __init__(self, originals: Sequence[Any], shown: Callable[[], Sequence[Any]]) -> None:
        self._originals, self._show = originals, shown
        self._shown: Sequence[Any] | None = None
        self._by_look: dict[str, Any] | None = None

    @property
    def shown(self) -> Sequence[Any]:
        if self._shown is None:
            self._shown = self._show()
        return self._shown

    def at(self, index: int, value: Any) -> Any:
        """What ``value`` was if it is what the column showed at ``index``, else the value."""
        return self._originals[index] if _same(value, self.shown[index]) else value  # R1, R3

    def anywhere(self, value: Any) -> Any:
        """The same where it is not known which record the value is of; what was two things is itself."""
        if self._by_look is None:
            self._by_look = {}
            for shown, original in zip(self.shown, self._originals):
                look = repr(shown)
                known = self._by_look.setdefault(look, original)
                if not _same(known, original):
                    self._by_look[look] = shown
        return self._by_look.get(repr(value), value)


def _same(a: Any, b: Any) -> bool:
    """Alike in type and value; NaN is like NaN."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    try:
        return bool(a == b or (a != a and b != b))
    except (TypeError, ValueError):  # Arrays, whose comparison is an array.
        return False


_EXACT = 1 << 53


def numeric(types: set[type], values: Iterable[Any]) -> Callable[[Any], Any] | None:
    """What makes one kind of number of several, if that rounds nothing.

    Args:
        types: Of the values, at least two, all numbers.
        values: The same values.
    """
    if float not in types:
        return int
    if int in types and any(type(value) is int and not -_EXACT <= value <= _EXACT for value in values):
        return None
    return float


NUMBERS = {int, float, bool}
