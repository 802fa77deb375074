"""Streams partitioned by a key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from ..._program.graph import Origin
from .checks import function_of, instance_of, type_of
from .data_stream import DataStream

if TYPE_CHECKING:
    from ..._program.typescript import TypeScriptFunction
    from ...common.typeinfo import TypeInformation
    from ..functions import KeyedProcessFunction, ReduceFunction
    from ..window import CountWindow, WindowAssigner
    from .data_stream_sink import DataStreamSink
    from .joins import IntervalJoin
    from .windowed import WindowedStream

K = TypeVar("K")
T = TypeVar("T")
R = TypeVar("R")
W = TypeVar("W")


class KeyedStream(DataStream[T], Generic[K, T]):
    """Records with equal keys meet in one subtask and have state, timers and windows in common."""

    def __init__(self, stream: DataStream[T], key: dict[str, Any], selector: Any, key_type: Any) -> None:
        # Keying a keyed stream keys what it was made of.
        origin = stream._origin if isinstance(stream, KeyedStream) else stream
        super().__init__(origin._env, origin._origins, origin._type)
        self._origin: DataStream[T] = origin
        self._key = key
        self._selector = selector
        self._key_type = type_of(key_type)

    def _inputs(self) -> list[Origin]:
        partitioner: dict[str, Any] = {"kind": "hash", "key": self._key}
        if self._key_type is not None and self._key_type.to_spec()["kind"] != "PICKLED_BYTE_ARRAY":
            partitioner["keyType"] = self._key_type.to_spec()
        return [origin.partitioned(partitioner) for origin in self._origins]

    def _values(self) -> DataStream[T]:
        return self._origin

    def process(  # type: ignore[override]
        self,
        func: KeyedProcessFunction[K, T, R] | TypeScriptFunction[T, R],
        output_type: TypeInformation | None = None,
    ) -> DataStream[R]:
        """A function with state and timers for each key."""
        from ..._program.typescript import TypeScriptFunction
        from ..functions import KeyedProcessFunction

        if not isinstance(func, (KeyedProcessFunction, TypeScriptFunction)):
            raise TypeError("KeyedProcessFunction is required for KeyedStream.")
        fns = instance_of(self._env.graph, func, KeyedProcessFunction, "process")
        return self._add("process", "KEYED PROCESS", fns, type_of(output_type))

    def reduce(
        self, func: ReduceFunction[T] | Callable[[T, T], Any] | TypeScriptFunction[T, T]
    ) -> DataStream[T]:
        """Folds the records of each key: every record in, the result so far out (BATCH: one result a key, at the end)."""
        from ..functions import ReduceFunction

        fns = function_of(self._env.graph, func, ReduceFunction, "reduce")
        return self._add("reduce", "Reduce", fns, self._type)

    def _aggregate(self, op: str, name: str, field: Any) -> DataStream[T]:
        if not isinstance(field, (int, str)):
            raise TypeError(
                "The field position must be of int or str type to locate the value to calculate for "
                f"min, max, min_by, max_by and sum.The given type is: {type(field)}"
            )
        return self._add("aggregate", name, {}, self._type, params={"op": op, "field": field})

    def sum(self, position_to_sum: int | str = 0) -> DataStream[T]:
        """The sum so far of one field, in the first record of the key."""
        return self._aggregate("sum", "Sum", position_to_sum)

    def min(self, position_to_min: int | str = 0) -> DataStream[T]:
        """The least value so far of one field, in the first record of the key."""
        return self._aggregate("min", "Min", position_to_min)

    def max(self, position_to_max: int | str = 0) -> DataStream[T]:
        """The greatest value so far of one field, in the first record of the key."""
        return self._aggregate("max", "Max", position_to_max)

    def min_by(self, position_to_min_by: int | str = 0) -> DataStream[T]:
        """The record with the least value so far; the first of equal ones."""
        return self._aggregate("min_by", "Min By", position_to_min_by)

    def max_by(self, position_to_max_by: int | str = 0) -> DataStream[T]:
        """The record with the greatest value so far; the first of equal ones."""
        return self._aggregate("max_by", "Max By", position_to_max_by)

    def window(self, window_assigner: WindowAssigner[Any, W]) -> WindowedStream[K, T, W]:
        """Windows of each key."""
        from .windowed import WindowedStream

        return WindowedStream(self, window_assigner)

    def count_window(self, size: int, slide: int = 0) -> WindowedStream[K, T, CountWindow]:
        """Windows of ``size`` records of each key, or sliding by ``slide`` records."""
        from ..window import CountSlidingWindowAssigner, CountTumblingWindowAssigner

        assigner: Any
        if slide == 0:
            assigner = CountTumblingWindowAssigner(size)
        else:
            assigner = CountSlidingWindowAssigner(size, slide)
        return self.window(assigner)

    def interval_join(self, other: KeyedStream[K, Any]) -> IntervalJoin:
        """Pairs whose timestamps are near: ``.between(lower, upper).process(f)``."""
        from .joins import IntervalJoin

        return IntervalJoin(self, other)

    def as_of_join(self, other: KeyedStream[K, Any]) -> Any:
        """Each record with the latest of the other stream not after it: ``.tolerance(t).process(f)``."""
        from .joins import AsOfJoin

        return AsOfJoin(self, other)

    def union(self, *streams: DataStream[T]) -> DataStream[T]:
        return self._values().union(*streams)

    def print(self, sink_identifier: str | None = None) -> DataStreamSink:
        """Prints every record; as in PyFlink, the identifier of a keyed stream's print is not shown."""
        return self._values().print()

    def add_sink(self, sink_func: Any) -> DataStreamSink:
        return self._values().add_sink(sink_func)

    def sink_to(self, sink: Any) -> DataStreamSink:
        return self._values().sink_to(sink)

    def to_output(self, name: str) -> DataStreamSink:
        return self._values().to_output(name)

    def project(self, *field_indexes: int) -> DataStream[tuple[Any, ...]]:
        return self._values().project(*field_indexes)

    def assign_timestamps_and_watermarks(self, watermark_strategy: Any) -> DataStream[T]:
        return self._values().assign_timestamps_and_watermarks(watermark_strategy)

    def execute_and_collect(self, job_execution_name: str | None = None, limit: int | None = None) -> Any:
        """As PyFlink does: rows of key and record (``f0``, ``f1``)."""
        from ..._program.typescript import TypeScriptFunction
        from ..._program.user_name import user_name
        from ...common.types import Row

        selector = self._selector
        if isinstance(selector, TypeScriptFunction):
            # Here the key is not known before the exchange.
            fns = {"function": self._env.graph.built_in(_KeyAndRecord)}
            keyed = self._add("process", "KEYED PROCESS", fns, None)
            return keyed.execute_and_collect(job_execution_name, limit)
        select = getattr(selector, "get_key", selector)

        def paired(value: T) -> Row:
            return Row(f0=select(value), f1=value)

        paired.__qualname__ = user_name(selector, "get_key")
        pairs = self._values().map(paired)
        if len(self._origins) == 1:
            pairs._operator().parallelism = self._origins[0].transformation.parallelism
        return pairs.execute_and_collect(job_execution_name, limit)

    def _fixed(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise Exception("Cannot override partitioning for KeyedStream.")

    shuffle = rebalance = rescale = forward = global_ = broadcast = partition_custom = _fixed


class _KeyAndRecord:
    """A process function that gives each record with its key."""

    def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
        from ...common.types import Row

        yield Row(f0=ctx.get_current_key(), f1=value)


#: How PyFlink's messages name them, where it is not "Set" and the name.
_WORDS = {
    "force_non_parallel": "Set force non-parallel",
    "start_new_chain": "Start new chain",
    "disable_chaining": "Disable chaining",
    "slot_sharing_group": "Setting slot sharing group",
    "cache": "Cache",
}


def _unsupported(name: str) -> Any:
    what = (
        "Get name of" if name == "get_name" else _WORDS.get(name, "Set " + name.removeprefix("set_")) + " for"
    )
    what = what.replace("_", " ")

    def method(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
        raise Exception(f"{what} KeyedStream is not supported.")

    return method


for _name in (
    "name",
    "get_name",
    "uid",
    "set_uid_hash",
    "set_parallelism",
    "set_max_parallelism",
    "force_non_parallel",
    "set_buffer_timeout",
    "start_new_chain",
    "disable_chaining",
    "slot_sharing_group",
    "set_description",
    "cache",
):
    setattr(KeyedStream, _name, _unsupported(_name))
