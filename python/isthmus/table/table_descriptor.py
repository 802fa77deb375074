"""What a table is: a connector, columns, options."""

from __future__ import annotations

from typing import Any, NoReturn

from .._pyflink.lazy import lazy_names
from ..common.config_options import ConfigOption
from ..errors import UnsupportedError
from .schema import Schema

__all__ = ["TableDescriptor"]


def __getattr__(name: str) -> Any:
    return lazy_names(__name__, globals(), {}, ("FormatDescriptor",), name)


class TableDescriptor:
    """A table that is not there yet; made by ``for_connector(...)``."""

    def __init__(self, schema: Schema | None, options: dict[str, str], comment: str | None) -> None:
        self._schema, self._options, self._comment = schema, options, comment

    @staticmethod
    def for_connector(connector: str) -> TableDescriptor.Builder:
        """A table of a connector; Isthmus has ``datagen``."""
        return TableDescriptor.Builder(connector)

    def get_schema(self) -> Schema | None:
        """The schema, if one was given."""
        return self._schema

    def get_options(self) -> dict[str, str]:
        """All options, the connector among them."""
        return dict(self._options)

    def get_partition_keys(self) -> list[str]:
        """Always empty."""
        return []

    def get_comment(self) -> str | None:
        """The comment, if one was given."""
        return self._comment

    def __str__(self) -> str:
        options = ",\n".join(f"  '{key}' = '{value}'" for key, value in self._options.items())
        return f"{self._schema or ''}\nWITH (\n{options}\n)"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, TableDescriptor)
            and self._schema == other._schema
            and self._options == other._options
        )

    def __hash__(self) -> int:
        return hash((self._schema, *sorted(self._options.items())))

    class Builder:
        """Makes a descriptor step by step."""

        def __init__(self, connector: str) -> None:
            self._schema: Schema | None = None
            self._options = {"connector": connector}
            self._comment: str | None = None

        def schema(self, schema: Schema) -> TableDescriptor.Builder:
            """The columns."""
            self._schema = schema
            return self

        def option(self, key: str | ConfigOption, value: Any) -> TableDescriptor.Builder:
            """An option of the connector."""
            name = key if isinstance(key, str) else key.key()
            self._options[name] = str(value).lower() if isinstance(value, bool) else str(value)
            return self

        def comment(self, comment: str) -> TableDescriptor.Builder:
            """For people."""
            self._comment = comment
            return self

        def format(self, *args: Any) -> NoReturn:
            """Not here."""
            raise UnsupportedError(
                "TableDescriptor.Builder.format exists in PyFlink, but Isthmus does not have it: read files with "
                "FileSource and the formats of isthmus.datastream.formats."
            )

        def partitioned_by(self, *partition_keys: str) -> NoReturn:
            """Not here."""
            raise UnsupportedError(
                "TableDescriptor.Builder.partitioned_by exists in PyFlink, but Isthmus does not have it: "
                "its tables are only read."
            )

        def build(self) -> TableDescriptor:
            """The descriptor."""
            return TableDescriptor(self._schema, dict(self._options), self._comment)
