"""Values of JSON rows and their texts, by declared type.

- Nothing is rounded on the way: decimals are written and read by their digits, NaN and the infinities as texts, as Jackson
  does.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import json
from collections.abc import Callable, Mapping
from typing import Any

from ..common.types import Row
from ..errors import IsthmusError
from .format import java_double, java_float
from .whole_numbers import BITS, whole_form

Form = Callable[[Any], str]

_FLOATS = ("FLOAT", "DOUBLE")
#: Takes off trailing zeros and rounds nothing.
_EXACT = decimal.Context(prec=decimal.MAX_PREC, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)


class _Number(float):
    """A number with a point or an exponent, as it was written."""

    text: str


def _number(text: str) -> _Number:
    number = _Number(text)
    number.text = text
    return number


def parsed_text(message: Any, spec: Mapping[str, Any]) -> Any:
    """What a message says; numbers with their digits, where the type has decimals."""
    return json.loads(message, parse_float=_number) if _has(spec, "BIG_DEC") else json.loads(message)


def _has(spec: Any, kind: str) -> bool:
    if isinstance(spec, list):
        return any(_has(part, kind) for part in spec)
    return isinstance(spec, dict) and (spec.get("kind") == kind or any(_has(p, kind) for p in spec.values()))


def value_of(found: Any, spec: Mapping[str, Any], strict: bool) -> Any:
    """A value by its type, of what JSON has; as in Flink a number may be written as text, and a text as a number."""
    kind = spec["kind"]
    if found is None:
        return None
    if kind == "ROW" and isinstance(found, dict):
        values = {}
        for name, field in zip(spec["names"], spec["fields"]):
            if strict and name not in found:
                raise ValueError(f"the field {name!r} is missing")
            values[name] = value_of(found.get(name), field, strict)
        return Row(**values)
    if "element" in spec and isinstance(found, list):
        return [value_of(item, spec["element"], strict) for item in found]
    if kind == "MAP" and isinstance(found, dict):
        key, item = spec["key"], spec["value"]
        return {value_of(k, key, strict): value_of(v, item, strict) for k, v in found.items()}
    if kind == "STRING":
        return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    if kind == "BIG_DEC" and isinstance(found, (int, float, str)):
        return decimal.Decimal(getattr(found, "text", None) or str(found))
    if kind in _FLOATS and isinstance(found, (_Number, str)):
        return float(found)
    if isinstance(found, str):
        return _of_text(found, kind)
    return _without_digits(found)


def _of_text(text: str, kind: str) -> Any:
    if kind in BITS:
        return int(text)
    if kind == "BOOLEAN":
        return text.strip().lower() == "true"
    if kind == "SQL_DATE":
        return datetime.date.fromisoformat(text)
    if kind == "SQL_TIME":
        return datetime.time.fromisoformat(text.rstrip("Z"))
    if kind == "SQL_TIMESTAMP":
        return datetime.datetime.fromisoformat(text.rstrip("Z"))
    if kind == "PRIMITIVE_ARRAY":
        return base64.b64decode(text)
    return text


def _without_digits(found: Any) -> Any:
    if type(found) is _Number:
        return float(found)
    if isinstance(found, list):
        return [_without_digits(item) for item in found]
    if isinstance(found, dict):
        return {key: _without_digits(item) for key, item in found.items()}
    return found


def form_of(spec: Mapping[str, Any]) -> Form:
    """What writes values of a type; it raises TypeError for one of another type, with the path of the field."""
    kind = spec["kind"]
    if kind == "ROW":
        return _row(spec)
    if kind == "TUPLE":
        fields = [_nullable(form_of(field)) for field in spec["fields"]]
        return lambda value: f"[{','.join([field(item) for field, item in zip(fields, value, strict=True)])}]"
    if kind == "PRIMITIVE_ARRAY" and spec["element"]["kind"] == "BYTE":
        return lambda value: f'"{base64.b64encode(bytes(value)).decode()}"'
    if "element" in spec:
        element = _nullable(form_of(spec["element"]))
        return lambda value: f"[{','.join(map(element, value))}]"
    if kind == "MAP":
        item = _nullable(form_of(spec["value"]))
        return lambda value: (
            "{" + ",".join([f"{_any_text(_name(k))}:{item(v)}" for k, v in value.items()]) + "}"
        )
    if kind not in _FORMS:
        raise IsthmusError(f"A JSON row cannot hold a {kind}; make a STRING of it.", code="ISTHMUS_GRAPH")
    return _FORMS[kind]


def _row(spec: Mapping[str, Any]) -> Form:
    columns = [
        (name, f"{_any_text(name)}:", _nullable(form_of(field)))
        for name, field in zip(spec["names"], spec["fields"])
    ]

    def form(row: Any) -> str:
        if len(row) != len(columns):
            raise TypeError(f"a row of {len(columns)} fields is needed, it has {len(row)}")
        texts = []
        for (name, begin, column), value in zip(columns, row):
            try:
                texts.append(begin + column(value))
            except (TypeError, ValueError, AttributeError) as e:
                raise TypeError(f"the field {name!r} cannot be written as JSON: {e}") from e
        return "{" + ",".join(texts) + "}"

    return form


def _nullable(form: Form) -> Form:
    return lambda value: "null" if value is None else form(value)


def _name(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, (str, int, float)):
        return str(key)
    raise TypeError(f"a {type(key).__name__} is no name of a JSON object")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text is needed, it is a {type(value).__name__}")
    return json.dumps(value, ensure_ascii=False)


def _floating(java: Callable[[float], str]) -> Form:
    def form(value: Any) -> str:
        if isinstance(value, (bool, str)):
            raise TypeError(f"a number is needed, it is a {type(value).__name__}")
        number = float(value)
        finite = number - number == 0
        return java(number) if finite else f'"{java(number)}"'

    return form


def _truth(value: Any) -> str:
    if not isinstance(value, bool):
        raise TypeError(f"a boolean is needed, it is a {type(value).__name__}")
    return "true" if value else "false"


def _moment(cls: type) -> Form:
    def form(value: Any) -> str:
        if not isinstance(value, cls):
            raise TypeError(f"a {cls.__name__} is needed, it is a {type(value).__name__}")
        return f'"{value.isoformat()}"'  # type: ignore[attr-defined]

    return form


def _decimal(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (decimal.Decimal, int)):
        raise TypeError(f"a decimal is needed, it is a {type(value).__name__}")
    if not decimal.Decimal(value).is_finite():
        raise TypeError("NaN and infinities are no decimals; None stands for no value")
    return str(decimal.Decimal(value).normalize(_EXACT))


def _any_text(value: Any) -> str:
    """A value without a declared type."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_encoded, allow_nan=False)


def _encoded(value: Any) -> Any:
    if isinstance(value, Row):
        return value.as_dict()
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} has no form in JSON; declare its type")


_FORMS: dict[str, Form] = {
    "STRING": _text,
    "CHAR": _text,
    "FLOAT": _floating(java_float),
    "DOUBLE": _floating(java_double),
    "BIG_DEC": _decimal,
    "BOOLEAN": _truth,
    "SQL_DATE": _moment(datetime.date),
    "SQL_TIME": _moment(datetime.time),
    "SQL_TIMESTAMP": _moment(datetime.datetime),
    "PICKLED_BYTE_ARRAY": _any_text,
    **{kind: whole_form(bits) for kind, bits in BITS.items()},
}
