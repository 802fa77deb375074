"""Joins; beyond PyFlink's Python API, in the form of Flink's Java API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..._interfaces.operations import (
    AsOfJoinOperation,
    IntervalJoinOperation,
    LookupJoinOperation,
    WindowJoinOperation,
)
from ..._program.operations import Operation
from .checks import check_count, check_ms, require_one_key_type, selector_of, type_of
from .connected import two_inputs
from .data_stream import DataStream

if TYPE_CHECKING:
    from typing_extensions import Self

T = TypeVar("T")
U = TypeVar("U")


def _millis(time: Any) -> int:
    if isinstance(time, int):
        return time
    if hasattr(time, "to_milliseconds"):
        return int(time.to_milliseconds())
    return int(time.total_seconds() * 1000)


class JoinedStreams(Generic[T, U]):
    """A window join being said: ``a.join(b).where(ka).equal_to(kb).window(w).apply(f)``."""

    _how: Any = "join"

    def __init__(self, left: DataStream[T], right: DataStream[U]) -> None:
        self._left, self._right = left, right
        self._keys: list[Any] = [None, None]
        self._key_types: list[Any] = [None, None]
        self._assigner: Any = None
        self._trigger: Any = None
        self._lateness = 0

    def where(self, key_selector: Any, key_type: Any = None) -> Self:
        """The key of the left stream."""
        self._keys[0], self._key_types[0] = key_selector, key_type
        return self

    def equal_to(self, key_selector: Any, key_type: Any = None) -> Self:
        """The key of the right stream."""
        self._keys[1], self._key_types[1] = key_selector, key_type
        return self

    def window(self, window_assigner: Any) -> Self:
        self._assigner = window_assigner
        return self

    def trigger(self, trigger: Any) -> Self:
        self._trigger = trigger
        return self

    def allowed_lateness(self, time: Any) -> Self:
        self._lateness = _millis(time)
        return self

    def apply(self, function: Any, output_type: Any = None) -> DataStream[Any]:
        """Args:
        function: ``(left, right) → result`` for every pair; for ``co_group`` ``(lefts, rights) → iterable``.
        output_type: Declared type of the results.
        """
        if None in self._keys:
            raise ValueError("A window join needs where(...) and equal_to(...) before apply(...).")
        if self._assigner is None:
            raise ValueError("A window join needs window(...) before apply(...).")
        from .keyed_stream import KeyedStream

        graph = self._left._env.graph
        keys, types = self._keys, self._key_types
        # A type said for one side is meant for both.
        of_left, of_right = types[0] or types[1], types[1] or types[0]
        left = KeyedStream[Any, Any](self._left, selector_of(graph, keys[0]), keys[0], of_left)
        right = KeyedStream[Any, Any](self._right, selector_of(graph, keys[1]), keys[1], of_right)
        require_one_key_type(left, right, "A window join needs")
        operation = WindowJoinOperation(self._assigner, self._trigger, self._lateness, self._how, function)
        return _two(left, right, operation, self._how, "a window join", output_type)


class CoGroupedStreams(JoinedStreams[T, U]):
    """A co-group being said; see ``JoinedStreams``."""

    _how = "co_group"


def _two(
    first: Any, second: Any, operation: Operation, name: str, what: str, output_type: Any
) -> DataStream[Any]:
    params, parts = operation.as_data()
    fns = first._env.graph.functions(what, parts)
    return two_inputs(first, second, operation.kind, name, fns, type_of(output_type), params)


class IntervalJoin:
    """An interval join being said: ``a.interval_join(b).between(lower, upper).process(f)``."""

    def __init__(self, left: Any, right: Any) -> None:
        _require_keyed(left, right, "An interval join")
        self._left, self._right = left, right
        self._bounds: tuple[int, int] | None = None
        self._inclusive = [True, True]
        self._how: Any = "inner"

    def between(self, lower_bound: Any, upper_bound: Any) -> IntervalJoin:
        """right.timestamp in [left.timestamp + lower, left.timestamp + upper]; milliseconds, Time, Duration or timedelta."""
        lower, upper = self._bounds = _millis(lower_bound), _millis(upper_bound)
        if lower > upper:
            raise ValueError(
                f"The lower bound of an interval join is {lower} ms, above its upper bound of {upper} ms; swap them."
            )
        return self

    def lower_bound_exclusive(self) -> IntervalJoin:
        self._inclusive[0] = False
        return self

    def upper_bound_exclusive(self) -> IntervalJoin:
        self._inclusive[1] = False
        return self

    def left(self) -> IntervalJoin:
        """Also left records without a partner, with None."""
        self._how = "left"
        return self

    def right(self) -> IntervalJoin:
        self._how = "right"
        return self

    def full(self) -> IntervalJoin:
        self._how = "full"
        return self

    def process(self, function: Any, output_type: Any = None) -> DataStream[Any]:
        """A ProcessJoinFunction, or ``(left, right) → result``."""
        if self._bounds is None:
            raise ValueError("An interval join needs between(lower, upper) before process(...).")
        (lower, upper), (lower_inclusive, upper_inclusive) = self._bounds, self._inclusive
        operation = IntervalJoinOperation(lower, upper, lower_inclusive, upper_inclusive, self._how, function)
        return _two(self._left, self._right, operation, "Interval Join", "an interval join", output_type)

    apply = process


class AsOfJoin:
    """An as-of join being said: ``a.as_of_join(b).tolerance(t).process(f)``."""

    def __init__(self, left: Any, right: Any) -> None:
        _require_keyed(left, right, "An as-of join")
        self._left, self._right = left, right
        self._tolerance: int | None = None
        self._how: Any = "inner"

    def tolerance(self, time: Any) -> AsOfJoin:
        """How much older the right record may be."""
        self._tolerance = _millis(time)
        return self

    def left(self) -> AsOfJoin:
        self._how = "left"
        return self

    def process(self, function: Any, output_type: Any = None) -> DataStream[Any]:
        """``(left, right) → result``, or an object with a method ``join``."""
        operation = AsOfJoinOperation(self._tolerance, self._how, function)
        return _two(self._left, self._right, operation, "As-Of Join", "an as-of join", output_type)

    apply = process


def lookup_join(
    stream: DataStream[Any],
    lookup: Any,
    key: Any,
    function: Any,
    *,
    how: Any = "inner",
    cache_size: int = 10_000,
    cache_ttl_ms: int = 0,
    timeout_ms: int = 0,
    capacity: int = 100,
    ordered: bool = True,
    output_type: Any = None,
) -> DataStream[Any]:
    """Enriches records by a mapping or by a function (sync or async) of their key, with a cache.

    Args:
        stream: The records.
        lookup: A mapping, or ``key → value``; None means there is none.
        key: ``record → key``.
        function: ``(record, value) → result``.
        how: ``inner`` drops records without a value, ``left`` passes None.
        cache_size: Values kept.
        cache_ttl_ms: How long a value is good; 0: for ever.
        timeout_ms: Of one lookup; 0: none.
        capacity: Lookups on their way at once.
        ordered: Whether results keep the order of the records.
        output_type: Declared type of the results.
    """
    if cache_size != 0:
        check_count("cache_size of a lookup join", cache_size)
    check_ms("timeout_ms of a lookup join", timeout_ms)
    check_count("capacity of a lookup join", capacity)
    operation = LookupJoinOperation(
        lookup, key, function, how, cache_size, cache_ttl_ms, timeout_ms, capacity, ordered
    )
    return stream._operate(operation, "Lookup Join", "a lookup join", type_of(output_type))


def _require_keyed(left: Any, right: Any, what: str) -> None:
    from .keyed_stream import KeyedStream

    if not isinstance(left, KeyedStream) or not isinstance(right, KeyedStream):
        raise TypeError(f"{what} needs two keyed streams; key both with key_by first.")
    require_one_key_type(left, right, f"{what} needs")
