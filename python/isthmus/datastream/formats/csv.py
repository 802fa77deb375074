"""CSV: files in and out, and rows as bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..._text.csv_format import CsvFormat
from ..._text.csv_text import CsvDialect, CsvReader, CsvWriter
from ..._types.data_types import DataType, DataTypes, RowField, RowType
from ...common.serialization import BulkWriterFactory, DeserializationSchema, SerializationSchema
from ...common.typeinfo import RowTypeInfo, TypeInformation
from ...common.types import Row
from ...errors import IsthmusError

__all__ = [
    "CsvBulkWriters",
    "CsvReaderFormat",
    "CsvRowDeserializationSchema",
    "CsvRowSerializationSchema",
    "CsvSchema",
    "CsvSchemaBuilder",
]


class CsvSchema:
    """The columns of a CSV file and how it is written; made by ``builder()``."""

    def __init__(self, row_type: RowType, dialect: CsvDialect, separators: list[str]) -> None:
        """``separators``: of arrays by column, empty where the column has none of its own."""
        self._row_type, self.dialect, self._separators = row_type, dialect, separators

    @staticmethod
    def builder() -> CsvSchemaBuilder:
        """Makes a schema column by column."""
        return CsvSchemaBuilder()

    @property
    def type_info(self) -> TypeInformation:
        """The type of the records: named rows."""
        return self._row_type.type_info

    def columns(self) -> list[Mapping[str, Any]]:
        """The types of the columns as data; a decimal's says its digits, which streams do not, an array's its separator."""
        columns: list[Mapping[str, Any]] = []
        for data_type, separator in zip(self._row_type.field_types(), self._separators):
            spec: dict[str, Any] = {**data_type.type_info.to_spec()}
            if data_type.root == "DECIMAL":
                spec = {**spec, "precision": data_type.args[0], "scale": data_type.args[1]}
            columns.append({**spec, "separator": separator} if separator else spec)
        return columns

    def _format(self) -> CsvFormat:
        return CsvFormat(self._row_type.field_names(), self.columns(), self.dialect)

    def size(self) -> int:
        """How many columns there are."""
        return len(self._row_type)

    def __len__(self) -> int:
        return len(self._row_type)

    def __repr__(self) -> str:
        return f"CsvSchema({self._row_type})"


class CsvSchemaBuilder:
    """Columns one by one, then how the text looks."""

    def __init__(self) -> None:
        self._fields: list[RowField] = []
        #: Of arrays by column, empty where the column has none of its own.
        self._separators: list[str] = []
        self._dialect = CsvDialect()

    def build(self) -> CsvSchema:
        """
        Raises:
            IsthmusError: A column cannot hold its type.
        """
        schema = CsvSchema(DataTypes.ROW(self._fields), self._dialect, list(self._separators))
        schema._format().writer()
        return schema

    def _column(self, name: str, data_type: DataType, separator: str = "") -> CsvSchemaBuilder:
        self._fields.append(DataTypes.FIELD(name, data_type))
        self._separators.append(separator)
        return self

    def _set(self, **changes: Any) -> CsvSchemaBuilder:
        self._dialect = replace(self._dialect, **changes)
        return self

    def add_array_column(
        self, name: str, separator: str = ";", element_type: DataType | None = None
    ) -> CsvSchemaBuilder:
        """An array whose elements have ``separator`` in between, whatever that of the schema is."""
        return self._column(name, DataTypes.ARRAY(element_type or DataTypes.STRING()), separator)

    def add_boolean_column(self, name: str) -> CsvSchemaBuilder:
        """A column of ``true`` and ``false``."""
        return self._column(name, DataTypes.BOOLEAN())

    def add_number_column(self, name: str, number_type: DataType | None = None) -> CsvSchemaBuilder:
        """A column of numbers; of BIGINT unless said."""
        return self._column(name, number_type or DataTypes.BIGINT())

    def add_string_column(self, name: str) -> CsvSchemaBuilder:
        """A column of texts."""
        return self._column(name, DataTypes.STRING())

    def add_columns_from(self, schema: CsvSchema) -> CsvSchemaBuilder:
        """The columns of another schema."""
        self._fields += schema._row_type.fields
        self._separators += schema._separators
        return self

    def clear_columns(self) -> CsvSchemaBuilder:
        """Forget all columns."""
        self._fields.clear()
        self._separators.clear()
        return self

    def set_allow_comments(self, allow: bool = True) -> CsvSchemaBuilder:
        """Lines that begin with ``#`` are left out."""
        return self._set(comments=allow)

    def set_any_property_name(self, name: str) -> CsvSchemaBuilder:
        """Not here: say the columns."""
        raise IsthmusError(
            "A CSV row cannot have more fields than its schema has columns; add them to the schema.",
            code="ISTHMUS_UNSUPPORTED",
        )

    def disable_array_element_separator(self) -> CsvSchemaBuilder:
        """Arrays without a separator of their own have one element."""
        return self._set(array_separator="\0")

    def remove_array_element_separator(self, index: int) -> CsvSchemaBuilder:
        """The column takes the separator of the schema."""
        self._separators[index] = ""
        return self

    def set_array_element_separator(self, separator: str) -> CsvSchemaBuilder:
        """Of columns that have none of their own."""
        return self._set(array_separator=separator)

    def set_column_separator(self, char: str) -> CsvSchemaBuilder:
        """What stands between columns; a comma unless said."""
        return self._set(separator=_single(char, "Column separator"))

    def disable_escape_char(self) -> CsvSchemaBuilder:
        """Characters are not escaped."""
        return self._set(escape=None)

    def set_escape_char(self, char: str) -> CsvSchemaBuilder:
        """What a character is escaped with; none unless said."""
        return self._set(escape=_single(char, "Escape char"))

    def set_line_separator(self, separator: str) -> CsvSchemaBuilder:
        """For writing; any line break is understood in reading."""
        return self._set(line_separator=separator)

    def set_null_value(self, null_value: str) -> CsvSchemaBuilder:
        """The text that is None."""
        return self._set(null=null_value)

    def disable_quote_char(self) -> CsvSchemaBuilder:
        """Values have no quotes."""
        return self._set(quote=None)

    def set_quote_char(self, char: str) -> CsvSchemaBuilder:
        """What stands around values; ``"`` unless said."""
        return self._set(quote=_single(char, "Quote char"))

    def set_skip_first_data_row(self, skip: bool = True) -> CsvSchemaBuilder:
        """Whether the first row is left out."""
        return self._set(skip_first_row=skip)

    def set_strict_headers(self, strict: bool = True) -> CsvSchemaBuilder:
        """The header must name the columns of the schema, in their order."""
        return self._set(strict_header=strict)

    def set_use_header(self, use: bool = True) -> CsvSchemaBuilder:
        """Whether the first row names the columns."""
        return self._set(header=use)

    def size(self) -> int:
        """How many columns there are so far."""
        return len(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


def _single(char: str, what: str) -> str:
    if len(char) != 1:
        raise ValueError(f"{what} must be a single char, got {char}")
    return char


class CsvReaderFormat:
    """Reads CSV files into named rows; for ``FileSource.for_record_stream_format``."""

    def __init__(self, schema: CsvSchema) -> None:
        self._schema = schema

    @staticmethod
    def for_schema(schema: CsvSchema) -> CsvReaderFormat:
        """Reads rows of the schema, for ``FileSource.for_record_stream_format``."""
        if not len(schema):
            raise ValueError("A CSV schema needs at least one column.")
        return CsvReaderFormat(schema)

    def row_format(self) -> dict[str, Any]:
        """What the file source is told.

        Raises:
            IsthmusError: A column's type cannot be read.
        """
        format = self._schema._format()
        format.reader()
        return format.as_data()

    def type_info(self) -> TypeInformation:
        """The type of the rows."""
        return self._schema.type_info


class CsvBulkWriters(BulkWriterFactory):
    """Writes CSV files; for ``FileSink.for_bulk_format``."""

    @staticmethod
    def for_schema(schema: CsvSchema) -> CsvBulkWriters:
        """Writes rows of the schema, for ``FileSink.for_bulk_format``."""
        return CsvBulkWriters(schema)

    def row_format(self) -> dict[str, Any]:
        """What the file sink is told."""
        schema: CsvSchema = self.payload
        return schema._format().as_data()


class _Builder:
    """What builders of both schemas have in common."""

    def __init__(self, type_info: TypeInformation) -> None:
        if not isinstance(type_info, RowTypeInfo):
            raise TypeError(
                "Type information must not be None"
                if type_info is None
                else f"A CSV row needs a row type (Types.ROW_NAMED); it was given {type_info!r}."
            )
        self._type = type_info
        self._dialect = CsvDialect()

    def _set(self, **changes: Any) -> Any:
        self._dialect = replace(self._dialect, **changes)
        return self

    def set_field_delimiter(self, delimiter: str) -> Any:
        """What stands between fields; a comma unless said."""
        return self._set(separator=delimiter)

    def set_array_element_delimiter(self, delimiter: str) -> Any:
        """What stands between elements of arrays; ``;`` unless said."""
        return self._set(array_separator=delimiter)

    def set_quote_character(self, c: str) -> Any:
        """What stands around values; ``"`` unless said."""
        return self._set(quote=c)

    def set_escape_character(self, c: str) -> Any:
        """What a character is escaped with; none unless said."""
        return self._set(escape=c)

    def set_null_literal(self, null_literal: str) -> Any:
        """The text that is None."""
        return self._set(null=null_literal)


class CsvRowDeserializationSchema(DeserializationSchema):
    """A line of CSV becomes a row."""

    def __init__(self, type_info: RowTypeInfo, dialect: CsvDialect) -> None:
        self._type = type_info
        types = [t.to_spec() for t in type_info.get_field_types()]
        self._read = CsvReader(type_info.get_field_names(), types, dialect)

    def deserialize(self, message: bytes) -> Row | None:
        """None for a line that cannot be read, where such lines are to be ignored."""
        return next(self._read([bytes(message).decode("utf-8")], "the message"), None)

    def get_produced_type(self) -> TypeInformation:
        """The type of the rows."""
        return self._type

    class Builder(_Builder):
        """Makes the schema step by step."""

        def set_allow_comments(self, allow_comments: bool) -> Any:
            """Whether lines that begin with ``#`` are left out."""
            return self._set(comments=allow_comments)

        def set_ignore_parse_errors(self, ignore_parse_errors: bool) -> Any:
            """Whether what does not parse is left out, instead of failing the job."""
            return self._set(ignore_errors=ignore_parse_errors)

        def build(self) -> CsvRowDeserializationSchema:
            """The schema."""
            return CsvRowDeserializationSchema(self._type, self._dialect)


class CsvRowSerializationSchema(SerializationSchema):
    """A row becomes a line of CSV."""

    def __init__(self, type_info: RowTypeInfo, dialect: CsvDialect) -> None:
        types = [t.to_spec() for t in type_info.get_field_types()]
        self._writer = CsvWriter(dialect, type_info.get_field_names(), types)
        self._end = dialect.line_separator

    def serialize(self, element: Any) -> bytes:
        """The row as bytes."""
        return (self._writer.line(element) + self._end).encode()

    class Builder(_Builder):
        """Makes the schema step by step."""

        def set_field_delimiter(self, c: str) -> Any:
            return super().set_field_delimiter(c)

        def set_null_literal(self, s: str) -> Any:
            return super().set_null_literal(s)

        def set_line_delimiter(self, delimiter: str) -> Any:
            """What stands behind a row."""
            return self._set(line_separator=delimiter)

        def disable_quote_character(self) -> Any:
            """Write values without quotes."""
            return self._set(quote=None)

        def build(self) -> CsvRowSerializationSchema:
            """The schema."""
            return CsvRowSerializationSchema(self._type, self._dialect)
