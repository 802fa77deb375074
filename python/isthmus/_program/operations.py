"""What the Python API hands to the worker for operators that need more than one function.

The ``fn`` of such an operator loads to one of these. Both sides import this module, so it must stay light.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any, Literal


def _merging() -> Literal["exact", "pyflink"]:
    # A program that imports pyflink is to get what PyFlink gives.
    return "pyflink" if "pyflink" in sys.modules else "exact"


@dataclass
class TimestampsOperation:
    """Operator kind ``timestamps``."""

    #: ``none`` assigns timestamps (if there is an assigner) and emits no watermark but the final one.
    generator: Literal["monotonous", "bounded", "none", "custom"]
    #: Milliseconds, for ``bounded``.
    max_out_of_orderness: int = 0
    #: A TimestampAssigner, or None to keep the timestamps there are.
    assigner: Any = None
    #: Milliseconds without a record until the output counts as idle; None: never.
    idle_timeout: int | None = None
    #: A WatermarkGenerator (on_event, on_periodic_emit), for ``custom``.
    custom: Any = None

    def as_json(self) -> dict[str, Any]:
        """All but the operator's function, for one in TypeScript (``docs/operators.md``)."""
        said: dict[str, Any] = {"generator": self.generator}
        if self.generator == "bounded":
            said["maxOutOfOrdernessMs"] = self.max_out_of_orderness
        if self.idle_timeout is not None:
            said["idleTimeoutMs"] = self.idle_timeout
        if self.custom is not None and self.assigner is not None:
            said["timestampAssigner"] = self.assigner.reference()
        return said


@dataclass
class WindowOperation:
    """Operator kind ``window``: keyed windows, and windows of all records (keyed by a constant)."""

    assigner: Any
    #: None: the assigner's default.
    trigger: Any
    #: Milliseconds.
    allowed_lateness: int
    #: Side output of late records; None: dropped.
    late_tag: str | None
    how: Literal["reduce", "aggregate", "apply", "process"]
    #: ReduceFunction, AggregateFunction, WindowFunction/AllWindowFunction or
    #: ProcessWindowFunction/ProcessAllWindowFunction.
    function: Any
    #: With ``reduce`` and ``aggregate``: what is called with the single result, or None.
    window_function: Any = None
    #: True for ``window_all``: functions get no key.
    all_windows: bool = False
    #: What becomes of contents when a record bridges two windows that merge; ``pyflink`` loses those
    #: of one (its results).
    merging: Literal["exact", "pyflink"] = field(default_factory=_merging)


@dataclass
class AsyncOperation:
    """Operator kind ``async``."""

    function: Any
    #: Milliseconds; 0: none.
    timeout: int
    capacity: int
    ordered: bool
    #: An AsyncRetryStrategy, or None.
    retry: Any = None


@dataclass
class IntervalJoinOperation:
    """Operator kind ``interval_join``: right.timestamp in [left.timestamp + lower, left.timestamp +
    upper].
    """

    lower: int
    upper: int
    lower_inclusive: bool
    upper_inclusive: bool
    how: Literal["inner", "left", "right", "full"]
    #: ProcessJoinFunction, or a callable (left, right) → result.
    function: Any


@dataclass
class WindowJoinOperation:
    """Operator kind ``window_join``."""

    assigner: Any
    trigger: Any
    allowed_lateness: int
    #: ``join``: function(left, right) per pair; ``co_group``: function(lefts, rights) → iterable.
    how: Literal["join", "co_group"]
    function: Any


@dataclass
class AsOfJoinOperation:
    """Operator kind ``asof_join``: each left record with the latest right record not after it."""

    #: Milliseconds a right record may be older; None: any age.
    tolerance: int | None
    how: Literal["inner", "left"]
    function: Any


@dataclass
class LookupJoinOperation:
    """Operator kind ``lookup_join``: enrichment by a function (sync or async) or a mapping, with a cache."""

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
