"""Records that are kept while the code they came from goes on.

A function may yield a record, change it and yield it again; two records may refer to one object. Where a record is passed
on at once (along a chain, to a sink that writes it) nobody sees the difference. Where it is *kept* (in a batch, for an
exchange, for a timer, for an answer), it must stay as it was given, and be nobody else's.

  K1. A record is judged, and copied where it can be changed, before the iterator it came from is advanced.
  K2. What cannot be changed is kept as it is. A copy shares nothing that can be changed with any other record, so that a
      batch may be pickled as one.
  K3. What one record refers to twice, its copy refers to twice.
  K4. What was taken before an exception stays taken.

With ``pipeline.object-reuse`` nothing is judged or copied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copyreg import _slotnames, dispatch_table  # type: ignore[attr-defined]
from enum import EnumMeta
from functools import cache, lru_cache
from itertools import groupby, islice
from types import BuiltinFunctionType, FunctionType
from typing import Any, Protocol, TypeAlias

from .._settings.settings import Settings
from ..common.types import Row
from .isolate import ATOMS, dumps, is_immutable, loads, unsendable
from .raised import ANYTHING

Own: TypeAlias = Callable[[Any], Any]
Take: TypeAlias = Callable[[Iterator[Any], list[Any], int], None]


class Timed(Protocol):
    """What says the timestamp of the record in flight."""

    timestamp: int


class Keeping(Protocol):
    """What an operator tells of itself for what it keeps: its part of an ``OperatorContext``."""

    settings: Settings
    follows: bool


_FIXED = ATOMS
_CONTAINERS = frozenset((dict, list, Row, set))
#: Records with more fields are judged field by field.
_MOST_FIELDS = 40


def as_it_is(record: Any) -> Any:
    return record


def kept(record: Any) -> Any:
    """The record as it is now (K2). What cannot be copied is kept as it is: in a chain nothing need be sendable."""
    try:
        return copied(record)
    except ANYTHING:
        return memoryview(bytes(record)) if type(record) is memoryview else record


def sendable(record: Any) -> Any:
    """As ``kept``, for an exchange.

    Raises:
        CodecError: The record cannot be pickled.
    """
    try:
        return copied(record)
    except ANYTHING as e:
        unsendable([record], e)


def isolated(values: list[Any]) -> list[Any]:
    """The values themselves where none can be changed, else copies of those that can be."""
    return values if is_immutable(values) else [sendable(value) for value in values]


def take(records: Iterator[Any], values: list[Any], limit: int, own: Own) -> None:
    """Move up to ``limit`` records to ``values`` (K1). ``own`` copies those that the fast ways do not know."""
    # ``groupby`` looks at types in C, and is not ahead of who pulls its groups.
    for kind, run in groupby(islice(records, limit), type):
        if kind in _FIXED:
            values.extend(run)  # K4
        else:
            _take_run(kind, run, values, own, None, None)


def take_timed(
    records: Iterator[Any],
    values: list[Any],
    limit: int,
    own: Own | None,
    timestamps: list[int],
    cursor: Timed,
) -> None:
    """As ``take``, with the cursor's timestamps; without ``own`` nothing is judged."""
    if own is None:
        # Calls that the interpreter has a way of its own for, from 3.11 on.
        for value in islice(records, limit):
            values.append(value)
            timestamps.append(cursor.timestamp)
        return
    for kind, run in groupby(islice(records, limit), type):
        if kind in _FIXED:
            for value in run:
                values.append(value)
                timestamps.append(cursor.timestamp)
        else:
            _take_run(kind, run, values, own, timestamps, cursor)


#: Of records with fields: where they are, and how the record is copied where none of them can be changed.
_WITH_FIELDS: dict[type, tuple[str, str]] = {
    tuple: ("value", "value"),
    list: ("value", "value.copy()"),
    dict: ("value.values()", "value.copy()"),
    Row: ("value._values", "row_copy(value)"),
}


def _take_run(
    kind: type,
    run: Iterator[Any],
    values: list[Any],
    own: Own,
    timestamps: list[int] | None,
    cursor: Timed | None,
) -> None:
    """Records of one type."""
    timed = timestamps is not None
    if kind in _WITH_FIELDS:
        first = next(run)
        values.append(own(first))
        if timed:
            timestamps.append(cursor.timestamp)  # type: ignore[union-attr]
        width = len(first)
        if 0 < width <= _MOST_FIELDS:
            _loop(kind, width, timed)(run, values, own, timestamps, cursor)
            return
    for value in run:
        values.append(own(value))
        if timed:
            timestamps.append(cursor.timestamp)  # type: ignore[union-attr]


@cache
def _loop(kind: type, width: int, timed: bool) -> Callable[..., None]:
    """Written out for records of one type and number of fields: types are compared with those of the record before,
    which costs a third of looking each of them up. Records of another width are left to ``own``.
    """
    of, copy = _WITH_FIELDS[kind]
    fields = "".join(f"f{i}, " for i in range(width))
    types = "".join(f"t{i}, " for i in range(width))
    text = f"""
def loop(run, values, own, timestamps, cursor):
    {" = ".join(f"t{i}" for i in range(width))} = None
    for value in run:
        try:
            {fields} = {of}
        except ValueError:
            value = own(value)
        else:
            if {" and ".join(f"type(f{i}) is t{i}" for i in range(width))}:
                value = {copy}
            elif {" and ".join(f"type(f{i}) in fixed" for i in range(width))}:
                {types} = {"".join(f"type(f{i}), " for i in range(width))}
                value = {copy}
            else:
                value = own(value)
        values.append(value)
        {"timestamps.append(cursor.timestamp)" if timed else ""}
"""
    scope: dict[str, Any] = {"fixed": _FIXED, "row_copy": _row_copy}
    exec(text, scope)
    made: Callable[..., None] = scope["loop"]
    return made


def fixed(record: Any) -> bool:
    """Whether nothing of the record can be changed, judged by exact types."""
    kind = type(record)
    if kind in _FIXED:
        return True
    if kind in _CONTAINERS:
        return False
    if kind is tuple or kind is frozenset or _is_named_tuple(kind):
        for field in record:  # noqa: SIM110 all() of a generator takes three times as long.
            if type(field) not in _FIXED and not fixed(field):
                return False
        return True
    return _is_fixed_kind(kind)  # type: ignore[arg-type]


def _is_named_tuple(kind: type) -> bool:
    # One without a __dict__ is its fields and nothing else.
    return issubclass(kind, tuple) and kind.__dictoffset__ == 0 and kind.__iter__ is tuple.__iter__


@lru_cache(256)
def _is_fixed_kind(kind: type) -> bool:
    """Whether objects of a type are known to be fixed, or to be one object wherever they are unpickled."""
    if isinstance(kind, EnumMeta) or issubclass(kind, (type, FunctionType, BuiltinFunctionType)):
        return True
    return kind.__module__ == "numpy" and kind.__name__ != "void" and "generic" in _names_of_bases(kind)


def _names_of_bases(kind: type) -> list[str]:
    return [base.__name__ for base in kind.__mro__]


def copied(record: Any) -> Any:
    """The record itself where it is ``fixed``, else a copy (K2, K3). Flat ones are spared pickle.

    Raises:
        Exception: It cannot be pickled.
    """
    kind = type(record)
    if kind in _FIXED:
        return record
    if kind is dict:
        if _FIXED.issuperset(map(type, record.values())):
            return record.copy()
    elif kind is list:
        if _FIXED.issuperset(map(type, record)):
            return record.copy()
    elif kind is Row:
        if _FIXED.issuperset(map(type, record._values)):
            return _row_copy(record)
    elif fixed(record):
        return record
    elif _is_plain(kind):  # type: ignore[arg-type]
        fields = record.__dict__
        if _FIXED.issuperset(map(type, fields.values())):
            copy = object.__new__(kind)
            copy.__dict__.update(fields)
            return copy
    if kind is dict or kind is list:
        try:
            return _copy_of_containers(record, {})
        except (_Foreign, RecursionError):
            pass
    return loads(dumps(record))


class _Foreign(Exception):
    """Something that pickle has to copy: it, and all that refers to it with it."""


def _copy_of_containers(value: Any, known: dict[int, Any]) -> Any:
    """Dicts and lists in each other, in half the time of pickle: only fields that can be changed are looked at again."""
    if id(value) in known:
        return known[id(value)]  # K3
    kind = type(value)
    if kind is dict:
        made = known[id(value)] = value.copy()
        for key, field in value.items():
            if type(field) not in _FIXED:
                made[key] = _copy_of_containers(field, known)
        return made
    if kind is list:
        fields = known[id(value)] = value.copy()
        for i, field in enumerate(value):
            if type(field) not in _FIXED:
                fields[i] = _copy_of_containers(field, known)
        return fields
    if fixed(value):
        return value
    raise _Foreign


def _row_copy(row: Row) -> Row:
    copy = object.__new__(Row)
    names = getattr(row, "_fields", None)
    if names is not None:
        object.__setattr__(copy, "_fields", names.copy())
    object.__setattr__(copy, "_values", row._values.copy())
    object.__setattr__(copy, "_row_kind", row._row_kind)
    return copy


#: What decides how pickle rebuilds an object.
_REBUILDING = ("__new__", "__reduce_ex__", "__reduce__", "__getstate__")


@lru_cache(256)
def _is_plain(kind: type) -> bool:
    """Whether pickle would make a bare object of a type and fill its __dict__."""
    return (
        all(getattr(kind, name, None) is getattr(object, name, None) for name in _REBUILDING)
        and not any(hasattr(kind, name) for name in ("__setstate__", "__getnewargs__", "__getnewargs_ex__"))
        and kind.__dictoffset__ != 0
        and not _slotnames(kind)
        and kind not in dispatch_table
    )


def forget_types() -> None:
    """A job has ended: its classes are nobody's any more."""
    _is_fixed_kind.cache_clear()
    _is_plain.cache_clear()


def keeper_of_inputs(ctx: Keeping) -> tuple[Own, Take]:
    """How an operator keeps what it is fed, one record or several: the functions before it in the chain may go on to change
    them. Records of an exchange and of a source are its own.
    """
    return _AS_THEY_ARE if not ctx.follows else keeper(ctx)


def keeper(ctx: Keeping) -> tuple[Own, Take]:
    """How an operator hands out what it keeps, one record or several, so that functions may change what they are given."""
    return _AS_THEY_ARE if ctx.settings.object_reuse else (kept, _take_kept)


def _take_kept(records: Iterator[Any], values: list[Any], limit: int) -> None:
    take(records, values, limit, kept)


def _take_as_they_are(records: Iterable[Any], values: list[Any], limit: int) -> None:
    values.extend(islice(records, limit))


_AS_THEY_ARE: tuple[Own, Take] = (as_it_is, _take_as_they_are)
