"""Extension types of values (``docs/protocol.md`` §4), and the bodies of those without parts."""

from __future__ import annotations

import datetime
import decimal
import re
import struct
import uuid
from collections.abc import Callable
from typing import Any

from msgspec.msgpack import Ext

MAX_DEPTH = 64
#: Digits of an integer, as Python limits them by default: more would take a time that grows with their square.
MAX_INT_DIGITS = 4300

TUPLE, SET, FROZENSET, BIG_INT = 0x01, 0x02, 0x03, 0x04
DATETIME, DATETIME_ZONED, DATE, TIME, TIMEDELTA = 0x05, 0x06, 0x07, 0x08, 0x09
DECIMAL, UUID, MAP, ROW, NDARRAY, INSTANT, COLUMNS = 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0x10

#: NumPy's names of the element types of arrays, as ``DTYPES`` in src/bridge/codec/values.ts; ``test/vectors`` has the list.
DTYPES = frozenset(("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f4", "<f8"))

#: Fields of a record that may travel as columns.
MAX_COLUMNS = 1000
#: First element of COLUMNS: what a record is. Behind ROW_RECORDS come the kind of the rows and whether they have names.
DICT_RECORDS, TUPLE_RECORDS, ROW_RECORDS = 0, 1, 2

_I64 = struct.Struct("<q")
_I32 = struct.Struct("<i")
_I64_I32 = struct.Struct("<qi")
_EPOCH = datetime.datetime(1970, 1, 1)
_EPOCH_DAY = _EPOCH.toordinal()
_MICROSECOND = datetime.timedelta(microseconds=1)
_SECOND = datetime.timedelta(seconds=1)


class Refused(Exception):
    """A value cannot travel; says why. Becomes a ``CodecError`` with the path where that is known."""


def _offset(delta: datetime.timedelta) -> int:
    seconds, rest = divmod(delta, _SECOND)
    if rest:
        raise Refused("a UTC offset with a fraction of a second cannot travel")
    return seconds


def _datetime(value: datetime.datetime) -> Ext:
    offset = value.utcoffset()
    if offset is None:
        if value.tzinfo is not None:
            raise Refused("a datetime whose tzinfo has no offset cannot travel")
        if value.fold:
            raise Refused("a naive datetime with fold=1 cannot travel; give it a tzinfo")
        return Ext(DATETIME, _I64.pack((value - _EPOCH) // _MICROSECOND))
    wall = value.replace(tzinfo=None) - _EPOCH
    return Ext(DATETIME_ZONED, _I64_I32.pack((wall - offset) // _MICROSECOND, _offset(offset)))


def _time(value: datetime.time) -> Ext:
    micros = ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond
    if value.tzinfo is None:
        return Ext(TIME, _I64.pack(micros))
    offset = value.utcoffset()
    if offset is None:
        raise Refused("a time whose time zone depends on the date cannot travel; send a datetime")
    return Ext(TIME, _I64_I32.pack(micros, _offset(offset)))


def _timedelta(value: datetime.timedelta) -> Ext:
    micros = value // _MICROSECOND
    if not -(2**63) <= micros < 2**63:
        raise Refused("a timedelta beyond 292,000 years cannot travel")
    return Ext(TIMEDELTA, _I64.pack(micros))


def big_int(value: int) -> Ext:
    try:
        text = b"%d" % value
    except ValueError:  # Beyond what Python writes, which sys.set_int_max_str_digits() may allow.
        text = None
    if text is None or len(text) > MAX_INT_DIGITS + (value < 0):
        raise Refused(f"an integer may have {MAX_INT_DIGITS} digits; send its digits as a text, or its bytes")
    return Ext(BIG_INT, text)


#: Values without parts, by exact type.
LEAF_ENCODERS: dict[type, Callable[[Any], Ext]] = {
    datetime.datetime: _datetime,
    datetime.date: lambda value: Ext(DATE, _I32.pack(value.toordinal() - _EPOCH_DAY)),
    datetime.time: _time,
    datetime.timedelta: _timedelta,
    decimal.Decimal: lambda value: Ext(DECIMAL, str(value).encode()),
    uuid.UUID: lambda value: Ext(UUID, value.bytes),
}


def _to_datetime(data: bytes) -> datetime.datetime:
    (micros,) = _I64.unpack(data)
    return _EPOCH + datetime.timedelta(microseconds=micros)


def _to_datetime_zoned(data: bytes) -> datetime.datetime:
    micros, offset = _I64_I32.unpack(data)
    # By the wall clock: the instant itself may lie outside of the years 1 to 9999.
    wall = _EPOCH + datetime.timedelta(microseconds=micros + offset * 1_000_000)
    return wall.replace(tzinfo=_zone(offset))


def _zone(offset: int) -> datetime.timezone:
    return datetime.timezone(datetime.timedelta(seconds=offset)) if offset else datetime.timezone.utc


def _to_time(data: bytes) -> datetime.time:
    zone = None
    if len(data) == 12:
        micros, offset = _I64_I32.unpack(data)
        zone = _zone(offset)
    else:
        (micros,) = _I64.unpack(data)
    seconds, micro = divmod(micros, 1_000_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return datetime.time(hour, minute, second, micro, zone)


def _ascii(data: bytes) -> str:
    return bytes(data).decode("ascii")


def _to_int(data: bytes) -> int:
    text = _ascii(data)
    if len(text) > MAX_INT_DIGITS + text.startswith("-"):
        raise ValueError(f"it has more than {MAX_INT_DIGITS} digits")
    number = int(text)
    if str(number) != text or -(2**63) <= number < 2**64:
        raise ValueError(f"{text!r} is no canonical big integer")
    return number


_DECIMAL = re.compile(r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|Infinity|s?NaN[0-9]*)")


def _to_decimal(data: bytes) -> decimal.Decimal:
    text = _ascii(data)
    # Decimal() takes more: blanks, underscores, names in any case.
    if _DECIMAL.fullmatch(text) is None:
        raise ValueError("it is no decimal number")
    return decimal.Decimal(text)


def _to_instant(data: bytes) -> Any:
    from ...common.time import Instant

    seconds, nanos = _I64_I32.unpack(data)
    if not 0 <= nanos < 1_000_000_000 or not -(2**53) < seconds < 2**53:
        raise ValueError(f"{seconds} seconds and {nanos} nanoseconds are no Instant")
    return Instant(seconds, nanos)


#: Bodies of extension types without parts.
LEAF_DECODERS: dict[int, Callable[[Any], Any]] = {
    BIG_INT: _to_int,
    DATETIME: _to_datetime,
    DATETIME_ZONED: _to_datetime_zoned,
    DATE: lambda data: datetime.date.fromordinal(_I32.unpack(data)[0] + _EPOCH_DAY),
    TIME: _to_time,
    TIMEDELTA: lambda data: datetime.timedelta(microseconds=_I64.unpack(data)[0]),
    DECIMAL: _to_decimal,
    UUID: lambda data: uuid.UUID(bytes=bytes(data)),
    INSTANT: _to_instant,
}


def encode_instant(value: Any) -> Ext:
    if not 0 <= value.nanos < 1_000_000_000 or not -(2**53) < value.seconds < 2**53:
        raise Refused("it is out of range")
    return Ext(INSTANT, _I64_I32.pack(value.seconds, value.nanos))
