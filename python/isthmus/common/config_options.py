"""Options with a type and a default."""

from __future__ import annotations

from typing import Any

__all__ = ["ConfigOption", "ConfigOptions"]


class ConfigOption:
    """A key with the default of its value."""

    def __init__(self, key: str, default: Any = None) -> None:
        self._key, self._default = key, default

    def key(self) -> str:
        """The key."""
        return self._key

    def default_value(self) -> Any:
        """What holds where nothing is set."""
        return self._default


class ConfigOptions:
    """Makes options: ``ConfigOptions.key("my.key").integer_type().default_value(1)``."""

    def __init__(self, key: str) -> None:
        self._key = key

    @staticmethod
    def key(key: str) -> ConfigOptions:
        """Begins an option; say its type or default next."""
        return ConfigOptions(key)

    def _typed(self) -> ConfigOptions:
        return self

    string_type = int_type = integer_type = long_type = float_type = double_type = boolean_type = _typed
    duration_type = memory_type = _typed

    def default_value(self, value: Any) -> ConfigOption:
        """The option, with a default."""
        return ConfigOption(self._key, value)

    def no_default_value(self) -> ConfigOption:
        """The option, without a default."""
        return ConfigOption(self._key)
