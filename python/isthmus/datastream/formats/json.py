"""JSON: rows as bytes."""

from __future__ import annotations

from typing import Any

from ..._text.json_values import form_of, parsed_text, value_of
from ..._types.coerce import coercer
from ...common.serialization import DeserializationSchema, SerializationSchema
from ...common.typeinfo import RowTypeInfo, TypeInformation
from ...common.types import Row
from ...errors import IsthmusError, UnsupportedError

__all__ = ["JsonRowDeserializationSchema", "JsonRowSerializationSchema"]


#: What a message may be to blame for; one that is nested too deeply as well.
_UNREADABLE = (
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
    ArithmeticError,
    RecursionError,
    IsthmusError,
)


class JsonRowDeserializationSchema(DeserializationSchema):
    """A JSON object becomes a row; made by ``builder()``."""

    def __init__(self, type_info: RowTypeInfo, strict: bool, ignore_errors: bool) -> None:
        self._type, self._strict, self._ignore = type_info, strict, ignore_errors
        self._coerce = coercer(type_info.to_spec())

    @staticmethod
    def builder() -> JsonRowDeserializationSchema.Builder:
        """Makes a schema step by step."""
        return JsonRowDeserializationSchema.Builder()

    def deserialize(self, message: bytes) -> Row | None:
        """None for a message that cannot be read, where such messages are to be ignored.

        Raises:
            IsthmusError: The message is no JSON object, or a field is missing or of another type.
        """
        try:
            spec = self._type.to_spec()
            found = parsed_text(message, spec)
            if not isinstance(found, dict):
                raise ValueError(f"a JSON object is needed, it is {type(found).__name__}")
            row: Row = value_of(found, spec, self._strict)
            return self._coerce([row])[0] if self._coerce is not None else row
        except _UNREADABLE as e:
            if self._ignore:
                return None
            shown = bytes(message)[:200]
            raise IsthmusError(
                f"A JSON row cannot be read: {e}. The message: {shown!r}", code="ISTHMUS_USER"
            ) from e

    def get_produced_type(self) -> TypeInformation:
        """The type of the rows."""
        return self._type

    class Builder:
        """Makes the schema step by step."""

        def __init__(self) -> None:
            self._type: TypeInformation | None = None
            self._strict = self._ignore = False

        def type_info(self, type_info: TypeInformation) -> JsonRowDeserializationSchema.Builder:
            """The type of the rows."""
            self._type = type_info
            return self

        def json_schema(self, json_schema: str) -> JsonRowDeserializationSchema.Builder:
            """Not here: say the type."""
            raise UnsupportedError(
                "JsonRowDeserializationSchema.json_schema exists in PyFlink, but Isthmus does not have it (yet): "
                "say the type with type_info(Types.ROW_NAMED(...))."
            )

        def fail_on_missing_field(self) -> JsonRowDeserializationSchema.Builder:
            """Without it a missing field is None."""
            self._strict = True
            return self

        def ignore_parse_errors(self) -> JsonRowDeserializationSchema.Builder:
            """Leave out what does not parse, instead of failing the job."""
            self._ignore = True
            return self

        def build(self) -> JsonRowDeserializationSchema:
            """The schema."""
            if not isinstance(self._type, RowTypeInfo):
                raise TypeError("A JSON row needs a row type: builder().type_info(Types.ROW_NAMED(...)).")
            return JsonRowDeserializationSchema(self._type, self._strict, self._ignore)


class JsonRowSerializationSchema(SerializationSchema):
    """A row becomes a JSON object; made by ``builder()``."""

    def __init__(self, type_info: RowTypeInfo) -> None:
        self._form = form_of(type_info.to_spec())

    @staticmethod
    def builder() -> JsonRowSerializationSchema.Builder:
        """Makes a schema step by step."""
        return JsonRowSerializationSchema.Builder()

    def serialize(self, element: Any) -> bytes:
        """
        Raises:
            TypeError: A field is not of its type; it names the field.
        """
        return self._form(element).encode()

    class Builder:
        """Makes the schema step by step."""

        def __init__(self) -> None:
            self._type: TypeInformation | None = None

        def with_type_info(self, type_info: TypeInformation) -> JsonRowSerializationSchema.Builder:
            """The type of the rows."""
            self._type = type_info
            return self

        def build(self) -> JsonRowSerializationSchema:
            """The schema."""
            if not isinstance(self._type, RowTypeInfo):
                raise TypeError("Typeinfo should be set: builder().with_type_info(Types.ROW_NAMED(...)).")
            return JsonRowSerializationSchema(self._type)
