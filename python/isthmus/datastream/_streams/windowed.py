"""Windows: what is done with the records in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from ..._interfaces.operations import Fold, WindowOperation
from ..._program.typescript import TypeScriptFunction
from ...errors import GraphError
from .checks import check_instance, type_of
from .data_stream import DataStream

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..._interfaces.output_tag import OutputTag
    from ...common.typeinfo import TypeInformation
    from ..functions import (
        AggregateFunction,
        AllWindowFunction,
        ProcessAllWindowFunction,
        ProcessWindowFunction,
        ReduceFunction,
        WindowFunction,
    )
    from ..window import Trigger, WindowAssigner
    from .environment import StreamExecutionEnvironment
    from .keyed_stream import KeyedStream


K = TypeVar("K")
T = TypeVar("T")
W = TypeVar("W")
ACC = TypeVar("ACC")
R = TypeVar("R")
OUT = TypeVar("OUT")


def check_lateness(time_ms: int, assigner: Any) -> None:
    """
    Raises:
        GraphError: The windows end when they are full, not at a time; or the lateness is no length of time.
    """
    from ..window import CountSlidingWindowAssigner, CountTumblingWindowAssigner

    if not isinstance(time_ms, int):
        raise TypeError(f"The allowed lateness is a number of milliseconds; it was given {time_ms!r}.")
    if isinstance(assigner, (CountTumblingWindowAssigner, CountSlidingWindowAssigner)) and time_ms > 0:
        raise GraphError(
            "Count windows know no lateness: they end when they are full, whatever the time. Leave allowed_lateness() "
            "out, or use windows of event time."
        )
    if time_ms < 0:
        raise GraphError(f"The allowed lateness is {time_ms} ms; it cannot be negative.")


class _Windowed(Generic[K, T, W]):
    """What keyed windows and windows of all records have in common."""

    _all = False

    def __init__(self, stream: DataStream[T], window_assigner: WindowAssigner[Any, W]) -> None:
        from ..window import WindowAssigner

        if not isinstance(window_assigner, (WindowAssigner, TypeScriptFunction)):
            raise TypeError(f"A window needs a WindowAssigner; it was given {window_assigner!r}.")
        self._stream = stream
        self._assigner = window_assigner
        self._trigger: Trigger[Any, Any] | TypeScriptFunction[Any, Any] | None = None
        self._allowed_lateness = 0
        self._late_tag: OutputTag[Any] | None = None

    def get_execution_environment(self) -> StreamExecutionEnvironment:
        """The environment that the stream belongs to."""
        return self._stream._env

    def get_input_type(self) -> TypeInformation:
        """The declared type of the records."""
        return self._stream.get_type()

    def trigger(self, trigger: Trigger[Any, Any] | TypeScriptFunction[Any, Any]) -> Self:
        """When windows fire, instead of the assigner's default; of ``ts(...)`` where the functions are, too."""
        from ..window import MergingWindowAssigner

        if isinstance(trigger, TypeScriptFunction):
            self._trigger = trigger
            return self
        from ..window import Trigger

        check_instance("trigger", trigger, Trigger, "such as CountTrigger.of(3)")
        if isinstance(self._assigner, MergingWindowAssigner) and trigger.can_merge() is not True:
            raise TypeError(
                "A merging window assigner cannot be used with a trigger that does not support merging."
            )
        self._trigger = trigger
        return self

    def allowed_lateness(self, time_ms: int) -> Self:
        """How long (ms) behind the watermark records still count; each such record fires its window again."""
        check_lateness(time_ms, self._assigner)
        self._allowed_lateness = time_ms
        return self

    def side_output_late_data(self, output_tag: OutputTag[Any]) -> Self:
        """Where records go that are too late; without it they are dropped."""
        from ..output_tag import OutputTag

        check_instance("tag of late records", output_tag, OutputTag, "such as OutputTag('late')")
        self._late_tag = output_tag
        return self

    def _name(self) -> str:
        """The operator is called after its windows."""
        assigner = self._assigner
        return "Window" if isinstance(assigner, TypeScriptFunction) else type(assigner).__name__

    def _check_window_function(self, function: Any, *methods: str) -> None:
        """
        Raises:
            TypeError: What is to be called with a window has none of the methods for it.
        """
        if isinstance(function, TypeScriptFunction):
            return
        if not any(callable(getattr(function, method, None)) for method in methods):
            kind = "All" if self._all else ""
            names = {"apply": f"{kind}WindowFunction", "process": f"Process{kind}WindowFunction"}
            wanted = " or ".join(names[method] for method in methods)
            raise TypeError(f"window_function should be a {wanted}; it is {function!r}.")

    def _fire(
        self, how: Any, function: Any, window_function: Any, output_type: Any, fold: Fold | None = None
    ) -> DataStream[Any]:
        if window_function is not None:
            self._check_window_function(window_function, "apply", "process")
        late = self._late_tag
        operation = WindowOperation(
            self._assigner,
            self._trigger,
            self._allowed_lateness,
            None if late is None else late.tag_id,
            how,
            function,
            window_function,
            self._all,
            fold=fold,
        )
        # Also windows of all records are as parallel as the rest, with one key: what follows them reads forward.
        made = self._stream._operate(operation, self._name(), "a window", output_type)
        if late is not None:
            made._operator().side_types[late.tag_id] = late.type_info
        return made

    @overload
    def reduce(
        self,
        reduce_function: ReduceFunction[T] | Callable[[T, T], Any] | TypeScriptFunction[T, T],
        *,
        output_type: Any = None,
    ) -> DataStream[T]: ...

    @overload
    def reduce(
        self,
        reduce_function: ReduceFunction[T] | Callable[[T, T], Any] | TypeScriptFunction[T, T],
        window_function: ProcessWindowFunction[T, OUT, K, W]
        | WindowFunction[T, OUT, K, W]
        | ProcessAllWindowFunction[T, OUT, W]
        | AllWindowFunction[T, OUT, W]
        | TypeScriptFunction[T, OUT],
        output_type: Any = None,
    ) -> DataStream[OUT]: ...

    def reduce(
        self, reduce_function: Any, window_function: Any = None, output_type: Any = None
    ) -> DataStream[Any]:
        """Folds the records of a window as they come; one result when it fires.

        Args:
            reduce_function: A ReduceFunction or a callable of two records.
            window_function: Called with the single result, the key and the window.
            output_type: Declared type; without a window function that of the records unless given.
        """
        from ..functions import ReduceFunction

        known = isinstance(reduce_function, (ReduceFunction, TypeScriptFunction))
        if not known and not callable(reduce_function):
            raise TypeError("The input must be a ReduceFunction or a callable function!")
        declared = type_of(output_type)
        if declared is None and window_function is None:
            declared = self._stream._type
        return self._fire("reduce", reduce_function, window_function, declared)

    @overload
    def aggregate(
        self,
        aggregate_function: AggregateFunction[T, ACC, R] | TypeScriptFunction[T, R],
        *,
        accumulator_type: Any = None,
        output_type: Any = None,
    ) -> DataStream[R]: ...

    @overload
    def aggregate(
        self,
        aggregate_function: AggregateFunction[T, ACC, R] | TypeScriptFunction[T, R],
        window_function: ProcessWindowFunction[R, OUT, K, W]
        | WindowFunction[R, OUT, K, W]
        | ProcessAllWindowFunction[R, OUT, W]
        | AllWindowFunction[R, OUT, W]
        | TypeScriptFunction[R, OUT],
        accumulator_type: Any = None,
        output_type: Any = None,
    ) -> DataStream[OUT]: ...

    def aggregate(
        self,
        aggregate_function: Any,
        window_function: Any = None,
        accumulator_type: Any = None,
        output_type: Any = None,
    ) -> DataStream[Any]:
        """An AggregateFunction over the records of a window; one result when it fires."""
        from ..functions import AggregateFunction

        if not isinstance(aggregate_function, (AggregateFunction, TypeScriptFunction)):
            raise TypeError("The input must be a pyflink.datastream.functions.AggregateFunction!")
        return self._fire("aggregate", aggregate_function, window_function, type_of(output_type))

    def apply(
        self,
        window_function: WindowFunction[T, OUT, K, W]
        | AllWindowFunction[T, OUT, W]
        | TypeScriptFunction[T, OUT],
        output_type: Any = None,
    ) -> DataStream[OUT]:
        """A function of all records of a window."""
        if not callable(window_function):
            self._check_window_function(window_function, "apply")
        return self._fire("apply", window_function, None, type_of(output_type))

    def process(
        self,
        process_window_function: ProcessWindowFunction[T, OUT, K, W]
        | ProcessAllWindowFunction[T, OUT, W]
        | TypeScriptFunction[T, OUT],
        output_type: Any = None,
    ) -> DataStream[OUT]:
        """A function of all records of a window that also sees times and state."""
        if not callable(process_window_function):
            self._check_window_function(process_window_function, "process")
        return self._fire("process", process_window_function, None, type_of(output_type))

    # Beyond PyFlink's Python API, in the form of Flink's Java API.

    def _fold(self, op: Any, field: int | str) -> DataStream[T]:
        if not isinstance(field, (int, str)):
            raise TypeError(f"A field is named by position or by name, not by {field!r}.")
        return self._fire("fold", None, None, self._stream._type, Fold(op, field))

    def sum(self, position_to_sum: int | str = 0) -> DataStream[T]:
        """The sum of a field over the window, in its first record. Sliding windows cost no more than tumbling ones."""
        return self._fold("sum", position_to_sum)

    def min(self, position_to_min: int | str = 0) -> DataStream[T]:
        """The least value of a field over the window, in its first record."""
        return self._fold("min", position_to_min)

    def max(self, position_to_max: int | str = 0) -> DataStream[T]:
        """The greatest value of a field over the window, in its first record."""
        return self._fold("max", position_to_max)

    def min_by(self, position_to_min_by: int | str = 0) -> DataStream[T]:
        """The record with the least value of a field; the first of equal ones."""
        return self._fold("min_by", position_to_min_by)

    def max_by(self, position_to_max_by: int | str = 0) -> DataStream[T]:
        """The record with the greatest value of a field; the first of equal ones."""
        return self._fold("max_by", position_to_max_by)


class WindowedStream(_Windowed[K, T, W]):
    """Windows of each key."""

    def __init__(self, keyed_stream: KeyedStream[K, T], window_assigner: WindowAssigner[Any, W]) -> None:
        super().__init__(keyed_stream, window_assigner)


class AllWindowedStream(_Windowed[Any, T, W]):
    """Windows of all records, in one subtask."""

    _all = True

    def __init__(self, data_stream: DataStream[T], window_assigner: WindowAssigner[Any, W]) -> None:
        from ..functions import NullByteKeySelector
        from .keyed_stream import KeyedStream

        key = data_stream._env.graph.built_in(NullByteKeySelector)
        super().__init__(KeyedStream(data_stream, key, NullByteKeySelector(), None), window_assigner)
