"""Copies of records that leave a task without leaving the process.

A real exchange serialises, so its two ends never share a record. An elided one must not be seen to differ: records
that can be changed in place are copied, all others (most are tuples of numbers and strings) are handed on as they are.
"""

from __future__ import annotations

import datetime
import decimal
import pickle
import uuid
from copy import copy
from itertools import chain
from typing import Any

from ..errors import CodecError
from .failure import safe_repr

_ATOMS: frozenset[type] = frozenset(
    (
        type(None),
        bool,
        int,
        float,
        complex,
        str,
        bytes,
        range,
        datetime.datetime,
        datetime.date,
        datetime.time,
        datetime.timedelta,
        decimal.Decimal,
        uuid.UUID,
    )
)


def is_immutable(values: list[Any], depth: int = 3) -> bool:
    """Whether no value of the list can be changed in place, judged by exact types at C speed."""
    types = {*map(type, values)}
    if types <= _ATOMS:
        return True
    while depth > 0:
        if tuple not in types:
            return False
        if len(types) > 1:
            if not types - {tuple} <= _ATOMS:
                return False
            values = [value for value in values if type(value) is tuple]
        # Tuples of atoms, the common case, are looked into without a list of what is in them.
        types = {*map(type, chain.from_iterable(values))}
        if types <= _ATOMS:
            return True
        values = list(chain.from_iterable(values))
        depth -= 1
    return False


def reuses_objects(config: dict[str, str]) -> bool:
    """``pipeline.object-reuse``: records that can be changed in place are shared instead of copied."""
    return str(config.get("pipeline.object-reuse", "false")).lower() == "true"


def isolated(values: list[Any]) -> list[Any]:
    """The values themselves where they are immutable, else copies of all of them."""
    if is_immutable(values):
        return values
    try:
        copies: list[Any] = loads(dumps(values))
    except Exception as e:
        raise unsendable(values, e) from None
    return copies


def isolated_record(record: Any) -> Any:
    """A copy of one record where it can be changed in place; what cannot be copied is handed on as it is.

    Containers and dataclasses of what cannot be changed, the common case, are copied without pickling.
    """
    kind = type(record)
    if kind in _ATOMS:
        return record
    if kind is tuple:
        if {*map(type, record)} <= _ATOMS or is_immutable([record]):
            return record
    elif kind is dict:
        if {*map(type, record.values())} <= _ATOMS:
            return record.copy()
    elif kind is list:
        if {*map(type, record)} <= _ATOMS:
            return record.copy()
    elif hasattr(kind, "__dataclass_fields__"):
        fields = getattr(record, "__dict__", None)
        if fields is not None and {*map(type, fields.values())} <= _ATOMS:
            return copy(record)
    try:
        return pickle.loads(pickle.dumps(record, 5))
    except Exception:
        return record


def unsendable(records: list[Any], error: Exception) -> CodecError:
    """Why a batch cannot leave its task: the first record that cannot be pickled, and what to do."""
    for record in records:
        try:
            dumps(record)
        except Exception as single:
            return CodecError(
                f"A record cannot be sent to the next task ({single}): {safe_repr(record)}. "
                "Emit plain data, and make what cannot be pickled (locks, files, connections) in open()."
            )
    return CodecError(
        f"A batch cannot be sent to the next task ({error}). Emit plain data, with plain keys: strings, numbers, "
        "tuples or frozen dataclasses."
    )


def dumps(values: Any) -> bytes:
    """Pickle records; local classes and lambdas, which pickle refuses, go by value through cloudpickle."""
    try:
        return pickle.dumps(values, 5)
    except (pickle.PicklingError, AttributeError, TypeError):
        from .._by_value import dumps_by_value

        return dumps_by_value(values)


def loads(data: bytes | memoryview) -> Any:
    return pickle.loads(data)
