"""JSON: rows as bytes."""

from __future__ import annotations

import base64
import datetime
import decimal
import json
from typing import Any

from ..._types.coerce import coercer
from ...common.serialization import DeserializationSchema, SerializationSchema
from ...common.typeinfo import RowTypeInfo, TypeInformation
from ...common.types import Row
from ...errors import IsthmusError, UnsupportedError

__all__ = ["JsonRowDeserializationSchema", "JsonRowSerializationSchema"]


class JsonRowDeserializationSchema(DeserializationSchema):
    """A JSON object becomes a row; made by ``builder()``."""

    def __init__(self, type_info: RowTypeInfo, strict: bool, ignore_errors: bool) -> None:
        self._type, self._strict, self._ignore = type_info, strict, ignore_errors
        self._coerce = coercer(type_info.to_spec())

    @staticmethod
    def builder() -> JsonRowDeserializationSchema.Builder:
        return JsonRowDeserializationSchema.Builder()

    def deserialize(self, message: bytes) -> Row | None:
        """None for a message that cannot be read, where such messages are to be ignored.

        Raises:
            IsthmusError: The message is no JSON object, or a field is missing or of another type.
        """
        try:
            found = json.loads(message)
            if not isinstance(found, dict):
                raise ValueError(f"a JSON object is needed, it is {type(found).__name__}")
            row = _row(found, self._type, self._strict)
            return self._coerce([row])[0] if self._coerce is not None else row
        except (ValueError, TypeError, AttributeError, OverflowError, ArithmeticError, IsthmusError) as e:
            if self._ignore:
                return None
            shown = bytes(message)[:200]
            raise IsthmusError(
                f"A JSON row cannot be read: {e}. The message: {shown!r}", code="ISTHMUS_USER"
            ) from e

    def get_produced_type(self) -> TypeInformation:
        return self._type

    class Builder:
        def __init__(self) -> None:
            self._type: TypeInformation | None = None
            self._strict = self._ignore = False

        def type_info(self, type_info: TypeInformation) -> JsonRowDeserializationSchema.Builder:
            self._type = type_info
            return self

        def json_schema(self, json_schema: str) -> JsonRowDeserializationSchema.Builder:
            raise UnsupportedError(
                "JsonRowDeserializationSchema.json_schema exists in PyFlink, but Isthmus does not have it (yet): "
                "say the type with type_info(Types.ROW_NAMED(...))."
            )

        def fail_on_missing_field(self) -> JsonRowDeserializationSchema.Builder:
            """Without it a missing field is None."""
            self._strict = True
            return self

        def ignore_parse_errors(self) -> JsonRowDeserializationSchema.Builder:
            self._ignore = True
            return self

        def build(self) -> JsonRowDeserializationSchema:
            if not isinstance(self._type, RowTypeInfo):
                raise TypeError("A JSON row needs a row type: builder().type_info(Types.ROW_NAMED(...)).")
            return JsonRowDeserializationSchema(self._type, self._strict, self._ignore)


_INTEGERS = ("BYTE", "SHORT", "INT", "LONG", "BIG_INT")


def _row(found: dict[str, Any], info: RowTypeInfo, strict: bool) -> Row:
    values = {}
    for name, field in zip(info.get_field_names(), info.get_field_types()):
        if strict and name not in found:
            raise ValueError(f"the field {name!r} is missing")
        value = found.get(name)
        if isinstance(field, RowTypeInfo) and isinstance(value, dict):
            value = _row(value, field, strict)
        values[name] = _parsed(value, field.to_spec()["kind"])
    return Row(**values)


def _parsed(value: Any, kind: str) -> Any:
    """A field by its type; as in Flink a number may be written as text, and a text as a number."""
    if kind == "STRING" and value is not None and not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        if kind in _INTEGERS:
            return int(value)
        if kind in ("FLOAT", "DOUBLE"):
            return float(value)
        if kind == "BOOLEAN":
            return value.strip().lower() == "true"
        if kind == "SQL_DATE":
            return datetime.date.fromisoformat(value)
        if kind == "SQL_TIME":
            return datetime.time.fromisoformat(value.rstrip("Z"))
        if kind == "SQL_TIMESTAMP":
            return datetime.datetime.fromisoformat(value.rstrip("Z"))
        if kind == "PRIMITIVE_ARRAY":
            return base64.b64decode(value)
    if kind == "BIG_DEC" and isinstance(value, (int, float, str)):
        return decimal.Decimal(str(value))
    return value


class JsonRowSerializationSchema(SerializationSchema):
    """A row becomes a JSON object; made by ``builder()``."""

    def __init__(self, type_info: RowTypeInfo) -> None:
        self._type = type_info

    @staticmethod
    def builder() -> JsonRowSerializationSchema.Builder:
        return JsonRowSerializationSchema.Builder()

    def serialize(self, element: Any) -> bytes:
        return json.dumps(
            _object(element, self._type), ensure_ascii=False, separators=(",", ":"), default=_encoded
        ).encode()

    class Builder:
        def __init__(self) -> None:
            self._type: TypeInformation | None = None

        def with_type_info(self, type_info: TypeInformation) -> JsonRowSerializationSchema.Builder:
            self._type = type_info
            return self

        def build(self) -> JsonRowSerializationSchema:
            if not isinstance(self._type, RowTypeInfo):
                raise TypeError("Typeinfo should be set: builder().with_type_info(Types.ROW_NAMED(...)).")
            return JsonRowSerializationSchema(self._type)


def _object(row: Any, info: RowTypeInfo) -> dict[str, Any]:
    made = {}
    for name, field, value in zip(info.get_field_names(), info.get_field_types(), row):
        made[name] = _object(value, field) if isinstance(field, RowTypeInfo) and value is not None else value
    return made


def _encoded(value: Any) -> Any:
    if isinstance(value, Row):
        return value.as_dict()
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} has no form in JSON")
