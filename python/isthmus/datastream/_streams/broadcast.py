"""Streams whose records every subtask keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..._program.graph import Origin
from .checks import instance_of, type_of
from .connected import two_inputs
from .data_stream import DataStream

if TYPE_CHECKING:
    from ..._program.typescript import TypeScriptFunction
    from ...common.typeinfo import TypeInformation
    from ..functions import BroadcastProcessFunction, KeyedBroadcastProcessFunction
    from ..state import MapStateDescriptor

T = TypeVar("T")
R = TypeVar("R")


class BroadcastStream(DataStream[Any]):
    """The broadcast side of a connection."""

    def __init__(self, stream: DataStream[Any], descriptors: list[MapStateDescriptor]) -> None:
        from .keyed_stream import KeyedStream

        origin = stream._values() if isinstance(stream, KeyedStream) else stream
        super().__init__(
            origin._env, [o.partitioned({"kind": "broadcast"}) for o in origin._origins], origin._type
        )
        self.descriptors = descriptors

    def _inputs(self) -> list[Origin]:
        return self._origins


class BroadcastConnectedStream(Generic[T]):
    """A stream and a broadcast one."""

    def __init__(self, stream: DataStream[T], broadcast_stream: BroadcastStream) -> None:
        self._stream, self._broadcast = stream, broadcast_stream

    def process(
        self,
        func: BroadcastProcessFunction[T, Any, R]
        | KeyedBroadcastProcessFunction[Any, T, Any, R]
        | TypeScriptFunction[T, R],
        output_type: TypeInformation | None = None,
    ) -> DataStream[R]:
        """A BroadcastProcessFunction; a KeyedBroadcastProcessFunction where the first stream is keyed."""
        from ..._program.typescript import TypeScriptFunction
        from ..functions import BroadcastProcessFunction, KeyedBroadcastProcessFunction
        from .keyed_stream import KeyedStream

        keyed = isinstance(self._stream, KeyedStream)
        wanted: type = KeyedBroadcastProcessFunction if keyed else BroadcastProcessFunction
        if not isinstance(func, (wanted, TypeScriptFunction)):
            # Said of the class that was given where it fits the other kind of stream.
            given = BroadcastProcessFunction if keyed else KeyedBroadcastProcessFunction
            if isinstance(func, given):
                fits = "non-keyed" if keyed else "keyed"
                raise TypeError(
                    f"{given.__name__} should be applied to {fits} DataStream; this one needs a {wanted.__name__}."
                )
            raise TypeError(f"The input must be a {wanted.__name__}; it is a {type(func).__name__}.")
        fns = instance_of(self._stream._env.graph, func, wanted, "broadcast process")
        return two_inputs(
            self._stream,
            self._broadcast,
            "broadcast_process",
            "Keyed-Co-Process-Broadcast" if keyed else "Co-Process-Broadcast",
            fns,
            type_of(output_type),
            {"descriptors": [d.name for d in self._broadcast.descriptors]},
        )
