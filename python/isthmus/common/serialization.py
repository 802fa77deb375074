"""How records become bytes and lines, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._pyflink.lazy import absent_names
from ._charsets import known_charset
from .typeinfo import TypeInformation, Types

__all__ = [
    "BulkWriterFactory",
    "ByteArraySchema",
    "DeserializationSchema",
    "Encoder",
    "SerializationSchema",
    "SimpleStringSchema",
]


class SerializationSchema:
    """Turns a record into bytes."""

    def serialize(self, element: Any) -> bytes:
        """The bytes of a record."""
        raise NotImplementedError(f"{type(self).__name__}.serialize")


class DeserializationSchema:
    """Turns bytes into a record."""

    def deserialize(self, message: bytes) -> Any:
        """A record of its bytes."""
        raise NotImplementedError(f"{type(self).__name__}.deserialize")

    def get_produced_type(self) -> TypeInformation:
        """The type of the records."""
        return Types.PICKLED_BYTE_ARRAY()


class SimpleStringSchema(SerializationSchema, DeserializationSchema):
    """Text in a character set."""

    def __init__(self, charset: str = "UTF-8") -> None:
        self._charset = charset

    def serialize(self, element: Any) -> bytes:
        """
        Raises:
            TypeError: It is no text.
        """
        if not isinstance(element, str):
            raise TypeError(f"SimpleStringSchema writes texts; it was given a {type(element).__name__}.")
        return element.encode(self._charset)

    def deserialize(self, message: bytes) -> str:
        return bytes(message).decode(self._charset)

    def get_produced_type(self) -> TypeInformation:
        return Types.STRING()


class ByteArraySchema(SerializationSchema, DeserializationSchema):
    """Bytes as they are."""

    def serialize(self, element: Any) -> bytes:
        return bytes(element)

    def deserialize(self, message: bytes) -> bytes:
        return bytes(message)

    def get_produced_type(self) -> TypeInformation:
        return Types.PRIMITIVE_ARRAY(Types.BYTE())


class Encoder:
    """How a file sink writes a record."""

    def __init__(self, charset: str) -> None:
        self.charset = charset

    @staticmethod
    def simple_string_encoder(charset_name: str = "UTF-8") -> Encoder:
        """One line of text a record."""
        return Encoder(known_charset(charset_name))


class BulkWriterFactory:
    """Writes files in a format that is not by rows."""

    def __init__(self, payload: Any = None) -> None:
        self.payload = payload


if not TYPE_CHECKING:
    __getattr__ = absent_names(__name__)
