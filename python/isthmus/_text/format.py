"""Values as ``print()`` and file sinks show them: by the declared type as Java does, without one as Python does."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any

from .._types.wanted import to_big_dec

Format = Callable[[Any], str]

_F32 = struct.Struct("<f")


def formatter(type_spec: Mapping[str, Any] | None) -> Format:
    """How ``print()`` shows a value of a stream: untyped by Python's ``str``, typed as Java's ``toString`` would."""
    if type_spec is None or type_spec["kind"] == "PICKLED_BYTE_ARRAY":
        return str
    if type_spec["kind"] == "ROW":
        # PyFlink turns a typed row into text in Python, all others in Java.
        return _printed_row
    return _java(type_spec)


def file_formatter(type_spec: Mapping[str, Any] | None) -> Format:
    """How a file sink writes a value: Java's ``toString``, also for rows."""
    if type_spec is None or type_spec["kind"] == "PICKLED_BYTE_ARRAY":
        return str
    return _java(type_spec)


def _printed_row(row: Any) -> str:
    if row is None:
        return "None"
    return f"{row.get_row_kind()!s}[{','.join(map(str, row))}]"


def _java(spec: Mapping[str, Any]) -> Format:
    kind = spec["kind"]
    if kind in ("LIST", "PRIMITIVE_ARRAY", "BASIC_ARRAY", "OBJECT_ARRAY"):
        element = _nullable(_java(spec["element"]))
        return lambda value: f"[{', '.join(map(element, value))}]"
    if kind == "TUPLE":
        fields = [_nullable(_java(field)) for field in spec["fields"]]
        return lambda value: f"({','.join([field(item) for field, item in zip(fields, value)])})"
    if kind == "MAP":
        key, item = _nullable(_java(spec["key"])), _nullable(_java(spec["value"]))
        return lambda value: "{" + ", ".join([f"{key(k)}={item(v)}" for k, v in value.items()]) + "}"
    if kind == "ROW":
        columns = [_nullable(_java(field)) for field in spec["fields"]]
        return lambda row: (
            f"{row.get_row_kind()!s}[{', '.join([column(item) for column, item in zip(columns, row)])}]"
        )
    return _SCALARS[kind]


def _nullable(inner: Format) -> Format:
    return lambda value: "null" if value is None else inner(value)


def java_double(value: float) -> str:
    """A double as ``Double.toString`` shows it."""
    number = float(value)
    text = repr(number)
    if -1e-310 < number < 1e-310 and float(two := f"{number:.1e}") == number:
        text = two  # Java shows the nearest number of two digits: 4.9E-324, where Python says 5e-324.
    return _java_decimal(number, text)


def java_float(value: float) -> str:
    """A 32-bit float as ``Float.toString`` shows it: the fewest digits that tell it from its neighbours."""
    number = float(value)
    if number != number or number in (float("inf"), float("-inf")):
        return _java_decimal(number, "")
    try:
        packed = _F32.pack(number)
    except OverflowError:  # as a cast to float in Java
        return _java_decimal(float("inf") if number > 0 else float("-inf"), "")
    for digits in range(1, 10):
        text = f"{number:.{digits - 1}e}"
        try:
            if _F32.pack(float(text)) == packed:
                return _java_decimal(number, text)
        except OverflowError:  # rounded up beyond the largest float
            continue
    return _java_decimal(number, repr(number))


def _java_decimal(value: float, text: str) -> str:
    """Shape the digits of ``text``: plain from 10^-3 up to 10^7, else with an exponent; always one digit behind the point."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    sign = "-" if text.startswith("-") else ""
    mantissa, _, exponent_text = text.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return f"{sign}0.0"
    # value = 0.DIGITS × 10^point
    point = len(whole) + int(exponent_text or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0") or "0"
    if -3 < point <= 7:
        if point <= 0:
            return f"{sign}0.{'0' * -point}{digits}"
        padded = digits.ljust(point, "0")
        return f"{sign}{padded[:point]}.{padded[point:] or '0'}"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{point - 1}"


def _boolean(value: Any) -> str:
    return "true" if value else "false"


def _timestamp(value: Any) -> str:
    fraction = f"{value.microsecond:06d}".rstrip("0") or "0"
    return f"{value:%Y-%m-%d %H:%M:%S}.{fraction}"


def _decimal(value: Any) -> str:
    return str(to_big_dec(value))


def _time(value: Any) -> str:
    return f"{value:%H:%M:%S}"


def _instant(value: Any) -> str:
    import datetime

    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=value.seconds)
    nanos = value.nanos
    if nanos == 0:
        fraction = ""
    elif nanos % 1_000_000 == 0:
        fraction = f".{nanos // 1_000_000:03d}"
    elif nanos % 1000 == 0:
        fraction = f".{nanos // 1000:06d}"
    else:
        fraction = f".{nanos:09d}"
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"


#: What is coerced to its type before it is shown has one text in both languages where it says ``str``.
_SCALARS: dict[str, Format] = {
    **dict.fromkeys(("STRING", "CHAR", "BYTE", "SHORT", "INT", "LONG", "BIG_INT", "SQL_DATE"), str),
    "PICKLED_BYTE_ARRAY": str,
    "BOOLEAN": _boolean,
    "BIG_DEC": _decimal,
    "DOUBLE": java_double,
    "FLOAT": java_float,
    "SQL_TIMESTAMP": _timestamp,
    "SQL_TIME": _time,
    "INSTANT": _instant,
}
