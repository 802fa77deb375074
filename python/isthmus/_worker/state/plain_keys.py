"""Keys that a dict may hold as they are: ``==`` says of them what their encoding says, and nobody can choose their hash.

Others stand in a table under their canonical form (``_worker/state/keys.py``): what is not equal to itself (NaN) or to
itself alone (an object whose class has no ``__eq__``), what is equal as a key but not for Python (a list and a tuple), and
integers beyond 64 bits. CPython hashes an integer by its remainder by 2^61 - 1, so n multiples of that number cost a dict n²
steps; of 64 bits at most nine have a remainder in common.
"""

from __future__ import annotations

import datetime
import struct
from collections.abc import Sequence
from typing import Any

_MIN, _MAX = -(2**63), 2**63 - 1
_INFINITE = (float("inf"), float("-inf"))
_ALWAYS = frozenset((str, bytes, bool, type(None), datetime.date, datetime.timedelta))


def is_plain(key: Any) -> bool:
    kind = type(key)
    if kind in _ALWAYS:
        return True
    if kind is int:
        return _MIN <= key <= _MAX  # type: ignore[no-any-return]
    if kind is tuple:
        return all(map(is_plain, key))
    if kind is float:
        # False of NaN.
        return _MIN <= key <= _MAX or key in _INFINITE
    return kind is datetime.datetime and key.tzinfo is None


def are_of(kind: type, keys: Sequence[Any]) -> bool:
    """Whether all are of exactly this type. Counting one type takes half the time of collecting all."""
    return list(map(type, keys)).count(kind) == len(keys)


def are_plain(keys: Sequence[Any]) -> bool:
    """Whether all of them are, as far as C code can tell; False where each must be asked."""
    if not keys:
        return True
    kind = type(keys[0])
    if not are_of(kind, keys):
        return {*map(type, keys)} <= _ALWAYS
    if kind in _ALWAYS:
        return True
    if kind is int:
        try:
            # The cheapest look at the size of many: three times as fast as comparing them.
            struct.pack(f"{len(keys)}q", *keys)
        except struct.error:
            return False
        return True
    if kind is tuple:
        try:
            return all(map(are_plain, zip(*keys, strict=True)))
        except ValueError:
            # Of several lengths.
            return False
    return False
