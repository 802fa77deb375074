"""How the records of a stream get to the subtasks of what reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

from ..._program.graph import Origin, all_typescript
from .checks import selector_of

if TYPE_CHECKING:
    from ..._program.typescript import TypeScriptFunction
    from ..functions import KeySelector, Partitioner
    from ..state import MapStateDescriptor
    from .broadcast import BroadcastStream
    from .data_stream import DataStream
    from .environment import StreamExecutionEnvironment

T = TypeVar("T")
K = TypeVar("K")


class Partitions(Generic[T]):
    """Mixed into streams."""

    _env: StreamExecutionEnvironment
    _origins: list[Origin]
    _type: Any

    def _partitioned(self, kind: str, **more: Any) -> DataStream[T]:
        partitioner = {"kind": kind, **more}
        from .data_stream import DataStream

        return DataStream(self._env, [o.partitioned(partitioner) for o in self._origins], self._type)

    def rebalance(self) -> DataStream[T]:
        """Evenly, in turn."""
        return self._partitioned("rebalance")

    def rescale(self) -> DataStream[T]:
        """In turn, to the neighbours only."""
        return self._partitioned("rescale")

    def shuffle(self) -> DataStream[T]:
        """At random."""
        return self._partitioned("shuffle")

    def forward(self) -> DataStream[T]:
        """Straight on; both ends must have the same parallelism."""
        return self._partitioned("forward")

    def global_(self) -> DataStream[T]:
        """All to the first subtask."""
        return self._partitioned("global")

    @overload
    def broadcast(self) -> DataStream[T]: ...

    @overload
    def broadcast(
        self,
        broadcast_state_descriptor: MapStateDescriptor,
        *other_broadcast_state_descriptors: MapStateDescriptor,
    ) -> BroadcastStream: ...

    def broadcast(
        self,
        broadcast_state_descriptor: MapStateDescriptor | None = None,
        *other_broadcast_state_descriptors: MapStateDescriptor,
    ) -> Any:
        """All to every subtask; with descriptors a stream to connect with, whose records are kept in broadcast state."""
        if broadcast_state_descriptor is None:
            return self._partitioned("broadcast")
        from ..state import MapStateDescriptor
        from .broadcast import BroadcastStream

        descriptors = [broadcast_state_descriptor, *other_broadcast_state_descriptors]
        if not all(isinstance(descriptor, MapStateDescriptor) for descriptor in descriptors):
            raise TypeError("broadcast_state_descriptor must be MapStateDescriptor")
        return BroadcastStream(self, descriptors)  # type: ignore[arg-type]

    def partition_custom(
        self,
        partitioner: Partitioner[K] | Callable[[K, int], int] | TypeScriptFunction[K, int],
        key_selector: KeySelector[T, K] | Callable[[T], K] | TypeScriptFunction[T, K],
    ) -> DataStream[T]:
        """To the subtask that ``partitioner(key, number_of_subtasks)`` says."""
        from ..functions import Partitioner

        graph = self._env.graph
        if all_typescript("a custom partitioner", {"function": partitioner, "key selector": key_selector}):
            partition = cast("TypeScriptFunction[K, int]", partitioner).reference()
            return self._partitioned("custom", key=selector_of(graph, key_selector), partition=partition)
        if not isinstance(partitioner, Partitioner) and not callable(partitioner):
            raise TypeError("Parameter partitioner should be type of Partitioner or a callable function.")
        key = selector_of(graph, key_selector)
        return self._partitioned("custom", key=key, partition=graph.function(partitioner, "partitioner"))
