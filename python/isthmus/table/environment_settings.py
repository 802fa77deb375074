"""What a table environment of its own is made with."""

from __future__ import annotations

from ..common.configuration import Configuration

__all__ = ["EnvironmentSettings"]


class EnvironmentSettings:
    """Streaming or batch, and options."""

    def __init__(self, streaming: bool, configuration: Configuration) -> None:
        self._streaming, self._configuration = streaming, configuration

    @staticmethod
    def in_streaming_mode() -> EnvironmentSettings:
        return EnvironmentSettings(True, Configuration())

    @staticmethod
    def in_batch_mode() -> EnvironmentSettings:
        return EnvironmentSettings(False, Configuration())

    @staticmethod
    def new_instance() -> EnvironmentSettings.Builder:
        return EnvironmentSettings.Builder()

    def is_streaming_mode(self) -> bool:
        return self._streaming

    def get_configuration(self) -> Configuration:
        return self._configuration

    class Builder:
        def __init__(self) -> None:
            self._streaming, self._configuration = True, Configuration()

        def in_streaming_mode(self) -> EnvironmentSettings.Builder:
            self._streaming = True
            return self

        def in_batch_mode(self) -> EnvironmentSettings.Builder:
            self._streaming = False
            return self

        def with_configuration(self, config: Configuration) -> EnvironmentSettings.Builder:
            self._configuration = config
            return self

        def build(self) -> EnvironmentSettings:
            return EnvironmentSettings(self._streaming, self._configuration)
