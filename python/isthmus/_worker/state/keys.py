"""Keys: one encoding for both languages, and the subtask a key belongs to. Twin of ``src/state/keys.ts``.

  K1. Keys that Python calls equal have the same encoding, hence the same key group: 1, 1.0, True and Decimal(1); 0 and -0.0.
      (An object of the user's own goes by what it is made of, whatever its ``__eq__`` says; a dataclass by its fields.)
  K2. Every key group belongs to exactly one subtask; a subtask's groups are contiguous.
  K3. NaN is one key, although it is not equal to itself; so is NaT.

The encoding is that of ``docs/protocol.md`` §8.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import fractions
import numbers
import struct
import uuid
from collections.abc import Callable
from typing import Any
from zlib import crc32

from ...errors import CodecError
from . import object_keys
from .plain_keys import are_plain, is_plain

#: Targets remembered by a router; beyond it, it starts afresh.
CACHED_KEYS = 1 << 17

_F64 = struct.Struct(">d")
_U32 = struct.Struct("<I")
_NAN = b"d" + _F64.pack(float("nan"))
_EPOCH = datetime.datetime(1970, 1, 1)
_EPOCH_UTC = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_EPOCH_DAY = _EPOCH.toordinal()
_MICROSECOND = datetime.timedelta(microseconds=1)
#: Decimals of more digits than this before the point are no integers to us.
_MAX_EXPONENT = 4096


def encode_key(key: Any) -> bytes:
    """The canonical bytes of a key.

    Raises:
        CodecError: It has no canonical form and cannot be pickled.
    """
    encoder = _ENCODERS.get(type(key))
    return encoder(key) if encoder is not None else _other(key)


def key_hash(encoded: bytes) -> int:
    """A 32-bit hash of canonical bytes."""
    return crc32(encoded) * 0x9E3779B1 & 0xFFFFFFFF


def key_group(encoded: bytes, max_parallelism: int) -> int:
    mixed = key_hash(encoded)
    return (mixed ^ mixed >> 16) % max_parallelism


def subtask_of_key_group(group: int, parallelism: int, max_parallelism: int) -> int:
    return group * parallelism // max_parallelism  # K2


def key_group_range(subtask: int, parallelism: int, max_parallelism: int) -> tuple[int, int]:
    """The first and the last key group that ``subtask`` owns."""
    first = -(-subtask * max_parallelism // parallelism)
    last = -(-(subtask + 1) * max_parallelism // parallelism) - 1
    return first, last


class KeyGroups:
    """Says which subtask a key belongs to."""

    def __init__(self, max_parallelism: int, parallelism: int) -> None:
        self.max_parallelism = max_parallelism
        self.parallelism = parallelism
        self._targets: dict[Any, int] = {}

    def group(self, key: Any) -> int:
        return key_group(encode_key(key), self.max_parallelism)

    def owner(self, group: int) -> int:
        return group * self.parallelism // self.max_parallelism

    def target(self, key: Any) -> int:
        """The subtask that owns the key."""
        return self.owner(self.group(key))

    def targets(self, keys: list[Any]) -> list[int]:
        """The subtask of each key. One seen before costs a dict lookup: equal keys have equal targets (K1)."""
        known = self._targets
        try:
            # Only plain keys are in it, so what is found equals one.
            return [known[key] for key in keys]
        except (KeyError, TypeError):
            pass
        if are_plain(keys):
            return list(map(self._remembered, keys))
        return [self._remembered(key) if is_plain(key) else self.target(key) for key in keys]

    def _remembered(self, key: Any) -> int:
        known = self._targets
        target = known.get(key)
        if target is None:
            if len(known) > CACHED_KEYS:
                known.clear()
            target = known[key] = self.target(key)
        return target


def _int(key: int) -> bytes:
    return b"i%x" % key if key >= 0 else b"i-%x" % -key


def _float(key: float) -> bytes:
    if key.is_integer():
        return _int(int(key))
    if key != key:
        return _NAN  # K3
    return b"d" + _F64.pack(key)


def _str(key: str) -> bytes:
    return b"s" + key.encode("utf-8", "surrogatepass")


def _sequence(key: tuple[Any, ...] | list[Any]) -> bytes:
    return _joined(b"l", map(encode_key, key))


def _joined(tag: bytes, parts: Any) -> bytes:
    return tag + b"".join([_U32.pack(len(part)) + part for part in parts])


def _set(key: Any) -> bytes:
    return _joined(b"S", sorted(map(encode_key, key)))


def _dict(key: dict[Any, Any]) -> bytes:
    return _joined(b"m", sorted(_joined(b"p", (encode_key(k), encode_key(v))) for k, v in key.items()))


def _decimal(key: decimal.Decimal) -> bytes:
    if not key.is_finite():
        return _NAN if key.is_nan() else _float(float(key))
    if not key:
        return b"i0"
    sign, digits, exponent = key.as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits)).lstrip("0")
    stripped = text.rstrip("0")
    exponent += len(text) - len(stripped)
    if 0 <= exponent <= _MAX_EXPONENT:
        return _int((-1 if sign else 1) * int(stripped) * 10**exponent)
    try:
        nearest = float(key)
    except OverflowError:
        nearest = 0.0
    if key == nearest:
        return _float(nearest)  # Decimal("0.5") == 0.5
    return f"D{'-' if sign else ''}{stripped}E{exponent}".encode()


def _fraction(key: Any) -> bytes:
    numerator, denominator = key.numerator, key.denominator
    if denominator == 1:
        return _int(int(numerator))
    try:
        nearest = numerator / denominator
    except OverflowError:
        nearest = 0.0
    if key == nearest:
        return _float(nearest)
    # As a Decimal where it is one: Fraction(1, 10) == Decimal("0.1").
    twos, fives, rest = 0, 0, denominator
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest == 1:
        places = max(twos, fives)
        return f"D{numerator * 10**places // denominator}E-{places}".encode()
    return b"q%x/%x" % (numerator, denominator) if numerator >= 0 else b"q-%x/%x" % (-numerator, denominator)


def _complex(key: complex) -> bytes:
    return _float(key.real) if key.imag == 0 else _joined(b"z", (_float(key.real), _float(key.imag)))


def _range(key: range) -> bytes:
    """Ranges are equal when they are the same sequence."""
    size = len(key)
    return _joined(b"g", map(_int, (size, *key[:1], *((key.step,) if size > 1 else ()))))


def _datetime(key: datetime.datetime) -> bytes:
    if key.tzinfo is None or key.utcoffset() is None:
        return b"n%d" % ((key.replace(tzinfo=None) - _EPOCH) // _MICROSECOND)
    return b"t%d" % ((key - _EPOCH_UTC) // _MICROSECOND)


def _time(key: datetime.time) -> bytes:
    micros = ((key.hour * 60 + key.minute) * 60 + key.second) * 1_000_000 + key.microsecond
    offset = key.utcoffset()
    return b"c%d" % micros if offset is None else b"C%d" % (micros - offset // _MICROSECOND)


def _uuid(key: uuid.UUID) -> bytes:
    return b"u" + key.bytes


def _row(key: Any) -> bytes:
    kind = b"%d" % key.get_row_kind().value
    fields = getattr(key, "_fields", None)
    if fields is None:
        return _joined(b"r", (kind, *map(encode_key, key._values)))
    named = sorted(_joined(b"p", (_str(name), encode_key(v))) for name, v in zip(fields, key._values))
    return _joined(b"R", (kind, *named))


def _other(key: Any) -> bytes:
    cls = type(key)
    if cls.__module__.partition(".")[0] in ("numpy", "pandas"):
        from .numpy_keys import encoded_scalar

        scalar = encoded_scalar(key)
        if scalar is not None:
            return scalar
    for kind, encoder in _BY_BASE:
        if isinstance(key, kind):
            return encoder(key)
    if cls.__name__ == "Row" and hasattr(key, "get_row_kind"):
        return _row(key)
    if cls.__name__ == "Instant" and hasattr(key, "nanos"):
        return b"I%d.%d" % (key.seconds, key.nanos)
    if isinstance(key, enum.Enum):
        # Members that are put together of flags have no name before Python 3.11.
        name = key.name.encode() if key.name is not None else encode_key(key.value)
        return _joined(b"e", (_named(cls), name))
    params = getattr(cls, "__dataclass_params__", None)
    if params is not None and params.eq:
        values = [encode_key(getattr(key, f.name)) for f in dataclasses.fields(key) if f.compare]
        return _joined(b"o", (_named(cls), *values))
    try:
        return b"P" + object_keys.encoded(key)
    except (CodecError, RecursionError, object_keys.RefersToItself):
        raise
    except BaseException as e:
        raise CodecError(
            f"A key of type {cls.__qualname__} cannot be encoded ({e}). "
            "Use a string, a number, a tuple or a frozen dataclass as key."
        ) from None


def _named(cls: type) -> bytes:
    return f"{cls.__module__}.{cls.__qualname__}".encode()


_ENCODERS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda key: b"N",
    bool: lambda key: b"i1" if key else b"i0",
    int: _int,
    float: _float,
    str: _str,
    bytes: lambda key: b"b" + key,
    bytearray: lambda key: b"b" + bytes(key),
    tuple: _sequence,
    list: _sequence,
    frozenset: _set,
    set: _set,
    dict: _dict,
    decimal.Decimal: _decimal,
    fractions.Fraction: _fraction,
    datetime.datetime: _datetime,
    datetime.date: lambda key: b"a%d" % (key.toordinal() - _EPOCH_DAY),
    datetime.time: _time,
    datetime.timedelta: lambda key: b"w%d" % (key // _MICROSECOND),
    uuid.UUID: _uuid,
    complex: _complex,
    range: _range,
}

#: Subclasses, which are equal to instances of their base. A datetime is a date, so its place is before.
_BY_BASE: tuple[tuple[type, Callable[[Any], bytes]], ...] = (
    (str, lambda key: _str(str.__str__(key))),
    (int, lambda key: _int(int.__int__(key))),
    (float, lambda key: _float(float.__float__(key))),
    (bytes, lambda key: b"b" + bytes(key)),
    (tuple, _sequence),
    (list, _sequence),
    (frozenset, _set),
    (set, _set),
    (dict, _dict),
    (decimal.Decimal, _decimal),
    (datetime.datetime, _datetime),
    (datetime.date, _ENCODERS[datetime.date]),
    (datetime.time, _time),
    (datetime.timedelta, _ENCODERS[datetime.timedelta]),
    (uuid.UUID, _uuid),
    (complex, _complex),
    (numbers.Integral, lambda key: _int(int(key))),
    (numbers.Rational, _fraction),
    (numbers.Real, lambda key: _float(float(key))),
)
