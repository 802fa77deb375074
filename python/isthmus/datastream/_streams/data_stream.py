"""Streams."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from ..._program.graph import Origin, Transformation
from ..._pyflink.lazy import no_java
from ...errors import GraphError
from .batches import batch_format_of
from .checks import (
    check_count,
    check_environment,
    check_ms,
    check_stream,
    function_of,
    instance_of,
    selector_of,
    type_of,
)
from .ends import Ends
from .partitions import Partitions
from .settings import OperatorSettings
from .united import renamed_origins

if TYPE_CHECKING:
    from ..._interfaces.output_tag import OutputTag
    from ..._program.operations import Operation
    from ..._program.typescript import TypeScriptFunction
    from ...common.typeinfo import TypeInformation
    from ...common.watermark_strategy import WatermarkStrategy
    from ..functions import (
        FilterFunction,
        FlatMapFunction,
        KeySelector,
        MapFunction,
        ProcessFunction,
    )
    from ..window import WindowAssigner
    from .broadcast import BroadcastConnectedStream, BroadcastStream
    from .connected import ConnectedStreams
    from .environment import StreamExecutionEnvironment
    from .joins import CoGroupedStreams, JoinedStreams
    from .keyed_stream import KeyedStream
    from .windowed import AllWindowedStream

T = TypeVar("T")
R = TypeVar("R")
K = TypeVar("K")
U = TypeVar("U")
W = TypeVar("W")


class DataStream(OperatorSettings, Partitions[T], Ends[T], Generic[T]):
    """Records of one kind, on their way.

    Every method that makes a stream adds an operator to the program; nothing runs before ``execute``.
    """

    if not TYPE_CHECKING:
        __getattr__ = no_java

    def __init__(
        self, env: StreamExecutionEnvironment, origins: list[Origin], output_type: Any = None
    ) -> None:
        self._env = env
        self._origins = origins
        self._type = output_type

    # What it is.

    def _operator(self) -> Transformation:
        if len(self._origins) != 1:
            raise ValueError("This stream is a union: it has no operator of its own to name or set up.")
        return self._origins[0].transformation

    def get_name(self) -> str:
        """The name of the operator."""
        return self._operator().name

    def get_type(self) -> TypeInformation:
        """The declared type; that of pickled objects where none is declared."""
        if self._type is None:
            from ...common.typeinfo import Types

            return Types.PICKLED_BYTE_ARRAY()
        return self._type.of_stream()  # type: ignore[no-any-return]

    def get_execution_environment(self) -> StreamExecutionEnvironment:
        """The environment that the stream belongs to."""
        return self._env

    def get_execution_config(self) -> Any:
        """The options of its environment."""
        return self._env.get_config()

    def force_non_parallel(self) -> DataStream[T]:
        """Run the operator with parallelism 1, for good."""
        operator = self._operator()
        operator.parallelism, operator.non_parallel = 1, True
        return self

    def set_buffer_timeout(self, timeout_millis: int) -> DataStream[T]:
        """Accepted: batches leave as soon as their consumer is free."""
        return self

    def start_new_chain(self) -> DataStream[T]:
        """Begin a new task with the operator."""
        self._operator().chaining = "head"
        return self

    # Operators.

    def _add(
        self,
        kind: str,
        name: str,
        fns: dict[str, dict[str, Any]],
        output_type: Any,
        *,
        params: dict[str, Any] | None = None,
    ) -> DataStream[Any]:
        made = Transformation(
            kind,
            name,
            fns=fns,
            params=params,
            inputs=[(origin, 0) for origin in self._inputs()],
            output_type=output_type,
        )
        self._env.graph.add(made)
        return DataStream(self._env, [Origin(made)], output_type)

    def _operate(self, operation: Operation, name: str, what: str, output_type: Any) -> DataStream[Any]:
        """An operator of several functions; ``what`` it is, to errors."""
        params, parts = operation.as_data()
        fns = self._env.graph.functions(what, parts)
        return self._add(operation.kind, name, fns, output_type, params=params)

    def _inputs(self) -> list[Origin]:
        """What an operator on this stream reads."""
        return self._origins

    def map(
        self,
        func: MapFunction[T, R] | Callable[[T], R] | TypeScriptFunction[T, R],
        output_type: TypeInformation | None = None,
    ) -> DataStream[R]:
        """One record in, one out.

        Args:
            func: A function, a MapFunction, or ``ts(...)``.
            output_type: Declared type of the results; None: any Python objects.
        """
        from ..functions import MapFunction

        fns = function_of(self._env.graph, func, MapFunction, "map")
        return self._add("map", "Map", fns, type_of(output_type))

    def flat_map(
        self,
        func: FlatMapFunction[T, R] | Callable[[T], Iterable[R]] | TypeScriptFunction[T, R],
        output_type: TypeInformation | None = None,
    ) -> DataStream[R]:
        """One record in, any number out: the function returns an iterable or is a generator."""
        from ..functions import FlatMapFunction

        fns = function_of(self._env.graph, func, FlatMapFunction, "flat_map")
        return self._add("flat_map", "FlatMap", fns, type_of(output_type))

    def filter(
        self, func: FilterFunction[T] | Callable[[T], Any] | TypeScriptFunction[T, bool]
    ) -> DataStream[T]:
        """Keeps the records for which the function says something true."""
        from ..functions import FilterFunction

        fns = function_of(self._env.graph, func, FilterFunction, "filter")
        return self._add("filter", "Filter", fns, self._type)

    def map_batch(
        self,
        func: Callable[[Any], Any],
        output_type: TypeInformation | None = None,
        *,
        format: str | None = None,
        batch_size: int | None = None,
        batch_bytes: int | None = None,
        latency_ms: int | None = None,
    ) -> DataStream[Any]:
        """A whole batch in, a batch of as many results out: for NumPy expressions and model calls.

        Args:
            func: Called with a list, or with what ``format`` says or its parameter is declared as.
            format: ``list``, ``numpy``, ``arrow``, ``pandas`` or ``polars``; by default the declared type of the parameter says
                it, as in ``def score(batch: pandas.DataFrame)``.
            output_type: Declared type of the results.
            batch_size: Records of a batch, at most; 1,024 by default. Batches are as large as the load makes them.
            batch_bytes: The same in bytes, estimated.
            latency_ms: How long a record may wait for others. By default for those only that are at hand, or a few
                milliseconds while the function takes long itself.
        """
        return self._batch(
            "map_batch", "Map Batch", func, output_type, format, batch_size, batch_bytes, latency_ms
        )

    def flat_map_batch(
        self,
        func: Callable[[Any], Any],
        output_type: TypeInformation | None = None,
        *,
        format: str | None = None,
        batch_size: int | None = None,
        batch_bytes: int | None = None,
        latency_ms: int | None = None,
    ) -> DataStream[Any]:
        """A whole batch in, any number of results out; see ``map_batch``."""
        return self._batch(
            "flat_map_batch",
            "Flat Map Batch",
            func,
            output_type,
            format,
            batch_size,
            batch_bytes,
            latency_ms,
        )

    def _batch(
        self,
        kind: str,
        name: str,
        func: Any,
        output_type: Any,
        form: str | None,
        records: Any,
        size: Any,
        latency: Any,
    ) -> DataStream[Any]:
        from ..._program.typescript import TypeScriptFunction

        fns = function_of(self._env.graph, func, None, kind, name)
        if isinstance(func, TypeScriptFunction) and form not in (None, "list"):
            raise GraphError(
                f"A TypeScript function gets batches as arrays, not as {form}; leave out format=."
            )
        form = "list" if isinstance(func, TypeScriptFunction) else batch_format_of(func, kind, form)
        for what, count in (("batch_size", records), ("batch_bytes", size)):
            if count is not None:
                check_count(what, count)
        if latency is not None:
            check_ms("latency_ms", latency)
        params = {"format": form, "batchSize": records, "batchBytes": size, "latencyMs": latency}
        given = {key: value for key, value in params.items() if value is not None}
        return self._add(kind, name, fns, type_of(output_type), params=given)

    def process(
        self,
        func: ProcessFunction[T, R] | TypeScriptFunction[T, R],
        output_type: TypeInformation | None = None,
    ) -> DataStream[R]:
        """A function that sees timestamps and side outputs: ``yield value`` and ``yield tag, value``."""
        from ..functions import KeyedProcessFunction, ProcessFunction

        # PyFlink takes one for keyed streams, too: without a key it has neither state nor timers.
        wanted = KeyedProcessFunction if isinstance(func, KeyedProcessFunction) else ProcessFunction
        fns = instance_of(self._env.graph, func, wanted, "process")
        return self._add("process", "PROCESS", fns, type_of(output_type))

    def project(self, *field_indexes: int) -> DataStream[tuple[Any, ...]]:
        """Chosen fields of typed tuples, in the order given."""
        from ...common.typeinfo import TupleTypeInfo

        if not isinstance(self._type, TupleTypeInfo):
            raise TypeError(
                "Only Tuple DataStreams can be projected: declare the type with Types.TUPLE([...])."
            )
        types = self._type.get_field_types()
        for index in field_indexes:
            if not 0 <= index < len(types):
                raise ValueError(f"There is no field {index}; the tuple has {len(types)}.")
        projected = TupleTypeInfo([types[i] for i in field_indexes])
        return self._add("project", "Projection", {}, projected, params={"fields": list(field_indexes)})

    def assign_timestamps_and_watermarks(self, watermark_strategy: WatermarkStrategy) -> DataStream[T]:
        """Gives records timestamps and the stream watermarks."""
        from ...common.watermark_strategy import WatermarkStrategy

        if not isinstance(watermark_strategy, WatermarkStrategy):
            raise TypeError("Parameter watermark_strategy should be a WatermarkStrategy.")
        return self._stamped(watermark_strategy)

    def _stamped(self, strategy: WatermarkStrategy, per_split: bool = False) -> DataStream[T]:
        """``per_split``: each split of the source before it has a generator of its own."""
        operation = strategy.operation
        if per_split:
            operation = replace(operation, per_split=True)
        return self._operate(operation, "Timestamps/Watermarks", "a watermark strategy", self._type)

    def get_side_output(self, output_tag: OutputTag[U]) -> DataStream[U]:
        """What the operator emitted to a tag."""
        from ..._interfaces.output_tag import OutputTag

        if not isinstance(output_tag, OutputTag):
            raise TypeError("Parameter output_tag should be an OutputTag.")
        operator = self._operator()
        operator.side_types.setdefault(output_tag.tag_id, output_tag.type_info)
        return DataStream(self._env, [Origin(operator, None, output_tag.tag_id)], output_tag.type_info)

    # Several streams.

    def union(self, *streams: DataStream[T]) -> DataStream[T]:
        """All records of several streams of one type. Rows go by position and have the field names of this stream's."""
        from .keyed_stream import KeyedStream

        origins = list(self._origins)
        for stream in streams:
            check_stream("union", stream, self._env)
            if isinstance(stream, KeyedStream):
                stream = stream._values()
            if self.get_type() != stream.get_type():
                raise ValueError(
                    f"Cannot union streams of different types: {self.get_type()} and {stream.get_type()}."
                )
            origins += renamed_origins(self._env.graph, stream._origins, stream._type, self._type)
        return DataStream(self._env, origins, self._type)

    @overload
    def connect(self, ds: BroadcastStream) -> BroadcastConnectedStream[T]: ...  # type: ignore[overload-overlap]

    @overload
    def connect(self, ds: DataStream[U]) -> ConnectedStreams[T, U]: ...

    def connect(self, ds: DataStream[Any] | BroadcastStream) -> Any:
        """Two streams, possibly of different types, for one operator."""
        from .broadcast import BroadcastConnectedStream, BroadcastStream
        from .connected import ConnectedStreams

        if isinstance(ds, BroadcastStream):
            check_environment("connect", ds, self._env)
            return BroadcastConnectedStream(self, ds)
        check_stream("connect", ds, self._env)
        return ConnectedStreams(self, ds)

    def join(self, other: DataStream[U]) -> JoinedStreams[T, U]:
        """Pairs of records with equal keys in the same window: ``.where(k).equal_to(k).window(w).apply(f)``."""
        from .joins import JoinedStreams

        check_stream("join", other, self._env)
        return JoinedStreams(self, other)

    def co_group(self, other: DataStream[U]) -> CoGroupedStreams[T, U]:
        """The records of both streams with equal keys in the same window, as two lists."""
        from .joins import CoGroupedStreams

        check_stream("co_group", other, self._env)
        return CoGroupedStreams(self, other)

    # By key, in windows.

    def key_by(
        self,
        key_selector: KeySelector[T, K] | Callable[[T], K] | TypeScriptFunction[T, K],
        key_type: TypeInformation | None = None,
    ) -> KeyedStream[K, T]:
        """Partitions by a key: records with equal keys meet in one subtask, and have state in common."""
        from .keyed_stream import KeyedStream

        return KeyedStream(self, selector_of(self._env.graph, key_selector), key_selector, key_type)

    def window_all(self, window_assigner: WindowAssigner[Any, W]) -> AllWindowedStream[T, W]:
        """Windows of all records together, in one subtask."""
        from .windowed import AllWindowedStream

        return AllWindowedStream(self, window_assigner)

    def cache(self) -> Any:
        """A stream whose records are kept for further jobs is not there yet."""
        from ...errors import UnsupportedError

        raise UnsupportedError("DataStream.cache exists in PyFlink, but Isthmus does not have it (yet).")


__all__ = ["DataStream"]
