"""Values on their way to the program, by ``execute_and_collect``.

A 32-bit float comes as the number of the fewest digits that it is nearest to: 1.1, not 1.100000023841858. So it does in
PyFlink, where floats reach the program as text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..common.types import Row
from .format import java_float

Convert = Callable[[Any], Any]


def collected(type_spec: Mapping[str, Any]) -> Convert | None:
    """What turns a record of the declared type into what the program gets; None where they are the same."""
    inner = _converter(type_spec)
    return None if inner is None else _nullable(inner)


def _nullable(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def _converter(spec: Mapping[str, Any]) -> Convert | None:
    kind = spec["kind"]
    if kind == "FLOAT":
        return _shortened
    if kind in ("LIST", "PRIMITIVE_ARRAY", "BASIC_ARRAY", "OBJECT_ARRAY"):
        element = collected(spec["element"])
        return None if element is None else lambda value: [*map(element, value)]
    if kind == "MAP":
        key, item = collected(spec["key"]) or _same, collected(spec["value"]) or _same
        if key is _same and item is _same:
            return None
        return lambda value: {key(k): item(v) for k, v in value.items()}
    if kind in ("TUPLE", "ROW"):
        fields = [collected(field) for field in spec["fields"]]
        if not any(fields):
            return None
        columns = [field or _same for field in fields]
        return _row(columns) if kind == "ROW" else _tuple(columns)
    return None


def _same(value: Any) -> Any:
    return value


def _shortened(value: float) -> float:
    text = java_float(value)
    return float(value) if text in ("NaN", "Infinity", "-Infinity") else float(text)


def _tuple(columns: list[Convert]) -> Convert:
    return lambda value: tuple([column(item) for column, item in zip(columns, value)])


def _row(columns: list[Convert]) -> Convert:
    def convert(value: Row) -> Row:
        row = Row(*[column(item) for column, item in zip(columns, value)])
        names = getattr(value, "_fields", None)
        if names is not None:
            row.set_field_names(names)
        row.set_row_kind(value.get_row_kind())
        return row

    return convert
