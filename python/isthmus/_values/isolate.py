"""What of a record can be changed in place, and how records are pickled. ``keep.py`` copies those that can be.

A real exchange serialises, so its two ends never share a record. An elided one must not be seen to differ: records
that can be changed in place are copied, all others (most are tuples of numbers and strings) are handed on as they are.
"""

from __future__ import annotations

import datetime
import decimal
import pickle
import uuid
from itertools import chain
from typing import Any, NoReturn

from ..errors import CodecError
from .failure import user_codes
from .raised import ANYTHING
from .shown import safe_repr, safe_str, type_name

ATOMS: frozenset[type] = frozenset(
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
    if types <= ATOMS:
        return True
    while depth > 0:
        if tuple not in types:
            return False
        if len(types) > 1:
            if not types - {tuple} <= ATOMS:
                return False
            values = [value for value in values if type(value) is tuple]
        # Tuples of atoms, the common case, are looked into without a list of what is in them.
        types = {*map(type, chain.from_iterable(values))}
        if types <= ATOMS:
            return True
        values = list(chain.from_iterable(values))
        depth -= 1
    return False


def unsendable(records: list[Any], error: BaseException) -> NoReturn:
    """Say why a batch cannot leave its task: the first record that cannot be pickled, and what to do.

    Raises:
        CodecError: Always; caused by what code of the record's own has raised, where it was that.
    """
    for record in records:
        try:
            dumps(record)
        except ANYTHING as single:
            raise CodecError(
                f"A record cannot be sent to the next task ({_why(single)}): {safe_repr(record)}. "
                "Emit plain data, and make what cannot be pickled (locks, files, connections) in open()."
            ) from _of_the_user(single)
    raise CodecError(
        f"A batch cannot be sent to the next task ({_why(error)}). Emit plain data, with plain keys: strings, numbers, "
        "tuples or frozen dataclasses."
    ) from _of_the_user(error)


def _why(error: BaseException) -> str:
    return safe_str(error) or type_name(error)


def _of_the_user(error: BaseException) -> BaseException | None:
    return error if user_codes(error.__traceback__) else None


def dumps(values: Any) -> bytes:
    """Pickle records; local classes and lambdas, which pickle refuses, go by value through cloudpickle."""
    try:
        return pickle.dumps(values, 5)
    except (pickle.PicklingError, AttributeError, TypeError):
        from .._code.by_value import dumps_by_value

        return dumps_by_value(values)


def loads(data: bytes | memoryview) -> Any:
    return pickle.loads(data)
