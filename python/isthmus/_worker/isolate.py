"""Copies of records that leave a task without leaving the process.

A real exchange serialises, so its two ends never share a record. An elided one must not be seen to differ: records
that can be changed in place are copied, all others (most are tuples of numbers and strings) are handed on as they are.
"""

from __future__ import annotations

import datetime
import decimal
import pickle
import uuid
from itertools import chain
from typing import Any

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
    types = set(map(type, values))
    types -= _ATOMS
    if not types:
        return True
    if depth == 0 or types != {tuple}:
        return False
    tuples = [v for v in values if type(v) is tuple] if len(types) else values
    return is_immutable(list(chain.from_iterable(tuples)), depth - 1)


def isolated(values: list[Any]) -> list[Any]:
    """The values themselves where they are immutable, else copies of all of them."""
    if is_immutable(values):
        return values
    copies: list[Any] = loads(dumps(values))
    return copies


def dumps(values: Any) -> bytes:
    """Pickle records; local classes and lambdas, which pickle refuses, go by value through cloudpickle."""
    try:
        return pickle.dumps(values, 5)
    except (pickle.PicklingError, AttributeError, TypeError):
        import cloudpickle

        return cloudpickle.dumps(values, 5)  # type: ignore[no-any-return]


def loads(data: bytes | memoryview) -> Any:
    return pickle.loads(data)
