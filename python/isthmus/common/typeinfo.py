"""Types that a program may declare for its streams, states and keys.

An undeclared type travels as pickled Python objects. A declared one is checked and converted where records leave a
task (an exchange, a sink, a key, a state), not between functions that are chained.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from .._pyflink.lazy import absent_names, no_java

if TYPE_CHECKING:
    from .._program.job_graph import ArrayKind, ScalarTypeKind, TypeSpec

__all__ = [
    "BasicArrayTypeInfo",
    "BasicType",
    "BasicTypeInfo",
    "DateTypeInfo",
    "ExternalTypeInfo",
    "InstantTypeInfo",
    "ListTypeInfo",
    "MapTypeInfo",
    "ObjectArrayTypeInfo",
    "PickledBytesTypeInfo",
    "PrimitiveArrayTypeInfo",
    "RowTypeInfo",
    "SqlTimeTypeInfo",
    "TimeTypeInfo",
    "TimestampTypeInfo",
    "TupleTypeInfo",
    "TypeInformation",
    "Types",
    "WrapperTypeInfo",
]


class TypeInformation:
    """A declared type."""

    if not TYPE_CHECKING:
        __getattr__ = no_java

    def to_spec(self) -> TypeSpec:
        """The type as data, as the job graph has it (``TypeSpec`` of ``src/graph/job-graph.ts``)."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TypeInformation) and _shape(self) == _shape(other)

    def __hash__(self) -> int:
        return hash(repr(_shape(self)))

    def need_conversion(self) -> bool:
        """Asked by PyFlink only."""
        return False

    def of_stream(self) -> TypeInformation:
        """The type as a stream has it: fields of rows are named there, by f0, f1, … where nobody named them."""
        return self


WrapperTypeInfo = TypeInformation


def _shape(info: TypeInformation) -> Any:
    """What equality looks at: everything but the names of a row's fields."""
    if isinstance(info, RowTypeInfo):
        return "ROW", [_shape(t) for t in info.types]
    spec = info.to_spec()
    if isinstance(info, TupleTypeInfo):
        return "TUPLE", [_shape(t) for t in info.types]
    return spec


class BasicType:
    """Names of the basic types."""

    STRING = "String"
    BYTE = "Byte"
    BOOLEAN = "Boolean"
    SHORT = "Short"
    INT = "Integer"
    LONG = "Long"
    FLOAT = "Float"
    DOUBLE = "Double"
    CHAR = "Char"
    BIG_INT = "BigInteger"
    BIG_DEC = "BigDecimal"
    INSTANT = "Instant"


class BasicTypeInfo(TypeInformation):
    """Numbers, strings, booleans."""

    def __init__(self, kind: ScalarTypeKind, label: str | None = None) -> None:
        self._kind = kind
        self._label: str = label or str(getattr(BasicType, kind, kind))

    def to_spec(self) -> TypeSpec:
        return {"kind": self._kind}

    def __repr__(self) -> str:
        return self._label

    def __reduce__(self) -> Any:
        return type(self), (self._kind, self._label)


class SqlTimeTypeInfo(BasicTypeInfo):
    """Dates and times of day."""


class DateTypeInfo(SqlTimeTypeInfo):
    """``datetime.date``."""


class TimeTypeInfo(SqlTimeTypeInfo):
    """``datetime.time``."""


class TimestampTypeInfo(SqlTimeTypeInfo):
    """``datetime.datetime``."""


class InstantTypeInfo(BasicTypeInfo):
    """Points on the time line."""


class PickledBytesTypeInfo(TypeInformation):
    """Any Python object."""

    def to_spec(self) -> TypeSpec:
        return {"kind": "PICKLED_BYTE_ARRAY"}

    def __repr__(self) -> str:
        return "PickledByteArrayTypeInfo"


class _ElementTypeInfo(TypeInformation):
    kind: ClassVar[ArrayKind]
    label = ""

    def __init__(self, element_type: TypeInformation) -> None:
        self._element_type = element_type

    @property
    def elem_type(self) -> TypeInformation:
        """The type of the elements."""
        return self._element_type

    def of_stream(self) -> TypeInformation:
        return type(self)(self._element_type.of_stream())

    def to_spec(self) -> TypeSpec:
        return {"kind": self.kind, "element": self._element_type.to_spec()}

    def __repr__(self) -> str:
        return f"{self.label}<{self._element_type}>"


class PrimitiveArrayTypeInfo(_ElementTypeInfo):
    """Lists of numbers or booleans without None."""

    kind, label = "PRIMITIVE_ARRAY", "PrimitiveArrayTypeInfo"


class BasicArrayTypeInfo(_ElementTypeInfo):
    """Lists of basic values, which may be None."""

    kind, label = "BASIC_ARRAY", "BasicArrayTypeInfo"


class ObjectArrayTypeInfo(_ElementTypeInfo):
    """Lists of any values, which may be None."""

    kind, label = "OBJECT_ARRAY", "ObjectArrayTypeInfo"


class ListTypeInfo(_ElementTypeInfo):
    """Lists of any values, which may be None."""

    kind, label = "LIST", "ListTypeInfo"


class MapTypeInfo(TypeInformation):
    """Dicts with keys of one type and values of one type."""

    def __init__(self, key_type_info: TypeInformation, value_type_info: TypeInformation) -> None:
        self._key_type_info = key_type_info
        self._value_type_info = value_type_info

    def of_stream(self) -> TypeInformation:
        return MapTypeInfo(self._key_type_info.of_stream(), self._value_type_info.of_stream())

    def to_spec(self) -> TypeSpec:
        return {"kind": "MAP", "key": self._key_type_info.to_spec(), "value": self._value_type_info.to_spec()}

    def __repr__(self) -> str:
        return f"MapTypeInfo<{self._key_type_info}, {self._value_type_info}>"


class TupleTypeInfo(TypeInformation):
    """Tuples with a type for each field."""

    def __init__(self, types: list[TypeInformation]) -> None:
        self.types = list(types)

    def get_field_types(self) -> list[TypeInformation]:
        """The types of the fields."""
        return self.types

    def of_stream(self) -> TypeInformation:
        return TupleTypeInfo([t.of_stream() for t in self.types])

    def to_spec(self) -> TypeSpec:
        return {"kind": "TUPLE", "fields": [t.to_spec() for t in self.types]}

    def __repr__(self) -> str:
        return f"TupleTypeInfo({', '.join(map(str, self.types))})"


class RowTypeInfo(TypeInformation):
    """Rows with a name and a type for each field; names default to f0, f1, …"""

    def __init__(self, field_types: list[TypeInformation], field_names: list[str] | None = None) -> None:
        self.types = list(field_types)
        self._named = field_names is not None
        self.names = list(field_names) if field_names else [f"f{i}" for i in range(len(self.types))]
        if len(self.names) != len(self.types):
            raise ValueError("The number of field names and of field types must be equal.")

    def get_field_names(self) -> list[str]:
        """The names of the fields."""
        return self.names

    def get_field_types(self) -> list[TypeInformation]:
        """The types of the fields."""
        return self.types

    def get_field_index(self, field_name: str) -> int:
        """Raises ValueError for a name that is none."""
        return self.names.index(field_name)

    def of_stream(self) -> TypeInformation:
        return RowTypeInfo([t.of_stream() for t in self.types], self.names)

    def to_spec(self) -> TypeSpec:
        return {"kind": "ROW", "names": self.names, "fields": [t.to_spec() for t in self.types]}

    def __repr__(self) -> str:
        # Names that were not given are not shown.
        fields = ", ".join(
            f"{name}: {t}" if self._named else str(t) for name, t in zip(self.names, self.types)
        )
        return f"RowTypeInfo({fields})"


class ExternalTypeInfo(TypeInformation):
    """A type given by another one."""

    def __init__(self, type_info: TypeInformation) -> None:
        self._type_info = type_info

    def to_spec(self) -> TypeSpec:
        return self._type_info.to_spec()

    def __repr__(self) -> str:
        return f"ExternalTypeInfo<{self._type_info}>"


_BASIC = {
    kind: BasicTypeInfo(kind)
    for kind in (
        "STRING",
        "BYTE",
        "BOOLEAN",
        "SHORT",
        "INT",
        "LONG",
        "FLOAT",
        "DOUBLE",
        "CHAR",
        "BIG_INT",
        "BIG_DEC",
    )
}
_INSTANT = InstantTypeInfo("INSTANT")
_SQL = {
    "SQL_DATE": DateTypeInfo("SQL_DATE", "DateTypeInfo"),
    "SQL_TIME": TimeTypeInfo("SQL_TIME", "TimeTypeInfo"),
    "SQL_TIMESTAMP": TimestampTypeInfo("SQL_TIMESTAMP", "TimestampTypeInfo"),
}
_PICKLED = PickledBytesTypeInfo()


def _constant(info: TypeInformation) -> Any:
    return staticmethod(lambda: info)


# PyFlink's other spellings: BasicTypeInfo.STRING_TYPE_INFO(), SqlTimeTypeInfo.DATE().
for _name, _info in {**_BASIC, "INSTANT": _INSTANT}.items():
    setattr(BasicTypeInfo, f"{_name}_TYPE_INFO", _constant(_info))
for _name, _info in _SQL.items():
    setattr(SqlTimeTypeInfo, _name.removeprefix("SQL_"), _constant(_info))


class Types:
    """Makes types."""

    @staticmethod
    def STRING() -> TypeInformation:
        """Texts."""
        return _BASIC["STRING"]

    @staticmethod
    def BYTE() -> TypeInformation:
        """8 bits, signed."""
        return _BASIC["BYTE"]

    @staticmethod
    def BOOLEAN() -> TypeInformation:
        """True and False."""
        return _BASIC["BOOLEAN"]

    @staticmethod
    def SHORT() -> TypeInformation:
        """16 bits, signed."""
        return _BASIC["SHORT"]

    @staticmethod
    def INT() -> TypeInformation:
        """32 bits, signed."""
        return _BASIC["INT"]

    @staticmethod
    def LONG() -> TypeInformation:
        """64 bits, signed."""
        return _BASIC["LONG"]

    @staticmethod
    def FLOAT() -> TypeInformation:
        """32 bits: values are rounded where the type bites."""
        return _BASIC["FLOAT"]

    @staticmethod
    def DOUBLE() -> TypeInformation:
        """Floats of 64 bits."""
        return _BASIC["DOUBLE"]

    @staticmethod
    def CHAR() -> TypeInformation:
        """A character."""
        return _BASIC["CHAR"]

    @staticmethod
    def BIG_INT() -> TypeInformation:
        """Integers of any size."""
        return _BASIC["BIG_INT"]

    @staticmethod
    def BIG_DEC() -> TypeInformation:
        """``decimal.Decimal``."""
        return _BASIC["BIG_DEC"]

    @staticmethod
    def INSTANT() -> TypeInformation:
        """Moments (``Instant``)."""
        return _INSTANT

    @staticmethod
    def SQL_DATE() -> TypeInformation:
        """``datetime.date``."""
        return _SQL["SQL_DATE"]

    @staticmethod
    def SQL_TIME() -> TypeInformation:
        """``datetime.time``."""
        return _SQL["SQL_TIME"]

    @staticmethod
    def SQL_TIMESTAMP() -> TypeInformation:
        """``datetime.datetime``."""
        return _SQL["SQL_TIMESTAMP"]

    @staticmethod
    def PICKLED_BYTE_ARRAY() -> TypeInformation:
        """Any Python object, as an undeclared type."""
        return _PICKLED

    @staticmethod
    def ROW(field_types: list[TypeInformation]) -> RowTypeInfo:
        """Rows of these types; fields are ``f0``, ``f1`` …"""
        return RowTypeInfo(field_types)

    @staticmethod
    def ROW_NAMED(field_names: list[str], field_types: list[TypeInformation]) -> RowTypeInfo:
        """Rows of these names and types."""
        return RowTypeInfo(field_types, field_names)

    @staticmethod
    def TUPLE(field_types: list[TypeInformation]) -> TupleTypeInfo:
        """Tuples of these types."""
        return TupleTypeInfo(field_types)

    @staticmethod
    def PRIMITIVE_ARRAY(element_type: TypeInformation) -> PrimitiveArrayTypeInfo:
        """Lists of numbers or booleans without None."""
        kinds = ("BOOLEAN", "BYTE", "SHORT", "INT", "LONG", "FLOAT", "DOUBLE", "CHAR")
        if element_type.to_spec()["kind"] not in kinds:
            raise TypeError(f"Invalid element type for a primitive array: {element_type}")
        return PrimitiveArrayTypeInfo(element_type)

    @staticmethod
    def BASIC_ARRAY(element_type: TypeInformation) -> BasicArrayTypeInfo:
        """Lists of basic values, which may be None."""
        if not isinstance(element_type, BasicTypeInfo):
            raise TypeError(f"Invalid element type for a basic array: {element_type}")
        return BasicArrayTypeInfo(element_type)

    @staticmethod
    def OBJECT_ARRAY(element_type: TypeInformation) -> ObjectArrayTypeInfo:
        """Lists of any values, which may be None."""
        return ObjectArrayTypeInfo(element_type)

    @staticmethod
    def LIST(element_type_info: TypeInformation) -> ListTypeInfo:
        """Lists of any values, which may be None."""
        return ListTypeInfo(element_type_info)

    @staticmethod
    def MAP(key_type_info: TypeInformation, value_type_info: TypeInformation) -> MapTypeInfo:
        """Dicts; values may be None, keys not."""
        return MapTypeInfo(key_type_info, value_type_info)


if not TYPE_CHECKING:
    __getattr__ = absent_names(__name__)
