"""Single values made to fit a declared scalar type, with the texts of PyFlink's coders where they do not."""

from __future__ import annotations

import datetime
import decimal
import re
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


#: What the constructor of Java's BigDecimal reads; Python's reads blanks, underscores and NaN besides.
_BIG_DEC = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_MAX_SCALE = 2**31 - 1


def to_big_dec(value: Any) -> decimal.Decimal:
    """A decimal as Java's BigDecimal has it: without sign where it is zero, with its scale, and always a number."""
    if not isinstance(value, decimal.Decimal):
        text = str(value)
        if _BIG_DEC.fullmatch(text) is None:
            raise TypeError(f"{value!r} is not a decimal number")
        value = decimal.Decimal(text)
    elif type(value) is not decimal.Decimal:
        value = decimal.Decimal(value)
    if not value.is_finite():
        raise TypeError(
            f"{value!r} is no BIG_DEC: Java's BigDecimal has no NaN and no infinity; send None, or declare no type"
        )
    if abs(value.adjusted()) > 2**30 and not -_MAX_SCALE - 1 <= -value.as_tuple().exponent <= _MAX_SCALE:
        raise OverflowError(
            f"the exponent of {value!r} is beyond the 32 bits that Java's BigDecimal has for it"
        )
    made: decimal.Decimal = value
    return made if made or not made.is_signed() else made.copy_abs()


def to_wall_clock(value: Any) -> datetime.datetime:
    """The wall clock of a moment, in whichever zone it was told, as PyFlink sends it."""
    if not isinstance(value, datetime.datetime):
        raise AttributeError(f"'{type(value).__name__}' object has no attribute 'timetuple'")
    if type(value) is datetime.datetime and value.tzinfo is None and not value.fold:
        return value
    return datetime.datetime.combine(value.date(), value.time()).replace(fold=0)


def to_date(value: Any) -> datetime.date:
    """A datetime is cut to its date."""
    if type(value) is datetime.date:
        return value
    if isinstance(value, datetime.datetime):
        value = value.date()
    if not isinstance(value, datetime.date):
        raise AttributeError(f"'{type(value).__name__}' object has no attribute 'toordinal'")
    return datetime.date(value.year, value.month, value.day)


def to_time(value: Any) -> datetime.time:
    """A time of day, without its zone; of a datetime, its own."""
    if type(value) is datetime.time and value.tzinfo is None and not value.fold:
        return value
    if not isinstance(value, (datetime.time, datetime.datetime)):
        raise AttributeError(f"'{type(value).__name__}' object has no attribute 'hour'")
    return datetime.time(value.hour, value.minute, value.second, value.microsecond)


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
