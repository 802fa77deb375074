"""Resources of slots in a cluster; accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._pyflink.lazy import no_java

__all__ = ["MemorySize", "SlotSharingGroup"]


class MemorySize:
    """A number of bytes."""

    if not TYPE_CHECKING:
        __getattr__ = no_java

    def __init__(self, bytes_size: int | None = None) -> None:
        self._bytes = bytes_size or 0

    @staticmethod
    def of_mebi_bytes(mebi_bytes: int) -> MemorySize:
        """So many times 1,048,576 bytes."""
        return MemorySize(mebi_bytes << 20)

    def get_bytes(self) -> int:
        return self._bytes

    def get_kibi_bytes(self) -> int:
        return self._bytes >> 10

    def get_mebi_bytes(self) -> int:
        return self._bytes >> 20

    def get_gibi_bytes(self) -> int:
        return self._bytes >> 30

    def get_tebi_bytes(self) -> int:
        return self._bytes >> 40

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MemorySize) and self._bytes == other._bytes

    def __lt__(self, other: MemorySize) -> bool:
        return self._bytes < other._bytes

    def __hash__(self) -> int:
        return hash(self._bytes)

    def __str__(self) -> str:
        return f"{self._bytes} bytes"


class SlotSharingGroup:
    """A named group with the resources it asks for."""

    if not TYPE_CHECKING:
        __getattr__ = no_java

    def __init__(self, name: str, resources: dict[str, Any] | None = None) -> None:
        self._name, self._resources = name, resources or {}

    @staticmethod
    def builder(name: str) -> SlotSharingGroup.Builder:
        """Makes a group step by step."""
        return SlotSharingGroup.Builder(name)

    def get_name(self) -> str:
        return self._name

    def get_cpu_cores(self) -> float | None:
        return self._resources.get("cpu")

    def get_task_heap_memory(self) -> MemorySize | None:
        return self._resources.get("heap")

    def get_task_off_heap_memory(self) -> MemorySize | None:
        return self._resources.get("off_heap")

    def get_managed_memory(self) -> MemorySize | None:
        return self._resources.get("managed")

    def get_external_resources(self) -> dict[str, float]:
        return dict(self._resources.get("external", {}))

    class Builder:
        """Makes a group step by step."""

        def __init__(self, name: str) -> None:
            self._name = name
            self._resources: dict[str, Any] = {}

        def _set(self, key: str, value: Any) -> SlotSharingGroup.Builder:
            self._resources[key] = value
            return self

        def set_cpu_cores(self, cpu_cores: float) -> SlotSharingGroup.Builder:
            return self._set("cpu", cpu_cores)

        def set_task_heap_memory(self, task_heap_memory: MemorySize) -> SlotSharingGroup.Builder:
            return self._set("heap", task_heap_memory)

        def set_task_heap_memory_mb(self, task_heap_memory_mb: int) -> SlotSharingGroup.Builder:
            return self._set("heap", MemorySize.of_mebi_bytes(task_heap_memory_mb))

        def set_task_off_heap_memory(self, task_off_heap_memory: MemorySize) -> SlotSharingGroup.Builder:
            return self._set("off_heap", task_off_heap_memory)

        def set_task_off_heap_memory_mb(self, task_off_heap_memory_mb: int) -> SlotSharingGroup.Builder:
            return self._set("off_heap", MemorySize.of_mebi_bytes(task_off_heap_memory_mb))

        def set_managed_memory(self, managed_memory: MemorySize) -> SlotSharingGroup.Builder:
            return self._set("managed", managed_memory)

        def set_managed_memory_mb(self, managed_memory_mb: int) -> SlotSharingGroup.Builder:
            return self._set("managed", MemorySize.of_mebi_bytes(managed_memory_mb))

        def set_external_resource(self, name: str, value: float) -> SlotSharingGroup.Builder:
            self._resources.setdefault("external", {})[name] = value
            return self

        def build(self) -> SlotSharingGroup:
            return SlotSharingGroup(self._name, self._resources)
