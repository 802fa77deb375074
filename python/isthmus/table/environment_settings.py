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
        """For streams, which is the default."""
        return EnvironmentSettings(True, Configuration())

    @staticmethod
    def in_batch_mode() -> EnvironmentSettings:
        """For bounded inputs."""
        return EnvironmentSettings(False, Configuration())

    @staticmethod
    def new_instance() -> EnvironmentSettings.Builder:
        """Makes settings step by step."""
        return EnvironmentSettings.Builder()

    def is_streaming_mode(self) -> bool:
        """Whether it is for streams."""
        return self._streaming

    def get_configuration(self) -> Configuration:
        """The options."""
        return self._configuration

    class Builder:
        """Makes settings step by step."""

        def __init__(self) -> None:
            self._streaming, self._configuration = True, Configuration()

        def in_streaming_mode(self) -> EnvironmentSettings.Builder:
            """For streams, which is the default."""
            self._streaming = True
            return self

        def in_batch_mode(self) -> EnvironmentSettings.Builder:
            """For bounded inputs."""
            self._streaming = False
            return self

        def with_configuration(self, config: Configuration) -> EnvironmentSettings.Builder:
            """With these options, too."""
            self._configuration = config
            return self

        def build(self) -> EnvironmentSettings:
            """The settings."""
            return EnvironmentSettings(self._streaming, self._configuration)
