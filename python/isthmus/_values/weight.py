"""How much memory records take: roughly, and at next to no cost for small ones.

Buffers that hold records are bounded by this as well as by count, as one record may be a number or a film. Of a batch a few
records are weighed, more of them where they are heavy; what is in containers counts, a few levels deep. Every record is weighed
for a while after one was met that takes very much more than the rest.
"""

from __future__ import annotations

from typing import Any

from ..common.types import Row

#: Of a batch of light records, and of one of others.
_FEW, _MANY = 4, 32
#: Bytes of a record that others like it may be few and far between of, and batches that are weighed whole then.
_VERY_HEAVY, _WHOLE_BATCHES = 1 << 16, 256
#: Bytes up to which a record is light.
_LIGHT_BYTES = 2048
_LEVELS = 4
#: Items of one container that are weighed.
_ITEMS = 16
#: A number, or what else is not looked into.
_ATOM = 32
_SCALARS = frozenset((int, float, bool, type(None), complex))
_SEQUENCES = frozenset((list, tuple, set, frozenset))


class Scale:
    """Weighs the batches of one stream."""

    __slots__ = ("_at", "_whole", "per_record")

    def __init__(self) -> None:
        #: Bytes of a record of the batch weighed last.
        self.per_record = float(_ATOM)
        self._at = 0
        #: Batches that are still to be weighed whole.
        self._whole = 0

    def weigh(self, values: list[Any]) -> int:
        """The bytes of all of them."""
        count = len(values)
        if not count:
            return 0
        most = _FEW if self.per_record <= _LIGHT_BYTES else _MANY
        if count <= most or self._whole:
            total = self._look(values)
            self._whole -= self._whole > 0
        else:
            step = count // most
            # Not always the same ones: every tenth record may be the heavy one.
            self._at = (self._at + 7) % step
            total = self._look(values[self._at :: step])
            # One that was met by chance says nothing of the others: they are weighed, too.
            total = self._look(values) if self._whole else total * count // len(range(self._at, count, step))
        self.per_record = total / count
        return total

    def _look(self, values: list[Any]) -> int:
        weights = list(map(weight, values))
        if max(weights) >= _VERY_HEAVY:
            self._whole = _WHOLE_BATCHES
        return sum(weights)


def weight(value: Any, levels: int = _LEVELS) -> int:
    """The bytes of one record."""
    kind = type(value)
    if kind in _SCALARS:
        return _ATOM
    if kind is str or kind is bytes or kind is bytearray:
        return 64 + len(value)
    if kind is dict:
        # Keys are names, as a rule, and shared.
        return _ATOM + 64 * len(value) + _sum(value.values(), levels)
    if kind in _SEQUENCES:
        return _ATOM + _sum(value, levels)
    if kind is Row:
        return _ATOM + _sum(value._values, levels)
    return _of_object(value, kind, levels)


def _sum(items: Any, levels: int) -> int:
    count = len(items)
    if not count or not levels:
        return 8 * count
    if count <= _ITEMS:
        total = 8 * count
        for item in items:
            kind = type(item)
            if kind in _SCALARS:
                total += _ATOM
            elif kind is str or kind is bytes:
                total += 64 + len(item)
            else:
                total += weight(item, levels - 1)
        return total
    # Those at the front alone: what is in a set cannot be reached otherwise.
    total = 0
    for item, _ in zip(items, range(_ITEMS)):
        total += weight(item, levels - 1)
    return 8 * count + total * count // _ITEMS


def _of_object(value: Any, kind: type, levels: int) -> int:
    try:
        # Arrays, tensors, memory views, columns.
        size = getattr(value, "nbytes", None)
        if type(size) is int:
            return 64 + size
        if kind.__module__.startswith("pandas."):
            return 64 + int(value.memory_usage(index=False, deep=False).sum())
        if isinstance(value, (str, bytes, bytearray)):
            return 64 + len(value)
        fields = getattr(value, "__dict__", None)
        total = int(value.__sizeof__())
        if isinstance(value, (tuple, list, dict, set, frozenset)):
            total += _sum(value.values() if isinstance(value, dict) else value, levels)
        return total + (_sum(fields.values(), levels) if type(fields) is dict else 0)
    except Exception:  # It weighs what it likes.
        return _ATOM
