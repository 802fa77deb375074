"""Options by key, stored as strings."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from .._pyflink.lazy import no_java
from .._settings.texts import text_of
from .config_options import ConfigOption

__all__ = ["Configuration"]


class Configuration:
    """A set of options. ``docs/configuration.md`` lists those that Isthmus knows; others are the program's own."""

    if not TYPE_CHECKING:
        __getattr__ = no_java

    def __init__(self, other: Configuration | None = None) -> None:
        self._values: dict[str, Any] = dict(other._values) if other is not None else {}

    @staticmethod
    def from_dict(map: dict[str, Any]) -> Configuration:
        """A configuration of these options."""
        made = Configuration()
        for key, value in map.items():
            made._values[key] = value
        return made

    def get(self, option: ConfigOption, default: Any = None) -> Any:
        """The value of an option; ``default``, or that of the option, where it is not set."""
        fallback = option.default_value() if default is None else default
        return self._values.get(option.key(), fallback)

    def set(self, option: ConfigOption, value: Any) -> Configuration:
        """Set an option."""
        self._values[option.key()] = value
        return self

    def get_string(self, key: str, default_value: str) -> str:
        """The text of a key, or the default."""
        value = self._values.get(key)
        return default_value if value is None else text_of(value)

    def set_string(self, key: str, value: str) -> Configuration:
        """Set a key."""
        self._values[key] = str(value)
        return self

    def get_integer(self, key: str, default_value: int) -> int:
        """The integer of a key, or the default."""
        value = self._values.get(key)
        if value is None:
            return default_value
        if isinstance(value, bool):
            raise ValueError(
                f"Could not parse value {str(value).lower()!r} for key {key!r}: it is no integer."
            )
        return int(value)

    def set_integer(self, key: str, value: int) -> Configuration:
        """Set a key."""
        self._values[key] = int(value)
        return self

    def get_boolean(self, key: str, default_value: bool) -> bool:
        """The boolean of a key, or the default."""
        value = self._values.get(key)
        if value is None:
            return default_value
        if isinstance(value, bool):
            return value
        if str(value).lower() not in ("true", "false"):
            raise ValueError(
                f"Unrecognized option for boolean: {value}. Expected either true or false(case insensitive), "
                f"for key {key!r}."
            )
        return str(value).lower() == "true"

    def set_boolean(self, key: str, value: bool) -> Configuration:
        """Set a key."""
        self._values[key] = bool(value)
        return self

    def get_float(self, key: str, default_value: float) -> float:
        """The number of a key, or the default."""
        value = self._values.get(key)
        return default_value if value is None else float(value)

    def set_float(self, key: str, value: float) -> Configuration:
        """Set a key."""
        self._values[key] = float(value)
        return self

    def get_bytearray(self, key: str, default_value: bytearray) -> bytearray:
        """The bytes of a key, or the default."""
        value = self._values.get(key)
        return default_value if value is None else bytearray(value)

    def set_bytearray(self, key: str, value: bytearray) -> Configuration:
        """Set a key."""
        self._values[key] = bytearray(value)
        return self

    def key_set(self) -> builtins.set[str]:
        """The keys that are set."""
        return set(self._values)

    def add_all(self, other: Configuration, prefix: str | None = None) -> Configuration:
        """Take over the options of another configuration; with ``prefix`` before each key."""
        for key, value in other._values.items():
            self._values[(prefix or "") + key] = value
        return self

    def add_all_to_dict(self, target_dict: dict[str, Any]) -> None:
        """Put all options into a dict."""
        target_dict.update(self._values)

    def contains_key(self, key: str) -> bool:
        """Whether a key is set."""
        return key in self._values

    def contains(self, option: ConfigOption) -> bool:
        """Whether an option is set."""
        return option.key() in self._values

    def remove_config(self, key: ConfigOption | str) -> bool:
        """Forget a key; whether it was set."""
        name = key if isinstance(key, str) else key.key()
        return self._values.pop(name, None) is not None

    def to_dict(self) -> dict[str, str]:
        """All options as strings."""
        return {key: text_of(value) for key, value in self._values.items()}

    @staticmethod
    def parse_list_value(value: str) -> list[str]:
        """The texts of ``a;b``."""
        return [part.strip() for part in value.split(";") if part.strip()]

    parse_jars_value = parse_list_value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Configuration) and self._values == other._values

    def __hash__(self) -> int:
        return hash(tuple(sorted(self.to_dict().items())))

    def __str__(self) -> str:
        return "{" + ", ".join(f"{key}={text_of(value)}" for key, value in self._values.items()) + "}"
