"""Values of CSV columns and their texts: one table for reading and for writing, by declared type.

- What a column cannot hold is refused where the schema is built; nothing is written by its ``repr``.
- Arrays and rows within a row are their elements with the array separator in between: that of the column, else of the
  schema. They hold no arrays and rows themselves.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import math
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..common.types import Row
from ..errors import IsthmusError
from .format import java_double, java_float
from .whole_numbers import BITS, check_range, whole_form

#: As much of a schema as a column needs: its array separator where it has none, and the text that stands for no value.
Defaults = tuple[str, str | None]
Parse = Callable[[str], Any]
Form = Callable[[Any], str]

_F32 = struct.Struct("<f")
#: Takes off trailing zeros and rounds nothing.
_EXACT = decimal.Context(prec=decimal.MAX_PREC, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)


def parser_of(spec: Mapping[str, Any], defaults: Defaults) -> Parse:
    """What turns the text of a column of a type (its ``to_spec()``) into a value; it raises ValueError."""
    if "scale" in spec:
        return _fixed_decimal(spec["scale"], spec["precision"])
    if spec["kind"] in _SCALARS and not _is_bytes(spec):
        return _SCALARS[spec["kind"]][0]
    if _is_bytes(spec):
        return _from_base64
    separator, null = spec.get("separator") or defaults[0], defaults[1]
    if "element" in spec:
        element = _element_parser(spec["element"], null)
        return lambda text: [element(part) for part in text.split(separator)] if text else []
    if spec["kind"] == "ROW":
        names = spec["names"]
        fields = [_element_parser(field, null) for field in spec["fields"]]

        def row(text: str) -> Row:
            parts = text.split(separator)
            if len(parts) != len(fields):
                raise ValueError(f"{text!r} has {len(parts)} fields, the row has {len(fields)}")
            return Row(**{name: field(part) for name, field, part in zip(names, fields, parts)})

        return row
    raise _refused(spec)


def form_of(spec: Mapping[str, Any], defaults: Defaults) -> Form:
    """What turns a value of a column into text without quotes; it raises TypeError for one of another type."""
    if _is_bytes(spec):
        return _to_base64
    if spec["kind"] in _SCALARS:
        return _SCALARS[spec["kind"]][1]
    separator, null = spec.get("separator") or defaults[0], defaults[1] or ""
    if "element" in spec:
        element = _element_form(spec["element"], null)
        return lambda value: separator.join(map(element, _sequence(value)))
    if spec["kind"] == "ROW":
        fields = [_element_form(field, null) for field in spec["fields"]]

        def row(value: Any) -> str:
            values = _sequence(value)
            if len(values) != len(fields):
                raise TypeError(f"a row of {len(fields)} fields is needed, it has {len(values)}")
            return separator.join([field(item) for field, item in zip(fields, values)])

        return row
    raise _refused(spec)


def empty_is_value(spec: Mapping[str, Any]) -> bool:
    """Whether an empty field is a value of the type (a text, an array) and not the absence of one."""
    return spec["kind"] in ("STRING", "CHAR") or ("element" in spec and not _is_bytes(spec))


def is_quotable(spec: Mapping[str, Any]) -> bool:
    """Whether the text of a type may need quotes; numbers and booleans never do."""
    return spec["kind"] not in _UNQUOTED


def _element_parser(spec: Mapping[str, Any], null: str | None) -> Parse:
    parse = parser_of(_simple(spec), ("", None))
    texts = empty_is_value(spec)
    return lambda text: None if text == null or (text == "" and not texts) else parse(text)


def _element_form(spec: Mapping[str, Any], null: str) -> Form:
    form = form_of(_simple(spec), ("", None))
    return lambda value: null if value is None else form(value)


def _simple(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    if ("element" in spec and not _is_bytes(spec)) or spec["kind"] == "ROW":
        raise IsthmusError(
            f"An array or a row within a CSV column can only hold simple values, and no {spec['kind']}.",
            code="ISTHMUS_GRAPH",
        )
    return spec


def _refused(spec: Mapping[str, Any]) -> IsthmusError:
    return IsthmusError(
        f"A CSV column cannot hold a {spec['kind']}; make a STRING of it, or use JSON.", code="ISTHMUS_GRAPH"
    )


def _is_bytes(spec: Mapping[str, Any]) -> bool:
    return bool(spec["kind"] == "PRIMITIVE_ARRAY" and spec["element"]["kind"] == "BYTE")


def _sequence(value: Any) -> Sequence[Any]:
    if isinstance(value, (list, tuple, Row)):
        return value  # type: ignore[return-value]
    if hasattr(value, "tolist"):
        return value.tolist()  # type: ignore[no-any-return]
    raise _no("array or row", value)


def _no(what: str, value: Any) -> TypeError:
    needed, given = (f"{'an' if word[0] in 'aeiou' else 'a'} {word}" for word in (what, type(value).__name__))
    return TypeError(f"{needed} is needed, it is {given}")


# Scalars: what parses a text, and what makes one.


def _to_base64(value: Any) -> str:
    if not isinstance(value, (bytes, bytearray)):
        raise _no("byte array", value)
    return base64.b64encode(value).decode()


def _from_base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _no("text", value)
    return value


def _integer(bits: int | None) -> tuple[Parse, Form]:
    return lambda text: check_range(int(_plain_number(text)), bits), whole_form(bits)


def _float32(text: str) -> float:
    number = _float(text)
    try:
        value: float = _F32.unpack(_F32.pack(number))[0]
    except OverflowError:
        return math.copysign(math.inf, number)
    return value


def _float(text: str) -> float:
    return float(_plain_number(text))


def _plain_number(text: str) -> str:
    if "_" in text:  # a digit separator to Python
        raise ValueError(f"{text!r} is no number")
    return text


def _floating(java: Callable[[float], str]) -> Form:
    def form(value: Any) -> str:
        if isinstance(value, bool):
            raise _no("number", value)
        try:
            return java(float(value)) if not isinstance(value, str) else java(_refuse(value))
        except (TypeError, ValueError):
            raise _no("number", value) from None

    return form


def _refuse(value: Any) -> float:
    raise TypeError(value)


def _fixed_decimal(scale: int, precision: int) -> Callable[[str], decimal.Decimal | None]:
    unit = decimal.Decimal(1).scaleb(-scale)
    limit = decimal.Decimal(10) ** (precision - scale)

    def parse(text: str) -> decimal.Decimal | None:
        rounded = decimal.Decimal(text.strip()).quantize(unit, decimal.ROUND_HALF_UP)
        return rounded if abs(rounded) < limit else None  # as Flink: what does not fit is no value

    return parse


def _decimal(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (decimal.Decimal, int)):
        raise _no("decimal", value)
    if not decimal.Decimal(value).is_finite():
        raise TypeError("NaN and infinities are no decimals; None stands for no value")
    return str(decimal.Decimal(value).normalize(_EXACT))


def _boolean(text: str) -> bool:
    word = text.strip().lower()
    if word not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false")
    return word == "true"


def _truth(value: Any) -> str:
    if type(value).__name__ not in ("bool", "bool_"):
        raise _no("boolean", value)
    return "true" if value else "false"


def _moment(cls: type, form: Form) -> Form:
    def checked(value: Any) -> str:
        if not isinstance(value, cls) or (cls is datetime.date and isinstance(value, datetime.datetime)):
            raise _no(cls.__name__, value)
        return form(value)

    return checked


_SCALARS: dict[str, tuple[Parse, Form]] = {
    "STRING": (str, _text),
    "CHAR": (str, _text),
    **{kind: _integer(bits) for kind, bits in BITS.items()},
    "FLOAT": (_float32, _floating(java_float)),
    "DOUBLE": (_float, _floating(java_double)),
    "BIG_DEC": (lambda text: decimal.Decimal(text.strip()), _decimal),
    "BOOLEAN": (_boolean, _truth),
    "SQL_DATE": (
        lambda text: datetime.date.fromisoformat(text.strip()),
        _moment(datetime.date, lambda value: value.isoformat()),
    ),
    "SQL_TIME": (
        lambda text: datetime.time.fromisoformat(text.strip()),
        _moment(datetime.time, lambda value: value.isoformat()),
    ),
    "SQL_TIMESTAMP": (
        lambda text: datetime.datetime.fromisoformat(text.strip().replace("Z", "+00:00")),
        _moment(datetime.datetime, lambda value: value.isoformat(" ")),
    ),
}
_UNQUOTED = ("BYTE", "SHORT", "INT", "LONG", "BIG_INT", "FLOAT", "DOUBLE", "BIG_DEC", "BOOLEAN")
