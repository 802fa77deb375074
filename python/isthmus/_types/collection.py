"""``from_collection`` with a declared type: unlike an exchange it converts, as PyFlink does (integers wrap, dicts become rows)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..common.types import Row
from .wanted import INTEGER_RANGES, to_big_dec, to_date, to_float, to_integer, to_time, to_wall_clock

Convert = Callable[[Any], Any]


def collection_converter(type_spec: Mapping[str, Any] | None) -> Convert:
    """What turns an element given to ``from_collection`` into a value of the declared type.

    Integers wrap around, FLOAT is rounded to 32 bits, rows are made of tuples, lists, dicts, objects and rows.

    Raises (the function returned):
        TypeError: The element does not fit; the path of the field is in the text.
    """
    if type_spec is None or type_spec["kind"] == "PICKLED_BYTE_ARRAY":
        return lambda value: value
    convert = _converter(type_spec, "$")

    def top(value: Any) -> Any:
        if value is None:
            raise TypeError(f"None is no value of a stream of type {type_spec['kind']} (at $)")
        return convert(value)

    return top


def _converter(spec: Mapping[str, Any], path: str) -> Convert:
    kind = spec["kind"]
    if kind in INTEGER_RANGES:
        return _wrapping(*INTEGER_RANGES[kind], path, kind)
    if kind == "TUPLE":
        return _tuple(spec, path)
    if kind == "ROW":
        return _row(spec, path)
    if kind in ("LIST", "PRIMITIVE_ARRAY", "BASIC_ARRAY", "OBJECT_ARRAY"):
        element = _nullable(_converter(spec["element"], f"{path}[]"))
        return lambda value: value if isinstance(value, bytes) else [element(v) for v in value]
    if kind == "MAP":
        key = _converter(spec["key"], f"{path}.keys()")
        item = _nullable(_converter(spec["value"], f"{path}.values()"))
        return lambda value: {key(k): item(v) for k, v in value.items()}
    if kind == "DOUBLE":
        return _checked((int, float), float, path, kind)
    if kind == "FLOAT":
        return _checked((int, float), to_float, path, kind)
    if kind == "BOOLEAN":
        return _checked((bool, int), bool, path, kind)
    if kind in ("STRING", "CHAR"):
        return _checked((str, int, float), str, path, kind)
    if kind == "BIG_INT":
        return lambda value: to_integer(value, None, None)
    if kind in _AS_EXCHANGED:
        return _located(_AS_EXCHANGED[kind], path, kind)
    return _checked((object,), lambda value: value, path, kind)


#: Converted just as at an exchange.
_AS_EXCHANGED: dict[str, Convert] = {
    "BIG_DEC": to_big_dec,
    "SQL_DATE": to_date,
    "SQL_TIME": to_time,
    "SQL_TIMESTAMP": to_wall_clock,
}


def _located(convert: Convert, path: str, kind: str) -> Convert:
    def locate(value: Any) -> Any:
        try:
            return convert(value)
        except (TypeError, AttributeError, OverflowError, ValueError) as e:
            raise TypeError(f"{value!r} is no {kind}: {e} (at {path})") from None

    return locate


def _nullable(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def _checked(accepted: tuple[type, ...], convert: Convert, path: str, kind: str) -> Convert:
    def check(value: Any) -> Any:
        if value is None or not isinstance(value, accepted):
            raise TypeError(f"{value!r} is no {kind} (at {path})")
        return convert(value)

    return check


def _wrapping(low: int, high: int, path: str, kind: str) -> Convert:
    span = high - low + 1

    def wrap(value: Any) -> int:
        if value is None or isinstance(value, (str, bytes)) or not hasattr(value, "__int__"):
            raise TypeError(f"an integer is required, {value!r} is no {kind} (at {path})")
        number = int(value)
        return number if low <= number <= high else (number - low) % span + low

    return wrap


def _tuple(spec: Mapping[str, Any], path: str) -> Convert:
    fields = [_nullable(_converter(field, f"{path}[{i}]")) for i, field in enumerate(spec["fields"])]

    def convert(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, (tuple, list, Row)) or len(value) < len(fields):
            raise TypeError(f"{value!r} is no tuple of {len(fields)} fields (at {path})")
        return tuple([field(item) for field, item in zip(fields, value)])

    return convert


def _row(spec: Mapping[str, Any], path: str) -> Convert:
    names = list(spec["names"])
    fields = [_nullable(_converter(f, f"{path}.{name}")) for name, f in zip(names, spec["fields"])]

    def convert(value: Any) -> Row:
        row = Row(*[field(item) for field, item in zip(fields, _items(value, names, path))])
        row.set_field_names(names)
        if isinstance(value, Row):
            row.set_row_kind(value.get_row_kind())
        return row

    return convert


def _items(value: Any, names: list[str], path: str) -> list[Any]:
    """The fields of what was given for a row, in order of the names."""
    if isinstance(value, dict):
        return [value.get(name) for name in names]
    if isinstance(value, Row):
        items = value.get_fields_by_names(names)
    elif isinstance(value, (tuple, list)):
        items = list(value)
    elif hasattr(value, "__dict__"):
        return [value.__dict__.get(name) for name in names]
    else:
        raise ValueError(
            f"Unexpected tuple {value!r} with RowTypeInfo: give a tuple, list, dict, Row or object (at {path})"
        )
    if len(items) != len(names):
        raise ValueError(f"{value!r} has {len(items)} fields, the type has {len(names)} (at {path})")
    return items
