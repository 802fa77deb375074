"""The way from tables to streams. There is no SQL and there are no expressions here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..common.configuration import Configuration
from ..datastream._streams.data_stream import DataStream
from ..errors import GraphError, UnsupportedError
from .environment_settings import EnvironmentSettings
from .table import Table
from .table_config import TableConfig
from .table_descriptor import TableDescriptor

if TYPE_CHECKING:
    from ..datastream._streams.environment import StreamExecutionEnvironment

__all__ = ["StreamTableEnvironment", "TableEnvironment"]


class StreamTableEnvironment:
    """Tables of descriptors, and streams of tables."""

    def __init__(self, stream_execution_environment: StreamExecutionEnvironment) -> None:
        self._env = stream_execution_environment
        self._tables: dict[str, TableDescriptor] = {}

    @staticmethod
    def create(
        stream_execution_environment: StreamExecutionEnvironment | None = None,
        environment_settings: EnvironmentSettings | Configuration | None = None,
    ) -> StreamTableEnvironment:
        """A table environment on an environment of streams, or on one of its own."""
        from ..datastream import RuntimeExecutionMode, StreamExecutionEnvironment

        env = stream_execution_environment
        if env is None:
            env = StreamExecutionEnvironment.get_execution_environment()
        if isinstance(environment_settings, EnvironmentSettings):
            env.configure(environment_settings.get_configuration())
            if not environment_settings.is_streaming_mode():
                env.set_runtime_mode(RuntimeExecutionMode.BATCH)
        elif environment_settings is not None:
            env.configure(environment_settings)
        return StreamTableEnvironment(env)

    def get_config(self) -> TableConfig:
        """The options."""
        return TableConfig(self._env)

    # Tables.

    def create_temporary_table(
        self, path: str, descriptor: TableDescriptor, ignoreIfExists: bool = False
    ) -> None:
        """Name a table for ``from_path``."""
        if path in self._tables:
            if ignoreIfExists:
                return
            raise GraphError(
                f"Temporary table '{path}' already exists; drop_temporary_table({path!r}) drops it."
            )
        self._tables[path] = descriptor

    create_table = create_temporary_table

    def drop_temporary_table(self, table_path: str) -> bool:
        """Whether there was one."""
        return self._tables.pop(table_path, None) is not None

    def drop_table(self, table_path: str, ignore_if_not_exists: bool = True) -> bool:
        """Forget a table; whether there was one."""
        dropped = self.drop_temporary_table(table_path)
        if not dropped and not ignore_if_not_exists:
            raise GraphError(f"Table '{table_path}' does not exist; there are: {self._named()}.")
        return dropped

    def list_tables(self) -> list[str]:
        """The names of the tables, sorted."""
        return sorted(self._tables)

    list_temporary_tables = list_tables

    def from_path(self, path: str) -> Table:
        """A table by its name."""
        if path not in self._tables:
            raise GraphError(f"Table '{path}' was not found; there are: {self._named()}.")
        return Table(self._tables[path])

    def from_descriptor(self, descriptor: TableDescriptor) -> Table:
        """A table without a name."""
        return Table(descriptor)

    def _named(self) -> str:
        return ", ".join(map(repr, sorted(self._tables))) or "none"

    # Streams.

    def to_data_stream(self, table: Table) -> DataStream[Any]:
        """The rows of a table as a stream of named rows.

        Raises:
            ConfigurationError: An option of the table's connector is wrong.
            UnsupportedError: The connector is not ``datagen``.
        """
        origin = table._origin
        if isinstance(origin, DataStream):
            return origin
        options, schema = origin.get_options(), origin.get_schema()
        connector = options["connector"]
        if connector != "datagen":
            raise UnsupportedError(
                f"A table of the connector {connector!r} cannot be read: Isthmus has datagen only. "
                f"Sources of streams are in isthmus.datastream.connectors."
            )
        if schema is None or not len(schema.row_type):
            raise GraphError("A datagen table needs a schema with at least one column.")
        from ._datagen import datagen_source

        return self._env.from_source(datagen_source(schema.row_type, options), None, "datagen")

    def to_changelog_stream(
        self, table: Table, target_schema: Any = None, changelog_mode: Any = None
    ) -> DataStream[Any]:
        """As ``to_data_stream``: the tables here only grow.

        Raises:
            UnsupportedError: A schema or a changelog mode is asked for.
        """
        if target_schema is not None or changelog_mode is not None:
            raise UnsupportedError(
                "to_changelog_stream with a schema or a changelog mode exists in PyFlink, but Isthmus does not have it."
            )
        return self.to_data_stream(table)

    def from_data_stream(self, data_stream: DataStream[Any]) -> Table:
        """A table that ``to_data_stream`` turns back; nothing else can be done with it."""
        return Table(data_stream)

    # What else PyFlink has.

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        raise UnsupportedError(
            f"{type(self).__name__}.{name} belongs to PyFlink's Table API and SQL, which Isthmus does not have: "
            f"of tables it has those of the datagen connector, as streams. Say the query with the DataStream API."
        )


class TableEnvironment(StreamTableEnvironment):
    """The same, with an environment of its own."""

    @staticmethod
    def create(  # type: ignore[override]
        environment_settings: EnvironmentSettings | Configuration | None = None,
    ) -> StreamTableEnvironment:
        return StreamTableEnvironment.create(None, environment_settings)
