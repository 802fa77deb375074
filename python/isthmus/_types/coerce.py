"""Declared types where they bite: a batch of records becomes what its ``TypeSpec`` says. Twin of ``src/bridge/codec/typed.ts``.

T1. A batch is coerced column by column: one pass over the types of a column decides whether it can stay as it is.
T2. A batch that already fits is returned as it is, the very same objects.
T3. Error texts are PyFlink's, followed by the path of the field and its declared type.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from ..common.types import Row
from .collection import collection_converter
from .wanted import (
    INTEGER_RANGES,
    to_big_dec,
    to_boolean,
    to_date,
    to_double,
    to_float,
    to_integer,
    to_time,
    to_wall_clock,
    wanted_with,
)

__all__ = ["coercer", "collection_converter"]

if TYPE_CHECKING:
    from .._program.job_graph import TypeSpec

Column = Sequence[Any]
#: Takes the values of one field of all records; returns the same object when they fit.
ColumnCoercer = Callable[[Column], Column]

_NONE = type(None)


def coercer(type_spec: TypeSpec | None) -> Callable[[list[Any]], list[Any]] | None:
    """What makes a batch fit a declared type; None where there is nothing to do.

    Raises (the function returned, on a value that does not fit):
        TypeError, AttributeError, OverflowError: As PyFlink does, with the path of the field.
    """
    if type_spec is None or type_spec["kind"] == "PICKLED_BYTE_ARRAY":
        return None
    column = _column(type_spec)
    explain = _scalar(type_spec)

    def coerce(values: list[Any]) -> list[Any]:
        try:
            if _NONE in map(type, values):
                raise TypeError("None")
            result = column(values)  # T1
        except BaseException as e:
            for value in values:
                _explain(explain, value, type_spec)
            raise e
        return result if type(result) is list else list(result)

    return coerce


def _explain(scalar: Callable[[Any, str, bool], Any], value: Any, type_spec: TypeSpec) -> None:
    if value is None:
        raise TypeError(f"None is no value of a stream of type {type_spec['kind']} (at $)")
    scalar(value, "$", False)


# -- By columns ------------------------------------------------------------------------------------------------------


def _column(spec: TypeSpec) -> ColumnCoercer:
    kind = spec["kind"]
    if kind in INTEGER_RANGES:
        return _integers(*INTEGER_RANGES[kind])
    if spec["kind"] == "TUPLE":
        return _tuples([_column(field) for field in spec["fields"]])
    if spec["kind"] == "ROW":
        return _rows(list(spec["names"]), [_nullable(_column(field)) for field in spec["fields"]])
    if spec["kind"] == "MAP":
        return _maps(_column(spec["key"]), _nullable(_column(spec["value"])))
    if "element" in spec:
        element = _column(spec["element"])
        return _lists(element if kind == "PRIMITIVE_ARRAY" else _nullable(element))
    exact = _EXACT.get(kind)
    if exact is None:
        return lambda column: column
    wanted, convert = exact
    if wanted is None:
        return _each(convert)

    def coerce(column: Column) -> Column:
        if {*map(type, column)} == wanted:
            return column
        return [convert(value) for value in column]

    return coerce


def _each(convert: Callable[[Any], Any]) -> ColumnCoercer:
    """Where the types of a column do not tell whether its values fit."""

    def coerce(column: Column) -> Column:
        converted = [convert(value) for value in column]
        return column if all(map(_is, column, converted)) else converted  # T2

    return coerce


def _integers(low: int, high: int) -> ColumnCoercer:
    only_int = {int}

    def coerce(column: Column) -> Column:
        if {*map(type, column)} == only_int and min(column) >= low and max(column) <= high:
            return column
        return [to_integer(value, low, high) for value in column]

    return coerce


def _nullable(inner: ColumnCoercer) -> ColumnCoercer:
    none = type(None)

    def coerce(column: Column) -> Column:
        if none not in {*map(type, column)}:
            return inner(column)
        there = inner([value for value in column if value is not None])
        rest = iter(there)
        return [None if value is None else next(rest) for value in column]

    return coerce


def _tuples(fields: list[ColumnCoercer]) -> ColumnCoercer:
    width = len(fields)

    def coerce(column: Column) -> Column:
        if not column:
            return column
        if {*map(type, column)} != {tuple}:
            column = [to_tuple(value) for value in column]
        widths = {*map(len, column)}
        cut = widths != {width}
        if cut and min(widths) < width:
            raise IndexError("tuple index out of range")
        if not width:
            return [() for _ in column] if cut else column
        before = list(zip(*column))[:width]
        after = [field(values) for field, values in zip(fields, before)]
        if not cut and all(map(_is, before, after)):
            return column  # T2
        return list(zip(*after))

    return coerce


def _is(a: Any, b: Any) -> bool:
    return a is b


def _rows(names: list[str], fields: list[ColumnCoercer]) -> ColumnCoercer:
    width = len(names)

    def coerce(column: Column) -> Column:
        if not column:
            return column
        values = [row.get_fields_by_names(names) for row in column]
        if min(map(len, values)) < width:
            raise IndexError("list index out of range")
        fits = {*map(len, values)} == {width} and all(
            [getattr(row, "_fields", None) == names for row in column]
        )
        if not width:
            return column
        before = list(zip(*values))[:width]
        after = [field(items) for field, items in zip(fields, before)]
        if fits and all(map(_is, before, after)):
            return column
        return [_row(names, list(items), row) for items, row in zip(zip(*after), column)]

    return coerce


def _row(names: list[str], values: list[Any], like: Row) -> Row:
    row = Row(*values)
    row.set_field_names(names)
    row.set_row_kind(like.get_row_kind())
    return row


def _lists(element: ColumnCoercer) -> ColumnCoercer:
    def coerce(column: Column) -> Column:
        if {*map(type, column)} != {list}:
            column = [to_list(value) for value in column]
        flat = list(chain.from_iterable(v for v in column if type(v) is list))
        coerced = element(flat)
        if coerced is flat:
            return column
        rest = iter(coerced)
        return [[next(rest) for _ in value] if type(value) is list else value for value in column]

    return coerce


def _maps(key: ColumnCoercer, value: ColumnCoercer) -> ColumnCoercer:
    def coerce(column: Column) -> Column:
        items = [entries.items() for entries in column]
        keys = [k for entry in items for k, _ in entry]
        values = [v for entry in items for _, v in entry]
        new_keys, new_values = key(keys), value(values)
        if new_keys is keys and new_values is values and {*map(type, column)} == {dict}:
            return column
        pairs = iter(zip(new_keys, new_values))
        return [{k: v for _, (k, v) in zip(range(len(entry)), pairs)} for entry in items]

    return coerce


# -- One by one, to say what is wrong where ----------------------------------------------------------------------------


def _scalar(spec: TypeSpec) -> Callable[[Any, str, bool], Any]:
    """Checks one value, and raises with its path what the column form raised without."""
    kind = spec["kind"]
    if spec["kind"] == "TUPLE":
        fields = [_scalar(field) for field in spec["fields"]]

        def check_tuple(value: Any, path: str, nullable: bool) -> None:
            value = _at(path, to_tuple, value, "TUPLE")
            for i, field in enumerate(fields):
                if i >= len(value):
                    raise IndexError(f"tuple index out of range (at {path}[{i}])")
                field(value[i], f"{path}[{i}]", False)

        return check_tuple
    if spec["kind"] == "ROW":
        names = spec["names"]
        named = [(name, _scalar(field)) for name, field in zip(names, spec["fields"])]

        def check_row(value: Any, path: str, nullable: bool) -> None:
            if value is None and nullable:
                return
            values = _at(path, lambda row: row.get_fields_by_names(names), value, "ROW; give a Row(...)")
            for i, (name, field) in enumerate(named):
                if i >= len(values):
                    raise IndexError(f"list index out of range (at {path}.{name})")
                field(values[i], f"{path}.{name}", True)

        return check_row
    if spec["kind"] == "MAP":
        key, item = _scalar(spec["key"]), _scalar(spec["value"])

        def check_map(value: Any, path: str, nullable: bool) -> None:
            if value is None and nullable:
                return
            for k, v in _at(path, lambda entries: entries.items(), value, "MAP"):
                key(k, f"{path}.keys()", False)
                item(v, f"{path}[{k!r}]", True)

        return check_map
    if "element" in spec:
        element = _scalar(spec["element"])

        def check_list(value: Any, path: str, nullable: bool) -> None:
            if value is None and nullable:
                return
            for i, v in enumerate(_at(path, to_list, value, kind)):
                element(v, f"{path}[{i}]", kind != "PRIMITIVE_ARRAY")

        return check_list
    column = _column(spec)

    def check(value: Any, path: str, nullable: bool) -> None:
        if value is not None or not nullable:
            _at(path, column, [value], kind)

    return check


def _at(path: str, what: Callable[[Any], Any], value: Any, declared: str) -> Any:
    try:
        return what(value)
    except BaseException as e:
        try:
            located = type(e)(f"{e} (at {path}, declared {declared})")  # T3
        except BaseException:
            raise e from None
        # With the frames of a conversion that is the user's (``__int__``).
        raise located.with_traceback(e.__traceback__) from None


def to_tuple(value: Any) -> Any:
    if not isinstance(value, tuple):
        raise TypeError(f"Expected tuple, got {type(value).__name__}")
    return tuple(value)


def to_list(value: Any) -> Any:
    """Arrays are lists to Python; ``bytes`` stay what they are."""
    if isinstance(value, (list, bytes)):
        return value
    if isinstance(value, (str, dict)) or not hasattr(value, "__iter__"):
        raise TypeError(f"Expected list, got {type(value).__name__}")
    return list(value)


_EXACT: dict[str, tuple[set[type] | None, Callable[[Any], Any]]] = {
    "STRING": ({str}, wanted_with("encode", str)),
    "CHAR": ({str}, wanted_with("encode", str)),
    "BOOLEAN": ({bool}, to_boolean),
    "DOUBLE": ({float}, to_double),
    "FLOAT": (None, to_float),
    "BIG_INT": ({int}, lambda value: to_integer(value, None, None)),
    "BIG_DEC": (None, to_big_dec),
    "SQL_DATE": (None, to_date),
    "SQL_TIME": (None, to_time),
    "SQL_TIMESTAMP": (None, to_wall_clock),
    "INSTANT": (None, wanted_with("nanos", None)),
}
