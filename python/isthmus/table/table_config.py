"""Options of a table environment: those of its environment of streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..common.configuration import Configuration

if TYPE_CHECKING:
    from ..datastream._streams.environment import StreamExecutionEnvironment

__all__ = ["TableConfig"]


class TableConfig:
    """Gets and sets options by key."""

    def __init__(self, env: StreamExecutionEnvironment) -> None:
        self._env = env

    def get_configuration(self) -> Configuration:
        """The options."""
        return self._env._configuration

    def get(self, key: str, default_value: str) -> str:
        """The text of a key, or the default."""
        return self._env._configuration.get_string(key, default_value)

    def set(self, key: str, value: str) -> TableConfig:
        """Set a key."""
        self._env._configuration.set_string(key, value)
        return self
