"""Types of columns, as CSV schemas name them; the slice of PyFlink's Table types that streams need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..common.typeinfo import TypeInformation, Types

__all__ = ["DataType", "DataTypes", "RowField", "RowType"]


class DataType:
    """The type of a column; ``type_info`` is what a stream's records have for it."""

    def __init__(self, name: str, type_info: TypeInformation, nullable: bool = True) -> None:
        self.name, self.type_info, self._nullable = name, type_info, nullable

    def not_null(self) -> DataType:
        return DataType(self.name, self.type_info, False)

    def nullable(self) -> DataType:
        return DataType(self.name, self.type_info, True)

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

    def __init__(self, fields: Sequence[RowField]) -> None:
        self.fields = list(fields)
        row = Types.ROW_NAMED([f.name for f in self.fields], [f.data_type.type_info for f in self.fields])
        super().__init__(f"ROW<{', '.join(map(repr, self.fields))}>", row)

    def field_names(self) -> list[str]:
        return [f.name for f in self.fields]

    def field_types(self) -> list[DataType]:
        return [f.data_type for f in self.fields]

    def __iter__(self) -> Any:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)


def _plain(name: str, info: Callable[[], TypeInformation]) -> Callable[..., DataType]:
    def make(nullable: bool = True) -> DataType:
        return DataType(name, info(), nullable)

    make.__name__ = name
    make.__doc__ = f"SQL's {name}."
    return make


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
    DATE = staticmethod(_plain("DATE", Types.SQL_DATE))

    @staticmethod
    def CHAR(length: int, nullable: bool = True) -> DataType:
        return DataType(f"CHAR({length})", Types.STRING(), nullable)

    @staticmethod
    def VARCHAR(length: int, nullable: bool = True) -> DataType:
        return DataType(f"VARCHAR({length})", Types.STRING(), nullable)

    @staticmethod
    def BYTES(nullable: bool = True) -> DataType:
        return DataType("BYTES", Types.PRIMITIVE_ARRAY(Types.BYTE()), nullable)

    @staticmethod
    def BINARY(length: int, nullable: bool = True) -> DataType:
        return DataType(f"BINARY({length})", Types.PRIMITIVE_ARRAY(Types.BYTE()), nullable)

    @staticmethod
    def VARBINARY(length: int, nullable: bool = True) -> DataType:
        return DataType(f"VARBINARY({length})", Types.PRIMITIVE_ARRAY(Types.BYTE()), nullable)

    @staticmethod
    def DECIMAL(precision: int, scale: int, nullable: bool = True) -> DataType:
        return DataType(f"DECIMAL({precision}, {scale})", Types.BIG_DEC(), nullable)

    @staticmethod
    def TIME(precision: int = 0, nullable: bool = True) -> DataType:
        return DataType(f"TIME({precision})", Types.SQL_TIME(), nullable)

    @staticmethod
    def TIMESTAMP(precision: int = 6, nullable: bool = True) -> DataType:
        return DataType(f"TIMESTAMP({precision})", Types.SQL_TIMESTAMP(), nullable)

    @staticmethod
    def TIMESTAMP_LTZ(precision: int = 6, nullable: bool = True) -> DataType:
        return DataType(f"TIMESTAMP_LTZ({precision})", Types.INSTANT(), nullable)

    @staticmethod
    def ARRAY(element_type: DataType, nullable: bool = True) -> DataType:
        return DataType(f"ARRAY<{element_type}>", Types.OBJECT_ARRAY(element_type.type_info), nullable)

    @staticmethod
    def MAP(key_type: DataType, value_type: DataType, nullable: bool = True) -> DataType:
        info = Types.MAP(key_type.type_info, value_type.type_info)
        return DataType(f"MAP<{key_type}, {value_type}>", info, nullable)

    @staticmethod
    def FIELD(name: str, data_type: DataType, description: str | None = None) -> RowField:
        return RowField(name, data_type, description)

    @staticmethod
    def ROW(row_fields: Sequence[RowField] = (), nullable: bool = True) -> RowType:
        return RowType(row_fields)
