"""Single values made to fit a declared scalar type, with the texts of PyFlink's coders where they do not."""

from __future__ import annotations

import datetime
import decimal
import struct
from collections.abc import Callable
from typing import Any

INTEGER_RANGES: dict[str, tuple[int, int]] = {
    "BYTE": (-(2**7), 2**7 - 1),
    "SHORT": (-(2**15), 2**15 - 1),
    "INT": (-(2**31), 2**31 - 1),
    "LONG": (-(2**63), 2**63 - 1),
}
_C_NAMES = {2**7 - 1: "int8_t", 2**15 - 1: "int16_t", 2**31 - 1: "int32_t", 2**63 - 1: "long"}

_F32 = struct.Struct("<f")


def to_integer(value: Any, low: int | None, high: int | None) -> int:
    """A float is cut towards zero; text is refused."""
    if isinstance(value, (str, bytes, bytearray)) or not hasattr(value, "__int__"):
        raise TypeError("an integer is required")
    number = int(value)
    if low is not None and high is not None and not low <= number <= high:
        if high == 2**63 - 1:
            raise OverflowError("Python int too large to convert to C long")
        raise OverflowError(f"value too large to convert to {_C_NAMES[high]}")
    return number


def to_double(value: Any) -> float:
    if isinstance(value, (str, bytes, bytearray)) or not (
        hasattr(value, "__float__") or hasattr(value, "__index__")
    ):
        raise TypeError(f"must be real number, not {type(value).__name__}")
    return float(value)


def to_float(value: Any) -> float:
    """Rounded to what 32 bits hold."""
    number = to_double(value)
    try:
        return _F32.unpack(_F32.pack(number))[0]  # type: ignore[no-any-return]
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def to_boolean(value: Any) -> bool:
    if isinstance(value, (str, bytes, bytearray)) or not (
        hasattr(value, "__index__") or hasattr(value, "__bool__")
    ):
        raise TypeError("an integer is required")
    return bool(value)


def to_big_dec(value: Any) -> decimal.Decimal:
    if isinstance(value, decimal.Decimal):
        return value
    try:
        return decimal.Decimal(str(value))
    except decimal.InvalidOperation:
        raise TypeError(f"{value!r} is not a decimal number") from None


def wanted_with(attribute: str, exact: type | None) -> Callable[[Any], Any]:
    """A value that has ``attribute``; a subclass of ``exact`` (a ``numpy.str_``) becomes plain where that is possible."""

    def check(value: Any) -> Any:
        if exact is not None and type(value) is exact:
            return value
        if isinstance(value, bytes) or (exact is not None and not isinstance(value, exact)):
            raise AttributeError(f"'{type(value).__name__}' object has no attribute '{attribute}'")
        getattr(value, attribute)
        return str(value) if exact is str else value

    return check


def wanted_by_exact_type(exact: type, attribute: str) -> Callable[[Any], Any]:
    """As ``wanted_with``; a datetime is cut to its date."""

    def check(value: Any) -> Any:
        if isinstance(value, datetime.datetime):
            return value.date()
        if not isinstance(value, exact):
            raise AttributeError(f"'{type(value).__name__}' object has no attribute '{attribute}'")
        return value

    return check
