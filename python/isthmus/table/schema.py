"""The columns of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from .._types.data_types import DataType, DataTypes, RowField, RowType
from ..errors import GraphError, UnsupportedError

__all__ = ["Schema"]


class Schema:
    """Columns by name and type; made by ``new_builder()``."""

    def __init__(self, fields: Sequence[RowField]) -> None:
        self._row_type = DataTypes.ROW(list(fields))

    @staticmethod
    def new_builder() -> Schema.Builder:
        """Makes a schema column by column."""
        return Schema.Builder()

    @property
    def row_type(self) -> RowType:
        """The type of its rows."""
        return self._row_type

    def __str__(self) -> str:
        columns = ",\n".join(f"  {field!r}" for field in self._row_type.fields)
        return f"(\n{columns}\n)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and self._row_type == other._row_type

    def __hash__(self) -> int:
        return hash(self._row_type)

    class Builder:
        """Columns one by one."""

        def __init__(self) -> None:
            self._fields: list[RowField] = []

        def column(self, column_name: str, data_type: DataType | str) -> Schema.Builder:
            """A column of a type of ``DataTypes``.

            Raises:
                UnsupportedError: The type is given as SQL text.
            """
            if not isinstance(data_type, DataType):
                raise UnsupportedError(
                    f"The type of the column {column_name!r} is given as {data_type!r}; PyFlink reads SQL there, "
                    f"Isthmus takes DataTypes only, such as DataTypes.INT()."
                )
            if any(field.name == column_name for field in self._fields):
                raise GraphError(f"The schema has the column {column_name!r} twice.")
            self._fields.append(DataTypes.FIELD(column_name, data_type))
            return self

        def from_fields(
            self, field_names: Sequence[str], field_data_types: Sequence[DataType]
        ) -> Schema.Builder:
            """Columns of these names and types."""
            if len(field_names) != len(field_data_types):
                raise GraphError(
                    f"from_fields has {len(field_names)} names and {len(field_data_types)} types; it takes one type a name."
                )
            for name, data_type in zip(field_names, field_data_types):
                self.column(name, data_type)
            return self

        def from_row_data_type(self, data_type: DataType) -> Schema.Builder:
            """The fields of a row's type, as columns."""
            if not isinstance(data_type, RowType):
                raise GraphError(
                    f"from_row_data_type takes a DataTypes.ROW([...]); it was given {data_type!r}."
                )
            for field in data_type.fields:
                self.column(field.name, field.data_type)
            return self

        def from_schema(self, unresolved_schema: Schema) -> Schema.Builder:
            """The columns of another schema."""
            return self.from_row_data_type(unresolved_schema.row_type)

        def with_comment(self, comment: str) -> Schema.Builder:
            """Accepted: says something of the column before it to people."""
            return self

        def primary_key(self, *column_names: str) -> Schema.Builder:
            """Accepted: nothing of Isthmus reads it."""
            return self

        def primary_key_named(self, constraint_name: str, *column_names: str) -> Schema.Builder:
            """Accepted: nothing of Isthmus reads it."""
            return self

        def column_by_expression(self, *args: Any) -> NoReturn:
            """Not here: there are no expressions."""
            _unsupported("column_by_expression", "make the column with stream.map(...)")

        def column_by_metadata(self, *args: Any, **more: Any) -> NoReturn:
            """Not here."""
            _unsupported("column_by_metadata", "the tables of Isthmus have no metadata")

        def watermark(self, *args: Any) -> NoReturn:
            """Not here: call ``assign_timestamps_and_watermarks`` of the stream."""
            _unsupported("watermark", "use stream.assign_timestamps_and_watermarks(...)")

        def build(self) -> Schema:
            """The schema."""
            return Schema(self._fields)


def _unsupported(method: str, instead: str) -> NoReturn:
    raise UnsupportedError(
        f"Schema.Builder.{method} exists in PyFlink, but Isthmus does not have it: {instead}."
    )
