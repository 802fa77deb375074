"""The operators of the Python host by kind. Modules are imported on first use: a job needs few of them."""

from __future__ import annotations

from importlib import import_module

from ..runtime.operator import Operator

#: kind → (module in this package, class).
KINDS: dict[str, tuple[str, str]] = {
    "map": ("map", "MapOperator"),
    "filter": ("filter", "FilterOperator"),
    "flat_map": ("flat_map", "FlatMapOperator"),
    "project": ("project", "ProjectOperator"),
    "map_batch": ("map_batch", "MapBatchOperator"),
    "flat_map_batch": ("map_batch", "FlatMapBatchOperator"),
    "reduce": ("reduce", "ReduceOperator"),
    "aggregate": ("aggregate", "AggregateOperator"),
    "process": ("process", "ProcessOperator"),
    "co_map": ("co_map", "CoMapOperator"),
    "co_flat_map": ("co_flat_map", "CoFlatMapOperator"),
    "co_process": ("co_process", "CoProcessOperator"),
    "broadcast_process": ("broadcast_process", "BroadcastProcessOperator"),
    "timestamps": ("timestamps", "TimestampsOperator"),
    "window": ("window", "WindowOperator"),
    "async": ("async_wait", "AsyncOperator"),
    "interval_join": ("interval_join", "IntervalJoinOperator"),
    "window_join": ("window_join", "WindowJoinOperator"),
    "asof_join": ("asof_join", "AsOfJoinOperator"),
    "lookup_join": ("lookup_join", "LookupJoinOperator"),
}


def find(kind: str) -> type[Operator] | None:
    """The class of an operator kind; None for kinds that are none of a worker's."""
    known = KINDS.get(kind)
    if known is None:
        return None
    module, name = known
    found: type[Operator] = getattr(import_module(f"{__name__}.{module}"), name)
    return found
