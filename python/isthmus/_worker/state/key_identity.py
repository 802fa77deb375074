"""Keys of state tables.

A record's key is used as it is where Python's own tables tell keys apart as the encoding does (``plain_keys.py``), so
that state access is one dict lookup. Any other is a ``FrozenKey`` there, which goes by the canonical form.

  K1. What routes as one key is one key in every table, and the other way round.
  K2. ``cursor.key`` and the keys of ``apply_keyed`` are keys of tables; what a user sees is ``thaw`` of them.
"""

from __future__ import annotations

import datetime
import struct
from typing import Any

from .keys import KeyGroups, encode_key, key_group_range
from .plain_keys import are_of, are_plain, is_plain

#: Beyond it, batches are looked at anew.
REMEMBERED_TUPLES = 1 << 16

_F64 = struct.Struct(">d")
_EPOCH = datetime.datetime(1970, 1, 1)
_MICROSECOND = datetime.timedelta(microseconds=1)
#: Before the encoding of a key that equals none of a plain type.
_ENCODED = object()


class FrozenKey:
    """Stands for a key in a table."""

    __slots__ = ("_hash", "identity", "key")

    def __init__(self, key: Any) -> None:
        self.key = key
        #: Plain, and equal to the plain key of the same encoding where there is one: of Decimal(1) it is 1.
        self.identity = _identity(key)  # K1
        self._hash = hash(self.identity)

    def __eq__(self, other: object) -> bool:
        return bool(self.identity == (other.identity if type(other) is FrozenKey else other))

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return repr(self.key)

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenKey, (self.key,)


def freeze(key: Any) -> Any:
    """The key as a table knows it."""
    return key if is_plain(key) or type(key) is FrozenKey else FrozenKey(key)


class Freezer:
    """Keys of batches as tables know them. One a task: it remembers tuples, which take several looks each."""

    __slots__ = ("_tuples",)

    def __init__(self) -> None:
        #: Plain ones.
        self._tuples: set[Any] = set()

    def frozen(self, keys: list[Any]) -> list[Any]:
        """The very list where all keys are plain."""
        tuples = self._tuples
        of_tuples = bool(keys) and type(keys[0]) is tuple and are_of(tuple, keys)
        if of_tuples:
            try:
                if tuples.issuperset(keys):
                    return keys
            except TypeError:
                pass
        if not are_plain(keys):
            return list(map(freeze, keys))
        if of_tuples and len(tuples) < REMEMBERED_TUPLES:
            tuples.update(keys)
        return keys


def thaw(key: Any) -> Any:
    """The record's key of a table's key."""
    return key.key if type(key) is FrozenKey else key  # K2


def encoded(key: Any) -> bytes:
    """The canonical bytes of a table's key."""
    return encode_key(thaw(key))


def _identity(key: Any) -> Any:
    if is_plain(key):
        return key
    if isinstance(key, (tuple, list)):
        return tuple(map(_identity, key))
    data = encode_key(key)
    plain = _plain_of(data)
    return (_ENCODED, data) if plain is _ENCODED else plain


def _plain_of(data: bytes) -> Any:
    """The plain key of an encoding; ``_ENCODED`` where there is none."""
    tag, body = data[:1], data[1:]
    found: Any = _ENCODED
    if tag == b"s":
        return body.decode("utf-8", "surrogatepass")
    if tag == b"b":
        return body
    if tag == b"i":
        found = int(body, 16)
    elif tag == b"d":
        (found,) = _F64.unpack(body)
    elif tag in (b"a", b"n", b"w") and body.removeprefix(b"-").isdigit():
        found = _time_of(tag, int(body))
    return found if is_plain(found) else _ENCODED


def _time_of(tag: bytes, count: int) -> Any:
    if tag == b"a":
        return (_EPOCH + datetime.timedelta(days=count)).date()
    span = count * _MICROSECOND
    return _EPOCH + span if tag == b"n" else span


class NamespacedKey(tuple[Any, Any]):
    """(key, window): the key of state kept per window."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return _namespaced, (self[0], self[1])


def _namespaced(key: Any, namespace: Any) -> NamespacedKey:
    return NamespacedKey((key, namespace))


class GroupOf:
    """Which key group a table's key belongs to."""

    def __init__(self, max_parallelism: int, parallelism: int, subtask: int) -> None:
        self._groups = KeyGroups(max_parallelism, parallelism)
        self._subtask = subtask

    def group(self, key: Any) -> int:
        return self._groups.group(thaw(key))

    def group_of_entry(self, key: Any) -> int:
        """As ``group``, where the key may be that of a window, too."""
        return self._groups.group(thaw(key[0] if type(key) is NamespacedKey else key))

    def mine(self) -> range:
        """The groups of this subtask."""
        groups = self._groups
        first, last = key_group_range(self._subtask, groups.parallelism, groups.max_parallelism)
        return range(first, last + 1)

    def is_mine(self, group: int) -> bool:
        """Whether the group belongs to this subtask now."""
        return self._groups.owner(group) == self._subtask
