"""State backends of PyFlink's names: in memory, or in the embedded store on disk."""

from __future__ import annotations

from enum import Enum
from typing import Any

__all__ = [
    "CustomStateBackend",
    "EmbeddedRocksDBStateBackend",
    "FsStateBackend",
    "HashMapStateBackend",
    "MemoryStateBackend",
    "PredefinedOptions",
    "RocksDBStateBackend",
    "StateBackend",
]


class PredefinedOptions(Enum):
    """Accepted: the embedded store needs no tuning by device."""

    DEFAULT = 0
    SPINNING_DISK_OPTIMIZED = 1
    SPINNING_DISK_OPTIMIZED_HIGH_MEM = 2
    FLASH_SSD_OPTIMIZED = 3


class StateBackend:
    """Where keyed state lives."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._settings: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        # Setters and getters of the JVM's backends: remembered, without effect.
        if name.startswith("set_"):
            return lambda *values: self._settings.__setitem__(name[4:], values[0] if values else None)
        if name.startswith(("get_", "is_")):
            return lambda: self.__dict__["_settings"].get(name.split("_", 1)[1])
        raise AttributeError(name)


class HashMapStateBackend(StateBackend):
    """In the worker's memory."""


class EmbeddedRocksDBStateBackend(StateBackend):
    """On disk, in the worker's embedded store."""


class MemoryStateBackend(HashMapStateBackend):
    """Flink 1.x's name."""


class FsStateBackend(HashMapStateBackend):
    """Flink 1.x's name."""


class RocksDBStateBackend(EmbeddedRocksDBStateBackend):
    """Flink 1.x's name."""


class CustomStateBackend(StateBackend):
    """Accepted."""
