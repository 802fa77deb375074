"""Types of columns, as CSV schemas and tables name them; the slice of PyFlink's Table types that streams need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

from ..common.typeinfo import TypeInformation, Types
from ..common.types import Row as Row
from ..common.types import RowKind as RowKind
from ..errors import UnsupportedError

__all__ = ["DataType", "DataTypes", "RowField", "RowType"]


class DataType:
    """The type of a column.

    Attributes:
        root: SQL's name of it, without arguments: ``DECIMAL``.
        args: Its arguments: length, precision, scale.
        parts: The types it is made of: an array's elements, a map's keys and values, a row's fields.
        type_info: What a stream's records have for it.
    """

    def __init__(
        self,
        root: str,
        type_info: TypeInformation,
        nullable: bool = True,
        args: tuple[int, ...] = (),
        parts: tuple[DataType, ...] = (),
    ) -> None:
        self.root, self.type_info, self.args, self.parts = root, type_info, args, parts
        self._nullable = nullable

    def not_null(self) -> DataType:
        """The same, of a column that is never None."""
        return self._with(False)

    def nullable(self) -> DataType:
        """The same, of a column that may be None."""
        return self._with(True)

    def _with(self, nullable: bool) -> DataType:
        return DataType(self.root, self.type_info, nullable, self.args, self.parts)

    @property
    def name(self) -> str:
        """As SQL writes it, without ``NOT NULL``."""
        if self.args:
            return f"{self.root}({', '.join(map(str, self.args))})"
        return f"{self.root}<{', '.join(map(str, self.parts))}>" if self.parts else self.root

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        return self.name if self._nullable else f"{self.name} NOT NULL"


class RowField:
    """A named column."""

    def __init__(self, name: str, data_type: DataType, description: str | None = None) -> None:
        self.name, self.data_type, self.description = name, data_type, description

    def __repr__(self) -> str:
        return f"`{self.name}` {self.data_type}"


class RowType(DataType):
    """Columns, in order."""

    def __init__(self, fields: Sequence[RowField], nullable: bool = True) -> None:
        self.fields = list(fields)
        row = Types.ROW_NAMED([f.name for f in self.fields], [f.data_type.type_info for f in self.fields])
        super().__init__("ROW", row, nullable, parts=tuple(f.data_type for f in self.fields))

    def _with(self, nullable: bool) -> RowType:
        return RowType(self.fields, nullable)

    @property
    def name(self) -> str:
        return f"ROW<{', '.join(map(repr, self.fields))}>"

    def add(self, field: RowField | str, data_type: DataType | None = None) -> RowType:
        """Add a column, in place."""
        if isinstance(field, str):
            if data_type is None:
                raise ValueError(f"The column {field!r} needs a type.")
            field = RowField(field, data_type)
        self.__init__([*self.fields, field], self._nullable)  # type: ignore[misc]
        return self

    def field_names(self) -> list[str]:
        return [f.name for f in self.fields]

    def field_types(self) -> list[DataType]:
        return [f.data_type for f in self.fields]

    def __iter__(self) -> Iterator[RowField]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)


def _plain(name: str, info: Callable[[], TypeInformation]) -> Callable[..., DataType]:
    def make(nullable: bool = True) -> DataType:
        return DataType(name, info(), nullable)

    make.__name__ = name
    make.__doc__ = f"SQL's {name}."
    return make


def _absent(name: str) -> Callable[..., NoReturn]:
    def make(*args: Any) -> NoReturn:
        raise UnsupportedError(f"DataTypes.{name} exists in PyFlink, but Isthmus does not have it (yet).")

    return make


def _bytes() -> TypeInformation:
    return Types.PRIMITIVE_ARRAY(Types.BYTE())


class DataTypes:
    """Makes types of columns."""

    BOOLEAN = staticmethod(_plain("BOOLEAN", Types.BOOLEAN))
    TINYINT = staticmethod(_plain("TINYINT", Types.BYTE))
    SMALLINT = staticmethod(_plain("SMALLINT", Types.SHORT))
    INT = staticmethod(_plain("INT", Types.INT))
    BIGINT = staticmethod(_plain("BIGINT", Types.LONG))
    FLOAT = staticmethod(_plain("FLOAT", Types.FLOAT))
    DOUBLE = staticmethod(_plain("DOUBLE", Types.DOUBLE))
    STRING = staticmethod(_plain("STRING", Types.STRING))
    BYTES = staticmethod(_plain("BYTES", _bytes))
    DATE = staticmethod(_plain("DATE", Types.SQL_DATE))

    NULL = staticmethod(_absent("NULL"))
    MULTISET = staticmethod(_absent("MULTISET"))
    LIST_VIEW = staticmethod(_absent("LIST_VIEW"))
    MAP_VIEW = staticmethod(_absent("MAP_VIEW"))
    INTERVAL = staticmethod(_absent("INTERVAL"))
    SECOND = staticmethod(_absent("SECOND"))
    MINUTE = staticmethod(_absent("MINUTE"))
    HOUR = staticmethod(_absent("HOUR"))
    DAY = staticmethod(_absent("DAY"))
    MONTH = staticmethod(_absent("MONTH"))
    YEAR = staticmethod(_absent("YEAR"))

    @staticmethod
    def CHAR(length: int, nullable: bool = True) -> DataType:
        """Texts of that length."""
        return DataType("CHAR", Types.STRING(), nullable, (length,))

    @staticmethod
    def VARCHAR(length: int, nullable: bool = True) -> DataType:
        """Texts of at most that length."""
        return DataType("VARCHAR", Types.STRING(), nullable, (length,))

    @staticmethod
    def BINARY(length: int, nullable: bool = True) -> DataType:
        """Bytes of that length."""
        return DataType("BINARY", _bytes(), nullable, (length,))

    @staticmethod
    def VARBINARY(length: int, nullable: bool = True) -> DataType:
        """Bytes of at most that length."""
        return DataType("VARBINARY", _bytes(), nullable, (length,))

    @staticmethod
    def DECIMAL(precision: int, scale: int, nullable: bool = True) -> DataType:
        """``Decimal`` of so many digits, ``scale`` of them behind the point."""
        return DataType("DECIMAL", Types.BIG_DEC(), nullable, (precision, scale))

    @staticmethod
    def TIME(precision: int = 0, nullable: bool = True) -> DataType:
        """Times of day, with so many digits of a second."""
        return DataType("TIME", Types.SQL_TIME(), nullable, (precision,))

    @staticmethod
    def TIMESTAMP(precision: int = 6, nullable: bool = True) -> DataType:
        """Dates and times of a wall clock, with so many digits of a second."""
        return DataType("TIMESTAMP", Types.SQL_TIMESTAMP(), nullable, (precision,))

    @staticmethod
    def TIMESTAMP_LTZ(precision: int = 6, nullable: bool = True) -> DataType:
        """Moments, with so many digits of a second."""
        return DataType("TIMESTAMP_LTZ", Types.INSTANT(), nullable, (precision,))

    TIMESTAMP_WITH_LOCAL_TIME_ZONE = TIMESTAMP_LTZ

    @staticmethod
    def ARRAY(element_type: DataType, nullable: bool = True) -> DataType:
        """Lists of one type."""
        return DataType("ARRAY", Types.OBJECT_ARRAY(element_type.type_info), nullable, parts=(element_type,))

    @staticmethod
    def MAP(key_type: DataType, value_type: DataType, nullable: bool = True) -> DataType:
        """Dicts of one type of keys and one of values."""
        info = Types.MAP(key_type.type_info, value_type.type_info)
        return DataType("MAP", info, nullable, parts=(key_type, value_type))

    @staticmethod
    def FIELD(name: str, data_type: DataType, description: str | None = None) -> RowField:
        """A field of a row."""
        return RowField(name, data_type, description)

    @staticmethod
    def ROW(row_fields: Sequence[RowField] = (), nullable: bool = True) -> RowType:
        """Rows of these fields."""
        return RowType(row_fields, nullable)
