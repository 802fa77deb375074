"""NumPy's and pandas' values as the plain ones that can travel. Nothing is rounded and nothing becomes another thing: what
has no like in TypeScript is refused, with what to send instead.
"""

from __future__ import annotations

import datetime
from typing import Any

from msgspec.msgpack import Ext, encode

from .ext import DTYPES, NDARRAY, Refused

_NO_TIME = "NaT is no time; send None where there is none"
_NANOS = "it has nanoseconds, which Python's {} has not; send value.{}"

#: By the kind of a dtype, what to send instead of an array of it.
_INSTEAD = {
    "f": "send value.astype('float32')",
    "g": "send value.astype('float64'), which has fewer digits",
    "c": "send value.real and value.imag",
    "M": "send value.astype('datetime64[us]').tolist()",
    "m": "send value.astype('timedelta64[us]').tolist()",
}


def is_of_numpy(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "numpy"


def plain_scalar(value: Any) -> Any:
    """The Python value of a NumPy scalar.

    Raises:
        Refused: There is none that says the same.
    """
    kind = value.dtype.kind
    if kind in "Mm":
        return _plain_time(value)
    if kind == "V":
        raise Refused(
            "a structured scalar would lose the names of its fields; send value.item() or a dict of them"
        )
    plain = value.item()
    if is_of_numpy(type(plain)):
        raise Refused("it has more digits than a float; send float(value)" if kind == "f" else _INSTEAD["c"])
    return plain


def _plain_time(value: Any) -> Any:
    from numpy import datetime_data, isnat

    if isnat(value):
        raise Refused(_NO_TIME)
    is_span = value.dtype.kind == "m"
    unit, _ = datetime_data(value.dtype)
    if unit == "generic" or (is_span and unit in "YM"):
        raise Refused("a span of years, of months or of no unit has no length; send value.astype('int64')")
    name = "timedelta" if is_span else "datetime"
    if unit in ("ns", "ps", "fs", "as"):
        micros = value.astype(f"{name}64[us]")
        if micros.astype(value.dtype) != value:
            raise Refused(_NANOS.format(name, f"astype('{name}64[us]')"))
        value = micros
    plain = value.item()
    if isinstance(plain, int):
        raise Refused(
            "a timedelta has up to 999,999,999 days" if is_span else "Python has the years 1 to 9999"
        )
    return plain


def encode_array(value: Any) -> Ext:
    """An array, also one without dimensions."""
    if type(value).__name__ != "ndarray":
        raise Refused(_subclass_instead(value))
    dtype = value.dtype.newbyteorder("<")
    if dtype.str not in DTYPES:
        kind = "g" if dtype.kind == "f" and dtype.itemsize > 8 else dtype.kind
        instead = _INSTEAD.get(kind, "send value.tolist()")
        raise Refused(
            f"of arrays, those of booleans, of integers and of floats of 32 or 64 bits can, and this one is of {value.dtype}; "
            f"{instead}"
        )
    array = value.astype(dtype, copy=False)
    return Ext(NDARRAY, encode([dtype.str, list(value.shape), array.tobytes()]))


def _subclass_instead(value: Any) -> str:
    if type(value).__name__ == "MaskedArray":
        return "a masked array would lose its mask; send value.filled() and value.mask"
    return "a subclass would come back as a plain array; send numpy.asarray(value)"


def of_pandas(value: Any) -> Any:
    """The plain value of what pandas has single values of; what it has no such for is refused."""
    name = type(value).__name__
    if name == "NaTType":
        raise Refused(_NO_TIME)
    if name == "NAType":
        raise Refused("NA is no value; send None where there is none")
    if isinstance(value, datetime.datetime):
        if value.nanosecond:  # type: ignore[attr-defined]
            raise Refused(_NANOS.format("datetime", "floor('us')"))
        return value.to_pydatetime()  # type: ignore[attr-defined]
    if isinstance(value, datetime.timedelta):
        if value.nanoseconds:  # type: ignore[attr-defined]
            raise Refused(_NANOS.format("timedelta", "floor('us')"))
        return value.to_pytimedelta()  # type: ignore[attr-defined]
    if name == "DataFrame":
        raise Refused("send value.to_dict('records')")
    if hasattr(value, "tolist"):
        raise Refused("send value.tolist()")
    raise Refused("TypeScript has nothing like it; send str(value)")
