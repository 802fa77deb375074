"""Rows: records with positions and, where given, names."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any

__all__ = ["Row", "RowKind"]


class RowKind(Enum):
    """What a row means in a changelog."""

    INSERT = 0
    UPDATE_BEFORE = 1
    UPDATE_AFTER = 2
    DELETE = 3

    def __str__(self) -> str:
        return _SHORT[self.value]


_SHORT = ("+I", "-U", "+U", "-D")


def _rebuild(fields: list[str] | None, values: list[Any], kind: int) -> Row:
    row = Row.__new__(Row)
    if fields is not None:
        row._bind("_fields", fields)
    row._bind("_values", values)
    row._bind("_row_kind", RowKind(kind))
    return row


class Row:
    """A record of several fields.

    ``Row("a", 1)`` has positions only, ``Row(name="a", age=1)`` has names. ``Row("name", "age")`` serves as a maker of
    named rows: ``Person = Row("name", "age"); Person("a", 1)``. A row is no tuple and is not equal to one; named rows
    are equal when they hold the same values under the same names, whatever their order. The row kind takes part.
    """

    __slots__ = ("_fields", "_row_kind", "_values")

    #: Names of the fields; absent (AttributeError) where the row has none.
    _fields: list[str]
    _values: list[Any]
    _row_kind: RowKind

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args and kwargs:
            raise ValueError("Can not use both args and kwargs to create Row")
        if kwargs:
            self._bind("_fields", list(kwargs))
            self._bind("_values", list(kwargs.values()))
        else:
            self._bind("_values", list(args))
        self._bind("_row_kind", RowKind.INSERT)

    def _bind(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    @staticmethod
    def of_kind(row_kind: RowKind, *args: Any, **kwargs: Any) -> Row:
        """A row of another kind than INSERT."""
        row = Row(*args, **kwargs)
        row.set_row_kind(row_kind)
        return row

    def get_row_kind(self) -> RowKind:
        """What the row does to a table: INSERT unless said."""
        return self._row_kind

    def set_row_kind(self, row_kind: RowKind) -> None:
        """What the row does to a table."""
        self._bind("_row_kind", row_kind)

    def set_field_names(self, field_names: list[str]) -> None:
        """Name the fields, in their order."""
        self._bind("_fields", list(field_names))

    def get_fields_by_names(self, names: list[str]) -> list[Any]:
        """Values in the order of ``names``; those in order of position where the row has no names."""
        fields = getattr(self, "_fields", None)
        if fields is None or fields == names:
            return self._values
        missing = [name for name in names if name not in fields]
        if missing:
            raise Exception(f"Field names {missing} not exist in {fields}.")
        return [self._values[fields.index(name)] for name in names]

    def as_dict(self, recursive: bool = False) -> dict[str, Any]:
        """The fields as a dict; with ``recursive``, also of rows inside lists and dicts.

        Raises:
            TypeError: The row has no names.
        """
        if not hasattr(self, "_fields"):
            raise TypeError("Cannot convert a Row class into dict")
        if not recursive:
            return dict(zip(self._fields, self._values))
        return dict(zip(self._fields, map(_plain, self._values)))

    def __contains__(self, item: Any) -> bool:
        return item in getattr(self, "_fields", self._values)

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, (int, slice)):
            return self._values[item]
        return self._values[self._index(item)]

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(key, (int, slice)):
            self._values[key] = value
        else:
            self._values[self._index(key)] = value

    def _index(self, name: Any) -> int:
        try:
            return self._fields.index(name)
        except ValueError:
            raise ValueError(name) from None

    def __getattr__(self, item: str) -> Any:
        if item.startswith("_"):
            raise AttributeError(item)
        try:
            return self._values[self._fields.index(item)]
        except (ValueError, IndexError):
            raise AttributeError(item) from None

    def __setattr__(self, key: str, value: Any) -> None:
        if key not in Row.__slots__:
            raise AttributeError(f"{key!r} of a Row is read-only; write row[{key!r}] = ...")
        self._bind(key, value)

    def __call__(self, *args: Any) -> Row:
        """A row whose names are this row's values."""
        if len(args) > len(self):
            raise ValueError(
                f"Can not create Row with fields {self._values}, expected {len(self)} values but got {args}"
            )
        return _rebuild(list(self._values), list(args), 0)

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __eq__(self, other: object) -> bool:
        if type(other) is not Row:
            return False
        if self._row_kind is not other._row_kind:
            return False
        mine, theirs = getattr(self, "_fields", None), getattr(other, "_fields", None)
        if mine is None or theirs is None:
            return mine is theirs and self._values == other._values
        if mine == theirs:
            return self._values == other._values
        return sorted(mine) == sorted(theirs) and self._values == other.get_fields_by_names(mine)

    def __hash__(self) -> int:
        return hash(tuple(self._values))

    def __repr__(self) -> str:
        fields = getattr(self, "_fields", None)
        if fields is None:
            return f"<Row({', '.join(map(repr, self._values))})>"
        return f"Row({', '.join(f'{name}={value!r}' for name, value in zip(fields, self._values))})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (getattr(self, "_fields", None), self._values, self._row_kind.value)


def _plain(value: Any) -> Any:
    if isinstance(value, Row):
        return value.as_dict(True)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
