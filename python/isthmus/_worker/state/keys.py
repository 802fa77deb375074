"""Keys of state tables.

A record's key is used as it is where Python can hash it, so that state access is one dict lookup. A key
that cannot be hashed (a list, a dict) is looked up by its canonical encoding instead.
"""

from __future__ import annotations

import pickle
from typing import Any

from ..._bridge.keys import KeyGroups, encode_key


class FrozenKey:
    """Stands for an unhashable key in a table."""

    __slots__ = ("encoded", "key")

    def __init__(self, key: Any) -> None:
        self.key = key
        self.encoded = encoded(key)

    def __eq__(self, other: object) -> bool:
        return type(other) is FrozenKey and other.encoded == self.encoded

    def __hash__(self) -> int:
        return hash(self.encoded)

    def __repr__(self) -> str:
        return repr(self.key)

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenKey, (self.key,)


def encoded(key: Any) -> bytes:
    """Equal keys have equal encodings; a key without a canonical form goes by its pickle."""
    try:
        return encode_key(key)
    except Exception:
        return b"\xffpickle" + pickle.dumps(key, 5)


def freeze(key: Any) -> Any:
    """The key as a table knows it."""
    try:
        hash(key)
    except TypeError:
        return FrozenKey(key)
    return key


def thaw(key: Any) -> Any:
    """The record's key of a table's key."""
    return key.key if type(key) is FrozenKey else key


class GroupOf:
    """Which key group a table's key belongs to; a key of (key, window) goes by its first part."""

    def __init__(self, max_parallelism: int, parallelism: int, subtask: int) -> None:
        self._groups = KeyGroups(max_parallelism, parallelism)
        self._subtask = subtask

    def group(self, key: Any) -> int:
        return self._groups.group(thaw(key))

    def is_mine(self, group: int) -> bool:
        """Whether the group belongs to this subtask now."""
        return self._groups.owner(group) == self._subtask
