"""What to send instead of a value that cannot travel. Whoever follows it keeps what the value said: a test follows each."""

from __future__ import annotations

import array
import collections
import datetime
import decimal
import fractions
import ipaddress
import os
import types
import uuid
from collections.abc import Iterator, KeysView, Mapping, Sequence, Set, ValuesView
from typing import Any

#: By base class, the first that fits.
_BY_CLASS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    ((bytearray, memoryview), "send bytes(value)"),
    (complex, "send (value.real, value.imag)"),
    (fractions.Fraction, "send (value.numerator, value.denominator)"),
    (array.array, "send value.tolist()"),
    (os.PathLike, "send os.fspath(value)"),
    (ipaddress._IPAddressBase, "send str(value)"),
    (ipaddress._BaseNetwork, "send str(value)"),
    (types.SimpleNamespace, "send vars(value)"),
    ((collections.UserDict, types.MappingProxyType, Mapping), "send dict(value)"),
    (collections.UserString, "send str(value)"),
    ((range, collections.deque, Sequence, KeysView, ValuesView), "send list(value)"),
    (Set, "send set(value)"),
    (BaseException, "send str(value), or its traceback as text"),
    (Iterator, "send list(value), or emit its items one by one by flat_map"),
)
#: Subclasses, which would come back as their base.
_BASES: tuple[tuple[type, str], ...] = (
    (str, "str.__str__(value)"),
    (int, "int(value)"),
    (float, "float(value)"),
    (bytes, "bytes(value)"),
    (list, "list(value)"),
    (set, "set(value)"),
    (frozenset, "frozenset(value)"),
    (datetime.datetime, "datetime.datetime.combine(value.date(), value.timetz())"),
    (datetime.date, "datetime.date(value.year, value.month, value.day)"),
    (datetime.time, "datetime.time.fromisoformat(value.isoformat())"),
    (datetime.timedelta, "datetime.timedelta(value.days, value.seconds, value.microseconds)"),
    (decimal.Decimal, "decimal.Decimal(value)"),
    (uuid.UUID, "uuid.UUID(int=value.int)"),
)


def advice_for(value: Any) -> str:
    for base, plainly in _BASES:
        if isinstance(value, base):
            return f"a subclass would come back as a plain {base.__name__}; send {plainly}"
    kind = type(value)
    if hasattr(kind, "__struct_fields__"):
        return "TypeScript has nothing like it; send msgspec.structs.asdict(value)"
    if hasattr(kind, "__attrs_attrs__"):
        return "TypeScript has nothing like it; send attrs.asdict(value)"
    for classes, instead in _BY_CLASS:
        if isinstance(value, classes):
            return f"TypeScript has nothing like it; {instead}"
    return "TypeScript has nothing like it; map it to plain values, or keep it between Python functions"
