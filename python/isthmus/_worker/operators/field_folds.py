"""Sum, min, max, min_by and max_by of a field, as folds of two records: ``op`` and ``field`` of an operator's params."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..._interfaces.functions.basic import ReduceFunction

Fold = Callable[[Any, Any], Any]


def aggregation(op: str, field: int | str) -> Fold:
    """The fold of an aggregation; it looks at the first value it meets to learn how fields are read."""
    made: Fold | None = None

    def fold(current: Any, value: Any) -> Any:
        nonlocal made
        if made is None:
            made = fold.__dict__["settled"] = _for_values_like(current, op, field)
        return made(current, value)

    return fold


def settled(fold: Fold) -> Fold:
    """The fold without the look at its first value, once it has had that; any other function as it is."""
    found: Fold = getattr(fold, "settled", fold)
    return found


class FieldFold(ReduceFunction[Any]):
    """The aggregation of a field as a reduce function of windows."""

    #: Sliding windows are put together from slices, and so cost no more than tumbling ones.
    mergeable = True

    def __init__(self, op: str, field: int | str) -> None:
        # The fold itself, without a method around it: it is called for every record.
        self.reduce = aggregation(op, field)  # type: ignore[method-assign]

    def reduce(self, value1: Any, value2: Any, /) -> Any:
        raise NotImplementedError


def _for_values_like(example: Any, op: str, field: int | str) -> Fold:
    if isinstance(example, tuple) and isinstance(field, str) and hasattr(example, "_fields"):
        field = example._fields.index(field)
    if not _has_fields(example):
        if field != 0:
            raise TypeError(
                f"The {field} field selected on a basic type. A field expression on a basic type can only "
                "select the 0th field (which means selecting the entire basic type)."
            )
        return _SCALAR[op]
    if op == "min_by":
        return lambda a, b: b if b[field] < a[field] else a
    if op == "max_by":
        return lambda a, b: b if b[field] > a[field] else a
    choose = _SCALAR[op]
    if type(example) is tuple and isinstance(field, int):
        at = field if field >= 0 else field + len(example)

        return _of_tuples(op, at, len(example))
    replace = _replacer(example)

    def of_records(a: Any, b: Any) -> Any:
        return replace(a, field, choose(a[field], b[field]))

    return of_records


_SCALAR: dict[str, Fold] = {
    "sum": lambda a, b: a + b,
    "min": lambda a, b: b if b < a else a,
    "max": lambda a, b: b if b > a else a,
    "min_by": lambda a, b: b if b < a else a,
    "max_by": lambda a, b: b if b > a else a,
}


#: How a field of two tuples becomes one.
_EXPRESSIONS = {
    "sum": "a[{0}] + b[{0}]",
    "min": "b[{0}] if b[{0}] < a[{0}] else a[{0}]",
    "max": "b[{0}] if b[{0}] > a[{0}] else a[{0}]",
}


def _of_tuples(op: str, at: int, width: int) -> Fold:
    """Written out for tuples of one width: half the time of slicing them. Others are refused by their index."""
    if not 0 <= at < width:
        raise IndexError(f"There is no field {at} in a tuple of {width} fields.")
    fields = [_EXPRESSIONS[op].format(i) if i == at else f"a[{i}]" for i in range(width)]
    fold: Fold = eval(f"lambda a, b: ({', '.join(fields)},)", {})
    return fold


def _has_fields(example: Any) -> bool:
    return isinstance(example, (tuple, list, dict)) or hasattr(example, "get_row_kind")


def _replacer(example: Any) -> Callable[[Any, Any, Any], Any]:
    """Copies a record with one field replaced: the one before has been emitted."""
    if isinstance(example, tuple):
        return lambda record, field, value: record._replace(**{record._fields[field]: value})
    if isinstance(example, dict):
        return lambda record, field, value: {**record, field: value}
    if isinstance(example, list):
        return _replace_in_list
    from copy import copy

    def replace_in_row(record: Any, field: Any, value: Any) -> Any:
        changed = copy(record)
        # Rows keep their values in a list, which a shallow copy shares.
        if getattr(changed, "_values", None) is getattr(record, "_values", changed):
            changed._values = list(record._values)
        changed[field] = value
        return changed

    return replace_in_row


def _replace_in_list(record: list[Any], field: int, value: Any) -> list[Any]:
    changed = list(record)
    changed[field] = value
    return changed
