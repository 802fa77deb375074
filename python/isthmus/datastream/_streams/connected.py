"""Two streams for one operator."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..._program.graph import Origin, Transformation
from ..._pyflink.lazy import no_java
from .checks import instance_of, require_one_key_type, selector_of, type_of
from .data_stream import DataStream

if TYPE_CHECKING:
    from ..._program.typescript import TypeScriptFunction
    from ...common.typeinfo import TypeInformation
    from ..functions import (
        CoFlatMapFunction,
        CoMapFunction,
        CoProcessFunction,
        KeyedCoProcessFunction,
        KeySelector,
    )

T1 = TypeVar("T1")
T2 = TypeVar("T2")
K = TypeVar("K")
R = TypeVar("R")


class ConnectedStreams(Generic[T1, T2]):
    """Two inputs of an operator that may share state."""

    if not TYPE_CHECKING:
        __getattr__ = no_java

    def __init__(self, stream1: DataStream[T1], stream2: DataStream[T2]) -> None:
        self.stream1, self.stream2 = stream1, stream2

    def key_by(
        self,
        key_selector1: KeySelector[T1, K] | Callable[[T1], K] | TypeScriptFunction[T1, K],
        key_selector2: KeySelector[T2, K] | Callable[[T2], K] | TypeScriptFunction[T2, K],
        key_type: TypeInformation | None = None,
    ) -> ConnectedStreams[T1, T2]:
        """Partitions both inputs, by keys of one type."""
        from .keyed_stream import KeyedStream

        graph = self.stream1._env.graph
        return ConnectedStreams(
            KeyedStream(self.stream1, selector_of(graph, key_selector1), key_selector1, key_type),
            KeyedStream(self.stream2, selector_of(graph, key_selector2), key_selector2, key_type),
        )

    def map(
        self,
        func: CoMapFunction[T1, T2, R] | TypeScriptFunction[Any, R],
        output_type: TypeInformation | None = None,
    ) -> DataStream[R]:
        """A CoMapFunction; results that are None are dropped."""
        from ..functions import CoMapFunction

        _check(func, "The input function must be a CoMapFunction!", CoMapFunction)
        return self._add("co_map", "Co-Map", func, CoMapFunction, output_type)

    def flat_map(
        self,
        func: CoFlatMapFunction[T1, T2, R] | TypeScriptFunction[Any, R],
        output_type: TypeInformation | None = None,
    ) -> DataStream[R]:
        """A CoFlatMapFunction."""
        from ..functions import CoFlatMapFunction

        _check(func, "The input must be a CoFlatMapFunction!", CoFlatMapFunction)
        return self._add("co_flat_map", "Co-Flat Map", func, CoFlatMapFunction, output_type)

    def process(
        self,
        func: CoProcessFunction[T1, T2, R]
        | KeyedCoProcessFunction[Any, T1, T2, R]
        | TypeScriptFunction[Any, R],
        output_type: TypeInformation | None = None,
    ) -> DataStream[R]:
        """A CoProcessFunction, or a KeyedCoProcessFunction where both inputs are keyed."""
        from ..functions import CoProcessFunction, KeyedCoProcessFunction

        words = "The input must be a CoProcessFunction or KeyedCoProcessFunction!"
        _check(func, words, CoProcessFunction, KeyedCoProcessFunction)
        keyed = self._is_keyed()
        wanted = KeyedCoProcessFunction if isinstance(func, KeyedCoProcessFunction) else CoProcessFunction
        if wanted is KeyedCoProcessFunction and not keyed:
            raise TypeError("A KeyedCoProcessFunction needs two keyed streams; key both with key_by first.")
        return self._add(
            "co_process", "Keyed Co-Process" if keyed else "Co-Process", func, wanted, output_type
        )

    def _is_keyed(self) -> bool:
        from .keyed_stream import KeyedStream

        return isinstance(self.stream1, KeyedStream) and isinstance(self.stream2, KeyedStream)

    def _add(self, kind: str, name: str, func: Any, wanted: type, output_type: Any) -> DataStream[Any]:
        first, second = self.stream1, self.stream2
        if self._is_keyed():
            require_one_key_type(first, second, "Connected keyed streams need")
        else:
            # As in PyFlink: where one of them is not keyed, neither is.
            first, second = unkeyed(first), unkeyed(second)
        env = self.stream1._env
        fns = instance_of(env.graph, func, wanted, kind)
        return two_inputs(first, second, kind, name, fns, type_of(output_type))


def _check(func: Any, words: str, *wanted: type) -> None:
    """
    Raises:
        TypeError: The function is of none of the classes wanted.
    """
    from ..._program.typescript import TypeScriptFunction

    if not isinstance(func, (*wanted, TypeScriptFunction)):
        raise TypeError(f"{words} It is a {type(func).__name__}.")


def unkeyed(stream: DataStream[Any]) -> DataStream[Any]:
    """The stream that a keyed one was made of; any other as it is."""
    from .keyed_stream import KeyedStream

    return stream._values() if isinstance(stream, KeyedStream) else stream


def two_inputs(
    first: DataStream[Any],
    second: DataStream[Any],
    kind: str,
    name: str,
    fns: dict[str, dict[str, Any]],
    output_type: Any,
    params: dict[str, Any] | None = None,
) -> DataStream[Any]:
    """An operator that reads two streams."""
    made = Transformation(
        kind,
        name,
        fns=fns,
        params=params,
        inputs=[(o, 0) for o in first._inputs()] + [(o, 1) for o in second._inputs()],
        output_type=output_type,
    )
    first._env.graph.add(made)
    return DataStream(first._env, [Origin(made)], output_type)
