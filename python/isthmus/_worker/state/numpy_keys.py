"""Keys of NumPy's and pandas' own scalar types. Those that Python has too are encoded as Python's."""

from __future__ import annotations

import datetime
from typing import Any

#: Attoseconds of a microsecond: the unit of what is finer than Python's times.
_ATTOS = 10**12
#: How many of a unit make a microsecond.
_PER_MICRO = {"us": 1, "ns": 10**3, "ps": 10**6, "fs": 10**9, "as": 10**12}


def encoded_scalar(key: Any) -> bytes | None:
    """The canonical bytes; None of what is no scalar, or encoded as its base class of Python is."""
    kind = type(key).__name__
    if kind in ("datetime64", "timedelta64"):
        return _time64(key, b"n" if kind == "datetime64" else b"w")
    if kind == "NaTType":
        return b"nNaT"
    if kind in ("Timestamp", "Timedelta"):
        return _of_pandas(key)
    if kind in ("longdouble", "clongdouble", "float128", "complex256"):
        return _long(key)
    if not hasattr(key, "item") or getattr(key, "ndim", 1) != 0:
        return None
    plain = key.item()
    if type(plain) is type(key):
        return None
    return _encode(plain)


def _encode(key: Any) -> bytes:
    from .keys import encode_key

    return encode_key(key)


def _long(key: Any) -> bytes:
    if key.dtype.kind == "c":
        return _long(key.real) if key.imag == 0 else b"z" + repr(key).encode()
    plain = float(key)
    return _encode(plain) if plain == key or key != key else b"D" + repr(key).encode()


def _time64(key: Any, tag: bytes) -> bytes:
    from numpy import datetime_data

    if key != key:
        return tag + b"NaT"
    plain = key.item()
    if isinstance(plain, (datetime.date, datetime.timedelta)):
        return _encode(plain)
    unit, step = datetime_data(key.dtype)
    count = int(key.astype("i8")) * step
    per_micro = _PER_MICRO.get(unit)
    if per_micro is None:
        # Years and months as a span, and what Python has no dates for.
        return b"%s%d%s" % (tag, count, unit.encode())
    micros, rest = divmod(count, per_micro)
    return _with_rest(b"%s%d" % (tag, micros), rest * (_ATTOS // per_micro))


def _of_pandas(key: Any) -> bytes:
    if isinstance(key, datetime.datetime):
        nanos = key.nanosecond  # type: ignore[attr-defined]
        return _with_rest(_encode(key.to_pydatetime(warn=False)), nanos * 10**9)  # type: ignore[attr-defined]
    return _with_rest(_encode(key.to_pytimedelta()), key.nanoseconds * 10**9)


def _with_rest(encoded: bytes, attos: int) -> bytes:
    """What is finer than a microsecond behind the microseconds, where there is any."""
    return b"%s+%d" % (encoded, attos) if attos else encoded
