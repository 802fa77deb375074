"""Windows, joins and asynchronous calls as the API and the workers see them; plain data between the two."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any, Literal

from .._program.operations import Operation, Params, Parts


def _merging() -> Literal["exact", "pyflink"]:
    # A program that imports pyflink is to get what PyFlink gives.
    return "pyflink" if "pyflink" in sys.modules else "exact"


@dataclass(frozen=True)
class Fold:
    """Of the records of a window, by a field; plain data where ``reduce`` has a function of the program's."""

    op: Literal["sum", "min", "max", "min_by", "max_by"]
    #: By position or by name; 0 of a plain value is the value.
    field: int | str


@dataclass
class WindowOperation(Operation):
    """Operator kind ``window``: keyed windows, and windows of all records (keyed by a constant)."""

    kind = "window"

    assigner: Any
    #: None: the assigner's default.
    trigger: Any
    #: Milliseconds.
    allowed_lateness: int
    #: Side output of late records; None: dropped.
    late_tag: str | None
    how: Literal["reduce", "aggregate", "apply", "process", "fold"]
    #: ReduceFunction, AggregateFunction, WindowFunction/AllWindowFunction or
    #: ProcessWindowFunction/ProcessAllWindowFunction; None of a ``fold``.
    function: Any
    #: With ``reduce`` and ``aggregate``: what is called with the single result, or None.
    window_function: Any = None
    #: True for ``window_all``: functions get no key.
    all_windows: bool = False
    #: What becomes of contents when a record bridges two windows that merge; ``pyflink`` loses those
    #: of one (its results).
    merging: Literal["exact", "pyflink"] = field(default_factory=_merging)
    #: With ``fold``.
    fold: Fold | None = None

    def as_data(self) -> tuple[Params, Parts]:
        params, parts = _windows(self.assigner, self.trigger, self.allowed_lateness)
        if self.late_tag is not None:
            params["lateTag"] = self.late_tag
        params |= {"how": self.how, "allWindows": self.all_windows, "merging": self.merging}
        if self.fold is not None:
            params |= {"op": self.fold.op, "field": self.fold.field}
        return params, {"function": self.function, "windowFunction": self.window_function, **parts}


@dataclass
class AsyncOperation(Operation):
    """Operator kind ``async``."""

    kind = "async"

    function: Any
    #: Milliseconds; 0: none.
    timeout: int
    capacity: int
    ordered: bool
    #: An AsyncRetryStrategy, or None.
    retry: Any = None

    def as_data(self) -> tuple[Params, Parts]:
        params: Params = {"timeout": self.timeout, "capacity": self.capacity, "ordered": self.ordered}
        parts: Parts = {"function": self.function}
        if self.retry is not None:
            from .async_retry_strategies import retry_as_data

            retry, conditions = retry_as_data(self.retry)
            parts |= conditions
            if retry is not None:
                params["retry"] = retry
        return params, parts


@dataclass
class IntervalJoinOperation(Operation):
    """Operator kind ``interval_join``: right.timestamp in [left.timestamp + lower, left.timestamp +
    upper].
    """

    kind = "interval_join"

    lower: int
    upper: int
    lower_inclusive: bool
    upper_inclusive: bool
    how: Literal["inner", "left", "right", "full"]
    #: ProcessJoinFunction, or a callable (left, right) → result.
    function: Any

    def as_data(self) -> tuple[Params, Parts]:
        params = {
            "lower": self.lower,
            "upper": self.upper,
            "lowerInclusive": self.lower_inclusive,
            "upperInclusive": self.upper_inclusive,
            "how": self.how,
        }
        return params, {"function": self.function}


@dataclass
class WindowJoinOperation(Operation):
    """Operator kind ``window_join``."""

    kind = "window_join"

    assigner: Any
    trigger: Any
    allowed_lateness: int
    #: ``join``: function(left, right) per pair; ``co_group``: function(lefts, rights) → iterable.
    how: Literal["join", "co_group"]
    function: Any

    def as_data(self) -> tuple[Params, Parts]:
        params, parts = _windows(self.assigner, self.trigger, self.allowed_lateness)
        return {**params, "how": self.how}, {"function": self.function, **parts}


@dataclass
class AsOfJoinOperation(Operation):
    """Operator kind ``asof_join``: each left record with the latest right record not after it."""

    kind = "asof_join"

    #: Milliseconds a right record may be older; None: any age.
    tolerance: int | None
    how: Literal["inner", "left"]
    function: Any

    def as_data(self) -> tuple[Params, Parts]:
        return {"tolerance": self.tolerance, "how": self.how}, {"function": self.function}


@dataclass
class LookupJoinOperation(Operation):
    """Operator kind ``lookup_join``: enrichment by a function (sync or async) or a mapping, with a cache."""

    kind = "lookup_join"

    lookup: Any
    key: Any
    function: Any
    how: Literal["inner", "left"]
    cache_size: int
    #: Milliseconds; 0: for ever.
    cache_ttl: int
    timeout: int
    capacity: int
    ordered: bool

    def as_data(self) -> tuple[Params, Parts]:
        params = {
            "how": self.how,
            "cacheSize": self.cache_size,
            "cacheTtl": self.cache_ttl,
            "timeout": self.timeout,
            "capacity": self.capacity,
            "ordered": self.ordered,
        }
        return params, {"lookup": self.lookup, "key": self.key, "function": self.function}


def _windows(assigner: Any, trigger: Any, allowed_lateness: int) -> tuple[Params, Parts]:
    from .window.as_data import assigner_as_data, trigger_as_data

    windows, own_assigner = assigner_as_data(assigner)
    params: Params = {"assigner": windows}
    parts = dict(own_assigner)
    if trigger is not None:
        params["trigger"], own_trigger = trigger_as_data(trigger)
        parts |= own_trigger
    return {**params, "allowedLateness": allowed_lateness}, parts
