"""Python values to msgpack.

Two ways with one result. The fast one looks at the types of whole columns at C speed, hands plain ones to msgspec as
they are and gives up at anything odd. The exact one walks value by value and knows the path of what it refuses.
"""

from __future__ import annotations

import enum
from itertools import chain
from operator import attrgetter
from typing import Any, NoReturn

import msgspec
from msgspec.msgpack import Ext

from ...errors import CodecError
from .ext import (
    COLUMNS,
    DICT_RECORDS,
    FROZENSET,
    LEAF_ENCODERS,
    MAP,
    MAX_COLUMNS,
    MAX_DEPTH,
    ROW,
    ROW_RECORDS,
    SET,
    TUPLE,
    TUPLE_RECORDS,
    Refused,
    big_int,
    encode_instant,
)

#: Lists shorter than this travel record by record.
MIN_COLUMNS_RECORDS = 4

_PLAIN = frozenset((str, int, float, bool, type(None), bytes))
_JUST_STR = {str}

_pack = msgspec.msgpack.Encoder().encode

#: Where a value is: None for the record itself, else the path of what holds it and the step from there.
Path = tuple[Any, str] | None


class _Odd(Exception):
    """The fast way ends here; the exact way knows what to do."""


_GIVE_UP = (_Odd, Refused, OverflowError, ValueError, TypeError, RecursionError)


def encode(value: Any) -> bytes:
    """One value.

    Raises:
        CodecError: Something in it cannot travel; path and type are named.
    """
    try:
        return _pack(_fast(value, 1))
    except _GIVE_UP:
        return _pack_exact(_exact(value, None, 1), value)


def encode_batch(records: list[Any], keys: list[Any] | None = None) -> bytes:
    """The payload of a BATCH: a list of records, or a pair of lists of keys and records.

    Raises:
        CodecError: A record cannot travel; the path inside it and the type are named.
    """
    try:
        if keys is None:
            return _pack(_fast_list(records, 0))
        return _pack((_fast_list(keys, 0), _fast_list(records, 0)))
    except _GIVE_UP:
        exact = [_exact(record, None, 1) for record in records]
        if keys is None:
            return _pack_exact(exact, records)
        try:
            exact_keys = [_exact(key, None, 1) for key in keys]
        except CodecError as e:
            raise CodecError(str(e).replace("A value", "A key", 1), e.path) from None
        return _pack_exact((exact_keys, exact), records)


def _pack_exact(ready: Any, value: Any) -> bytes:
    try:
        return _pack(ready)
    except (OverflowError, ValueError, TypeError) as e:
        raise CodecError(f"A {type(value).__name__} cannot travel to TypeScript: {e}.") from e


# -- The fast way. `depth` is how many containers a value is in, itself included -----------------------------------------


def _fast(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if depth > MAX_DEPTH:
        raise _Odd
    if kind is list:
        return _fast_list(value, depth)
    if kind is dict:
        return _fast_dict(value, depth)
    if kind is tuple:
        return Ext(TUPLE, _pack(_fast_list(value, depth)))
    leaf = LEAF_ENCODERS.get(kind)
    if leaf is None:
        raise _Odd
    return leaf(value)


def _fast_dict(value: dict[Any, Any], depth: int) -> Any:
    if {*map(type, value)} != _JUST_STR and value:
        raise _Odd
    if {*map(type, value.values())} <= _PLAIN:
        return value
    return {key: _fast(item, depth + 1) for key, item in value.items()}


def _fast_list(values: Any, depth: int) -> Any:
    """A list, or a column in a tuple, as msgspec can pack it; `depth` is that of the list."""
    if not values:
        return values
    types = list(map(type, values))
    kind = types[0]
    # Counting one type takes two thirds of the time of collecting all of them.
    if types.count(kind) < len(types):
        if {*types} <= _PLAIN:
            return values
    elif kind in _PLAIN:
        return values
    else:
        leaf = LEAF_ENCODERS.get(kind)
        if leaf is not None:
            return list(map(leaf, values))
        if len(values) >= MIN_COLUMNS_RECORDS and depth < MAX_DEPTH:
            if kind is dict:
                columns = _dict_columns(values, depth)
            elif kind is tuple:
                columns = _tuple_columns(values, depth)
            elif kind.__name__ == "Row" and hasattr(kind, "get_row_kind"):
                columns = _row_columns(values, depth)
            else:
                columns = None
            if columns is not None:
                return Ext(COLUMNS, _pack(columns))
            if kind is dict and _are_plain(values):
                return values
    return [_fast(value, depth + 1) for value in values]


def _are_plain(records: list[dict[Any, Any]]) -> bool:
    """Whether dicts of several shapes can be packed as they are."""
    if not {*map(type, chain.from_iterable(records))} <= _JUST_STR:
        return False
    return {*map(type, chain.from_iterable(map(dict.values, records)))} <= _PLAIN


def _dict_columns(records: list[dict[Any, Any]], depth: int) -> list[Any] | None:
    names = list(records[0])
    if {*map(type, names)} != _JUST_STR or len(names) > MAX_COLUMNS:
        return None
    # One comparison of all keys of all records, mostly by identity; it holds the order of the keys too.
    if list(chain.from_iterable(records)) != names * len(records):
        return None
    try:
        columns = list(zip(*map(dict.values, records), strict=True))
    except ValueError:
        # As many keys in all, but not in each.
        return None
    return [(DICT_RECORDS,), names, *[_fast_list(column, depth + 1) for column in columns]]


def _tuple_columns(records: list[tuple[Any, ...]], depth: int) -> list[Any] | None:
    widths = {*map(len, records)}
    if len(widths) != 1 or widths == {0} or widths.pop() > MAX_COLUMNS:
        return None
    columns = zip(*records, strict=True)
    return [(TUPLE_RECORDS,), (), *[_fast_list(column, depth + 1) for column in columns]]


_kind_of = attrgetter("_row_kind")
_fields_of = attrgetter("_fields")
_values_of = attrgetter("_values")


def _row_columns(rows: list[Any], depth: int) -> list[Any] | None:
    (row, *_) = rows
    kind = row.get_row_kind()
    if {*map(id, map(_kind_of, rows))} != {id(kind)}:
        return None
    names: list[str] = []
    if hasattr(row, "_fields"):
        names = row._fields
        try:
            if list(map(_fields_of, rows)).count(names) != len(rows) or {*map(type, names)} != _JUST_STR:
                return None
        except AttributeError:
            return None
    elif any(hasattr(other, "_fields") for other in rows):
        return None
    items = list(map(_values_of, rows))
    widths = {*map(len, items)}
    if len(widths) != 1 or not 0 < (width := widths.pop()) <= MAX_COLUMNS:
        return None
    if names and (len(names) != width or len({*names}) != width):
        return None
    columns = zip(*items, strict=True)
    head = (ROW_RECORDS, kind.value, len(names) > 0)
    return [head, names, *[_fast_list(column, depth + 1) for column in columns]]


# -- The exact way --------------------------------------------------------------------------------------------------------


def _exact(value: Any, path: Path, depth: int) -> Any:
    kind = type(value)
    if kind is str:
        if not value.isascii():
            _check_text(value, path)
        return value
    if kind is int:
        return value if -(2**63) <= value < 2**64 else _leaf(big_int, value, path)
    if kind in _PLAIN:
        return value
    leaf = LEAF_ENCODERS.get(kind)
    if leaf is not None:
        return _leaf(leaf, value, path)
    if depth > MAX_DEPTH:
        _refuse(value, path, f"values may nest {MAX_DEPTH} deep")
    if kind is list:
        return _exact_items(value, path, depth)
    if kind is dict or isinstance(value, dict):
        return _exact_dict(value, path, depth)
    if isinstance(value, tuple):
        return Ext(TUPLE, _pack(_exact_items(value, path, depth)))
    if kind is set or kind is frozenset:
        items = [_exact(item, (path, "{}"), depth + 1) for item in value]
        _check_nans(items, value, path, "members")
        return Ext(SET if kind is set else FROZENSET, _pack(items))
    return _exact_other(value, path, depth)


def _leaf(encoder: Any, value: Any, path: Path) -> Any:
    try:
        return encoder(value)
    except Refused as e:
        _refuse(value, path, str(e))


def _check_text(value: str, path: Path) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        _refuse(value, path, "it has a lone surrogate, which is no valid text")


def _exact_items(values: Any, path: Path, depth: int) -> list[Any]:
    return [_exact(item, (path, f"[{i}]"), depth + 1) for i, item in enumerate(values)]


def _exact_dict(value: dict[Any, Any], path: Path, depth: int) -> Any:
    if all(type(key) is str for key in value):
        for key in value:
            _check_text(key, path)
        return {key: _exact(item, (path, _step(key)), depth + 1) for key, item in value.items()}
    pairs = [
        (_exact(k, (path, ".keys()"), depth + 1), _exact(v, (path, f"[{k!r}]"), depth + 1))
        for k, v in value.items()
    ]
    _check_nans([key for key, _ in pairs], value, path, "keys")
    return Ext(MAP, _pack(list(chain.from_iterable(pairs))))


def _check_nans(encoded: list[Any], value: Any, path: Path, what: str) -> None:
    if sum(one != one for one in encoded) > 1:
        _refuse(value, path, f"it has NaN twice among its {what}, and in TypeScript all NaN are one")


def _exact_other(value: Any, path: Path, depth: int) -> Any:
    kind = type(value)
    name = kind.__name__
    if name == "Row" and hasattr(value, "get_row_kind"):
        names = getattr(value, "_fields", None)
        steps = [_step(n) for n in names] if names else [f"[{i}]" for i in range(len(value))]
        items = [_exact(item, (path, step), depth + 1) for step, item in zip(steps, value, strict=False)]
        return Ext(ROW, _pack([value.get_row_kind().value, names, *items]))
    if name == "Instant" and hasattr(value, "nanos"):
        return _leaf(encode_instant, value, path)
    if isinstance(value, enum.Enum):
        _refuse(value, path, "an Enum would not come back as one; send its value or its name")
    libraries = {base.__module__.partition(".")[0] for base in kind.__mro__}
    if "numpy" in libraries:
        return _of_numpy(value, path, depth)
    if "pandas" in libraries:
        from .numpy_values import of_pandas

        return _exact(_leaf(of_pandas, value, path), path, depth)
    if hasattr(kind, "__dataclass_fields__"):
        fields = {name: getattr(value, name) for name in kind.__dataclass_fields__}
        return _exact_dict(fields, path, depth)
    if hasattr(kind, "model_fields") and hasattr(value, "model_dump"):
        return _exact_dict(value.model_dump(), path, depth)
    from .advice import advice_for

    _refuse(value, path, advice_for(value))


def _of_numpy(value: Any, path: Path, depth: int) -> Any:
    import numpy

    from .numpy_values import encode_array, plain_scalar

    if isinstance(value, numpy.ndarray):
        return _leaf(encode_array, value, path)
    if isinstance(value, numpy.generic):
        return _exact(_leaf(plain_scalar, value, path), path, depth)
    _refuse(value, path, "of NumPy, scalars and arrays can travel")


def _step(key: str) -> str:
    return f".{key}" if key.isidentifier() else f"[{key!r}]"


def _refuse(value: Any, path: Path, why: str) -> NoReturn:
    text = ""
    while path is not None:
        path, step = path
        text = step + text
    where = f"${text}"
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    raise CodecError(f"A value of type {name} at {where} cannot travel to TypeScript: {why}.", where)
